--- Runs programs for the tests and keeps what they said.
local lfs = require "lfs"

local shell = {}

--- A word as the shell takes it, whatever is in it.
-- @tparam string word
-- @treturn string
function shell.quote(word)
  return "'" .. word:gsub("'", [['\'']]) .. "'"
end

local function clock()
  local file <close> = assert(io.open("/proc/uptime", "r"))
  return file:read "n"
end

local function take(path)
  local file <close> = assert(io.open(path, "rb"))
  local bytes = file:read "a"
  os.remove(path)
  return bytes
end

--- Run a program to its end.
-- @tparam {string,...} words the program and its arguments
-- @tparam[opt] table options `env` (name to value, false unsets), `cwd`, `input` (bytes for standard
--   input), `limit` (seconds, 60)
-- @treturn table `status` (128 + n after signal n), `out`, `err`, `seconds`
function shell.run(words, options)
  options = options or {}
  local out, err, input = os.tmpname(), os.tmpname(), nil
  local command = {}
  if options.cwd then command[#command + 1] = "cd " .. shell.quote(options.cwd) .. " &&" end
  command[#command + 1] = "exec env"
  local names = {}
  for name in pairs(options.env or {}) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    if options.env[name] == false then command[#command + 1] = "-u " .. name end
  end
  for _, name in ipairs(names) do
    local value = options.env[name]
    if value then command[#command + 1] = shell.quote(name .. "=" .. value) end
  end
  command[#command + 1] = ("timeout -k 5 %d"):format(options.limit or 60)
  for _, word in ipairs(words) do command[#command + 1] = shell.quote(word) end
  if options.input then
    input = os.tmpname()
    local file <close> = assert(io.open(input, "wb"))
    file:write(options.input)
  end
  command[#command + 1] = ("<%s >%s 2>%s"):format(input or "/dev/null", out, err)
  local before = clock()
  local _, how, status = os.execute(table.concat(command, " "))
  local result = {
    status = how == "signal" and 128 + status or status,
    seconds = clock() - before,
    out = take(out),
    err = take(err),
  }
  if input then os.remove(input) end
  return result
end

--- The program under test.
shell.program = os.getenv "POOLSLEUTH" or lfs.currentdir() .. "/build/poolsleuth"

--- Run poolsleuth; no setting of the tester's account reaches it.
-- @tparam {string,...} arguments
-- @tparam[opt] table options as for @{run}
-- @treturn table as for @{run}
function shell.poolsleuth(arguments, options)
  options = options or {}
  local env = {
    HOME = "/nonexistent", XDG_DATA_HOME = false, XDG_CONFIG_HOME = false, XDG_CACHE_HOME = false,
    XDG_STATE_HOME = false, POOLSLEUTH_SCRIPTS = false, NO_COLOR = false, COLUMNS = false,
    LUA_PATH = false, LUA_CPATH = false,
  }
  for name, value in pairs(options.env or {}) do env[name] = value end
  local given = {}
  for name, value in pairs(options) do given[name] = value end
  given.env = env
  return shell.run({ shell.program, table.unpack(arguments) }, given)
end

--- Where a program lies that the path finds.
-- @tparam string name
-- @treturn ?string
function shell.find(name)
  local found = shell.run { "sh", "-c", "command -v " .. shell.quote(name) }
  return found.status == 0 and found.out:match "[^\n]+" or nil
end

return shell
