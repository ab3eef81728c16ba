-- record_speed.lua - one `record` of a folder of logs, 2,500 tags each: snapshots a second and bytes a
-- sample, at first and again when all is known.
local clock  = require("poolsleuth.system").clock
local system = require "poolsleuth.system"

local TAGS <const>, SNAPSHOTS <const> = 2500, tonumber(arg[1]) or 576
local ROW <const> = " %s %-5s%19d%19d%18d%15d%17d"
local HEAD <const> = table.concat({
  " Memory:16765932K Avail: 8101000K  PageFlts: 1234567   InRam Krnl: 8000K P:90000K",
  " Commit:8000000K Limit:19000000K Peak:8100000K            Pool N:500000K P:600000K", "",
  " Tag  Type     Allocs            Frees               Diff            Bytes                 Per Alloc",
  "" }, "\r\n")

local function begin_load()
  math.randomseed(7)
  local tags = {}
  for i = 1, TAGS do
    local allocs = math.random(100000)
    tags[i] = { tag = ("%c%c%c%c"):format(65 + i % 26, 97 + i // 26 % 26, 97 + i // 676 % 26, 48 + i % 10),
      pool = i % 2 == 0 and "Paged" or "Nonp", kind = i % 4, allocs = allocs,
      frees = allocs - math.random(allocs // 4 + 1), size = 16 * math.random(64), rate = math.random(3000) }
  end
  return tags
end

local function text_of(tags)
  local lines = { HEAD }
  for i, one in ipairs(tags) do
    if one.kind == 0 or (one.kind == 1 and math.random(100) < 8) then
      one.allocs = one.allocs + math.random(one.rate)
      one.frees = math.min(one.allocs, one.frees + math.random(one.rate))
    end
    local diff = one.allocs - one.frees
    lines[i + 1] = ROW:format(one.tag, one.pool, one.allocs, one.frees, diff, diff * one.size,
      diff > 0 and one.size or 0)
  end
  return table.concat(lines, "\r\n") .. "\r\n"
end

local function fill(folder)
  local tags, start = begin_load(), os.time { year = 2026, month = 9, day = 20, hour = 0 }
  for i = 1, SNAPSHOTS do
    local name = os.date("!/poolmon-%Y%m%d-%H%M%S.log", start + i * 300)
    local file <close> = assert(io.open(folder .. name, "wb"))
    assert(file:write(text_of(tags)))
  end
end

local function record(folder, history)
  local program = (os.getenv "POOLSLEUTH_BUILD" or "build") .. "/poolsleuth"
  local at = clock()
  os.execute(("%s record --host BENCH --history %s %s >/dev/null"):format(program, history, folder))
  return SNAPSHOTS / (clock() - at)
end

local folder = os.tmpname()
os.remove(folder)
assert(os.execute(("mkdir -p %s/in"):format(folder)))
fill(folder .. "/in")
local history <const> = folder .. "/history.db"
local first, again = record(folder .. "/in", history), record(folder .. "/in", history)
print(("%d files, a snapshot of %d tags each"):format(SNAPSHOTS, TAGS))
print(("recorded                %8.0f snapshots/s by one run"):format(first))
print(("gone through again      %8.0f snapshots/s when all are known"):format(again))
print(("bytes a sample          %8.2f"):format(system.probe(history).size / SNAPSHOTS / TAGS))
os.execute(("rm -rf %s"):format(folder))
