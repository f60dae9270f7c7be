" Vim compiler file
" Language: kpi policies. `:make check --format compact %` and the like fill the list of errors.

if exists('current_compiler')
  finish
endif
let current_compiler = 'kpi'

let s:program = escape(fnameescape(get(g:, 'kpi_path', 'kpi')), ' ')
execute 'CompilerSet makeprg=' . s:program . '\ $*'
" FILE:LINE:COLUMN: severity[ID]: message, in both languages.
CompilerSet errorformat=%f:%l:%c:\ %trror[%m,%f:%l:%c:\ %tarning[%m,%f:%l:%c:\ %tnfo[%m,%f:%l:%c:\ %m
