--- The course of a pool as a whole over a series, and when it meets its limit.
-- @module poolsleuth.pool_course
local forecast   = require "poolsleuth.forecast"
local points     = require "poolsleuth.points"
local statistics = require "poolsleuth.statistics"

local pool_course = {}

local HOUR <const> = 3600
local FROM_HISTORY <const> = 64 -- snapshots that are loaded for their totals alone

-- The pool's own total in each snapshot; nil where none tells it.
local function totals_of(entries, pool)
  local field, known, values = pool .. "_bytes", false, {}
  for i, entry in ipairs(entries) do
    values[i] = entry.memory[field] or false
    known = known or values[i] ~= false
  end
  return known and values or nil
end

-- The run of the machine that each snapshot is of.
local function runs_of(moved)
  local runs, run = { 1 }, 1
  for i = 2, moved.count do
    if moved.reboots > 0 and moved.trend:reboot_before(i) then run = run + 1 end
    runs[i] = run
  end
  return runs
end

-- Seconds since the first snapshot; where the clock was set back the usual interval is taken instead.
local function seconds_of(moved, entries)
  if not moved.first.time then return nil end
  local usual = #entries > 1 and (moved.span_s or 0) / (#entries - 1) or 0
  local seconds, offset = {}, 0
  for i, entry in ipairs(entries) do
    local before = entries[i - 1] and entries[i - 1].time or entry.time
    if entry.time < before then offset = offset + before - entry.time + usual end
    seconds[i] = entry.time - moved.first.time + offset
  end
  return seconds
end

-- What is known of the values, as arrays without holes.
local function known_part(moved, chosen)
  local all_seconds, all_runs = seconds_of(moved, chosen.entries), runs_of(moved)
  local kept, seconds, runs = {}, all_seconds and {} or nil, {}
  for i, value in ipairs(chosen.values) do
    if value then
      kept[#kept + 1], runs[#kept + 1] = value, all_runs[chosen.places[i]]
      if seconds then seconds[#kept] = all_seconds[i] end
    end
  end
  return kept, seconds, runs
end

local function with_rate(found, moved, chosen, thresholds)
  local kept, seconds, runs = known_part(moved, chosen)
  found.first_bytes, found.last_bytes, found.points = kept[1], kept[#kept], #kept
  if #kept < 3 or not seconds or seconds[#seconds] == seconds[1] then return end
  local judged = statistics.judge(kept, seconds, { runs = runs, thresholds = thresholds })
  if not judged then return end
  found.verdict, found.slope_bytes_per_hour = judged.word, judged.slope * HOUR
  found.low, found.high = judged.low and judged.low * HOUR, judged.high and judged.high * HOUR
  found.z, found.p = judged.trend.z, judged.trend.p
end

local function add_forecast(found, limit, certain)
  local slope = found.slope_bytes_per_hour
  if not certain or not slope or slope <= 0 then return end
  local ahead = forecast.against({ slope = slope, low = found.low, high = found.high }, limit)
  found.forecast = { limit_bytes = ahead.limit_bytes, hours = ahead.hours, low = ahead.low, high = ahead.high,
    basis = ahead.basis, source = ahead.source }
end

local SIGNIFICANT <const> = 2.326

--- A pool's course.
-- @tparam Growth moved
-- @tparam string pool
-- @tparam Limits known
-- @tparam[opt] table thresholds of the site
-- @treturn ?table `pool`, `first_bytes`, `last_bytes`, `points`, `verdict`, `slope_bytes_per_hour`, `low`,
--   `high`, `z`, `p`, `certain` (it grows for sure), `limit_bytes`, `basis`, `fill`, `forecast`, `course`;
-- nil where nothing is known of the pool
function pool_course.of(moved, pool, known, thresholds)
  local chosen = {}
  local loaded = moved.at_hand == moved.entries
  chosen.entries, chosen.places = points.thin(moved.entries, not loaded and FROM_HISTORY or nil)
  chosen.values = totals_of(chosen.entries, pool)
  if not chosen.values then return nil end
  local found = { pool = pool, course = chosen.values }
  with_rate(found, moved, chosen, thresholds)
  found.certain = found.z ~= nil and found.z > SIGNIFICANT
  local limit = known:of(pool, moved.last.memory, found.last_bytes)[1]
  if limit then
    found.limit_bytes, found.basis, found.room_bytes = limit.limit_bytes, limit.basis, limit.room_bytes
    add_forecast(found, limit, found.certain)
  end
  return found
end

--- Both pools, as far as something is known of them.
-- @tparam Growth moved
-- @tparam Limits known
-- @tparam[opt] table thresholds of the site
-- @treturn {table,...}
function pool_course.all(moved, known, thresholds)
  local list = {}
  for _, pool in ipairs { "nonpaged", "paged" } do
    list[#list + 1] = pool_course.of(moved, pool, known, thresholds)
  end
  return list
end

return pool_course
