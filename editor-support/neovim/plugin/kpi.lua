-- Starts the language server for kpi files, unless g:kpi_lsp is false. require('kpi').setup{} sets options before.
if vim.g.loaded_kpi then
  return
end
vim.g.loaded_kpi = true
require('kpi').autostart()
