--- Cells of a table: what a column shows of a row, for people and for programs.
-- @module poolsleuth.render.cell
local format = require "poolsleuth.format"
local json   = require "poolsleuth.json"

local cell = {}

local RIGHT <const> = { count = true, bytes = true, rate = true, percent = true, hex = true, number = true,
                        size = true, duration = true }

local show = {
  count = format.count, bytes = format.bytes, rate = format.rate, percent = format.percent,
  size = format.size, hex = format.hex, duration = format.duration,
  number = function(value) return ("%.3g"):format(value) end,
  text = function(value) return format.clean(tostring(value)) end,
  tag = function(value) return '"' .. format.clean(value) .. '"' end,
  list = function(value)
    local parts = {}
    for i, item in ipairs(value) do parts[i] = format.clean(tostring(item)) end
    return table.concat(parts, ", ")
  end,
}

--- The value of a column in a row; nil where it is not known.
-- @tparam table column `key`, or `get(row)`
-- @tparam table row
-- @return value
function cell.value(column, row)
  local value
  if column.get then value = column.get(row) else value = row[column.key] end
  if value == json.null then return nil end
  return value
end

--- What people read in a column.
-- @tparam table column
-- @treturn function from a row to a string
function cell.reader(column)
  local get, key, null = column.get, column.key, json.null
  local shown, empty = show[column.kind or "text"] or show.text, column.empty or format.UNKNOWN
  return function(row)
    local value
    if get then value = get(row) else value = row[key] end
    if value == nil or value == null then return empty end
    return shown(value)
  end
end

--- What people read in one cell.
-- @tparam table column
-- @tparam table row
-- @treturn string
function cell.text(column, row)
  return cell.reader(column)(row)
end

--- What programs read: no units, no grouping, nothing for unknown.
-- @tparam table column
-- @tparam table row
-- @treturn string
function cell.raw(column, row)
  local value = row[column.key]
  if value == nil or value == json.null or (type(value) == "table" and column.kind ~= "list") then
    value = cell.value(column, row)
  end
  if value == nil then return "" end
  if type(value) == "table" then return table.concat(value, "; ") end
  if column.kind == "hex" then return format.hex(value) end
  if math.type(value) == "float" then return ("%.14g"):format(value) end
  return tostring(value)
end

--- "left" or "right".
-- @tparam table column
-- @treturn string
function cell.align(column)
  return column.align or (RIGHT[column.kind] and "right" or "left")
end

--- The columns that have something to say: those marked `optional` go when no row fills them.
-- @tparam table block a table block
-- @treturn {table,...}
function cell.columns(block)
  local kept = {}
  for _, column in ipairs(block.columns) do
    local wanted = not column.optional
    for _, row in ipairs(wanted and {} or block.rows) do
      local value = cell.value(column, row)
      if value ~= nil and value ~= "" and not (type(value) == "table" and #value == 0) then
        wanted = true
        break
      end
    end
    if wanted then kept[#kept + 1] = column end
  end
  return kept
end

return cell
