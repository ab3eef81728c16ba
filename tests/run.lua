--- Runs test programs two at a time, adds up what their TAP says, and ends with one line of totals.
-- usage: lua5.4 tests/run.lua [--fuzz-seconds N] PROGRAM…
-- A PROGRAM is a busted file (*_spec.lua), a fuzzer (under fuzz/), the out-of-memory host, or a C test.
-- POOLSLEUTH_PRELOAD holds sanitiser runtimes that a stock Lua needs; POOLSLEUTH_WRAPPER goes in front
-- of C tests.

local fuzz_command = require "tests.fuzz.command"
local lfs          = require "lfs"
local quote <const> = require("tests.lua.support.shell").quote

local SLOTS <const> = 2
local SHOWN_LINES <const> = 150 -- of the failures of one program
local SLOW <const> = os.getenv "POOLSLEUTH_LONG" or os.getenv "POOLSLEUTH_WRAPPER"
local LIMIT_S <const> = SLOW and 1800 or 540

local function preload()
  local runtimes = os.getenv "POOLSLEUTH_PRELOAD"
  if not runtimes then return "" end
  return ("env LD_PRELOAD=%s ASAN_OPTIONS=detect_leaks=0 "):format(quote(runtimes))
end

local kinds = {}

-- busted's TAP output dies of a file that does not compile, so that is asked first.
function kinds.spec(path)
  local compiles = quote(("assert(loadfile(%q, 't'))"):format(path))
  return ("lua5.4 -e %s && %s busted --lua=/usr/bin/lua5.4 -o TAP %s")
    :format(compiles, preload(), quote(path))
end

function kinds.memory(path)
  return quote(path) .. " tests/lua/memory/*.lua"
end

function kinds.test(path)
  return ("env CMOCKA_MESSAGE_OUTPUT=TAP %s %s"):format(os.getenv "POOLSLEUTH_WRAPPER" or "", quote(path))
end

function kinds.fuzz(path, options) return fuzz_command.of(path, options.fuzz_seconds) end

local function kind_of(path)
  if path:find "_spec%.lua$" then return "spec" end
  if path:find "/fuzz/" then return "fuzz" end
  if path:find "oom_host$" then return "memory" end
  return "test"
end

--- A pipe into which each program's end is written, so that whichever ends first is seen first.
local function open_ends()
  local path = os.tmpname()
  os.remove(path)
  assert(os.execute("mkfifo " .. quote(path)))
  return { path = path, file = assert(io.open(path, "r+")) }
end

--- Start a program; its output goes to a file that `finish` reads.
local function start(path, options, ended)
  local job = { path = path, kind = kind_of(path), output = os.tmpname() }
  if job.kind == "fuzz" and not lfs.attributes(path, "mode") then
    job.missing = "clang is not installed"
    return job
  end
  local limit = job.kind == "fuzz" and LIMIT_S + options.fuzz_seconds or LIMIT_S
  local command = ("timeout -k 10 %d sh -c %s >%s 2>&1 </dev/null; echo %s $? >%s")
    :format(limit, quote(kinds[job.kind](path, options)), quote(job.output), job.output, quote(ended.path))
  job.handle = assert(io.popen(command))
  return job
end

--- Count the results in a TAP text; a failure keeps the lines that explain it.
local function tally(text)
  local counts = { passed = 0, failed = 0, skipped = 0, failures = {} }
  local explaining = false
  for line in (text .. "\n"):gmatch "(.-)\r?\n" do
    local word = line:match "^(not ok)%f[%W]" or line:match "^(ok)%f[%W]"
    if word and line:find "# SKIP" then
      counts.skipped = counts.skipped + 1
      explaining = false
    elseif word == "ok" then
      counts.passed = counts.passed + 1
      explaining = false
    elseif word then
      counts.failed = counts.failed + 1
      explaining = true
    elseif line:find "^1%.%." then
      counts.planned = tonumber(line:match "^1%.%.(%d+)")
      explaining = false
    end
    if explaining then counts.failures[#counts.failures + 1] = line end
  end
  return counts
end

local function last_lines(text, limit)
  local lines = {}
  for line in text:gmatch "[^\n]+" do lines[#lines + 1] = line end
  return { table.unpack(lines, math.max(1, #lines - limit + 1)) }
end

local function fail(counts, reason, text)
  counts.failed = counts.failed + 1
  counts.failures[#counts.failures + 1] = "not ok - " .. reason
  for _, line in ipairs(last_lines(text, 60)) do counts.failures[#counts.failures + 1] = "  " .. line end
end

--- Wait for a job and say what it counted; whatever ends badly without saying so counts as failed.
local function finish(job, status)
  if job.missing then return { passed = 0, failed = 0, skipped = 1, failures = {}, note = job.missing } end
  job.handle:close()
  local file <close> = assert(io.open(job.output, "rb"))
  local text = file:read "a"
  os.remove(job.output)
  if job.kind == "fuzz" then
    local counts = { passed = status == 0 and 1 or 0, failed = 0, skipped = 0, failures = {} }
    counts.note = (text:match "number_of_executed_units:%s*(%d+)" or "?") .. " inputs"
    if status ~= 0 then fail(counts, ("the fuzzer ended with status %d"):format(status), text) end
    return counts
  end
  local counts = tally(text)
  local seen = counts.passed + counts.failed + counts.skipped
  if status == 124 or status == 137 then
    fail(counts, ("stopped after %d s"):format(LIMIT_S), text)
  elseif status ~= 0 and counts.failed == 0 then
    fail(counts, ("ended with status %d"):format(status), text)
  elseif counts.planned and seen < counts.planned then
    fail(counts, ("%d of %d tests gave a result"):format(seen, counts.planned), text)
  elseif seen == 0 then
    fail(counts, "ran no test", text)
  end
  return counts
end

local function report(job, counts)
  local words = { ("%d passed"):format(counts.passed) }
  if counts.failed > 0 then words[#words + 1] = ("%d failed"):format(counts.failed) end
  if counts.skipped > 0 then words[#words + 1] = ("%d skipped"):format(counts.skipped) end
  if counts.note then words[#words + 1] = counts.note end
  print(("%-4s %-44s %s"):format(counts.failed > 0 and "FAIL" or "ok", job.path:gsub("^build/", ""),
    table.concat(words, ", ")))
  for i = 1, math.min(#counts.failures, SHOWN_LINES) do print("     " .. counts.failures[i]) end
  local hidden = #counts.failures - SHOWN_LINES
  if hidden > 0 then print(("     … and %d lines more"):format(hidden)) end
  io.stdout:flush()
end

local function parse(words)
  local options, programs = { fuzz_seconds = 5 }, {}
  local i = 1
  while i <= #words do
    if words[i] == "--fuzz-seconds" then
      options.fuzz_seconds = assert(math.tointeger(tonumber(words[i + 1])), "--fuzz-seconds needs a number")
      i = i + 2
    else
      programs[#programs + 1] = words[i]
      i = i + 1
    end
  end
  return options, programs
end

-- The job that has ended, taken out of those that run, and its status.
local function next_ended(running, ended)
  for i, job in ipairs(running) do
    if job.missing then return table.remove(running, i) end
  end
  local output, status = ended.file:read "l":match "^(%S+) (%d+)$"
  for i, job in ipairs(running) do
    if job.output == output then return table.remove(running, i), math.tointeger(tonumber(status)) end
  end
  error "something ended that was not started"
end

local function main(words)
  local options, programs = parse(words)
  local total, running, next_program = { passed = 0, failed = 0, skipped = 0 }, {}, 1
  local ended = open_ends()
  while next_program <= #programs or #running > 0 do
    while #running < SLOTS and next_program <= #programs do
      running[#running + 1] = start(programs[next_program], options, ended)
      next_program = next_program + 1
    end
    local job, status = next_ended(running, ended)
    local counts = finish(job, status)
    report(job, counts)
    for name in pairs(total) do total[name] = total[name] + counts[name] end
  end
  ended.file:close()
  os.remove(ended.path)
  print(("%d passed, %d failed, %d skipped"):format(total.passed, total.failed, total.skipped))
  return total.failed == 0 and total.passed > 0
end

os.exit(main(arg), true)
