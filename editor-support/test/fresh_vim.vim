" Run by fresh_debian in a Vim that was set up as its README says: is everything there?
try
  if &filetype !=# 'kpi' | throw 'filetype ' . &filetype | endif
  if synIDattr(synID(search('^metric'), 1, 1), 'name') !=# 'kpiDeclaration' | throw 'no colours' | endif
  if &indentexpr !~# 'KpiIndent' || &commentstring !=# '# %s' | throw 'no indentation or comments' | endif
  let s:right = getline(1, '$')
  silent %substitute/  */ /ge
  KpiFormat
  if getline(1, '$') !=# s:right | throw 'the layout is another one' | endif
  call setline(search('^metric gpm'), 'metric gpm = sum(orders.amoun)')
  silent write
  silent KpiCheck
  if empty(filter(getqflist(), 'v:val.valid && toupper(v:val.type) ==# "E"')) | throw 'no errors' | endif
catch
  call writefile([v:exception], '/dev/stderr')
  cquit
endtry
qall!
