-- What a history is asked and what is done to it, while memory runs out; an export is whole or not there.
local pool  = require "poolsleuth.pool"
local store = require "poolsleuth.store"
local whole = require "tests.lua.support.whole"

local path <const> = (os.getenv "POOLSLEUTH_BUILD" or "build") .. "/memory-history.db"

local function fill()
  local history <close> = assert(store.open(path))
  for hour = 1, 3 do
    local snapshot = assert(pool.snapshot { origin = "poolmon", host = "SRV1",
      memory = { uptime_s = hour * 3600 },
      rows = { { tag = "Leak", pool = "paged", allocs = hour, frees = 0, diff = hour, bytes = 64 * hour } } })
    assert(history:record("SRV1", snapshot, { time = 1793491200 + hour * 3600, source = "a.log" }))
  end
end

local ASKED <const> = {
  { "history", path, name = "hosts" },
  { "history", path, "--check", "--vacuum", name = "--check --vacuum" },
  { "history", path, "--sql", "SELECT tag, bytes FROM pool_sample", name = "--sql" },
  { "trend", path, name = "trend of it" },
}

local number <const> = ...
if number == 1 then
  os.remove(path)
  fill()
end
if number <= #ASKED then return whole.of_several(ASKED, number) end
if number > #ASKED + 2 then return nil end
local before <const> = number > #ASKED + 1 and { ["samples.csv"] = "an older one\n" } or nil
local run, look = whole.written(function(folder)
  return { "history", path, "--export", "csv", "-o", folder .. "/samples.csv" }
end, before)
return run, before and "--export over another" or "--export", look
