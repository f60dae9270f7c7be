" Vim syntax file
" Language: kpi policies
" tools/editor_keywords.py writes editor-support/vim/syntax/kpi.vim from editor-support/templates/kpi.vim: @{GROUP ...}
" becomes the words of these groups of grammar/syntax/keywords.def. Change the template.

if exists('b:current_syntax')
  finish
endif
let s:cpo_save = &cpo
set cpo&vim

syntax case match
" Blocks are short; from here back a colour is always found.
syntax sync minlines=200

" ---- names and expressions; what stands further down wins ----------------------------------------------------------------
syntax match kpiOperator "[-+*/=<>~]\|!=\|<=\|>=\|\.\.=\?\|+-"
syntax match kpiOperator "\%(\k\|\.\)\@1<!\%(@{operator_word}\)\%(\k\|\.\|\s*[:(]\)\@!"
syntax match kpiReserved "\%(\k\|\.\)\@1<!\%(@{reserved_name}\)\%(\k\|\s*:\)\@!"
syntax match kpiCall "\%(\k\)\@1<!\k\+\ze\s*("
syntax match kpiFunction "\%(\k\|\.\)\@1<!\%(@{aggregate metric_function scalar_function text_function builtin_curve}\)\ze\s*("
syntax match kpiHead "\%(\k\|\.\)\@1<!\%(@{head_word - operator_word reserved_name}\)\%(\k\|\.\|\s*[:=(]\)\@!"
syntax match kpiConstant "\%(\k\|\.\)\@1<!\%(@{literal}\)\%(\k\|\.\)\@!"
syntax match kpiConstant "\%(\<as\s\+\)\@<=\%(@{role}\)\%(\k\)\@!"
syntax match kpiConstant "\%(\<kind\s\+\)\@<=\%(@{exclusion_kind}\)\%(\k\)\@!"
syntax match kpiConstant "\%(\<rounding\s\+\)\@<=\%(@{rounding}\)\%(\k\)\@!"
syntax match kpiConstant "\%(\<authority\s\+\)\@<=\%(@{authority}\)\%(\k\)\@!"
syntax match kpiConstant ")\s*\zs\%(@{curve_kind}\)\ze\s*{"
syntax match kpiUnit "\%(\<\%(every\|each\)\s\+\)\@<=\%(@{every_unit}\)\%(\k\)\@!"
syntax match kpiUnit "\%(\<\%(in\|currency\)\s\+\)\@<=\%(@{currency duration_unit}\)\%(\k\)\@!"

" ---- clauses: at the beginning of a line, behind `{`, or behind two blanks -------------------------------------------------
syntax match kpiClause "\%(^\s*\|{\s*\|\s\s\)\@<=\%(@{clause_policy clause_library clause_entity clause_events clause_exchange clause_calendar clause_exclude clause_metric clause_scorecard clause_payout clause_alert clause_rule clause_allow clause_attack clause_test clause_import}\)\%(\k\|\.\|\s*[:=(]\)\@!"
syntax match kpiOption "\%(\k\|\.\)\@1<!\%(@{flag}\|range\)\%(\k\|\.\|\s*[:=(]\)\@!" contained containedin=kpiBlock
syntax match kpiOption "\%(\"\s\+\|\<from\s\+\k\+\s\+\)\@<=\%(@{column_option}\)\%(\k\|\s*[:=(]\)\@!"

" ---- fields --------------------------------------------------------------------------------------------------------------
syntax match kpiField "\%(\k\+\|`[^`]*`\)\ze\s*:\%(\s\|$\)"
syntax match kpiType "\%(:\s*\)\@<=\%(@{type}\)\ze\%(?\|\k\@!\)"

" ---- declarations ----------------------------------------------------------------------------------------------------------
syntax match kpiDeclaration "\%(^\s*\|}\s*\|{\s*\)\@<=\%(@{declaration}\)\ze\s\+[\"`[:alnum:]_\u0080-\U10ffff]" nextgroup=kpiDeclared skipwhite
syntax match kpiDeclared "\%(entity\|events\)\k\@!" contained nextgroup=kpiName skipwhite
syntax match kpiDeclared "\%(\%(entity\|events\)\k\@!\)\@!\k\+\%(-\k\+\)*" contained
syntax match kpiName "\k\+" contained
" A policy has one clause each of these names at the beginning of its lines, never followed by a name and a block.
syntax match kpiClause "^\s\+\zsuse\ze\s\+\%(day\s\+of\|month_average\|period_end\|fixed\)"

" ---- numbers ---------------------------------------------------------------------------------------------------------------
syntax match kpiNumber "\%(\k\)\@1<!\d\%(_\?\d\)*\%(\.\d\%(_\?\d\)*\)\?\%(\s*%\)\?" nextgroup=kpiUnit skipwhite
syntax match kpiUnit "\%(@{currency duration_unit calendar_unit}\)\k\@!" contained
syntax match kpiDate "\%(\k\)\@1<!\d\{4}-\%(\d\d-\d\d\|\d\d\|Q\d\|W\d\d\)\%(T\d\d:\d\d\%(:\d\d\%(\.\d\+\)\?\)\?\%(Z\|[+-]\d\d:\?\d\d\)\?\)\?\k\@!"
syntax match kpiDate "\%(\k\)\@1<!\d\d:\d\d\k\@!"

" ---- tables ----------------------------------------------------------------------------------------------------------------
syntax match kpiBar "|"
syntax match kpiAny "|\@1<=\s*-\s*|\@="
" A header is a row with neither a row nor a comment on the line before (Vim looks back one line only).
syntax match kpiHeader "^\%(^\s*[|#].*\n\)\@<!\s*|.*$" contains=kpiBar,kpiComment,kpiQuoted,kpiHeaderWord contained containedin=kpiBlock
syntax match kpiHeaderWord "\k\+" contained
syntax match kpiSeparator "^\s*|\%(\s*:\?-\{3,}:\?\s*|\)\+"

" ---- texts, quoted names, comments -----------------------------------------------------------------------------------------
syntax match kpiQuoted "`[^`]*`"
syntax match kpiEscape +\\\%(["\\n]\|u{\x\{1,6}}\)+ contained
syntax match kpiPlaceholder "{{\|}}\|{[^{}\"]*}" contained
syntax region kpiString start=+"+ skip=+\\.+ end=+"+ oneline contains=kpiEscape
" Only in reports and messages do braces stand for a value.
syntax region kpiString start=+\%(\<\%(message\|report\)\>[^"]*\)\@<="+ skip=+\\.+ end=+"+ oneline contains=kpiEscape,kpiPlaceholder
" Full-width forms outside texts and comments; the interpreter names the character to write instead.
syntax match kpiError "[０-９（），。：；“”‘’＂＇＝＋－＊／％＜＞｛｝［］｜＃．、]"
syntax match kpiComment "#.*$" contains=@Spell
syntax match kpiDocumentation "##.*$" contains=@Spell

" ---- blocks, for folding -----------------------------------------------------------------------------------------------------
syntax region kpiBlock start="{" end="}" transparent fold contains=TOP

highlight default link kpiDeclaration Keyword
highlight default link kpiDeclared Identifier
highlight default link kpiName Identifier
highlight default link kpiClause Statement
highlight default link kpiHead Statement
highlight default link kpiOption StorageClass
highlight default link kpiOperator Operator
highlight default link kpiReserved Special
highlight default link kpiFunction Function
highlight default link kpiCall Function
highlight default link kpiConstant Constant
highlight default link kpiField Identifier
highlight default link kpiType Type
highlight default link kpiNumber Number
highlight default link kpiUnit Type
highlight default link kpiDate Number
highlight default link kpiBar Delimiter
highlight default link kpiSeparator Delimiter
highlight default link kpiHeaderWord Identifier
highlight default link kpiAny Constant
highlight default link kpiQuoted Identifier
highlight default link kpiEscape SpecialChar
highlight default link kpiPlaceholder Special
highlight default link kpiString String
highlight default link kpiError Error
highlight default link kpiComment Comment
highlight default link kpiDocumentation SpecialComment

let b:current_syntax = 'kpi'
let &cpo = s:cpo_save
unlet s:cpo_save
