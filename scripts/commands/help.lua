-- Explain one script from its declaration, or say how to begin.
local command   = require "poolsleuth.command"
local arguments = require "poolsleuth.arguments"
local cli       = require "poolsleuth.cli"
local globals   = require "poolsleuth.globals"
local script    = require "poolsleuth.script"
local shelf     = require "poolsleuth.shelf"

-- What a declaration says of its arguments, in words.
local function describe(list)
  local described = {}
  for i, arg in ipairs(list) do
    described[i] = {
      name = arg.name, flags = script.flags(arg), type = arg.type or "string",
      metavar = arguments.metavar(arg),
      required = not arg.flag and arg.default == nil and arg.required ~= false, many = arg.many or false,
      default = arg.default, choices = arg.choices or {}, about = arg.about,
    }
  end
  return described
end

local function usage(def)
  local options, positional = {}, {}
  for _, arg in ipairs(def.args) do
    local list = arg.flag and options or positional
    list[#list + 1] = arguments.usage(arg)
  end
  local words = { "poolsleuth", def.name }
  if #options > 0 then words[#words + 1] = "[options]" end
  return table.concat(words, " ") .. (#positional > 0 and " " .. table.concat(positional, " ") or "")
end

local function overview(case)
  local scripts = {}
  for _, entry in ipairs(shelf.list(case.options.host.folders)) do
    if entry.def and not entry.skipped then
      scripts[#scripts + 1] = { name = entry.name, kind = entry.def.kind, summary = entry.def.summary,
                                origin = entry.origin, path = entry.path, shadows = entry.shadows }
    end
  end
  return { kind = "list", view = "overview", title = "poolsleuth", data = {
    scripts = scripts, folders = case.options.host.folders, globals = describe(globals) } }
end

local function explain_dialect(case, path)
  local def = case:must(shelf.load_named(path))
  return { kind = "help", title = "poolsleuth " .. def.name, data = {
    name = def.name, kind = def.kind, summary = def.summary, about = def.about, path = def.path,
    usage = "poolsleuth --read-as " .. def.name .. " COMMAND SOURCE...", arguments = {},
    globals = describe(globals),
  } }
end

return command {
  name    = "help",
  summary = "Explain a command, a playbook or a dialect",
  args    = {
    { name = "name", type = "string", required = false, about = "the script; without it, an overview" },
  },

  run = function(case, args)
    if not args.name then return overview(case) end
    local plugin = not shelf.find(case.options.host.folders, args.name)
      and shelf.find_plugin(case.options.host.plugin_folders, args.name)
    if plugin then return explain_dialect(case, plugin) end
    local def = cli.script(args.name, case.options.host.folders)
    return { kind = "help", title = "poolsleuth " .. def.name, data = {
      name = def.name, kind = def.kind, summary = def.summary, about = def.about, path = def.path,
      usage = usage(def), arguments = describe(def.args), globals = describe(globals),
    } }
  end,
}
