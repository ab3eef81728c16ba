--- Exhaustion: when each pool, and what each guilty tag alone, comes to its end, with the moments before it.
-- @module poolsleuth.exhaustion
local forecast = require "poolsleuth.forecast"
local format   = require "poolsleuth.format"

local exhaustion = {}

local HOUR <const> = 3600

-- What happens before the end.  left is how many bytes of the limit are left then, share how much is used.
local MILESTONES <const> = {
  { pool = "nonpaged", share = 0.8, text = "80% of the limit: time to act" },
  { pool = "nonpaged", left = 20 << 20, text = "http.sys refuses connections (20 MiB left)" },
  { pool = "paged", share = 0.8, text = "80% of the limit: Windows begins to trim paged pool" },
}

local function moment(from, hours)
  return from and hours and format.time(from + hours * HOUR, "T") or nil
end

local function with_moments(row, ahead, from)
  row.hours, row.hours_low, row.hours_high = ahead.hours, ahead.low, ahead.high
  row.at, row.at_low, row.at_high = moment(from, ahead.hours), moment(from, ahead.low),
    moment(from, ahead.high)
  return row
end

local function bytes_until(milestone, limit)
  local mark = milestone.share and limit.limit_bytes * milestone.share or limit.limit_bytes - milestone.left
  return mark - limit.used_bytes
end

-- Only the pool's own limit has milestones; free memory ends without a warning.
local function milestones_of(pool, limit, rate, from)
  local list = {}
  if not limit.used_bytes or limit.basis:find "^free" then return list end
  for _, milestone in ipairs(MILESTONES) do
    local room = milestone.pool == pool and bytes_until(milestone, limit)
    if room and room > 0 then
      local hours = room / rate
      list[#list + 1] = { text = milestone.text, hours = hours, at = moment(from, hours) }
    end
  end
  return list
end

local function limit_fields(row, limit)
  row.limit_bytes, row.used_bytes, row.room_bytes = limit.limit_bytes, limit.used_bytes, limit.room_bytes
  row.basis, row.source, row.confidence = limit.basis, limit.source, limit.confidence
  return row
end

--- When each pool ends.
-- @tparam {table,...} courses of pool_course.all
-- @tparam Growth moved
-- @tparam Limits known
-- @treturn {table,...} a row for each pool and each thing that bounds it, the first to end in front
function exhaustion.of_pools(courses, moved, known)
  local rows = {}
  for _, course in ipairs(courses) do
    local rate = { slope = course.slope_bytes_per_hour, low = course.low, high = course.high }
    local grows = rate.slope and rate.slope > 0 and course.certain
    for _, limit in ipairs(known:of(course.pool, moved.last.memory, course.last_bytes)) do
      local row = limit_fields({ what = course.pool .. " pool", pool = course.pool,
        slope_bytes_per_hour = rate.slope, low = rate.low, high = rate.high, milestones = {} }, limit)
      if grows then
        with_moments(row, forecast.against(rate, limit), moved.last.time)
        row.milestones = milestones_of(course.pool, limit, rate.slope, moved.last.time)
      end
      rows[#rows + 1] = row
    end
  end
  return rows
end

--- When each of some tags would end its pool alone.
-- @tparam {table,...} tags rows of trend_rows.of
-- @tparam Growth moved
-- @tparam Limits known
-- @treturn {table,...}
function exhaustion.of_tags(tags, moved, known)
  local rows = {}
  for _, tag in ipairs(tags) do
    local rate = { slope = tag.slope_bytes_per_hour, low = tag.low, high = tag.high }
    local accused = tag.verdict == "LEAK" or tag.verdict == "SUSPECT"
    local limit = accused and not tag.lockstep and rate.slope and rate.slope > 0
      and known:of(tag.pool, moved.last.memory)[1]
    if limit then
      local row = { what = tag.verdict, tag = tag.tag, tag_hex = tag.tag_hex, pool = tag.pool,
        slope_bytes_per_hour = rate.slope, low = rate.low, high = rate.high, milestones = {} }
      rows[#rows + 1] = with_moments(limit_fields(row, limit), forecast.against(rate, limit), moved.last.time)
    end
  end
  return rows
end

--- Put rows in the order of their ends; those without an end last.
-- @tparam {table,...} rows sorted in place
-- @treturn {table,...} the same
function exhaustion.sort(rows)
  for i, row in ipairs(rows) do row.place = i end
  table.sort(rows, function(a, b)
    local x, y = a.hours or math.huge, b.hours or math.huge
    if x ~= y then return x < y end
    return a.place < b.place
  end)
  for _, row in ipairs(rows) do row.place = nil end
  return rows
end

return exhaustion
