--- Sparklines: the course of a number in a few characters.
-- @module poolsleuth.sparkline
local json = require "poolsleuth.json"

local sparkline = {}

local BARS <const> = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" }
local GAP <const> = "·"

-- The newest known value of each of so many equal parts; false where a part has none.
local function buckets(values, width)
  local count = math.min(width, #values)
  local found = {}
  for i = 1, count do found[i] = false end
  for i, value in ipairs(values) do
    if value and value ~= json.null then found[1 + (i - 1) * count // #values] = value end
  end
  return found
end

--- Draw values between their own least and most.
-- @tparam {number,...} values false or json.null where one is not known
-- @tparam int width at most so many characters
-- @treturn string UTF-8, "" without values
function sparkline.draw(values, width)
  local found = buckets(values, width)
  local least, most = math.huge, -math.huge
  for _, value in ipairs(found) do
    if value then least, most = math.min(least, value), math.max(most, value) end
  end
  local drawn, span = {}, most - least
  for i, value in ipairs(found) do
    local step = value and (span > 0 and (value - least) / span * #BARS // 1 or 0)
    drawn[i] = step and BARS[math.min(#BARS, 1 + math.tointeger(step))] or GAP
  end
  return table.concat(drawn)
end

return sparkline
