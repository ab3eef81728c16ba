--- The site's configuration: thresholds, tag files, driver folders, knowledge of its own.
-- A file returns one Lua table; it is loaded as text and sees no functions at all.
-- @module poolsleuth.config
local lfs    = require "lfs"
local system = require "poolsleuth.system"

local config = {}

local LARGEST <const> = 1 << 24
local KINDS <const> = { thresholds = "numbers", limits = "limits", tagfiles = "paths", drivers = "paths",
  overlays = "paths" }
local STEPS <const> = 100000
local MOST_KIB <const> = 4096

local function expand(path, folder, home)
  if path:sub(1, 2) == "~/" and home then return home .. path:sub(2) end
  if path:sub(1, 1) ~= "/" then return folder .. "/" .. path end
  return path
end

local function check_limit(name, value, known)
  if not known[name] then return ("unknown limit '%s'"):format(tostring(name)) end
  local fits = math.type(value) == "integer" and value >= 1
  return not fits and ("limit '%s' is no number from 1 on"):format(name) or nil
end

local function check(values)
  if type(values) ~= "table" then return "does not return a table" end
  for field, value in pairs(values) do
    local kind = KINDS[field]
    if not kind then
      return ("unknown field '%s' (known: drivers, limits, overlays, tagfiles, thresholds)"):format(
        tostring(field))
    end
    if type(value) ~= "table" then return ("field '%s' is not a table"):format(field) end
    local known = kind == "limits" and system.limits()
    for name, item in pairs(value) do
      if kind == "paths" and type(item) ~= "string" then
        return ("field '%s' is a list of paths"):format(field)
      end
      if kind == "numbers" and (type(item) ~= "number" or type(name) ~= "string") then
        return ("field '%s' gives numbers to names"):format(field)
      end
      local wrong = known and check_limit(name, item, known)
      if wrong then return wrong end
    end
  end
  return nil
end

-- Ends what computes rather than lists: a step of it can at most multiply what it has made.
local function watch(routine)
  local steps, before = 0, collectgarbage "count"
  debug.sethook(routine, function()
    steps = steps + 1
    if steps > STEPS or collectgarbage "count" - before > MOST_KIB then error("does too much", 0) end
  end, "", 1)
end

-- Texts have no methods meanwhile: a pattern of string.find can take hours in one step.
local function without_methods(routine)
  local class = getmetatable ""
  local methods = class.__index
  class.__index = nil
  local ok, values = coroutine.resume(routine)
  class.__index = methods
  return ok, values
end

local function evaluate(text, path)
  local chunk, message = load(text, "=" .. path:match "[^/]*$", "t", {})
  if not chunk then return nil, message end
  local routine = coroutine.create(chunk)
  watch(routine)
  local ok, values = without_methods(routine)
  if not ok then return nil, tostring(values) end
  return values
end

--- The files that are looked for, the user's first.
-- @tparam[opt=os.getenv] function getenv
-- @treturn {string,...}
function config.paths(getenv)
  getenv = getenv or os.getenv
  local paths = {}
  local folder, home = getenv "XDG_CONFIG_HOME", getenv "HOME"
  if folder and folder:sub(1, 1) == "/" then
    paths[1] = folder .. "/poolsleuth/config.lua"
  elseif home and home:sub(1, 1) == "/" then
    paths[1] = home .. "/.config/poolsleuth/config.lua"
  end
  paths[#paths + 1] = "/etc/poolsleuth/config.lua"
  return paths
end

--- Read one file.
-- @tparam string path
-- @tparam[opt] string home for paths that begin with ~/
-- @treturn[1] table `thresholds`, `limits`, `tagfiles`, `drivers`, `overlays`
-- @treturn[2] nil
-- @treturn[2] string what is wrong with it
-- @treturn[2] ?table `code` where it could not be read
function config.read(path, home)
  local text, unread, err = system.read(path, LARGEST)
  if not text then return nil, path .. ": " .. unread, err end
  local values, message = evaluate(text, path)
  message = values == nil and (message or "does not return a table") or check(values)
  if message then return nil, path .. ": " .. message end
  local folder = path:match "^(.*)/[^/]*$" or "."
  for field, kind in pairs(KINDS) do
    values[field] = values[field] or {}
    for i, item in ipairs(kind == "paths" and values[field] or {}) do
      values[field][i] = expand(item, folder, home)
    end
  end
  return values
end

--- The site's configuration: the user's file before the machine's.
-- @tparam[opt] {string,...} paths in place of config.paths
-- @treturn[1] table `thresholds`, `limits`, `tagfiles`, `drivers`, `overlays`, `files` (those that were read)
-- @treturn[2] nil
-- @treturn[2] string what is wrong
-- @treturn[2] ?table `code` where a file could not be read
function config.load(paths)
  local merged = { thresholds = {}, limits = {}, tagfiles = {}, drivers = {}, overlays = {}, files = {} }
  for _, path in ipairs(paths or config.paths()) do
    if lfs.attributes(path, "mode") then
      local values, message, err = config.read(path, os.getenv "HOME")
      if not values then return nil, message, err end
      merged.files[#merged.files + 1] = path
      for _, field in ipairs { "thresholds", "limits" } do
        for name, value in pairs(values[field]) do
          if merged[field][name] == nil then merged[field][name] = value end
        end
      end
      for _, field in ipairs { "tagfiles", "drivers", "overlays" } do
        table.move(values[field], 1, #values[field], #merged[field] + 1, merged[field])
      end
    end
  end
  return merged
end

return config
