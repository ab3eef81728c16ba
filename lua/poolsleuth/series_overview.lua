--- Overview of a series: which machine, from when to when, its restarts, and how the pools as a whole moved.
-- @module poolsleuth.series_overview
local format      = require "poolsleuth.format"
local growth      = require "poolsleuth.growth"
local pool_course = require "poolsleuth.pool_course"
local triage      = require "poolsleuth.triage"
local verdict     = require "poolsleuth.verdict"

local overview = {}

--- Measure the case's series and note what limits the answer.
-- @tparam Case case with at least one snapshot
-- @treturn Growth
function overview.measure(case)
  local moved = growth.measure(case.series)
  triage.check(case, moved)
  return moved
end

-- Each snapshot before which the machine was restarted.
local function restarts_of(moved)
  local restarts = {}
  for i = 2, moved.count do
    if moved.reboots > 0 and moved.trend:reboot_before(i) then
      local time = moved.entries[i].time
      restarts[#restarts + 1] = { snapshot = i, time = time and format.time(time, "T") or nil }
    end
  end
  return restarts
end

local function moment(entry) return entry.time and format.time(entry.time, "T") or nil end

--- What is told of a series before its tags.
-- @tparam Case case
-- @tparam Growth moved
-- @tparam Limits known
-- @treturn table `host`, `snapshots`, `from`, `to`, `span_s`, `time_source`, `restarts`, `pools`
function overview.of(case, moved, known)
  local series = case.series
  return {
    host = series.host, snapshots = moved.count, from = moment(moved.first), to = moment(moved.last),
    span_s = series.span_s, tags = #moved.rows, time_source = series.time_source,
    restarts = restarts_of(moved), pools = pool_course.all(moved, known, case.config.thresholds),
  }
end

--- The exit status of an answer: by the worst word of its rows, or its own; where no tag is known, by the
-- pools as a whole.
-- @tparam table data `rows` with `verdict`, or `verdict`; `tags`, `pools`
-- @treturn int
function overview.status(data)
  if data.verdict then return verdict.exit_status { data } end
  return verdict.exit_status(data.tags == 0 and data.pools or data.rows)
end

return overview
