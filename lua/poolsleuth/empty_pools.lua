--- Empty pools: when something else than the pools tells that one of them had run out, dated.
-- @module poolsleuth.empty_pools
local belongings = require "poolsleuth.belongings"
local format     = require "poolsleuth.format"

local empty_pools = {}

-- Events of the server service, by their number.
local POOL_OF_EVENT <const> = { [2019] = "nonpaged", [2020] = "paged" }

local function of_event(event)
  local pool = POOL_OF_EVENT[event.id]
  if not pool or not (event.provider or ""):lower():find "^srv" then return nil end
  return { time = event.time, count = 1, pool = pool, reason = ("event %d"):format(event.id),
           text = ("the server service found the %s pool empty"):format(pool) }
end

local function of_mark(mark)
  return mark.pool and { time = mark.time, until_time = mark["until"], count = mark.count, pool = mark.pool,
                         reason = mark.reason, text = mark.text }
end

--- All that the evidence tells of exhausted pools, in order of time.
-- @tparam table case with its `marks` and `events`
-- @tparam[opt] string pool only this one
-- @treturn {table,...} each `time`, `until_time`, `pool`, `reason`, `count`, `text`, `source` and `place`
function empty_pools.marks(case, pool)
  local list = {}
  for _, from in ipairs { { "marks", of_mark }, { "events", of_event } } do
    for _, item in ipairs(belongings.list(case, from[1])) do
      local mark = from[2](item)
      if mark and (not pool or mark.pool == pool) then
        mark.source = item.source and item.source.path
        mark.place = item.line and ("line %d"):format(item.line) or nil
        list[#list + 1] = mark
      end
    end
  end
  table.sort(list, function(a, b)
    local x, y = a.time or math.maxinteger, b.time or math.maxinteger
    if x ~= y then return x < y end
    return a.reason < b.reason
  end)
  return list
end

--- The same as a piece of evidence for a finding about that pool: the first and how many.
-- @tparam table case
-- @tparam string pool
-- @treturn ?table `text`, `source`, `place`
function empty_pools.evidence(case, pool)
  local marks = empty_pools.marks(case, pool)
  local first, last = marks[1], marks[#marks]
  if not first then return nil end
  local times = 0
  for _, mark in ipairs(marks) do times = times + (mark.count or 1) end
  local ends = last.until_time or last.time
  local when = first.time and (" on " .. format.time(first.time)) or ""
  if first.time and ends and ends > first.time then
    when = (" from %s to %s"):format(format.time(first.time), format.time(ends))
  end
  return { text = ("%s (%s, %s%s)"):format(first.text, first.reason, format.counted(times, "time"), when),
    source = first.source, place = first.place }
end

--- Mark charts with the beginnings of exhaustion that lie within their times.
-- @tparam table case
-- @tparam {table,...} charts blocks of type "chart", changed in place
-- @treturn {table,...} the same
function empty_pools.mark_charts(case, charts)
  local marks = empty_pools.marks(case)
  for _, chart in ipairs(charts) do
    local times = chart.times
    for _, mark in ipairs(times and chart.marks and marks or {}) do
      local inside = mark.time and #times > 0 and mark.time >= times[1] and mark.time <= times[#times]
      if inside then chart.marks[#chart.marks + 1] = { time = mark.time, text = mark.reason } end
    end
  end
  return charts
end

return empty_pools
