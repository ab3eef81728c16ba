--- Points: the course of one tag over a series, for a chart or a sparkline.
-- @module poolsleuth.points
local points = {}

--- How large a tag was in each snapshot.
-- @tparam Growth growth
-- @tparam table row of growth.rows
-- @treturn {number,...} bytes; false where a snapshot has no such row
-- @treturn ?{int,...} seconds, where the snapshots have times
function points.of(growth, row)
  local values, times = {}, growth.times and {} or nil
  for i, entry in ipairs(growth.entries) do
    local found = entry.snapshot:find(row.value, row.pool, math.tointeger(row.session))
    values[i] = found and found.bytes or false
    if times then times[i] = growth.times[i] end
  end
  return values, times
end

local MOST <const> = 256

--- Every so many of a list's items, the last one always, so that at most 256 are left.
-- @tparam table list
-- @treturn table
function points.thin(list)
  if #list <= MOST then return list end
  local kept, step = {}, (#list - 1) / (MOST - 1)
  for i = 0, MOST - 1 do kept[i + 1] = list[1 + math.floor(i * step + 0.5)] end
  return kept
end

return points
