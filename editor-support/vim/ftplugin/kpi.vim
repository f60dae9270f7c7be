" Vim filetype plugin
" Language: kpi policies
" g:kpi_path is the program, `kpi` by default. g:kpi_recommended_style = 0 leaves indentation to you,
" g:kpi_format_on_save = 1 formats with each save.

if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1
let s:cpo_save = &cpo
set cpo&vim

setlocal comments=:##,:#
setlocal commentstring=#\ %s
setlocal formatoptions-=t formatoptions+=croql
setlocal suffixesadd=.kpi
" `use "plan.kpi"` names a file beside the policy; gf and [I follow it.
setlocal include=^\\s*use\\s\\+\"
setlocal define=^\\s*\\%(entity\\\|events\\\|metric\\\|exclude\\\|curve\\\|table\\\|scorecard\\\|payout\\\|alert\\\|param\\\|rule\\)\\s
setlocal matchpairs+=(:),[:],{:}

if get(g:, 'kpi_recommended_style', 1)
  setlocal expandtab shiftwidth=2 softtabstop=2 tabstop=2
endif

" `gq` formats the whole file: the layout of a table depends on all of its rows.
setlocal formatexpr=KpiFormat()
compiler kpi

command! -buffer KpiFormat call KpiFormat()
" These fill the list of errors (:copen).
command! -buffer -nargs=* -complete=file KpiCheck make! check --format compact <args> %:S
command! -buffer -nargs=* -complete=file KpiLint make! lint --format compact <args> %:S
command! -buffer -nargs=* -complete=file KpiTest make! test --format compact <args> %:S

let b:undo_ftplugin = 'setlocal comments< commentstring< formatoptions< suffixesadd< include< define< matchpairs<'
      \ . ' expandtab< shiftwidth< softtabstop< tabstop< formatexpr< makeprg< errorformat<'
      \ . ' | silent! delcommand -buffer KpiFormat | silent! delcommand -buffer KpiCheck'
      \ . ' | silent! delcommand -buffer KpiLint | silent! delcommand -buffer KpiTest | silent! autocmd! kpi_format BufWritePre <buffer>'

augroup kpi_format
  autocmd! BufWritePre <buffer>
  autocmd BufWritePre <buffer> if get(g:, 'kpi_format_on_save', 0) | call KpiFormat() | endif
augroup END

if !exists('*KpiFormat')
  " Replaces the text by what `kpi fmt -` gives. On mistakes the text stays as it is and the first one is shown.
  function KpiFormat() abort
    if mode() =~# '[iR]'
      return 1 " lines that become too long while typing are not for us
    endif
    let l:before = getline(1, '$')
    let l:errors = tempname()
    let l:command = shellescape(get(g:, 'kpi_path', 'kpi')) . ' fmt -'
    let l:after = systemlist(l:command . ' 2> ' . shellescape(l:errors), l:before)
    let l:status = v:shell_error
    let l:said = filereadable(l:errors) ? readfile(l:errors, '', 1) : []
    call delete(l:errors)
    if l:status != 0 || empty(l:after)
      echohl ErrorMsg
      echomsg 'kpi fmt: ' . get(l:said, 0, 'the file could not be formatted')
      echohl None
      return 0
    endif
    if l:after ==# l:before
      return 0
    endif
    let l:view = winsaveview()
    if len(l:after) < len(l:before)
      silent execute (len(l:after) + 1) . ',$delete _'
    endif
    call setline(1, l:after)
    call winrestview(l:view)
    return 0
  endfunction
endif

let &cpo = s:cpo_save
unlet s:cpo_save
