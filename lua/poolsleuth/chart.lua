--- Charts: what the renderers share of a chart block, its axes and their labels.
-- A chart block has `title`, `unit` ("bytes" or "count"), `times` (seconds; without them the snapshots are
-- numbered), `lines` ({name, values, style, dashed}), `marks` ({time, text}), `limit` ({value, text}), `band`
-- ({low, high}) and `note`.  A chart of one moment has `bars` ({name, value, style, text}) in place of lines.
-- A value that is not known is nil or json.null.
-- @module poolsleuth.chart
local format = require "poolsleuth.format"
local json   = require "poolsleuth.json"

local chart = {}

local STEPS <const> = { 0.1, 0.2, 0.25, 0.5, 1, 2, 4, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000 }
local UNITS <const> = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" }
local COUNTS <const> = { "", "k", "M", "G", "T", "P" }
local MINUTE <const>, HOUR <const>, DAY <const> = 60, 3600, 86400
local TIME_STEPS <const> = {
  1, 5, 15, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE,
  HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR,
  DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 91 * DAY, 182 * DAY, 365 * DAY,
}
local MONTHS <const> = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" }
local HEADROOM <const> = 1.05
local FAR_LIMIT <const> = 4 -- a limit that many times above everything else would press the curves flat

local known <const> = json.known

-- The largest unit that leaves at least one of it.
local function unit_of(kind, top)
  local base, names = kind == "count" and 1000 or 1024, kind == "count" and COUNTS or UNITS
  local size, at = 1, 1
  while top >= size * base and at < #names do size, at = size * base, at + 1 end
  return size, names[at]
end

-- Round steps between 0 (or what lies below it) and the top.
local function value_ticks(kind, low, high, wanted)
  local size, name = unit_of(kind, math.max(high, -low))
  local step = STEPS[#STEPS]
  for i = #STEPS, 1, -1 do
    if STEPS[i] * size * wanted >= high - low and (STEPS[i] >= 1 or size > 1) then step = STEPS[i] end
  end
  local ticks = {}
  for n = math.floor(low / size / step), math.ceil(high / size / step) do
    local text = ("%.4g"):format(n * step)
    if n ~= 0 then text = text .. (kind == "count" and name or " " .. name) end
    ticks[#ticks + 1] = { value = n * step * size, text = text }
  end
  return ticks
end

--- A day and a time of day, as short as a chart needs it.
-- @tparam number seconds
-- @treturn string "2 Nov 06:05"
function chart.moment(seconds)
  local at = os.date("!*t", math.floor(seconds))
  return ("%d %s %02d:%02d"):format(at.day, MONTHS[at.month], at.hour, at.min)
end

local function time_label(seconds, step)
  local at = os.date("!*t", seconds)
  if step >= 91 * DAY then return ("%s %d"):format(MONTHS[at.month], at.year) end
  if step >= DAY or seconds % DAY == 0 then return ("%d %s"):format(at.day, MONTHS[at.month]) end
  return step < MINUTE and os.date("!%H:%M:%S", seconds) or os.date("!%H:%M", seconds)
end

local function time_ticks(from, to, wanted)
  local step = TIME_STEPS[#TIME_STEPS]
  for i = #TIME_STEPS, 1, -1 do
    if (to - from) / TIME_STEPS[i] <= wanted then step = TIME_STEPS[i] end
  end
  local ticks = {}
  for seconds = math.ceil(from / step) * step, math.floor(to), step do
    seconds = math.floor(seconds)
    ticks[#ticks + 1] = { value = seconds, text = time_label(seconds, step) }
  end
  return ticks
end

local function number_ticks(count, wanted)
  local step = math.max(1, math.ceil(count / wanted))
  local ticks = {}
  for n = 1, count, step do ticks[#ticks + 1] = { value = n, text = ("%d"):format(n) } end
  return ticks
end

local function count_of(block)
  local count = block.times and #block.times or 0
  for _, line in ipairs(block.times and {} or block.lines) do count = math.max(count, #line.values) end
  return count
end

local function extent(block, count)
  local low, high = 0, 0
  local function consider(values)
    for i = 1, count do
      local value = values and known(values[i])
      if value then low, high = math.min(low, value), math.max(high, value) end
    end
  end
  for _, line in ipairs(block.lines) do consider(line.values) end
  if block.band then
    consider(block.band.low)
    consider(block.band.high)
  end
  return low, high
end

--- The axes of a chart block.
-- @tparam table block
-- @tparam[opt] table wanted `x` and `y`: about how many labels
-- @treturn table `count` of points, `x` ({number,…}), `from`, `to`, `low`, `high`, `x_ticks`, `y_ticks`
--   ({value, text}), and `limit` where it can be shown beside the curves
function chart.axes(block, wanted)
  wanted = wanted or {}
  local count = count_of(block)
  local low, high = extent(block, count)
  local limit = block.limit and known(block.limit.value) and block.limit or nil
  if limit and limit.value > FAR_LIMIT * high then limit = nil end
  if limit then high = math.max(high, limit.value) end
  if high == low then high = low + 1 end
  local ticks = value_ticks(block.unit, low, high * HEADROOM, wanted.y or 5)
  local axes = { count = count, low = ticks[1].value, high = ticks[#ticks].value, y_ticks = ticks,
                 limit = limit, x = {} }
  for i = 1, count do axes.x[i] = block.times and block.times[i] or i end
  axes.from, axes.to = axes.x[1] or 0, axes.x[count] or 1
  if axes.to == axes.from then axes.to = axes.from + 1 end
  axes.x_ticks = block.times and time_ticks(axes.from, axes.to, wanted.x or 6)
    or number_ticks(count, wanted.x or 6)
  return axes
end

--- The last value that a line knows.
-- @tparam table line
-- @tparam int count
-- @treturn ?number
function chart.last(line, count)
  for i = count, 1, -1 do
    local value = known(line.values[i])
    if value then return value end
  end
end

--- The first value that a line knows.
-- @tparam table line
-- @tparam int count
-- @treturn ?number
function chart.first(line, count)
  for i = 1, count do
    local value = known(line.values[i])
    if value then return value end
  end
end

--- A value of the chart as people read it.
-- @tparam table block
-- @tparam ?number value
-- @treturn string
function chart.value(block, value)
  value = known(value)
  if block.unit == "count" then return format.count(value) end
  return format.bytes(value)
end

--- What the chart shows, in words: for people who do not see it.
-- @tparam table block
-- @treturn string
function chart.describe(block)
  local parts = {}
  for _, bar in ipairs(block.bars or {}) do
    parts[#parts + 1] = ("%s %s"):format(bar.name, chart.value(block, bar.value))
  end
  local count = block.bars and 0 or count_of(block)
  for _, line in ipairs(block.bars and {} or block.lines) do
    local first, last = chart.first(line, count), chart.last(line, count)
    if first then
      parts[#parts + 1] = ("%s from %s to %s"):format(line.name, chart.value(block, first),
        chart.value(block, last))
    end
  end
  if block.limit and known(block.limit.value) then
    parts[#parts + 1] = ("%s %s"):format(block.limit.text or "limit", chart.value(block, block.limit.value))
  end
  for _, mark in ipairs(block.marks or {}) do
    parts[#parts + 1] = block.times and ("%s at %s"):format(mark.text, chart.moment(mark.time)) or mark.text
  end
  return table.concat(parts, "; ")
end

return chart
