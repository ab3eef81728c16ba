-- A new script from a commented skeleton, with its test.
local command     = require "poolsleuth.command"
local own_scripts = require "poolsleuth.own_scripts"

return command {
  name    = "new",
  summary = "Begin a playbook, a command or a dialect of your own, with its test",
  about   = [[
Writes a small script that works, with comments to learn from, and its test, to
$XDG_DATA_HOME/poolsleuth/scripts; a name with a slash is a path.  A dialect, a reader of
one more kind of text, goes to $XDG_DATA_HOME/poolsleuth/plugins.]],
  args    = {
    { name = "name", type = "string", about = "its name, or a path" },
    { name = "command", type = "boolean", flag = "--command", about = "a command, not a playbook" },
    { name = "dialect", type = "boolean", flag = "--dialect", about = "a dialect of text, as a plugin" },
    { name = "force", type = "boolean", flag = "--force", about = "replace what is there" },
  },

  run = function(_, args)
    local kind = args.dialect and "dialect" or args.command and "command" or "playbook"
    local given = args.name:gsub("%.lua$", "")
    local name = given:match "[^/]*$"
    if not name:find "^%a[%w-]*$" then
      local message = ("'%s' is no name for a script: letters, digits and - only"):format(name)
      error({ message = message, status = 64 }, 0)
    end
    local path = own_scripts.path(given, kind)
    if not path:find "%.lua$" then path = path .. ".lua" end
    local files = own_scripts.write(own_scripts.skeleton(path, name, kind), args.force)
    return { kind = "written", data = { files = files, notes = own_scripts.notes(path, name) } }
  end,
}
