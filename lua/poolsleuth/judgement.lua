--- Judgements in words: the numbers behind the verdict of a series.
-- @module poolsleuth.judgement
local format = require "poolsleuth.format"

local judgement = {}

local MANY <const>, CLEAR <const> = 8, 0.01

-- "0.00012", and a bound where it is smaller than what matters.
local function chance(p) return p < 1e-6 and "p < 0.000001" or ("p = %.2g"):format(p) end

local function tests_of(row, judged)
  local drift, trend = judged.drift, judged.trend
  local widened = trend.correction > 1.005
    and (", its variance widened %.1f-fold for autocorrelation"):format(trend.correction) or ""
  local season = judged.period and (", each of %d phases of a period by itself"):format(judged.period) or ""
  local text = ("Mann-Kendall: z = %.1f, %s%s%s"):format(trend.z, chance(trend.p), widened, season)
  if row.points < MANY or not drift then return text end
  return ("%s; drift against a level that wanders: z = %.1f, persistence %.2f"):format(text, drift.z,
    drift.persistence)
end

local function halves_of(row, judged)
  if not row.slope or not judged.early or row.points < 4 then return nil end
  return ("%s in the first half, %s in the second"):format(format.rate(judged.early),
    format.rate(judged.late))
end

local function floor_of(judged)
  local minima = judged.minima
  if not minima or minima.steps < 2 then return nil end
  return ("the least value of a window rose %d of %d times; the floor shares in %s of the growth"):format(
    minima.rises, minima.steps, format.percent(math.max(math.min(judged.floor_share, 1), 0)))
end

local function change_of(judged, times)
  local change = judged.change
  if not change or change.p >= CLEAR or judged.word == "LEAK" and judged.bend_fit > 0.5 then return nil end
  local at = times and times[change.after + 1]
  return ("its level changed most after snapshot %d%s (Pettitt: %s)"):format(change.after,
    at and (", before " .. format.time(at)) or "", chance(change.p))
end

--- The numbers that made the word of a row, as sentences.
-- @tparam table row of Growth.rows
-- @tparam table growth the Growth it is from
-- @treturn {string,...} none where nothing was tested
function judgement.texts(row, growth)
  local judged = row.judged
  if not judged or not judged.drift or row.points < 4 then return {} end
  local whole = judged.points == growth.count and growth.entries
  local times = {}
  for i, entry in ipairs(whole or {}) do times[i] = entry.time end
  local texts = { judged.reason, tests_of(row, judged) }
  texts[#texts + 1] = halves_of(row, judged)
  if row.points >= MANY then
    texts[#texts + 1] = floor_of(judged)
    texts[#texts + 1] = whole and change_of(judged, times) or nil
  end
  if row.by_chance then
    local tested, limit = growth.trend:tested()
    texts[#texts + 1] = ("among %s tags tested at once only %s would stand"):format(
      format.count(tested), limit > 0 and ("p <= %.2g"):format(limit) or "a smaller p")
  end
  return texts
end

--- The same as named numbers, for programs.
-- @tparam table row of Growth.rows
-- @treturn[1] table `rule`, `points`, `z`, `p`, `correction`, `tau`, `drift_z`, `drift_p`, `persistence`,
--   `period`, `early_bytes_per_hour`, `late_bytes_per_hour`, `floor_share`, `windows_rising`, `windows`,
--   `changed_after`, `change_p`, `step_fit`, `bend_fit`; nil where it was not measured
-- @treturn[2] nil for a row that was not judged
function judgement.numbers(row)
  local judged = row.judged
  if not judged then return nil end
  local drift, minima, change = judged.drift or {}, judged.minima or {}, judged.change or {}
  return { rule = judged.reason, points = judged.points, z = judged.trend.z, p = judged.trend.p,
    correction = judged.trend.correction, tau = judged.trend.tau, drift_z = drift.z, drift_p = drift.p,
    persistence = drift.persistence, period = judged.period,
    early_bytes_per_hour = row.slope and judged.early, late_bytes_per_hour = row.slope and judged.late,
    floor_share = judged.floor_share, windows = minima.windows, windows_rising = minima.rises,
    changed_after = change.after, change_p = change.p, step_fit = judged.step_fit,
    bend_fit = judged.bend_fit }
end

return judgement
