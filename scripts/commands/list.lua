-- Every script: what it does, where it comes from, what hides it, what is wrong with it.
local command = require "poolsleuth.command"
local shelf   = require "poolsleuth.shelf"

return command {
  name    = "list",
  summary = "Show all commands and playbooks, with origin and shadows",
  about   = [[
Each script is loaded as text and asked for its declaration; none is run.
A script that is broken is listed with the reason.  Where two folders hold
the same name, the first one wins and hides the other: see "shadows".]],
  args    = {
    { name = "playbooks", type = "boolean", flag = "--playbooks", about = "playbooks only" },
    { name = "commands", type = "boolean", flag = "--commands", about = "commands only" },
    { name = "folders", type = "boolean", flag = "--folders", about = "show the folders that are searched" },
  },

  run = function(case, args)
    local scripts = {}
    for _, entry in ipairs(shelf.list(case.options.host.folders)) do
      local def = entry.def or {}
      local other_kind = args.playbooks and "command" or args.commands and "playbook"
      if not def.kind or def.kind ~= other_kind then
        scripts[#scripts + 1] = {
          name = entry.name, kind = def.kind, summary = def.summary, origin = entry.origin, path = entry.path,
          broken = entry.broken, skipped = entry.skipped, shadows = entry.shadows,
        }
      end
    end
    local folders = case.options.host.folders
    return { kind = "list", view = args.folders and "folders" or nil,
             data = { scripts = scripts, folders = folders } }
  end,
}
