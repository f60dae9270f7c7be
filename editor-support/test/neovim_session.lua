-- A session in a real Neovim with `kpi lsp`: what an author does with a policy, with Chinese labels.
-- Run by editor-support/test/run with KPI, KPI_POLICY (a copy that may be changed) and KPI_RESULT.
local passed, problems = 0, {}

local function expect(what, good, seen)
  if good then
    passed = passed + 1
  else
    table.insert(problems, what .. (seen ~= nil and ': ' .. vim.inspect(seen) or ''))
  end
end

local function wait(what, condition, milliseconds)
  local good = vim.wait(milliseconds or 10000, condition, 20)
  expect(what, good)
  return good
end

local function lines(buffer)
  return vim.api.nvim_buf_get_lines(buffer, 0, -1, false)
end

--- What the language server reports of one source: `kpi` are mistakes, `kpi lint` what rules find.
local function reported(buffer, source)
  return vim.tbl_filter(function(each) return each.source == source end, vim.diagnostic.get(buffer))
end
local function mistakes(buffer) return reported(buffer, 'kpi') end

--- The 0-based line and byte column of the nth `word` of the buffer.
local function place(buffer, pattern, word)
  for number, line in ipairs(lines(buffer)) do
    if line:find(pattern) then
      local at = line:find(word, 1, true)
      if at then
        return number - 1, at - 1
      end
    end
  end
  error('no ' .. word .. ' in ' .. pattern)
end

local function go(buffer, pattern, word)
  local line, column = place(buffer, pattern, word)
  vim.api.nvim_win_set_cursor(0, { line + 1, column })
end

--- The answer to a request at the cursor.
local function ask(buffer, method, more)
  local params = vim.tbl_extend('force', vim.lsp.util.make_position_params(0, 'utf-16'), more or {})
  for _, answer in pairs(vim.lsp.buf_request_sync(buffer, method, params, 10000) or {}) do
    return answer.result, answer.err or answer.error
  end
end

local function session()
  vim.g.kpi_path = vim.env.KPI
  vim.cmd('filetype plugin indent on')
  local attached
  require('kpi').setup {
    path = vim.env.KPI,
    language = 'zh',
    on_attach = function(_, buffer) attached = buffer end,
  }
  vim.cmd('edit ' .. vim.fn.fnameescape(vim.env.KPI_POLICY))
  local buffer = vim.api.nvim_get_current_buf()
  expect('filetype', vim.bo[buffer].filetype == 'kpi', vim.bo[buffer].filetype)
  if not wait('the server starts and attaches', function() return attached == buffer end) then
    return
  end

  -- Diagnostics: none at first, one with id, Chinese text and the right place behind Chinese letters, none again.
  vim.wait(500, function() return false end) -- what was said of the text before is out of date
  if not wait('the bundled policy has no mistakes', function() return #mistakes(buffer) == 0 end) then
    table.insert(problems, vim.inspect(mistakes(buffer)))
  end
  local last = vim.api.nvim_buf_line_count(buffer)
  local wrong = 'metric 错误指标 "错误指标😀" = sum(orders.amoun)'
  vim.api.nvim_buf_set_lines(buffer, last, last, false, { wrong })
  if wait('a mistake is reported while typing', function() return #mistakes(buffer) > 0 end) then
    local found = mistakes(buffer)[1]
    expect('its line', found.lnum == last, found.lnum)
    expect('its column in bytes', found.col == wrong:find('amoun', 1, true) - 1, found.col)
    expect('its id', found.code == 'K0207' or (found.user_data and found.user_data.lsp.code == 'K0207'), found)
    expect('its language', found.message:find('没有字段', 1, true) ~= nil, found.message)
    vim.api.nvim_win_set_cursor(0, { last + 1, 0 })
    require('kpi').page()
    local page = table.concat(lines(vim.api.nvim_get_current_buf()), '\n')
    expect('its page opens', page:find('K0207', 1, true) ~= nil and vim.bo.filetype == 'markdown', page)
    vim.cmd('close')
  end
  vim.api.nvim_buf_set_lines(buffer, last, last + 1, false, {})
  wait('it goes when the text is right again', function() return #mistakes(buffer) == 0 end)

  wait('what the rules find is reported', function() return #reported(buffer, 'kpi lint') > 0 end)
  local actions = {}
  local finding = reported(buffer, 'kpi lint')[1]
  if finding then
    go(buffer, '^payout bonus', 'bonus')
    actions = ask(buffer, 'textDocument/codeAction', {
      range = {
        start = { line = finding.lnum, character = finding.col },
        ['end'] = { line = finding.end_lnum, character = finding.end_col },
      },
      context = { diagnostics = {} },
    }) or {}
  end
  expect('a finding can be allowed', #actions > 0, finding)

  -- Completion through omnifunc's request: fields behind `orders.`
  vim.api.nvim_buf_set_lines(buffer, last, last, false, { 'metric 新指标 = sum(orders.' })
  vim.api.nvim_win_set_cursor(0, { last + 1, #'metric 新指标 = sum(orders.' })
  vim.cmd('startinsert!')
  local line = vim.api.nvim_get_current_line()
  local answer = ask(buffer, 'textDocument/completion', {
    position = { line = last, character = vim.str_utfindex and select(2, vim.str_utfindex(line)) or #line },
  })
  local labels = {}
  for _, item in ipairs(answer and (answer.items or answer) or {}) do
    labels[item.label] = true
  end
  expect('completion knows the fields of orders', labels.amount and labels.refunded and not labels.views, vim.tbl_keys(labels))
  vim.cmd('stopinsert')
  vim.api.nvim_buf_set_lines(buffer, last, last + 1, false, {})

  -- Hover and definition.
  go(buffer, '^  | net_sales', 'net_sales')
  local hover = ask(buffer, 'textDocument/hover')
  local text = hover and hover.contents and hover.contents.value or ''
  expect('hover shows the Chinese label', text:find('净销售额', 1, true) ~= nil, text)
  vim.lsp.buf.definition()
  local wanted = place(buffer, '^metric net_sales', 'net_sales')
  wait('definition jumps to the metric', function() return vim.api.nvim_win_get_cursor(0)[1] == wanted + 1 end)

  -- Rename, everywhere in the file.
  go(buffer, '^metric gpm', 'gpm')
  vim.lsp.buf.rename('千次观看金额')
  wait('rename changes the declaration', function()
    return table.concat(lines(buffer), '\n'):find('metric 千次观看金额 "GMV', 1, true) ~= nil
  end)
  local all = table.concat(lines(buffer), '\n')
  expect('rename changes the scorecard', all:find('| 千次观看金额', 1, true) ~= nil)
  expect('rename changes the labels', all:find('千次观看金额 "千次观看成交金额"', 1, true) ~= nil)
  expect('rename leaves no old name', not all:find('gpm', 1, true), all:match('[^\n]*gpm[^\n]*'))
  vim.wait(500, function() return false end) -- what was said of the text before is out of date
  if not wait('the renamed policy has no mistakes', function() return #mistakes(buffer) == 0 end) then
    table.insert(problems, vim.inspect(mistakes(buffer)))
  end

  -- Formatting gives what `kpi fmt` gives.
  local expected = vim.fn.systemlist({ vim.env.KPI, 'fmt', '-' }, lines(buffer))
  require('kpi').format(buffer)
  expect('formatting is `kpi fmt`', vim.deep_equal(lines(buffer), expected))

  -- A code lens runs a test of the policy.
  local lens
  for _, each in ipairs(ask(buffer, 'textDocument/codeLens') or {}) do
    if each.command and each.command.command == 'kpi.runTest' then
      lens = lens or each
    end
  end
  expect('tests have a lens', lens ~= nil)
  if lens then
    local ok, said
    require('kpi').execute(lens.command.command, lens.command.arguments, function(good, text_of)
      ok, said = good, text_of
    end)
    wait('the lens answers', function() return said ~= nil end)
    expect('the test passes', ok == true, said)
  end

  -- A file of the standard library opens to read.
  local library = vim.uri_to_bufnr('kpi-std:/std/live.kpi') -- as a jump to a definition does
  vim.fn.bufload(library)
  expect('the standard library has text', table.concat(lines(library), '\n'):find('library', 1, true) ~= nil, lines(library)[1])
  expect('it cannot be changed', vim.bo[library].modifiable == false)

  -- A library that something else writes: seen when Neovim is told to look again, as it is after `:!` and when it gets the focus.
  local beside = vim.fn.fnamemodify(vim.env.KPI_POLICY, ':h') .. '/费率.kpi'
  vim.fn.writefile({ 'edition 2026', 'library rates { param rate : number = 2% }' }, beside)
  vim.cmd('buffer ' .. buffer)
  local before = place(buffer, '^entity host', 'entity')
  vim.api.nvim_buf_set_lines(buffer, before, before, false, { 'use "费率.kpi" as 费率' })
  vim.wait(500, function() return false end)
  wait('a library beside the policy is read', function() return #mistakes(buffer) == 0 end)
  vim.fn.writefile({ 'edition 2026', 'library rates { param rate : numbr = 2% }' }, beside)
  vim.api.nvim_exec_autocmds('ShellCmdPost', {})
  wait('a change of it on the disk is noticed', function()
    for _, each in ipairs(vim.diagnostic.get()) do
      if each.message:find('numbr', 1, true) then
        return true
      end
    end
    return false
  end)
  vim.fn.delete(beside)

  -- Every bundled policy opens without a mistake, with an outline, in its layout.
  local opened = 0
  for _, path in ipairs(vim.fn.glob(vim.env.KPI_POLICIES .. '/*/policy.kpi', true, true)) do
    vim.cmd('edit ' .. vim.fn.fnameescape(path))
    local each = vim.api.nvim_get_current_buf()
    attached = attached == each and each or vim.wait(10000, function() return attached == each end, 20) and each
    local outline = ask(each, 'textDocument/documentSymbol') or {}
    local changes = ask(each, 'textDocument/formatting', { options = { tabSize = 2, insertSpaces = true } })
    vim.wait(100, function() return #mistakes(each) > 0 end, 20)
    expect('the policy ' .. path, #outline > 5 and changes and #changes == 0 and #mistakes(each) == 0, mistakes(each))
    opened = opened + 1
  end
  expect('the bundled policies', opened >= 10, opened)
  require('kpi').stop()
end

local good, message = xpcall(session, debug.traceback)
if not good then
  table.insert(problems, message)
end
table.insert(problems, ('%d passed, %d failed'):format(passed, #problems))
vim.fn.writefile(vim.split(table.concat(problems, '\n'), '\n'), vim.env.KPI_RESULT)
vim.cmd(#problems == 1 and 'qall!' or 'cquit')
