-- An editable copy of a script in the user's folder, where it comes before the original.
local command     = require "poolsleuth.command"
local own_scripts = require "poolsleuth.own_scripts"
local shelf       = require "poolsleuth.shelf"
local cli         = require "poolsleuth.cli"

return command {
  name    = "copy",
  summary = "Put an editable copy of a script in your folder",
  about   = [[
The copy goes to $XDG_DATA_HOME/poolsleuth/scripts, with its tests, and comes
before the original from then on: "poolsleuth list" shows the shadow.  Remove the
copy and the original is back.]],
  args    = {
    { name = "name", type = "string", about = "a command, a playbook or a dialect" },
    { name = "to", type = "path", flag = "--to", about = "write the copy here instead" },
    { name = "force", type = "boolean", flag = "--force", about = "replace a copy that is there" },
  },

  run = function(case, args)
    local folders = case.options.host.folders
    local from = shelf.find(folders, args.name)
      or shelf.find_plugin(case.options.host.plugin_folders, args.name)
    local def = from and shelf.load_named(from) or cli.script(args.name, folders)
    local to = args.to or own_scripts.path(def.name, def.kind)
    if not to:find "%.lua$" then to = to .. ".lua" end
    local files = own_scripts.write(own_scripts.copy(def.path, to), args.force)
    return { kind = "written", data = { files = files, notes = own_scripts.notes(to, def.name) } }
  end,
}
