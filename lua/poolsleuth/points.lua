--- Points: the course of one tag, or of a pool, over a series, for a chart or a sparkline.
-- @module poolsleuth.points
local points = {}

local MOST <const> = 256

--- How large a tag was over a series, at no more than 256 moments.
-- @tparam Growth growth
-- @tparam table row of growth.rows
-- @treturn {number,...} bytes; false where a snapshot does not know them
-- @treturn {table,...} the entry that each is from
function points.of(growth, row)
  if not growth.trend then return { row.last_bytes }, { growth.last } end
  local values, snapshots = growth.trend:points(row.index)
  local entries = {}
  for i, at in ipairs(snapshots) do entries[i] = growth.entries[at] end
  return values, entries
end

--- Every so many of a list's items, the first and the last always, so that at most so many are left.
-- @tparam table list
-- @tparam[opt=256] int most
-- @treturn table
-- @treturn {int,...} the places that they had
function points.thin(list, most)
  local kept, places = {}, {}
  local count = math.min(#list, most or MOST)
  local step = count > 1 and (#list - 1) / (count - 1) or 0
  for i = 1, count do
    places[i] = 1 + math.floor((i - 1) * step + 0.5)
    kept[i] = list[places[i]]
  end
  return kept, places
end

return points
