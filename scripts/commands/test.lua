-- Run the tests of scripts: name.test.lua beside name.lua.
local command = require "poolsleuth.command"
local lfs     = require "lfs"
local shelf   = require "poolsleuth.shelf"
local testing = require "poolsleuth.testing"

local function has_tests(path)
  return lfs.attributes(testing.path(path), "mode") == "file"
end

-- The paths to test: those of the names, or every script on the shelf that has tests.
local function chosen(case, names)
  local folders, plugins, paths = case.options.host.folders, case.options.host.plugin_folders or {}, {}
  if #names == 0 then
    for _, list in ipairs { shelf.list(folders), shelf.list_plugins(plugins) } do
      for _, entry in ipairs(shelf.demand(list)) do
        if not entry.skipped and has_tests(entry.path) then paths[#paths + 1] = entry.path end
      end
    end
    return paths
  end
  for _, name in ipairs(names) do
    local path = name:find("/", 1, true) and name or shelf.find(folders, name)
      or shelf.find_plugin(plugins, name)
    if not path then error({ message = ("no script '%s'"):format(name), status = 64 }, 0) end
    local missing = not has_tests(path)
    if missing then
      local message = ("%s has no tests: %s is missing"):format(name, testing.path(path))
      case:must(nil, message, { code = "missing" })
    end
    paths[#paths + 1] = path
  end
  return paths
end

return command {
  name    = "test",
  summary = "Run the tests of a script",
  about   = [[
The tests of acme-check.lua are in acme-check.test.lua beside it: a list of
cases, each with evidence written out in it, and with patterns that the verdict
lines must match.  "poolsleuth new NAME" writes an example.  Without a name, the
tests of every script are run.  The exit status is 1 when one failed.]],
  args    = {
    { name = "names", type = "string", metavar = "NAME", many = true, required = false,
      about = "scripts, by name or by path" },
  },

  run = function(case, args)
    local scripts, passed, failed = {}, 0, 0
    for _, path in ipairs(chosen(case, args.names)) do
      local result, message, err = testing.script(path, case.options.host.folders)
      if not result then case:must(nil, message, err or { code = "format" }) end
      scripts[#scripts + 1] = result
      passed, failed = passed + result.passed, failed + result.failed
    end
    return { kind = "tests", status = failed > 0 and 1 or 0,
             data = { scripts = scripts, passed = passed, failed = failed } }
  end,
}
