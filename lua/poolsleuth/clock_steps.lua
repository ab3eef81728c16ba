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
-- @treturn[1] int by how many seconds the clock went back, at least
-- @treturn[2] nil where nothing of the kind is seen
function clock_steps.repair(entries)
  if #entries < 3 or #falls(entries, "clock") == 0 then return nil end
  local ordered = by_clock(entries)
  local back = falls(ordered, "time")
  if #back ~= 1 then return nil end
  local before, after, last = ordered[back[1] - 1], ordered[back[1]], ordered[#ordered]
  if last.time <= before.time then return nil end -- what counts more all lies before: these are two runs
  return ordered, before.time - after.time
end

return clock_steps
