-- dump_speed.lua: what it costs to open a dump and to add its tag tables up, for 64 MiB and for 64 GiB of
-- memory (a file of holes), how fast memory is searched beside cat of the same file, and the pool walked.
package.path = "./?.lua;./lua/?.lua;" .. package.path
local dump <const> = require "poolsleuth.dump"
local system <const> = require "poolsleuth.system"

local function peak_memory()
  for line in io.lines("/proc/self/status") do
    local kib <const> = line:match("^VmHWM:%s+(%d+)")
    if kib then return tonumber(kib) / 1024 end
  end
end

-- The best of three: others use this machine too.
local function seconds(work)
  local best = math.huge
  for _ = 1, 3 do
    local start <const> = system.clock()
    work()
    best = math.min(best, system.clock() - start)
  end
  return best
end

-- Run in a process of its own, so that the peak is of this alone.
local function measure(path, pdb)
  local base <const> = peak_memory()
  local d, snapshot
  local opened <const> = seconds(function() d = assert(dump.open(path)) end)
  local opened_peak <const> = peak_memory()
  assert(d:use_pdb(pdb))
  local summed <const> = seconds(function() snapshot = assert(d:snapshot()) end)
  print(("%-12s opened in %6.2f ms, %4.1f MiB; tags in %6.2f ms, %4.1f MiB at most; %d rows"):format(
    path:match("[^/]*$"), opened * 1000, opened_peak - base, summed * 1000, peak_memory() - base,
    #snapshot:rows()))
end

local function search(path)
  local d <const> = assert(dump.open(path))
  local size <const> = assert(system.probe(path)).size
  local found
  local cat <const> = seconds(function() os.execute("cat '" .. path .. "' >/dev/null") end)
  local one <const> = seconds(function()
    found = assert(d:search("\x13\x37leak", { physical = true, threads = 1 }))
  end)
  local all <const> = seconds(function() d:search("\x13\x37leak", { physical = true }) end)
  local words <const> = seconds(function() d:search("\x13\x37le", { physical = true, step = 4 }) end)
  local short <const> = seconds(function() d:search("\x13\x37le", { physical = true }) end)
  local byte <const> = seconds(function() d:search("\x13", { physical = true, step = 1 << 20 }) end)
  print(("search of %d MiB, %d hit: cat %.0f MB/s, bytes %.0f (one thread %.0f), four bytes %.0f, one byte "
    .. "%.0f, dwords %.0f"):format(size >> 20, #found, size / cat / 1e6, size / all / 1e6, size / one / 1e6,
    size / short / 1e6, size / byte / 1e6, size / words / 1e6))
end

-- All small blocks of a machine whose memory is pool and little else.
local function walk(path)
  local d <const> = assert(dump.open(path))
  local found
  local took <const> = seconds(function() found = assert(d:pool_blocks { tag = "none" }) end)
  local one <const> = seconds(function() d:pool_blocks { tag = "none", threads = 1 } end)
  print(("walk of %d pages of pool: %.0f MB/s, one thread %.0f"):format(found.pages,
    found.looked * 4096 / took / 1e6, found.looked * 4096 / one / 1e6))
end

if arg[1] == "measure" then return measure(arg[2], arg[3]) end
if arg[1] == "search" then return search(arg[2]) end
if arg[1] == "walk" then return walk(arg[2]) end

local dumps <const> = require "tests.lua.support.dumps"
local fixtures <const> = require "tests.make.kernel.fixtures"
local machines <const> = require "tests.make.kernel.machines"
if not dumps.available() then
  print("skipped: the kernels are not built")
  return
end

local folder <const> = os.tmpname()
os.remove(folder)
os.execute("mkdir " .. folder)

local function run(word, path, pdb)
  os.execute(("lua5.4 tests/bench/dump_speed.lua %s '%s' '%s'"):format(word, path, pdb or ""))
end

local m <const> = dumps.machine("win10_16299_x64")
for _, item in ipairs { { "64-MiB", 64 << 8 }, { "64-GiB", 64 << 18 } } do
  local path <const> = dumps.write(m, "bitmap5", folder, { every = item[2] })
  local name <const> = ("%s/%s.dmp"):format(folder, item[1])
  os.rename(path, name)
  run("measure", name, dumps.pdb(m))
end
for _, container in ipairs { "bitmap6", "rangesA", "elf", "lime" } do
  run("measure", dumps.write(m, container, folder), dumps.pdb(m))
end

-- Memory that holds something everywhere, for the search.
local megabytes <const> = tonumber(os.getenv("POOLSLEUTH_BENCH_MB")) or 512
local path <const> = folder .. "/search.dmp"
os.rename(dumps.write(m, "bitmap5", folder, { every = megabytes << 8 }), path)
local file <const> = assert(io.open(path, "r+b"))
local junk <const>, state = {}, 1
for i = 1, 1 << 17 do
  state = (state * 6364136223846793005 + 1442695040888963407)
  junk[i] = ("<i8"):pack(state)
end
local text <const> = table.concat(junk)
for at = 8 << 20, (megabytes - 2) << 20, #text do
  file:seek("set", at)
  file:write(text)
end
file:seek("set", 100 << 20)
file:write("\x13\x37leak")
file:close()
run("search", path)
os.remove(path)

-- The same page of blocks, over and over.
local big <const>, pages <const> = {}, megabytes << 7
for key, value in pairs(machines.win10_16299_x64) do big[key] = value end
big.runs = { { 1, 0x9d }, { 0x100, pages + 0x4000 } }
local crowded <const> = fixtures.machine(big, dumps.kernels)
local blocks <const> = crowded.pool_pages[1].bytes
local first <const> = (crowded.places.nonpaged + 0xfff) & ~0xfff
crowded.space:map(first, pages)
for page = 0, pages - 1 do crowded.memory.pages[crowded.space.frame_of[(first >> 12) + page]] = blocks end
run("walk", dumps.write(crowded, "full", folder))
os.execute("rm -r " .. folder)
