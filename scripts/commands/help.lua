-- Explain one script from its declaration, or say how to begin.
local command     = require "poolsleuth.command"
local cli         = require "poolsleuth.cli"
local declaration = require "poolsleuth.declaration"
local globals     = require "poolsleuth.globals"
local shelf       = require "poolsleuth.shelf"

local function overview(case)
  local host, scripts = case.options.host, {}
  for _, list in ipairs { shelf.list(host.folders), shelf.list_plugins(host.plugin_folders or {}) } do
    for _, entry in ipairs(shelf.demand(list)) do
      if entry.def and not entry.skipped then
        scripts[#scripts + 1] = { name = entry.name, kind = entry.def.kind, summary = entry.def.summary,
                                  origin = entry.origin, path = entry.path, shadows = entry.shadows }
      end
    end
  end
  return { kind = "list", view = "overview", title = "poolsleuth", data = {
    scripts = scripts, folders = host.folders, globals = declaration.arguments(globals) } }
end

-- How a plugin is put to use, by its kind.
local USAGE <const> = {
  dialect  = "poolsleuth --read-as %s COMMAND SOURCE...",
  exporter = "poolsleuth --format %s COMMAND SOURCE...",
}

local function explain_plugin(case, path)
  local def, broken, err = shelf.load_named(path)
  case:must(def, ("%s cannot be used: %s"):format(path, broken), err)
  return { kind = "help", title = "poolsleuth " .. def.name, data = {
    name = def.name, kind = def.kind, summary = def.summary, about = def.about, path = def.path,
    usage = USAGE[def.kind]:format(def.name), arguments = {},
    globals = declaration.arguments(globals),
  } }
end

-- The same as a manual page.
local function page(case, name)
  local manual = require "poolsleuth.manual"
  local folders = case.options.host.folders
  local options = { time = math.tointeger(tonumber(os.getenv "SOURCE_DATE_EPOCH" or "")) or os.time() }
  return { kind = "manual", view = "plain_text", data = {
    name = name and "poolsleuth-" .. name or "poolsleuth",
    text = name and manual.page(cli.script(name, folders), options) or manual.overview(folders, options) } }
end

return command {
  name    = "help",
  summary = "Explain a command, a playbook or a plugin",
  args    = {
    { name = "name", type = "string", required = false, about = "the script; without it, an overview" },
    { name = "man", type = "boolean", flag = "--man", about = "as the source of a manual page" },
  },

  run = function(case, args)
    if args.man then return page(case, args.name) end
    if not args.name then return overview(case) end
    local plugin = not shelf.find(case.options.host.folders, args.name)
      and shelf.find_plugin(case.options.host.plugin_folders, args.name)
    if plugin then return explain_plugin(case, plugin) end
    local def = cli.script(args.name, case.options.host.folders)
    return { kind = "help", title = "poolsleuth " .. def.name, data = {
      name = def.name, kind = def.kind, summary = def.summary, about = def.about, path = def.path,
      usage = declaration.usage(def), arguments = declaration.arguments(def.args),
      globals = declaration.arguments(globals),
    } }
  end,
}
