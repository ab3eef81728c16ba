--- Charts in characters: a line of blocks for each curve, a bar for each value of one moment.
-- @module poolsleuth.render.plot
local chart  = require "poolsleuth.chart"
local format = require "poolsleuth.format"
local json   = require "poolsleuth.json"

local plot = {}

local known <const> = json.known

local BLOCKS <const> = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" }
local ASCII <const> = { "_", ".", ":", "-", "=", "+", "*", "#" }
local WIDEST_CURVE <const>, WIDEST_BAR <const>, NARROWEST <const> = 48, 40, 8

--- Whether the user's terminal takes more than ASCII.
-- @tparam[opt=os.getenv] function getenv
-- @treturn boolean
function plot.is_utf8(getenv)
  getenv = getenv or os.getenv
  local function set(name)
    local value = getenv(name)
    return value ~= "" and value or nil
  end
  local locale = set "LC_ALL" or set "LC_CTYPE" or set "LANG" or ""
  return locale:lower():gsub("%-", ""):find("utf8", 1, true) ~= nil
end

-- The largest value in each of so many equal parts; nil where none is known.
local function resampled(line, count, columns)
  local cells = {}
  for column = 1, columns do
    local first = (column - 1) * count // columns + 1
    local last = math.max(first, column * count // columns)
    for i = first, last do
      local value = known(line.values[i])
      if value and (not cells[column] or value > cells[column]) then cells[column] = value end
    end
  end
  return cells
end

local function curve(line, axes, columns, marks)
  local cells, out = resampled(line, axes.count, columns), {}
  for column = 1, columns do
    local value = cells[column]
    local height = value and (value - axes.low) / (axes.high - axes.low) * #marks or nil
    out[column] = height and marks[math.max(1, math.min(#marks, math.ceil(height)))] or " "
  end
  return table.concat(out)
end

local function widest_name(list)
  local widest = 0
  for _, item in ipairs(list) do widest = math.max(widest, format.width(format.clean(item.name))) end
  return widest
end

local function foot(block, axes)
  local parts = {}
  if block.times and axes.count > 0 then
    parts[1] = ("%s to %s"):format(chart.moment(axes.x[1]), chart.moment(axes.x[axes.count]))
  else
    parts[1] = ("snapshots 1 to %d"):format(axes.count)
  end
  if block.limit and known(block.limit.value) then parts[#parts + 1] = format.clean(block.limit.text
    or "limit") end
  for _, mark in ipairs(block.marks or {}) do
    local at = block.times and chart.moment(mark.time) or ("snapshot %d"):format(mark.time)
    parts[#parts + 1] = ("%s: %s"):format(at, format.clean(mark.text))
  end
  return table.concat(parts, "; ")
end

local function curves(block, options)
  local axes, name_width = chart.axes(block), widest_name(block.lines)
  local marks, arrow = options.utf8 and BLOCKS or ASCII, options.utf8 and " → " or " -> "
  local room = options.width - name_width - 30
  local columns = math.max(NARROWEST, math.min(WIDEST_CURVE, axes.count, room))
  local lines = {}
  for i, line in ipairs(block.lines) do
    local first, last = chart.first(line, axes.count), chart.last(line, axes.count)
    lines[i] = ("%s  %s  %s%s%s"):format(format.pad(format.clean(line.name), name_width),
      curve(line, axes, columns, marks), chart.value(block, first), arrow, chart.value(block, last))
  end
  lines[#lines + 1] = foot(block, axes)
  return lines
end

local function bars(block, options)
  local name_width, high = widest_name(block.bars), 1
  for _, bar in ipairs(block.bars) do high = math.max(high, known(bar.value) or 0) end
  local room = math.max(NARROWEST, math.min(WIDEST_BAR, options.width - name_width - 24))
  local lines = {}
  for i, bar in ipairs(block.bars) do
    local length = math.max(1, math.floor((known(bar.value) or 0) / high * room + 0.5))
    lines[i] = ("%s  %s  %s%s"):format(format.pad(format.clean(bar.name), name_width),
      (options.utf8 and "█" or "#"):rep(length), chart.value(block, bar.value),
        bar.text and "  " .. bar.text or "")
  end
  return lines
end

--- The lines of a chart, without its title.
-- @tparam table block
-- @tparam table options `width`, `utf8`
-- @treturn {string,...}
function plot.lines(block, options)
  local lines = block.bars and bars(block, options) or curves(block, options)
  if block.note then lines[#lines + 1] = format.clean(block.note) end
  for i, line in ipairs(lines) do lines[i] = format.trim_end(line) end
  return lines
end

return plot
