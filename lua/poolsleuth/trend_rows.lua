--- Rows of a trend: each tag of a series with its verdict, rate, forecast and whom it follows.
-- @module poolsleuth.trend_rows
local forecast  = require "poolsleuth.forecast"
local format    = require "poolsleuth.format"
local judgement = require "poolsleuth.judgement"
local points    = require "poolsleuth.points"
local triage    = require "poolsleuth.triage"
local verdict   = require "poolsleuth.verdict"

local trend_rows = {}

local EXHAUSTS <const> = { LEAK = true, SUSPECT = true }
local CHARTED <const> = 50 -- that many rows come with their course

-- What a tag that follows another is called: it grows, but the leak is that of the other.
local FOLLOWING <const> = { LEAK = "SUSPECT", EXHAUSTED = "SUSPECT" }

-- Words, softened by what is known of the tag, and whom a tag follows, by row.
local function judge(case, moved, thresholds)
  local judged = {}
  for _, one in ipairs(triage.grown(case, moved, thresholds, math.huge)) do
    judged[one.row] = { word = one.word, confidence = one.confidence }
    for _, victim in ipairs(one.victims or {}) do
      judged[victim.row] = { follows = one.row, ratio = victim.ratio }
    end
  end
  for _, row in ipairs(moved.rows) do
    local one = judged[row] or {}
    if not one.word then one.word, one.confidence = verdict.of_trend(row, moved, thresholds) end
    if one.follows then one.word = FOLLOWING[one.word] or one.word end
    judged[row] = one
  end
  return judged
end

local function share_not_falling(row)
  if row.intervals == 0 then return nil end
  return (row.intervals - row.falls) / row.intervals
end

local function lockstep_of(one)
  if not one.follows then return nil end
  return { with = format.tag_text(one.follows.tag), with_hex = format.tag_hex(one.follows.tag),
    ratio = one.ratio }
end

local function forecast_of(row, one, moved, known)
  local found = EXHAUSTS[one.word] and forecast.of(row, moved.last.memory, known)
  if not found then return nil end
  return { limit_bytes = found.limit_bytes, hours = found.hours, low = found.low, high = found.high,
    basis = found.basis, source = found.source }
end

local function data_of(row, one, moved, known)
  return {
    tag = format.tag_text(row.tag), tag_hex = format.tag_hex(row.tag), pool = row.pool, session = row.session,
    verdict = one.word, confidence = one.confidence, slope_bytes_per_hour = row.slope, low = row.low,
    high = row.high, z = row.z, p = row.p, freed_ratio = row.freed_ratio, monotone = share_not_falling(row),
    share = row.share, points = row.points, growth_bytes = row.growth, first_bytes = row.first_bytes,
    last_bytes = row.last_bytes, forecast = forecast_of(row, one, moved, known), lockstep = lockstep_of(one),
    statistics = judgement.numbers(row),
  }
end

--- The rows of a trend, worst verdict first, then most growth.
-- @tparam Case case
-- @tparam Growth moved of at least two snapshots
-- @tparam table options `thresholds` (of verdict.with_thresholds), `limits` (Limits), `wants` (function of a
--   row), `top` (at most so many)
-- @treturn {table,...} as poolsleuth.trend/1 has them
function trend_rows.of(case, moved, options)
  local judged, chosen = judge(case, moved, options.thresholds), {}
  for _, row in ipairs(moved.rows) do
    if row.session ~= "all" and options.wants(row) then
      chosen[#chosen + 1] = { verdict = judged[row].word, weight = row.growth, tag = row.tag, pool = row.pool,
        row = row }
    end
  end
  verdict.sort(chosen)
  local rows = {}
  for i, one in ipairs(chosen) do
    if options.top and i > options.top then break end
    rows[i] = data_of(one.row, judged[one.row], moved, options.limits)
    if i <= CHARTED then rows[i].course = (points.of(moved, one.row)) end
  end
  return rows
end

return trend_rows
