--- Clock steps: series whose clock was set back (the end of summer time, a correction), seen by the counters.
-- Allocations ever made only rise until the machine is restarted.  Where snapshots in the order of their
-- times fall in this count, either the machine was restarted, and all that follows is another run; or the
-- clock went back, and in the order of the count the times make one step back into a time that was there
-- already.
-- @module poolsleuth.clock_steps
local clock_steps = {}

local function by_clock(entries)
  local ordered, place = table.move(entries, 1, #entries, 1, {}), {}
  for i, entry in ipairs(entries) do place[entry] = i end
  table.sort(ordered, function(a, b)
    if a.clock ~= b.clock then return a.clock < b.clock end
    return place[a] < place[b]
  end)
  return ordered
end

-- The places at which a field is less than before.
local function falls(entries, field)
  local found = {}
  for i = 2, #entries do
    if entries[i][field] < entries[i - 1][field] then found[#found + 1] = i end
  end
  return found
end

--- The order of snapshots whose clock was set back once.
-- @tparam {table,...} entries by `time`, each with a `clock` (allocations ever made)
-- @treturn[1] {table,...} the same in the order in which they were taken
-- @treturn[1] int by how many seconds the clock went back, if the next snapshot was as far as the one before
-- @treturn[2] nil where nothing of the kind is seen
function clock_steps.repair(entries)
  if #entries < 3 or #falls(entries, "clock") == 0 then return nil end
  local ordered = by_clock(entries)
  local back = falls(ordered, "time")
  if #back ~= 1 then return nil end
  local before, after, last = ordered[back[1] - 1], ordered[back[1]], ordered[#ordered]
  if last.time <= before.time then return nil end -- what counts more all lies before: these are two runs
  local usual = back[1] > 2 and before.time - ordered[back[1] - 2].time or 0
  return ordered, before.time + usual - after.time
end

local DAY <const>, AROUND <const>, MOST <const> = 86400, 24, 1000

-- Stretches around what looks like restarts, no two of which overlap: those of one day belong together.
local function stretches(told)
  local found = {}
  for i, one in ipairs(told) do
    local last = found[#found]
    if one.reboot and last and one.time - told[last.to].time <= DAY then
      last.to = i
    elseif one.reboot then
      found[#found + 1] = { from = i, to = i }
    end
  end
  for i, one in ipairs(found) do
    one.from = math.max(one.from - AROUND, i > 1 and found[i - 1].to + 1 or 1)
    one.to = math.min(one.to + AROUND, found[i + 1] and found[i + 1].from - 1 or #told)
  end
  return found
end

local function stretch_of(told, one, counts)
  local entries = {}
  local clocks = counts(told[one.from].time, told[one.to].time)
  for i = one.from, one.to do
    entries[#entries + 1] = { time = told[i].time, clock = clocks[told[i].id], told = told[i] }
    if not clocks[told[i].id] then return nil end
  end
  return clock_steps.repair(entries)
end

--- Put right a long list of snapshots by time in which restarts are marked, where these are none.
-- @tparam {table,...} told each `id`, `time`, `reboot`; what turns out to be no restart loses its mark
-- @tparam function counts of two times: allocations ever made by id, of the snapshots in between
-- @tparam function visit of {table,...} (neighbours of the list, in the order in which they were taken) and
--   by how many seconds the clock went back
-- @treturn {table,...} the list in order
function clock_steps.in_runs(told, counts, visit)
  local right = table.move(told, 1, #told, 1, {})
  for _, one in ipairs(stretches(told)) do
    local ordered, back
    if one.to - one.from < MOST then ordered, back = stretch_of(told, one, counts) end
    for i, entry in ipairs(ordered or {}) do
      ordered[i], entry.told.reboot = entry.told, false
      right[one.from + i - 1] = entry.told
    end
    if ordered then visit(ordered, back) end
  end
  return right
end

return clock_steps
