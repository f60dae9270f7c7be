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
syntax match kpiOperator "\%(\k\|\.\)\@1<!\%(default\|within\|false\|where\|else\|none\|then\|true\|and\|not\|if\|in\|is\|or\)\%(\k\|\.\|\s*[:(]\)\@!"
syntax match kpiReserved "\%(\k\|\.\)\@1<!\%(active_days\|company\|period\|policy\|phase\|score\|this\)\%(\k\|\s*:\)\@!"
syntax match kpiCall "\%(\k\)\@1<!\k\+\ze\s*("
syntax match kpiFunction "\%(\k\|\.\)\@1<!\%(round_significant\|percentile_rank\|months_since\|starts_with\|percentile\|at_period\|ends_with\|contains\|distinct\|lifetime\|previous\|year_ago\|convert\|elapsed\|rolling\|to_date\|capped\|exists\|linear\|median\|native\|result\|count\|first\|floor\|lower\|round\|share\|total\|upper\|ceil\|last\|pass\|rank\|trim\|abs\|age\|avg\|max\|min\|sum\)\ze\s*("
syntax match kpiHead "\%(\k\|\.\)\@1<!\%(including\|otherwise\|distinct\|requires\|unscored\|missing\|recover\|stored\|after\|carry\|every\|minor\|each\|from\|into\|kind\|most\|next\|skip\|when\|with\|zero\|for\|as\|at\|by\|of\|on\|to\)\%(\k\|\.\|\s*[:=(]\)\@!"
syntax match kpiConstant "\%(\k\|\.\)\@1<!\%(otherwise\|false\|none\|true\)\%(\k\|\.\)\@!"
syntax match kpiConstant "\%(\<as\s\+\)\@<=\%(violations\|sessions\|ratings\|refunds\|tickets\|orders\|other\|stock\|ads\)\%(\k\)\@!"
syntax match kpiConstant "\%(\<kind\s\+\)\@<=\%(cancelled\|internal\|sample\|other\|fake\|gift\|test\)\%(\k\)\@!"
syntax match kpiConstant "\%(\<rounding\s\+\)\@<=\%(half_down\|half_even\|ceiling\|half_up\|floor\|down\|up\)\%(\k\)\@!"
syntax match kpiConstant "\%(\<authority\s\+\)\@<=\%(guidance\|platform\|house\|law\)\%(\k\)\@!"
syntax match kpiConstant ")\s*\zs\%(brackets\|steps\|line\)\ze\s*{"
syntax match kpiUnit "\%(\<\%(every\|each\)\s\+\)\@<=\%(quarter\|month\|week\|year\|day\)\%(\k\)\@!"
syntax match kpiUnit "\%(\<\%(in\|currency\)\s\+\)\@<=\%(minutes\|seconds\|minute\|second\|hours\|weeks\|days\|hour\|week\|AED\|AFN\|ALL\|AMD\|AOA\|ARS\|AUD\|AWG\|AZN\|BAM\|BBD\|BDT\|BHD\|BIF\|BMD\|BND\|BOB\|BRL\|BSD\|BTN\|BWP\|BYN\|BZD\|CAD\|CDF\|CHF\|CLP\|CNY\|COP\|CRC\|CUP\|CVE\|CZK\|DJF\|DKK\|DOP\|DZD\|EGP\|ERN\|ETB\|EUR\|FJD\|FKP\|GBP\|GEL\|GHS\|GIP\|GMD\|GNF\|GTQ\|GYD\|HKD\|HNL\|HTG\|HUF\|IDR\|ILS\|INR\|IQD\|IRR\|ISK\|JMD\|JOD\|JPY\|KES\|KGS\|KHR\|KMF\|KPW\|KRW\|KWD\|KYD\|KZT\|LAK\|LBP\|LKR\|LRD\|LSL\|LYD\|MAD\|MDL\|MGA\|MKD\|MMK\|MNT\|MOP\|MRU\|MUR\|MVR\|MWK\|MXN\|MYR\|MZN\|NAD\|NGN\|NIO\|NOK\|NPR\|NZD\|OMR\|PAB\|PEN\|PGK\|PHP\|PKR\|PLN\|PYG\|QAR\|RON\|RSD\|RUB\|RWF\|SAR\|SBD\|SCR\|SDG\|SEK\|SGD\|SHP\|SLE\|SOS\|SRD\|SSP\|STN\|SVC\|SYP\|SZL\|THB\|TJS\|TMT\|TND\|TOP\|TRY\|TTD\|TWD\|TZS\|UAH\|UGX\|USD\|UYU\|UZS\|VED\|VES\|VND\|VUV\|WST\|XAF\|XCD\|XCG\|XOF\|XPF\|YER\|ZAR\|ZMW\|ZWG\|day\)\%(\k\)\@!"

" ---- clauses: at the beginning of a line, behind `{`, or behind two blanks -------------------------------------------------
syntax match kpiClause "\%(^\s*\|{\s*\|\s\s\)\@<=\%(human_review\|duplicates\|population\|announced\|authority\|collected\|effective\|rationale\|review_by\|separator\|clawback\|currency\|encoding\|evidence\|holidays\|platform\|rounding\|timezone\|applies\|because\|changes\|checked\|matures\|message\|missing\|partial\|payable\|penalty\|prorate\|removes\|version\|warning\|active\|amount\|appeal\|assume\|better\|budget\|covers\|credit\|earned\|expect\|market\|passes\|period\|report\|splits\|as_of\|basis\|error\|fails\|floor\|given\|moves\|needs\|owner\|payee\|plain\|short\|trial\|until\|adds\|base\|cite\|cost\|deny\|draw\|gate\|help\|info\|paid\|pool\|show\|skip\|tags\|cap\|fix\|for\|fri\|key\|mon\|sat\|sun\|thu\|tue\|use\|wed\)\%(\k\|\.\|\s*[:=(]\)\@!"
syntax match kpiOption "\%(\k\|\.\)\@1<!\%(personal\|stored\|label\|key\|range\)\%(\k\|\.\|\s*[:=(]\)\@!" contained containedin=kpiBlock
syntax match kpiOption "\%(\"\s\+\|\<from\s\+\k\+\s\+\)\@<=\%(decimal\|percent\|format\|prefix\|carry\|empty\|group\|code\|trim\|yes\|no\)\%(\k\|\s*[:=(]\)\@!"

" ---- fields --------------------------------------------------------------------------------------------------------------
syntax match kpiField "\%(\k\+\|`[^`]*`\)\ze\s*:\%(\s\|$\)"
syntax match kpiType "\%(:\s*\)\@<=\%(datetime\|duration\|boolean\|integer\|number\|money\|date\|text\)\ze\%(?\|\k\@!\)"

" ---- declarations ----------------------------------------------------------------------------------------------------------
syntax match kpiDeclaration "\%(^\s*\|}\s*\|{\s*\)\@<=\%(scorecard\|calendar\|exchange\|requires\|edition\|exclude\|library\|attack\|ensure\|entity\|events\|import\|labels\|metric\|payout\|phases\|policy\|alert\|allow\|curve\|param\|table\|rule\|test\|use\)\ze\s\+[\"`[:alnum:]_\u0080-\U10ffff]" nextgroup=kpiDeclared skipwhite
syntax match kpiDeclared "\%(entity\|events\)\k\@!" contained nextgroup=kpiName skipwhite
syntax match kpiDeclared "\%(\%(entity\|events\)\k\@!\)\@!\k\+\%(-\k\+\)*" contained
syntax match kpiName "\k\+" contained
" A policy has one clause each of these names at the beginning of its lines, never followed by a name and a block.
syntax match kpiClause "^\s\+\zsuse\ze\s\+\%(day\s\+of\|month_average\|period_end\|fixed\)"

" ---- numbers ---------------------------------------------------------------------------------------------------------------
syntax match kpiNumber "\%(\k\)\@1<!\d\%(_\?\d\)*\%(\.\d\%(_\?\d\)*\)\?\%(\s*%\)\?" nextgroup=kpiUnit skipwhite
syntax match kpiUnit "\%(quarters\|minutes\|quarter\|seconds\|minute\|months\|second\|hours\|month\|weeks\|years\|days\|hour\|week\|year\|AED\|AFN\|ALL\|AMD\|AOA\|ARS\|AUD\|AWG\|AZN\|BAM\|BBD\|BDT\|BHD\|BIF\|BMD\|BND\|BOB\|BRL\|BSD\|BTN\|BWP\|BYN\|BZD\|CAD\|CDF\|CHF\|CLP\|CNY\|COP\|CRC\|CUP\|CVE\|CZK\|DJF\|DKK\|DOP\|DZD\|EGP\|ERN\|ETB\|EUR\|FJD\|FKP\|GBP\|GEL\|GHS\|GIP\|GMD\|GNF\|GTQ\|GYD\|HKD\|HNL\|HTG\|HUF\|IDR\|ILS\|INR\|IQD\|IRR\|ISK\|JMD\|JOD\|JPY\|KES\|KGS\|KHR\|KMF\|KPW\|KRW\|KWD\|KYD\|KZT\|LAK\|LBP\|LKR\|LRD\|LSL\|LYD\|MAD\|MDL\|MGA\|MKD\|MMK\|MNT\|MOP\|MRU\|MUR\|MVR\|MWK\|MXN\|MYR\|MZN\|NAD\|NGN\|NIO\|NOK\|NPR\|NZD\|OMR\|PAB\|PEN\|PGK\|PHP\|PKR\|PLN\|PYG\|QAR\|RON\|RSD\|RUB\|RWF\|SAR\|SBD\|SCR\|SDG\|SEK\|SGD\|SHP\|SLE\|SOS\|SRD\|SSP\|STN\|SVC\|SYP\|SZL\|THB\|TJS\|TMT\|TND\|TOP\|TRY\|TTD\|TWD\|TZS\|UAH\|UGX\|USD\|UYU\|UZS\|VED\|VES\|VND\|VUV\|WST\|XAF\|XCD\|XCG\|XOF\|XPF\|YER\|ZAR\|ZMW\|ZWG\|day\)\k\@!" contained
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
