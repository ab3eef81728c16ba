--- What a log of counters says beside the snapshots: how a pool's total went meanwhile.
-- @module poolsleuth.totals
local belongings = require "poolsleuth.belongings"
local format     = require "poolsleuth.format"

local totals = {}

local ORIGIN <const> = "counters"

-- The samples that know the pool's total, in the order of time; only those of one machine.
local function samples_of(case, pool, host)
  local field, samples = pool .. "_bytes", {}
  for _, entry in ipairs(belongings.snapshots(case)) do
    local snapshot = entry.snapshot
    local time, of = snapshot:time(), snapshot:host()
    local same = not host or not of or of:lower() == host:lower()
    if snapshot:origin() == ORIGIN and time and same and entry.memory[field] then
      samples[#samples + 1] = { time = time, bytes = entry.memory[field], entry = entry }
    end
  end
  table.sort(samples, function(a, b) return a.time < b.time end)
  return samples
end

-- Those within the time of the snapshots, if these know theirs and the logs overlap at all.
local function within(samples, from, to)
  if not from or not to or from == to then return samples end
  local kept = {}
  for _, sample in ipairs(samples) do
    if sample.time >= from and sample.time <= to then kept[#kept + 1] = sample end
  end
  return kept
end

--- The evidence that counters give of a pool's growth.
-- @tparam Case case
-- @tparam string pool "nonpaged" or "paged"
-- @tparam[opt] int from seconds: the first snapshot's time
-- @tparam[opt] int to the last one's
-- @tparam[opt] string host of the snapshots
-- @treturn[1] table `text`, `source`, `place`, and `growth_bytes`
-- @treturn[2] nil where there are no two samples in that time
function totals.evidence(case, pool, from, to, host)
  local samples = within(samples_of(case, pool, host), from, to)
  local first, last = samples[1], samples[#samples]
  if #samples < 2 or last.time == first.time then return nil end
  local begin, finish = first.entry.snapshot:lines(), last.entry.snapshot:lines()
  local text = "counters: %s pool as a whole went from %s to %s in %d samples over %s"
  return {
    text = text:format(pool, format.bytes(first.bytes), format.bytes(last.bytes), #samples,
      format.span(last.time - first.time)),
    source = first.entry.source.path, place = ("lines %d-%d"):format(begin, finish),
    growth_bytes = last.bytes - first.bytes,
  }
end

return totals
