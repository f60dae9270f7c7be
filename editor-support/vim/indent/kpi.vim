" Vim indent file
" Language: kpi policies

if exists('b:did_indent')
  finish
endif
let b:did_indent = 1

setlocal indentexpr=KpiIndent(v:lnum)
setlocal indentkeys=0{,0},0\|,!^F,o,O,e
setlocal nosmartindent autoindent
let b:undo_indent = 'setlocal indentexpr< indentkeys< smartindent< autoindent<'

if exists('*KpiIndent')
  finish
endif

" The line without texts, quoted names and its comment.
function s:code(number) abort
  let l:text = substitute(getline(a:number), '"\%(\\.\|[^"\\]\)*"\?\|`[^`]*`', 'x', 'g')
  return substitute(l:text, '#.*$', '', '')
endfunction

function s:count(text, sign) abort
  return len(split(a:text, a:sign, 1)) - 1
endfunction

function KpiIndent(number) abort
  let l:above = prevnonblank(a:number - 1)
  if l:above == 0
    return 0
  endif
  let l:here = s:code(a:number)

  if l:here =~# '^\s*|'
    " A row stands under the row before; the first row of `given` and `expect` one step further in.
    let l:row = l:above
    while l:row > 0 && getline(l:row) =~# '^\s*#'
      let l:row = prevnonblank(l:row - 1)
    endwhile
    if getline(l:row) =~# '^\s*|'
      return indent(l:row)
    elseif s:code(l:row) =~# '^\s*\%(given\|expect\)\>'
      return indent(l:row) + shiftwidth()
    endif
  endif

  " How deep the line above is in blocks, going up to the line that opened the innermost one.
  let l:depth = l:here =~# '^\s*}' ? 1 : 0
  let l:line = l:above
  while l:line > 0
    let l:code = s:code(l:line)
    let l:depth += s:count(l:code, '}') - s:count(l:code, '{')
    if l:depth < (l:here =~# '^\s*}' ? 1 : 0)
      " l:line opens the block around us; its head may have begun further up.
      let l:head = l:line
      while l:head > 1 && indent(l:head) > 0 && s:continues(l:head)
        let l:head = prevnonblank(l:head - 1)
      endwhile
      return indent(l:head) + (l:here =~# '^\s*}' ? 0 : shiftwidth())
    endif
    let l:line = prevnonblank(l:line - 1)
  endwhile

  " Outside blocks: words that go on with a declaration are one step in.
  return s:continues(a:number) ? shiftwidth() : 0
endfunction

" Whether the line goes on with the head of a declaration.
function s:continues(number) abort
  return s:code(a:number) =~# '^\s*\%(where\|when\|or\|and\|from\|at\|for\|with\|[-+*/]\)\%(\k\)\@!'
endfunction
