--- The shelf: where scripts and plugins stand, and which copy of a name wins.
-- The current folder is never searched.
-- @module poolsleuth.shelf
local chunk = require "poolsleuth.chunk"
local lfs   = require "lfs"

local shelf = {}

-- A script that merely introduces itself gets this many steps, and this much memory, in KiB and in bytes of
-- one text.
local INTRODUCTION_STEPS <const>, INTRODUCTION_KIB <const> = 1000000, 65536
local INTRODUCTION_TEXT <const> = 1 << 20

-- A declaration is no deeper and has no more tables.
local MOST_TABLES <const> = 10000

-- Below each scripts folder, in this order.
local SUBFOLDERS <const> = { "", "/commands", "/playbooks" }

-- What a script may be, and a plugin, which has no run of its own.
local KINDS <const> = { playbook = true, command = true }
local PLUGINS <const> = { dialect = true, exporter = true }

-- What may be used while a script introduces itself; everything else waits until it runs.
local DECLARING <const> = {
  ["poolsleuth.playbook"] = true, ["poolsleuth.command"] = true, ["poolsleuth.dialect"] = true,
  ["poolsleuth.exporter"] = true, ["poolsleuth.shared_arguments"] = true,
}

local function copy(library)
  local fresh = {}
  for name, value in pairs(library) do fresh[name] = value end
  return fresh
end

-- Texts with a rep that makes no giant.
local texts = copy(string)
function texts.rep(text, count, between)
  local size = (#text + #(between or "")) * math.max(0, count)
  if size > INTRODUCTION_TEXT or count > INTRODUCTION_TEXT then error("does too much before run()", 0) end
  return string.rep(text, count, between)
end

-- A module that is loaded at its first use, and not before the script runs.
local function promise(name, state)
  local function loaded()
    if not state.open then
      error(("'%s' is used before run() (a script only declares itself when it is loaded)"):format(name), 3)
    end
    return require(name)
  end
  return setmetatable({}, {
    __index = function(_, key) return loaded()[key] end,
    __call = function(_, ...) return loaded()(...) end,
    __pairs = function() return pairs(loaded()) end,
    __newindex = function() error(("module '%s' is not to be changed"):format(name), 2) end,
  })
end

-- A module that can be used and not be changed: the next script gets the same one.
local function guarded(name)
  local module = require(name)
  return setmetatable({}, {
    __index = module,
    __call = function(_, ...) return module(...) end,
    __pairs = function() return pairs(module) end,
    __newindex = function() error(("module '%s' is not to be changed"):format(name), 2) end,
  })
end

local function introduction(state)
  local env = {
    require = function(name)
      if state.open then return require(name) end
      return DECLARING[name] and guarded(name) or promise(name, state)
    end,
  }
  for _, name in ipairs { "assert", "error", "ipairs", "next", "pairs", "select", "setmetatable", "tonumber",
                          "tostring", "type" } do
    env[name] = _G[name]
  end
  for _, name in ipairs { "math", "string", "table", "utf8" } do env[name] = copy(_G[name]) end
  env.string.rep = texts.rep
  return env
end

-- Ends what takes long or grows large: a step of it can at most double a text.
local function watch(routine)
  local steps, before = 0, collectgarbage "count"
  debug.sethook(routine, function()
    steps = steps + 1
    if steps > INTRODUCTION_STEPS or collectgarbage "count" - before > INTRODUCTION_KIB then
      error("does too much before run()", 0)
    end
  end, "", 1)
end

-- Call a chunk that may not do much.
local function call_bounded(introduce)
  local routine = coroutine.create(introduce)
  watch(routine)
  local class = getmetatable ""
  local methods = class.__index
  class.__index = texts
  local ok, result = coroutine.resume(routine)
  class.__index = methods
  if ok and coroutine.status(routine) ~= "dead" then return false, "yields before run()" end
  return ok, result
end

-- A table that does something when it is looked at is no declaration.
local function is_plain(def)
  local seen, open = { [def] = true }, { def }
  for i = 1, MOST_TABLES do
    local this = open[i]
    if not this then return true end
    if getmetatable(this) ~= nil then return false end
    for _, value in next, this do
      if type(value) == "table" and not seen[value] then
        seen[value], open[#open + 1] = true, value
      end
    end
  end
  return false
end

local function check_again(def)
  local kind = def.kind
  def.kind = nil
  if PLUGINS[kind] then return require("poolsleuth." .. kind).new(def) end
  return require("poolsleuth.script").new(def, kind)
end

-- What a script returned, checked as its own words may not have been.
local function checked(def)
  local known = type(def) == "table" and is_plain(def) and (PLUGINS[def.kind] or KINDS[def.kind])
  if not known then return nil, "does not return a playbook, a command, a dialect or an exporter" end
  local ok, message = pcall(check_again, def)
  if not ok then return nil, message end
  return def
end

-- Messages of Lua name the chunk; the path is said apart.
local function without_place(message, path)
  if type(message) ~= "string" then return "raises something that is no text" end
  local at, rest = message:match "^.-:(%d+): (.*)$"
  if at and message:find(path:sub(-20), 1, true) then return ("line %s: %s"):format(at, rest) end
  return message
end

--- Load one script as text, without letting it do anything.
-- Its functions see the ordinary globals once `open` has been called.
-- @tparam string path
-- @treturn[1] table the declaration, with `path` and `open`
-- @treturn[2] nil
-- @treturn[2] string why not
-- @treturn[2] ?table `code` where the file could not be read
function shelf.load(path)
  local state = { open = false }
  local env = introduction(state)
  local introduce, message, err = chunk.load(path, env)
  if not introduce then return nil, without_place(message, path), err end
  local ok, returned = call_bounded(introduce)
  if not ok then return nil, without_place(returned, path) end
  local def, wrong = checked(returned)
  if not def then return nil, without_place(wrong, path) end
  def.path = path
  def.open = function()
    state.open = true
    setmetatable(env, { __index = _G })
    return def.run
  end
  return def
end

local function folder_of(path)
  return path:match "^(.*)/[^/]*$" or "."
end

-- The folder so many steps above one; the program's own path has no links in it.
local function above(folder, steps)
  for _ = 1, steps do folder = folder_of(folder) end
  return folder
end

-- The folders for `what` ("scripts" or "plugins"), with those of a variable of the environment.
local function folders_for(what, variable, given, options)
  local getenv = options.environment or os.getenv
  local folders, known = {}, {}
  local function add(path, origin, skipped)
    if known[path] then return end
    known[path] = true
    folders[#folders + 1] = { path = path, origin = origin, skipped = skipped }
  end
  for _, path in ipairs(given) do add(path, "option") end
  for path in (getenv(variable) or ""):gmatch "[^:]+" do
    if path:sub(1, 1) == "/" then add(path, "environment") end
  end
  local user = shelf.user_folder(getenv, what)
  if user then
    local untrusted = options.is_root and not options.trust_user_scripts
    add(user, "user", untrusted and "root does not run it without --trust-user-scripts" or nil)
  end
  if options.executable then
    local bin = folder_of(options.executable)
    add(above(bin, 1) .. "/" .. what, "program")
    add(above(bin, 1) .. "/share/poolsleuth/" .. what, "program")
    add(above(bin, 2) .. "/" .. what, "program")
  end
  if options.library then
    add(above(options.library, 2) .. "/poolsleuth/" .. what, "library")
    add(above(options.library, 1) .. "/" .. what, "library")
  end
  add("/usr/local/share/poolsleuth/" .. what, "system")
  add("/usr/share/poolsleuth/" .. what, "system")
  return folders
end

--- Where scripts are looked for, first folder first.
-- @tparam table options `scripts` (folders of --scripts), `trust_user_scripts`, `environment`
--   (function from a name to its value), `executable`, `library` (the folder of the Lua library, where
--   another program runs it), `is_root`
-- @treturn {table,...} each `path`, `origin` ("option", "environment", "user", "program", "library",
--   "system"), and `skipped` with the reason where a folder is not trusted
function shelf.folders(options)
  return folders_for("scripts", "POOLSLEUTH_SCRIPTS", options.scripts or {}, options)
end

--- Where plugins are looked for, first folder first; the same trust as for scripts.
-- @tparam table options as for @{folders}
-- @treturn {table,...} as of @{folders}
function shelf.plugin_folders(options)
  return folders_for("plugins", "POOLSLEUTH_PLUGINS", {}, options)
end

--- The folder of the user's own scripts or plugins.
-- @tparam[opt=os.getenv] function getenv
-- @tparam[opt="scripts"] string what "scripts" or "plugins"
-- @treturn ?string nil where the user has no home
function shelf.user_folder(getenv, what)
  getenv, what = getenv or os.getenv, what or "scripts"
  local data, home = getenv "XDG_DATA_HOME", getenv "HOME"
  if data and data:sub(1, 1) == "/" then return data .. "/poolsleuth/" .. what end
  if home and home:sub(1, 1) == "/" then return home .. "/.local/share/poolsleuth/" .. what end
  return nil
end

local function is_file(path)
  return lfs.attributes(path, "mode") == "file"
end

-- The real place of a file, so that a folder that is reached by two names counts once.
local function identity(path)
  local about = lfs.attributes(path)
  return about and about.dev .. ":" .. about.ino
end

--- Find one script by its name, loading nothing else.
-- @tparam {table,...} folders from shelf.folders
-- @tparam string name
-- @treturn ?string its path
-- @treturn ?table the folder it is in
function shelf.find(folders, name)
  if not name:find "^%w[%w_-]*$" then return nil end
  for _, folder in ipairs(folders) do
    for _, sub in ipairs(folder.skipped and {} or SUBFOLDERS) do
      local path = ("%s%s/%s.lua"):format(folder.path, sub, name)
      if is_file(path) then return path, folder end
    end
  end
  return nil
end

-- What a folder holds: nothing where there is none; a folder that cannot be read is told as well.
local function contents(folder)
  if lfs.attributes(folder, "mode") ~= "directory" then return {} end
  local found, message, err = require("poolsleuth.folder").names(folder)
  return found or {}, message and { path = folder, message = message, err = err }
end

local function script_names(folder)
  local names = {}
  local found, unread = contents(folder)
  for _, file in ipairs(found) do names[#names + 1] = file:match "^(%w[%w_-]*)%.lua$" end
  table.sort(names)
  return names, unread
end

--- The names of all scripts, without loading one; those of a folder that cannot be read are missing.
-- @tparam {table,...} folders
-- @treturn {string,...} sorted
function shelf.names(folders)
  local names, seen = {}, {}
  for _, folder in ipairs(folders) do
    for _, sub in ipairs(folder.skipped and {} or SUBFOLDERS) do
      for _, name in ipairs(script_names(folder.path .. sub)) do
        if not seen[name] then names[#names + 1] = name end
        seen[name] = true
      end
    end
  end
  table.sort(names)
  return names
end

--- Load a script that goes by a name; it must call itself by that name.
-- @tparam string path
-- @treturn[1] table the declaration
-- @treturn[2] nil
-- @treturn[2] string why not
-- @treturn[2] ?table `code` where the file could not be read
function shelf.load_named(path)
  local def, broken, err = shelf.load(path)
  if not def then return nil, broken, err end
  local name = path:match "([^/]*)%.lua$"
  if name and def.name ~= name then
    return nil, ("calls itself '%s', but the file is %s.lua"):format(def.name, name)
  end
  return def
end

local function add_entry(found, by_name, seen, folder, path, name)
  local id = identity(path)
  if seen[id] then return end
  seen[id] = true
  local winner = by_name[name]
  if winner and not winner.skipped then
    winner.shadows[#winner.shadows + 1] = path
    return
  end
  local def, broken, unread = shelf.load_named(path)
  local entry = { name = name, path = path, origin = folder.origin, def = def, broken = broken,
                  unread = unread, skipped = folder.skipped, shadows = {} }
  if not winner then by_name[name] = entry end
  if winner and winner.skipped then by_name[name] = entry end
  found[#found + 1] = entry
end

-- A folder whose scripts nobody knows, in the place of what it may hold.
local function add_unread(found, folder, unread)
  if not unread then return end
  found[#found + 1] = { name = unread.path:match "[^/]*$", path = unread.path, origin = folder.origin,
    broken = unread.message, unread = unread.err, skipped = folder.skipped, shadows = {} }
end

-- A plugin is NAME.lua, or NAME/NAME.lua with whatever it needs beside it.
local function plugin_paths(folder)
  local paths = {}
  local found, unread = contents(folder)
  for _, entry in ipairs(found) do
    local name = entry:match "^(%w[%w_-]*)%.lua$"
    if name then paths[#paths + 1] = { name, ("%s/%s"):format(folder, entry) } end
    local path = ("%s/%s/%s.lua"):format(folder, entry, entry)
    if entry:find "^%w[%w-]*$" and is_file(path) then paths[#paths + 1] = { entry, path } end
  end
  table.sort(paths, function(a, b) return a[2] < b[2] end)
  return paths, unread
end

local function sort_entries(found)
  table.sort(found, function(a, b)
    if a.name ~= b.name then return a.name < b.name end
    return a.path < b.path
  end)
  return found
end

--- Every plugin in these folders, first folder first.
-- @tparam {table,...} folders of @{plugin_folders}
-- @treturn {table,...} as of @{list}
function shelf.list_plugins(folders)
  local found, by_name, seen = {}, {}, {}
  for _, folder in ipairs(folders) do
    local paths, unread = plugin_paths(folder.path)
    add_unread(found, folder, unread)
    for _, pair in ipairs(paths) do
      add_entry(found, by_name, seen, folder, pair[2], pair[1])
    end
  end
  return sort_entries(found)
end

--- Find one plugin by its name, loading nothing.
-- @tparam {table,...} folders of @{plugin_folders}
-- @tparam string name
-- @treturn ?string its path
function shelf.find_plugin(folders, name)
  for _, folder in ipairs(folders or {}) do
    for _, pair in ipairs(folder.skipped and {} or plugin_paths(folder.path)) do
      if pair[1] == name then return pair[2] end
    end
  end
  return nil
end

--- Every script in these folders, first folder first.
-- @tparam {table,...} folders from shelf.folders
-- @treturn {table,...} sorted by name: `name`, `path`, `origin`, and `def` or `broken` (with `unread`, the
--   error, where the file, or a whole folder, could not be read); `shadows` lists the copies that lost,
--   `skipped` why a trusted copy is looked for further on
function shelf.list(folders)
  local found, by_name, seen = {}, {}, {}
  for _, folder in ipairs(folders) do
    for _, sub in ipairs(SUBFOLDERS) do
      local names, unread = script_names(folder.path .. sub)
      add_unread(found, folder, unread)
      for _, name in ipairs(names) do
        add_entry(found, by_name, seen, folder, ("%s%s/%s.lua"):format(folder.path, sub, name), name)
      end
    end
  end
  return sort_entries(found)
end

--- Raise where a trusted entry could not be read: a list without it would be no answer.
-- @tparam {table,...} entries of @{list} or @{list_plugins}
-- @treturn {table,...} the entries
function shelf.demand(entries)
  for _, entry in ipairs(entries) do
    if entry.unread and not entry.skipped then
      error({ message = ("%s cannot be used: %s"):format(entry.path, entry.broken), status = 74 }, 0)
    end
  end
  return entries
end

return shelf
