-- Run by fresh_debian in a Neovim that was set up as its README says: does the language server start by itself and understand?
local function need(what, condition)
  if not vim.wait(20000, condition, 50) then
    io.stderr:write('waited in vain: ' .. what .. '\n')
    vim.cmd('cquit')
  end
end
local buffer = vim.api.nvim_get_current_buf()
need('the filetype', function() return vim.bo[buffer].filetype == 'kpi' end)
need('the server', function() return #vim.tbl_values(vim.lsp.buf_get_clients(buffer)) == 1 end)
vim.api.nvim_buf_set_lines(buffer, -1, -1, false, { 'metric 新 = sum(orders.amoun)' })
need('a mistake', function() return #vim.diagnostic.get(buffer, { severity = vim.diagnostic.severity.ERROR }) == 1 end)
vim.api.nvim_buf_set_lines(buffer, -2, -1, false, { 'metric 新 = sum(orders.' })
vim.api.nvim_win_set_cursor(0, { vim.api.nvim_buf_line_count(buffer), 0 })
local params = vim.lsp.util.make_position_params(0, 'utf-16')
params.position = { line = vim.api.nvim_buf_line_count(buffer) - 1, character = #'metric x = sum(orders.' }
local fields = 0
for _, answer in pairs(vim.lsp.buf_request_sync(buffer, 'textDocument/completion', params, 10000) or {}) do
  fields = #(answer.result.items or answer.result)
end
need('the fields of orders', function() return fields == 7 end)
vim.cmd('qall!')
