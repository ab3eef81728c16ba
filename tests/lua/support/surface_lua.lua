--- The surface of the Lua library, as it is found by loading every module and looking at it.
local globals  = require "poolsleuth.globals"
local schema   = require "poolsleuth.schema"
local shelf    = require "poolsleuth.shelf"
local tree     = require "tests.lua.support.tree"

local surface = {}

local function keys(of)
  local list = {}
  for key in pairs(of) do
    if type(key) == "string" then list[#list + 1] = key end
  end
  table.sort(list)
  return list
end

-- The file that a function of Lua was written in.
local function home(call)
  local about = debug.getinfo(call, "S")
  return about.what ~= "C" and about.source or nil
end

-- What each function of a module can reach by its upvalues, in the module's own file.
local function reached(module)
  local seen, classes = {}, {}
  local file
  local function look(value, name)
    if type(value) == "function" and not seen[value] and home(value) == file then
      seen[value] = true
      for at = 1, 255 do
        local upvalue, held = debug.getupvalue(value, at)
        if not upvalue then break end
        look(held, upvalue)
      end
    elseif type(value) == "table" and not seen[value] then
      seen[value] = true
      if rawget(value, "__index") ~= nil and name ~= "_ENV" then classes[name] = value end
      if value == module or rawget(value, "__index") ~= nil then
        for _, key in ipairs(keys(value)) do look(rawget(value, key), key) end
      end
    end
  end
  if type(module) == "table" then
    for _, key in ipairs(keys(module)) do
      if type(module[key]) == "function" then file = file or home(module[key]) end
    end
    look(module, "module")
  end
  return classes
end

local function callables(of)
  local list = {}
  for _, key in ipairs(keys(of)) do
    if type(of[key]) == "function" and key:sub(1, 1) ~= "_" then list[#list + 1] = key end
  end
  return list
end

local function wrapped(lines, head, words)
  lines[#lines + 1] = head
  for _, word in ipairs(words) do lines[#lines + 1] = "  " .. word end
end

local function is_module(value)
  for _, loaded in pairs(package.loaded) do
    if loaded == value then return true end
  end
  return false
end

local function describe_module(lines, name, module)
  if type(module) ~= "table" then
    lines[#lines + 1] = ("module %s is a %s"):format(name, type(module))
    return
  end
  wrapped(lines, "module " .. name, callables(module))
  local classes = reached(module)
  for _, class in ipairs(keys(classes)) do
    local methods = callables(classes[class])
    if not is_module(classes[class]) and #methods > 0 then
      wrapped(lines, ("class %s of %s"):format(class, name), methods)
    end
  end
end

--- Names of all modules: those in Lua by their files, those in C by their openers' list.
-- @treturn {string,...}
function surface.names()
  local names = { "poolsleuth" }
  for opener in tree.read("core/bind/module.c"):gmatch '{"(poolsleuth%.[%w_]+)"' do
    names[#names + 1] = opener
  end
  for _, path in ipairs(tree.files("lua/poolsleuth", "%.lua$")) do
    local name = path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

-- Classes of userdata stand in the registry under their names.
local function describe_userdata(lines)
  local registry = debug.getregistry()
  for _, name in ipairs(keys(registry)) do
    local class = registry[name]
    if name:find "^poolsleuth" and type(class) == "table" and rawget(class, "__name") == name then
      local methods = rawget(class, "__index")
      if type(methods) == "function" then methods = rawget(class, "methods") or {} end
      wrapped(lines, "userdata " .. name, callables(methods))
    end
  end
end

local function flags(argument)
  local flag = argument.flag
  if not flag then return argument.name .. (argument.many and "..." or "") end
  return type(flag) == "table" and table.concat(flag, ", ") or flag
end

local function describe_scripts(lines)
  local found = shelf.list { { path = "scripts", origin = "here" } }
  for _, script in ipairs(found) do
    local value = script.def
    local words = {}
    for _, argument in ipairs(value and value.args or {}) do words[#words + 1] = flags(argument) end
    wrapped(lines, ("%s %s"):format(value and value.kind or "script", script.name), words)
  end
end

local function describe_plugins(lines)
  for _, plugin in ipairs(shelf.list_plugins { { path = "plugins", origin = "here" } }) do
    lines[#lines + 1] = ("%s %s"):format(plugin.def and plugin.def.kind or "plugin", plugin.name)
  end
end

-- The shapes of JSON documents hold their fields in order.
local function describe_shape(lines, shape, indent)
  if type(shape) ~= "table" then return end
  if shape.item then return describe_shape(lines, shape.item, indent) end
  for _, name in ipairs(shape.fields or {}) do
    lines[#lines + 1] = indent .. name
    describe_shape(lines, shape.of and shape.of[name], indent .. "  ")
  end
end

local function describe_kinds(lines)
  local _, kinds = debug.getupvalue(schema.of, 1)
  for _, kind in ipairs(keys(kinds)) do
    lines[#lines + 1] = "kind " .. kind
    describe_shape(lines, kinds[kind], "  ")
  end
end

--- All of it, as lines that a person compares.
-- @treturn string
function surface.text()
  local lines = {}
  for _, name in ipairs(surface.names()) do describe_module(lines, name, require(name)) end
  describe_userdata(lines)
  describe_scripts(lines)
  describe_plugins(lines)
  local options = {}
  for _, argument in ipairs(globals) do options[#options + 1] = flags(argument) end
  wrapped(lines, "options of every command", options)
  describe_kinds(lines)
  return table.concat(lines, "\n") .. "\n"
end

return surface
