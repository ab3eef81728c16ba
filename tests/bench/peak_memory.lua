--- The most memory that each command takes, and the processor's time, on real samples where there are any: as
-- the kernel counts it for a child that has ended.
local folders = require "tests.lua.support.folder"
local lfs     = require "lfs"
local shell   = require "tests.lua.support.shell"

local corpus   = os.getenv "POOLSLEUTH_CORPUS"
local fixtures = os.getenv "POOLSLEUTH_FIXTURES" or "build/fixtures"

-- On logs, drivers and dumps that the tests build.
local function on_built(folder)
  local demo, dumps, history = fixtures .. "/demo", fixtures .. "/dumps", folder:path "history.db"
  local first, last = demo .. "/poolmon-2026-11-01T00-05-00.log", demo .. "/poolmon-2026-11-02T18-05-00.log"
  return {
    { "help", "help" },
    { "list", "list" },
    { "completion", "completion", "bash" },
    { "new", "new", folder:path "mine" },
    { "copy", "copy", "find-leaking-driver", "--to", folder:path "copied.lua" },
    { "test", "test", "find-leaking-driver" },
    { "collect", "collect", "-o", folder:path "collect.cmd" },
    { "show, one log", "show", first },
    { "diff", "diff", first, last },
    { "tag, among drivers", "tag", "LkaL", "--drivers", demo .. "/drivers" },
    { "trend, 8 logs", "trend", demo },
    { "forecast, 8 logs", "forecast", demo },
    { "correlate, 8 logs", "correlate", "LkaL", demo },
    { "record, 8 logs", "record", demo, "--history", history },
    { "history", "history", "--history", history },
    { "find-leaking-driver, 8 logs and drivers", "find-leaking-driver", demo },
    { "investigate of the same", "investigate", demo },
    { "report of the same", "report", demo, "-o", folder:path "report.html" },
    { "nightly of the same", "nightly", demo },
    { "scan, built drivers", "scan", fixtures .. "/drivers" },
    { "driver", "driver", demo .. "/drivers/acmeflt.sys" },
    { "show of a dump of 0.4 MB", "show", dumps .. "/win7.dmp" },
    { "dump-triage of the same", "dump-triage", dumps .. "/win7.dmp" },
    { "show of raw memory of 16 MB", "show", dumps .. "/vista.raw" },
    { "kd, poolused of the same", "kd", dumps .. "/vista.raw", "-c", "poolused" },
    { "kd, poolfind of the same", "kd", dumps .. "/vista.raw", "-c", "poolfind LkaL" },
  }
end

local function on_samples(folder)
  local all = {}
  for _, each in ipairs(corpus and {
    { "scan, real drivers", "scan", corpus .. "/drivers" },
    { "scan, drivers made to be hard", "scan", corpus .. "/pe-edge" },
    { "find-leaking-driver, real texts", "find-leaking-driver", corpus .. "/text" },
    { "investigate, real texts", "investigate", corpus .. "/text" },
    { "show, real dumps", "show", corpus .. "/dumps" },
    { "report, real texts", "report", corpus .. "/text", "-o", folder:path "texts.html" },
  } or {}) do
    if lfs.attributes(each[3]) then all[#all + 1] = each end
  end
  return all
end

local folder <close> = folders.new()
print(("%-42s %10s %10s %7s"):format("command", "MiB", "seconds", "status"))
local lines = on_built(folder)
local samples = on_samples(folder)
table.move(samples, 1, #samples, #lines + 1, lines)
for _, line in ipairs(lines) do
  local words = { "/usr/bin/time", "-q", "-o", folder:path "cost", "-f", "%M %U %S", shell.program }
  table.move(line, 2, #line, #words + 1, words)
  words[#words + 1] = "--no-cache"
  local result = shell.run(words, { env = { HOME = "/nonexistent", LUA_PATH = false, LUA_CPATH = false },
    limit = 600 })
  if result.status > 3 then io.stderr:write(line[1], ": ", result.err:sub(1, 300), "\n") end
  local kib, user, system = folder:read("cost"):match "(%d+) ([%d.]+) ([%d.]+)%s*$"
  print(("%-42s %10.0f %10.2f %7d"):format(line[1], (tonumber(kib) or 0) / 1024,
    (tonumber(user) or 0) + (tonumber(system) or 0), result.status))
end
