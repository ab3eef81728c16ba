--- Drivers made to be hard, whole, through every command that takes drivers: none ends badly or takes long.
local folders = require "tests.lua.support.folder"
local lfs     = require "lfs"
local shell   = require "tests.lua.support.shell"

local corpus <const> = os.getenv "POOLSLEUTH_CORPUS"
local edge <const> = corpus and corpus .. "/pe-edge"
local SECONDS <const> = (os.getenv "POOLSLEUTH_BUILD" or ""):find "asan" and 20 or 2
local COMMANDS <const> = { "driver", "show" }

local function files_below(folder, list)
  for name in lfs.dir(folder) do
    local path = folder .. "/" .. name
    local mode = name:sub(1, 1) ~= "." and lfs.attributes(path, "mode")
    if mode == "directory" then files_below(path, list) end
    if mode == "file" and not name:find "%.dmp$" and not name:find "%.ABOUT$" then list[#list + 1] = path end
  end
  return list
end

-- Within the time of the processor, for other work may go on beside; read, or refused with a reason.
local function demand(words)
  local all = { shell.quote(shell.program) }
  for _, word in ipairs(words) do all[#all + 1] = shell.quote(word) end
  local command = ("ulimit -t %d; exec %s"):format(SECONDS, table.concat(all, " "))
  local result = shell.run({ "bash", "-c", command },
    { env = { HOME = "/nonexistent", LUA_PATH = false, LUA_CPATH = false } })
  local line = table.concat(words, " ")
  assert(result.status <= 3 or result.status == 65 or result.status == 66,
    ("%s ended in %d: %s"):format(line, result.status, result.err))
  assert(result.status < 65 or #result.err > #"poolsleuth: ", line .. " says nothing")
end

describe("a driver made to be hard", function()
  if not edge or not lfs.attributes(edge) then
    it("is read by every command", function() pending "no real samples" end)
    return
  end
  local files = files_below(edge, {})
  table.sort(files)

  for _, command in ipairs(COMMANDS) do
    it("is read or refused by " .. command, function()
      for _, path in ipairs(files) do demand { command, path, "--no-cache" } end
    end)
  end

  it("is read among the others by commands that take a folder of drivers", function()
    local folder <close> = folders.new()
    demand { "scan", edge, "--no-cache" }
    demand { "scan", edge, "--no-cache", "--json" }
    demand { "tag", "LkaL", "--drivers", edge, "--no-cache" }
    demand { "show", "--by", "driver", "tests/fixtures/text/poolmon_n.txt", "--drivers", edge, "--no-cache" }
    demand { "find-leaking-driver", "tests/fixtures/text/poolmon_n.txt", edge, "--no-cache" }
    demand { "report", "tests/fixtures/text/poolmon_n.txt", edge, "--no-cache", "-o", folder:path "r.html" }
  end)
end)
