-- Every script: what it does, where it comes from, what hides it, what is wrong with it.
local command   = require "poolsleuth.command"
local selection = require "poolsleuth.selection"
local shelf     = require "poolsleuth.shelf"

-- Scripts, then plugins.
local function every_entry(host)
  local entries = shelf.list(host.folders)
  local plugins = shelf.list_plugins(host.plugin_folders or {})
  return table.move(plugins, 1, #plugins, #entries + 1, entries)
end

local PLUGINS <const> = { dialect = true, exporter = true }
local ALL <const> = { playbook = true, command = true, dialect = true, exporter = true }

local function wanted_kinds(args)
  if args.playbooks then return { playbook = true } end
  if args.commands then return { command = true } end
  if args.dialects then return { dialect = true } end
  if args.exporters then return { exporter = true } end
  return args.plugins and PLUGINS or ALL
end

return command {
  name    = "list",
  summary = "Show all commands, playbooks and plugins, with origin and shadows",
  about   = [[
Each script is loaded as text and asked for its declaration; none is run.
A script that is broken is listed with the reason.  Where two folders hold
the same name, the first one wins and hides the other: see "shadows".]],
  args    = {
    { name = "playbooks", type = "boolean", flag = "--playbooks", about = "playbooks only" },
    { name = "commands", type = "boolean", flag = "--commands", about = "commands only" },
    { name = "dialects", type = "boolean", flag = "--dialects", about = "dialects of plugins only" },
    { name = "exporters", type = "boolean", flag = "--exporters", about = "exporters of plugins only" },
    { name = "plugins", type = "boolean", flag = "--plugins", about = "dialects and exporters" },
    { name = "category", type = "string", flag = "--category", metavar = "EXPRESSION",
      about = "only those of a category or name: leak, 'leak and not dump', 'token-* or session'" },
    { name = "folders", type = "boolean", flag = "--folders", about = "show the folders that are searched" },
  },

  run = function(case, args)
    local scripts = {}
    local wanted, fits = wanted_kinds(args), function() return true end
    if args.category then
      local test, wrong = selection.compile(args.category)
      if not test then error({ message = "--category: " .. wrong, status = 64 }, 0) end
      fits = function(def) return def.name ~= nil and test(def) end
    end
    for _, entry in ipairs(every_entry(case.options.host)) do
      local def = entry.def or {}
      if (not def.kind or wanted[def.kind]) and fits(def) then
        scripts[#scripts + 1] = {
          name = entry.name, kind = def.kind, summary = def.summary, origin = entry.origin, path = entry.path,
          broken = entry.broken, skipped = entry.skipped, shadows = entry.shadows,
          categories = def.categories,
        }
      end
    end
    local folders = case.options.host.folders
    return { kind = "list", view = args.folders and "folders" or nil,
             data = { scripts = scripts, folders = folders } }
  end,
}
