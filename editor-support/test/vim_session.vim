" What Vim and Neovim do with a policy without the language server: filetype, colours, indentation, formatting, errors.
" Run by editor-support/test/run with KPI (the program), KPI_POLICY (a laid out policy) and KPI_RESULT (where the counts go).

let s:passed = 0
let s:problems = []

function s:expect(what, actual, expected) abort
  if a:actual ==# a:expected
    let s:passed += 1
  else
    call add(s:problems, a:what . ': ' . string(a:actual) . ' instead of ' . string(a:expected))
  endif
endfunction

" Lists of lines: reports the first that differs.
function s:expect_lines(what, actual, expected) abort
  for l:index in range(min([len(a:actual), len(a:expected)]))
    if a:actual[l:index] !=# a:expected[l:index]
      return s:expect(a:what . ', line ' . (l:index + 1), a:actual[l:index], a:expected[l:index])
    endif
  endfor
  call s:expect(a:what . ', lines', len(a:actual), len(a:expected))
endfunction

" Opens a sample without its expectations for TextMate.
function s:sample(name) abort
  execute 'edit! ' . fnameescape(s:folder . '/grammar/' . a:name)
  silent global/^\s*#: /delete _
endfunction

" The syntax group of the nth `word` of the line that matches `pattern`.
function s:group(pattern, word, nth = 1) abort
  let l:line = search(a:pattern, 'cnw')
  let l:text = getline(l:line)
  let l:at = -1
  for l:turn in range(a:nth)
    let l:at = stridx(l:text, a:word, l:at + 1)
  endfor
  return l:line == 0 || l:at < 0 ? 'no such word' : synIDattr(synID(l:line, l:at + 1, 1), 'name')
endfunction

function s:run() abort
  let g:kpi_path = $KPI
  filetype plugin indent on
  syntax on

  call s:sample('scoring.kpi')
  call s:expect('filetype', &filetype, 'kpi')
  call s:expect('comments', &commentstring, '# %s')
  call s:expect('suffixes', &suffixesadd, '.kpi')
  for [l:pattern, l:word, l:nth, l:group] in [
        \ ['^policy', 'policy', 1, 'kpiDeclaration'],
        \ ['^policy', '东南亚店铺', 1, 'kpiDeclared'],
        \ ['^  version', 'version', 1, 'kpiClause'],
        \ ['^  version', 'market', 1, 'kpiClause'],
        \ ['^  effective', '2026-07-01', 1, 'kpiDate'],
        \ ['^  effective', '# both', 1, 'kpiComment'],
        \ ['^  trial', 'months', 1, 'kpiUnit'],
        \ ['^## Shops', '## Shops', 1, 'kpiDocumentation'],
        \ ['^entity', '店铺', 1, 'kpiDeclared'],
        \ ['^  shop_id', 'shop_id', 1, 'kpiField'],
        \ ['^  shop_id', 'text', 1, 'kpiType'],
        \ ['^  shop_id', 'key', 1, 'kpiOption'],
        \ ['^  opened', 'date', 1, 'kpiType'],
        \ ['^events', 'orders', 1, 'kpiConstant'],
        \ ['^exclude', 'fake', 1, 'kpiConstant'],
        \ ['^     or count', 'count', 1, 'kpiFunction'],
        \ ['^metric 净销售额', 'metric', 1, 'kpiDeclaration'],
        \ ['^metric 净销售额', '净销售额', 1, 'kpiDeclared'],
        \ ['^metric 净销售额', 'default', 1, 'kpiOperator'],
        \ ['^  better', 'matures', 1, 'kpiClause'],
        \ ['^metric `period', '`period total`', 1, 'kpiQuoted'],
        \ ['2026-Q2', '2026-Q2', 1, 'kpiDate'],
        \ ['^  | site', 'phase', 1, 'kpiHeaderWord'],
        \ ['^  | ---', '----', 1, 'kpiSeparator'],
        \ ['^  | \["TH"', '6_000', 1, 'kpiNumber'],
        \ ['^  | \["TH"', 'THB', 1, 'kpiUnit'],
        \ ['^  | \["TH"', '-  ', 1, 'kpiAny'],
        \ ['^  | \["TH"', '# and', 1, 'kpiComment'],
        \ ['^curve', 'brackets', 1, 'kpiConstant'],
        \ ['^  cap', 'if', 1, 'kpiOperator'],
        \ ['^  rounding', 'half_even', 1, 'kpiConstant'],
        \ ['^  message', '{店铺}', 1, 'kpiPlaceholder'],
        \ ['^policy', '{not a value}', 1, 'kpiString'],
        \ ]
    call s:expect('colour of ' . l:word . ' in ' . l:pattern, s:group(l:pattern, l:word, l:nth), l:group)
  endfor
  call s:sample('other.kpi')
  call s:expect('colour of a full-width form', s:group('^metric wrong', '（'), 'kpiError')
  call s:expect('colour of a rule id', s:group('^allow', 'payout-cliff'), 'kpiDeclared')

  " Indentation: what was taken away at the left comes back.
  execute 'edit! ' . fnameescape($KPI_POLICY)
  let l:right = getline(1, '$')
  silent %substitute/^\s\+//e
  normal! gg=G
  call s:expect_lines('indentation', getline(1, '$'), l:right)

  " Formatting: the layout of tables as well, and one undo takes all back.
  let l:formatted = systemlist(shellescape($KPI) . ' fmt -', l:right)
  silent %substitute/  */ /ge
  let l:wrong = getline(1, '$')
  let &undolevels = &undolevels " what follows is a change of its own
  KpiFormat
  call s:expect_lines('formatting', getline(1, '$'), l:formatted)
  silent undo
  call s:expect_lines('formatting is one change', getline(1, '$'), l:wrong)
  silent edit!
  call setline(4, 'policy {{{')
  KpiFormat
  call s:expect('a file with mistakes stays', getline(4), 'policy {{{')
  silent edit!

  " The list of errors, in both languages: severity, and the place behind Chinese letters.
  let l:file = tempname() . '.kpi'
  call writefile(['edition 2026', 'metric 净额 = sum(订单.金额)'], l:file)
  execute 'edit! ' . fnameescape(l:file)
  for l:language in ['en', 'zh']
    execute 'silent KpiCheck --lang ' . l:language
    let l:errors = filter(getqflist(), 'v:val.valid')
    call s:expect('errors, ' . l:language, len(l:errors), 2)
    for l:error in l:errors
      call s:expect('severity, ' . l:language, toupper(l:error.type), 'E')
    endfor
    silent clast
    call s:expect('place, ' . l:language, [bufnr('%'), line('.'), strpart(getline('.'), col('.') - 1, 6)], [bufnr(l:file), 2, '订单'])
  endfor
  call delete(l:file)
  " Warnings and remarks of rules.
  let l:file = tempname() . '.kpi'
  call writefile(filter(split(substitute(join(readfile($KPI_POLICY), "\n"), '\nallow [^{]*{[^}]*}', '', 'g'), "\n", 1), 1), l:file)
  execute 'edit! ' . fnameescape(l:file)
  for l:language in ['en', 'zh']
    execute 'silent KpiLint --lang ' . l:language
    let l:kinds = uniq(sort(map(filter(getqflist(), 'v:val.valid'), 'toupper(v:val.type)')))
    call s:expect('findings, ' . l:language, l:kinds, ['I', 'W'])
  endfor
  call delete(l:file)
endfunction

let s:folder = expand('<sfile>:p:h')
try
  call s:run()
catch
  call add(s:problems, v:throwpoint . ': ' . v:exception)
endtry
call writefile(s:problems + [s:passed . ' passed, ' . len(s:problems) . ' failed'], $KPI_RESULT)
if empty(s:problems) | qall! | else | cquit | endif
