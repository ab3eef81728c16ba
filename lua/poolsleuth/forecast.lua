--- Forecast: when what is left runs out.
-- @module poolsleuth.forecast
local forecast = {}

-- What is left for a pool to grow into: its limit, free memory and free commit, the least of those
-- that the evidence holds.
local function headroom(pool, memory)
  local left, basis, limit
  local function consider(room, total, what)
    if room and room >= 0 and (not left or room < left) then left, basis, limit = room, what, total end
  end
  local used, cap = memory[pool .. "_bytes"], memory[pool .. "_limit_bytes"]
  if used and cap then consider(cap - used, cap, "the pool's own limit") end
  if pool == "nonpaged" then
    consider(memory.available_bytes, memory.physical_bytes, "free physical memory")
  end
  if memory.commit_bytes and memory.commit_limit_bytes then
    consider(memory.commit_limit_bytes - memory.commit_bytes, memory.commit_limit_bytes, "free commit")
  end
  return left, basis, limit
end

--- When a steadily growing tag has used up what is left.
-- @tparam table row of Growth.rows, with `slope` and maybe `low` and `high` in bytes an hour
-- @tparam table memory totals of the newest snapshot
-- @treturn[1] table `hours`, `low`, `high` (nil where the slowest slope never gets there),
--   `limit_bytes`, `headroom_bytes`, `basis`
-- @treturn[2] nil where there is no rate or nothing to measure it against
function forecast.of(row, memory)
  if not row.slope or row.slope <= 0 then return nil end
  local left, basis, limit = headroom(row.pool, memory)
  if not left then return nil end
  local found = { hours = left / row.slope, headroom_bytes = left, limit_bytes = limit, basis = basis }
  if row.low and row.low > 0 and row.high > 0 then
    found.low, found.high = left / row.high, left / row.low
  end
  return found
end

return forecast
