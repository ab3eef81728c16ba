--- Forecast: when what is left runs out.
-- @module poolsleuth.forecast
local limits = require "poolsleuth.limits"

local forecast = {}

local FARTHEST_HOURS <const> = 10 * 365 * 24 -- nothing is told of what ends later

--- When a steady growth has used up what is left.
-- @tparam table rate `slope` and maybe `low` and `high` in bytes an hour
-- @tparam table limit one of Limits:of
-- @treturn table `hours`, `low`, `high` (nil where the slowest slope never gets there), `limit_bytes`,
--   `headroom_bytes`, `basis`, `source`, `confidence`
function forecast.against(rate, limit)
  local left = limit.room_bytes
  local found = { hours = left / rate.slope, headroom_bytes = left, limit_bytes = limit.limit_bytes,
    basis = limit.basis, source = limit.source, confidence = limit.confidence }
  if rate.high and rate.high > 0 then found.low = left / rate.high end
  if rate.low and rate.low > 0 then found.high = left / rate.low end
  return found
end

--- When a steadily growing tag has used up what is left.
-- @tparam table row of Growth.rows, with `slope` and maybe `low` and `high` in bytes an hour
-- @tparam table memory totals of the newest snapshot
-- @tparam[opt] Limits known what bounds the pools; without it, what memory itself tells
-- @treturn[1] table as @{forecast.against} gives
-- @treturn[2] nil where there is no rate, nothing to measure it against, or no end within ten years
function forecast.of(row, memory, known)
  if not row.slope or row.slope <= 0 then return nil end
  local nearest = (known or limits.of_evidence):of(row.pool, memory)[1]
  local found = nearest and forecast.against(row, nearest)
  return found and found.hours <= FARTHEST_HOURS and found or nil
end

return forecast
