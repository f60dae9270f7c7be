" Vim compiler file
" Language: kpi policies. `:make check --format compact %` and the like fill the list of errors.

scriptencoding utf-8
if exists('current_compiler')
  finish
endif
let current_compiler = 'kpi'

let s:program = escape(fnameescape(get(g:, 'kpi_path', 'kpi')), ' ')
execute 'CompilerSet makeprg=' . s:program . '\ $*'
" FILE:LINE:COLUMN: severity[ID]: message, in both languages. A column is one of the screen: a Chinese character counts two.
CompilerSet errorformat=%f:%l:%v:\ %trror[%m,%f:%l:%v:\ %tarning[%m,%f:%l:%v:\ %tnfo[%m
CompilerSet errorformat+=%E%f:%l:%v:\ 错误[%m,%W%f:%l:%v:\ 警告[%m,%I%f:%l:%v:\ 提示[%m
