" Files of the kpi policy language.
autocmd BufNewFile,BufRead *.kpi setfiletype kpi
