--- The kpi language server in Neovim, from 0.7.2 (Debian 12) on.
---
---   require('kpi').setup {
---     path = 'kpi',              -- the program
---     language = 'zh',           -- of messages: 'en' or 'zh'; default: the language of Neovim
---     database = 'shop.db',      -- for previews, beside the file or absolute
---     period = '2026-07',        -- for previews
---     format_on_save = false,
---     on_attach = function(client, buffer) end,
---     capabilities = nil,        -- of a completion plugin
---   }
---
--- Without setup the server starts with these defaults when `kpi` is found; vim.g.kpi_lsp = false prevents that.
local M = {}

local options = { path = nil, language = nil, database = nil, period = nil, format_on_save = false }
-- Documents that only the server has, by scheme: the request for their text.
local DOCUMENTS = {
  ['kpi-std'] = { request = 'kpi/standardLibrary', filetype = 'kpi' },
  ['kpi-doc'] = { request = 'kpi/page', filetype = 'markdown' },
}

local function program()
  return options.path or vim.g.kpi_path or 'kpi'
end

local function language()
  if options.language then
    return options.language
  end
  local locale = vim.env.LC_ALL or vim.env.LC_MESSAGES or vim.env.LANG or vim.v.lang or ''
  return locale:match('^zh') and 'zh' or 'en'
end

--- The folder of the workspace: the nearest with kpi.toml, kpi.lock or .git, else the file's own. None where that would be
--- a home or a folder for everything: the server reads the policies below it.
local function root_of(file)
  local folder = vim.fn.fnamemodify(file, ':p:h')
  local at = folder
  while true do
    for _, mark in ipairs { 'kpi.toml', 'kpi.lock', '.git' } do
      local path = at .. '/' .. mark
      if vim.fn.filereadable(path) == 1 or vim.fn.isdirectory(path) == 1 then
        return at
      end
    end
    local above = vim.fn.fnamemodify(at, ':h')
    if above == at then
      break
    end
    at = above
  end
  local wide = { [vim.loop.os_homedir()] = true, ['/'] = true, ['/tmp'] = true }
  return not wide[folder] and folder or nil
end

local function absolute(path, root)
  if not path or path == '' or path:match('^/') then
    return path
  end
  return root .. '/' .. path
end

--- Shows text of the server in a window below.
local function show(text)
  vim.cmd('botright new')
  local buffer = vim.api.nvim_get_current_buf()
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, vim.split(text, '\n'))
  vim.bo[buffer].buftype = 'nofile'
  vim.bo[buffer].bufhidden = 'wipe'
  vim.bo[buffer].modifiable = false
  vim.cmd('resize ' .. math.min(20, vim.api.nvim_buf_line_count(buffer) + 1))
end

local function client_of(buffer)
  for _, client in pairs((vim.lsp.get_clients or vim.lsp.buf_get_clients)(vim.lsp.get_clients and { bufnr = buffer } or buffer)) do
    if client.name == 'kpi' then
      return client
    end
  end
end

--- Runs a command of the server: what code lenses start. `done(ok, text)` replaces showing the text.
function M.execute(command, arguments, done)
  local client = client_of(vim.api.nvim_get_current_buf())
  if not client then
    vim.notify('kpi: no language server is running for this file', vim.log.levels.WARN)
    return
  end
  local request = { command = command, arguments = arguments }
  local answer = function(err, result)
    local ok = not err and result and result.ok or false
    local text = err and err.message or (result and result.text) or ''
    if done then
      return done(ok, text)
    end
    if text ~= '' then
      show(text)
    else
      vim.notify('kpi: ' .. (ok and 'ok' or 'failed'))
    end
  end
  if vim.fn.has('nvim-0.11') == 1 then
    client:request('workspace/executeCommand', request, answer)
  else
    client.request('workspace/executeCommand', request, answer)
  end
end

--- Formats the buffer with the server.
function M.format(buffer)
  if vim.lsp.buf.format then
    vim.lsp.buf.format { bufnr = buffer, name = 'kpi', timeout_ms = 3000 }
  else -- 0.7
    vim.lsp.buf.formatting_sync(nil, 3000)
  end
end

local function on_attach(client, buffer)
  vim.bo[buffer].omnifunc = 'v:lua.vim.lsp.omnifunc'
  local function map(keys, action, description)
    vim.keymap.set('n', keys, action, { buffer = buffer, silent = true, desc = 'kpi: ' .. description })
  end
  if vim.g.kpi_mappings ~= false then
    map('K', vim.lsp.buf.hover, 'what is this')
    map('gd', vim.lsp.buf.definition, 'definition')
    map('gr', vim.lsp.buf.references, 'references')
    map('<LocalLeader>r', vim.lsp.buf.rename, 'rename')
    map('<LocalLeader>a', vim.lsp.buf.code_action, 'fix')
    map('<LocalLeader>f', function() M.format(buffer) end, 'format')
    map('<LocalLeader>p', M.page, 'page of the diagnostic')
    map('<LocalLeader>l', vim.lsp.codelens.run, 'run the test or preview of this line')
  end
  local group = vim.api.nvim_create_augroup('kpi_lsp_' .. buffer, { clear = true })
  vim.api.nvim_create_autocmd({ 'BufEnter', 'CursorHold', 'InsertLeave' }, {
    group = group,
    buffer = buffer,
    callback = function() vim.lsp.codelens.refresh() end,
  })
  vim.api.nvim_create_autocmd('BufWritePre', {
    group = group,
    buffer = buffer,
    callback = function()
      if options.format_on_save then
        M.format(buffer)
      end
    end,
  })
  if options.on_attach then
    options.on_attach(client, buffer)
  end
end

local clients = {} -- by workspace folder, or by file where there is none

--- Starts the server for the buffer's folder, or joins the one that runs, and returns its id.
function M.start(buffer)
  buffer = buffer or vim.api.nvim_get_current_buf()
  local file = vim.api.nvim_buf_get_name(buffer)
  if file == '' or file:match('^%a[%w+.-]*://') or file:match('kpi%-%a+:/') then
    return
  end
  if vim.fn.executable(program()) == 0 then
    return
  end
  local root = root_of(file)
  local key = root or file
  local id = clients[key]
  if not (id and vim.lsp.get_client_by_id(id)) then
    local settings = { language = language(), database = absolute(options.database, root or vim.fn.fnamemodify(file, ':p:h')), period = options.period }
    local config = {
      name = 'kpi',
      cmd = { program(), 'lsp' },
      root_dir = root,
      workspace_folders = root and { { uri = vim.uri_from_fname(root), name = vim.fn.fnamemodify(root, ':t') } } or nil,
      init_options = settings,
      settings = { kpi = settings },
      capabilities = options.capabilities or vim.lsp.protocol.make_client_capabilities(),
      on_attach = on_attach,
      on_exit = function() clients[key] = nil end,
    }
    if vim.lsp.start then -- 0.8
      id = vim.lsp.start(config, { bufnr = buffer })
    else
      id = vim.lsp.start_client(config)
    end
    clients[key] = id
  end
  if id then
    vim.lsp.buf_attach_client(buffer, id)
  end
  return id
end

--- Ends the servers that run; they start again with the next file, or at once with M.start().
function M.stop()
  for _, id in pairs(clients) do
    local client = vim.lsp.get_client_by_id(id)
    if client and vim.fn.has('nvim-0.11') == 1 then
      client:stop()
    elseif client then
      client.stop()
    end
  end
  clients = {}
end

--- Sets options; see above.
function M.setup(given)
  options = vim.tbl_extend('force', options, given or {})
  if options.path then
    vim.g.kpi_path = options.path
  end
end

--- Tells the servers that files may have changed on the disk, which Neovim does not watch: the text of open buffers counts as
--- it is, everything else is read again.
function M.refresh()
  for key, id in pairs(clients) do
    local client = vim.lsp.get_client_by_id(id)
    local params = { changes = { { uri = vim.uri_from_fname((client and client.config.root_dir or vim.fn.fnamemodify(key, ':h')) .. '/kpi.toml'), type = 2 } } }
    if client and vim.fn.has('nvim-0.11') == 1 then
      client:notify('workspace/didChangeWatchedFiles', params)
    elseif client then
      client.notify('workspace/didChangeWatchedFiles', params)
    end
  end
end

--- What the plugin does when it is loaded.
function M.autostart()
  for name, command in pairs { ['kpi.runTest'] = 'kpi.runTest', ['kpi.previewScorecard'] = 'kpi.previewScorecard' } do
    vim.lsp.commands[name] = function(lens) M.execute(command, lens.arguments) end
  end
  local group = vim.api.nvim_create_augroup('kpi_lsp', { clear = true })
  vim.api.nvim_create_autocmd('FileType', {
    group = group,
    pattern = 'kpi',
    callback = function(event)
      if vim.g.kpi_lsp ~= false then
        M.start(event.buf)
      end
    end,
  })
  vim.api.nvim_create_autocmd({ 'FocusGained', 'ShellCmdPost' }, { group = group, callback = M.refresh })
  vim.api.nvim_create_autocmd('BufWritePost', { group = group, pattern = { 'kpi.toml', 'kpi.lock', '*.json', '*.csv' }, callback = M.refresh })
  -- The server's own documents: to read, not to change. Neovim takes such a name for a path and puts the current folder
  -- before it.
  vim.api.nvim_create_autocmd('BufReadCmd', {
    group = group,
    pattern = { '*kpi-std:/*', '*kpi-doc:/*' },
    callback = function(event) M.read_document(event.buf, event.match:match('.*(kpi%-%a+:/.*)$')) end,
  })
  vim.api.nvim_create_user_command('KpiPage', M.page, { desc = 'the page of the diagnostic in this line' })
  vim.api.nvim_create_user_command('KpiRestart', function()
    M.stop()
    M.start()
  end, { desc = 'start the language server of kpi again' })
end

--- Fills a buffer with a document of the server.
function M.read_document(buffer, uri)
  local kind = DOCUMENTS[uri:match('^[%a-]+')]
  local _, id = next(clients)
  local client = id and vim.lsp.get_client_by_id(id)
  if not client then
    vim.notify('kpi: no language server is running', vim.log.levels.WARN)
    return
  end
  local answer
  if vim.fn.has('nvim-0.11') == 1 then
    answer = client:request_sync(kind.request, { uri = uri }, 3000, buffer)
  else
    answer = client.request_sync(kind.request, { uri = uri }, 3000, buffer)
  end
  local text = answer and answer.result and answer.result.text or ''
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, vim.split((text:gsub('\n$', '')), '\n'))
  vim.bo[buffer].buftype = 'nofile'
  vim.bo[buffer].swapfile = false
  vim.bo[buffer].filetype = kind.filetype
  vim.bo[buffer].modified = false
  vim.bo[buffer].modifiable = false
end

--- Opens the page of the diagnostic in the line of the cursor.
function M.page()
  local line = vim.api.nvim_win_get_cursor(0)[1] - 1
  for _, diagnostic in ipairs(vim.diagnostic.get(0, { lnum = line })) do
    local lsp = diagnostic.user_data and diagnostic.user_data.lsp or {}
    local href = lsp.codeDescription and lsp.codeDescription.href
    if href then
      local buffer = vim.uri_to_bufnr(href)
      vim.fn.bufload(buffer)
      vim.cmd('belowright sbuffer ' .. buffer)
      return
    end
  end
  vim.notify('kpi: nothing is reported in this line')
end

return M
