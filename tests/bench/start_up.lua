--- How long the program takes to start: --version and show of a small file, beside an empty stock Lua.
local evidence = require "tests.lua.support.evidence"
local folders = require "tests.lua.support.folder"
local shell = require "tests.lua.support.shell"
local system = require "poolsleuth.system"

local RUNS <const> = 41

-- The median of many runs, in ms; the shell's own start is measured apart and taken off.
local function median(command)
  local times = {}
  for i = 1, RUNS do
    local before = system.clock()
    os.execute(command .. " >/dev/null 2>&1")
    times[i] = (system.clock() - before) * 1000
  end
  table.sort(times)
  return times[RUNS // 2 + 1]
end

local folder <close> = folders.new()
local log = evidence.logs(folder, 1)[1]
local program = shell.quote(shell.program)
local shell_alone = median ":"

local function line(what, command, limit)
  local ms = median("exec " .. command) - shell_alone
  print(("%-34s %6.1f ms%s"):format(what, ms, limit and (" (wanted: under %d ms)"):format(limit) or ""))
end

line("poolsleuth --version", program .. " --version", 10)
line("poolsleuth show, a small log", program .. " show " .. shell.quote(log), 20)
line("lua5.4 -e '' (to compare)", "lua5.4 -e ''")
