--- Charts as SVG: what a page shows without scripts, and what is printed.
-- @module poolsleuth.render.html.svg
local chart  = require "poolsleuth.chart"
local escape = require "poolsleuth.render.html.escape"
local json   = require "poolsleuth.json"

local svg = {}

local known <const> = json.known

-- Two drawings, so that text keeps its size on a phone.
local BROAD <const> = { class = "broad", width = 960, height = 330, left = 76, right = 14, top = 14,
                        bottom = 28, x = 9, y = 5 }
local NARROW <const> = { class = "narrow", width = 360, height = 250, left = 62, right = 8, top = 14,
                         bottom = 28, x = 4, y = 4 }
local FEW_POINTS <const> = 60
local CHARACTER <const> = 7 -- about the width of one, for labels that must not leave the drawing

local COLORS <const> = { "one", "two", "three", "four" }

--- The class that colours each line of a chart.
-- @tparam table block
-- @treturn {string,...}
function svg.colors(block)
  local classes, next_color = {}, 0
  for i, line in ipairs(block.lines or block.bars) do
    local style = line.style
    if not style then
      next_color = next_color % #COLORS + 1
      style = COLORS[next_color]
    end
    classes[i] = "s-" .. style
  end
  return classes
end

local function scales(axes, size)
  local width, height = size.width - size.left - size.right, size.height - size.top - size.bottom
  local function x(value) return size.left + (value - axes.from) / (axes.to - axes.from) * width end
  local function y(value) return size.top + height - (value - axes.low) / (axes.high - axes.low) * height end
  return x, y
end

local function put(out, form, ...) out[#out + 1] = form:format(...) end

local function text(out, class, anchor, x, y, value)
  put(out, '<text class="%s" text-anchor="%s" x="%.1f" y="%.1f">%s</text>', class, anchor, x, y,
    escape(value))
end

local function draw_axes(out, axes, size, x, y)
  local right, bottom = size.width - size.right, size.height - size.bottom
  for _, tick in ipairs(axes.y_ticks) do
    local at = y(tick.value)
    put(out, '<path class="%s" d="M%.1f %.1fH%.1f"/>', tick.value == 0 and "axis" or "grid", size.left, at,
      right)
    text(out, "tick", "end", size.left - 8, at + 4, tick.text)
  end
  for _, tick in ipairs(axes.x_ticks) do
    local at = x(tick.value)
    local half = #tick.text * CHARACTER / 2
    put(out, '<path class="axis" d="M%.1f %.1fv4"/>', at, bottom)
    text(out, "tick", "middle", math.min(at, size.width - half), bottom + 19, tick.text)
  end
end

-- The runs of neighbours that are known, as points.
local function runs(axes, values, x, y)
  local found, run = {}, nil
  for i = 1, axes.count do
    local value = known(values[i])
    if value then
      run = run or {}
      run[#run + 1] = ("%.1f %.1f"):format(x(axes.x[i]), y(value))
    else
      found[#found + 1], run = run, nil
    end
  end
  found[#found + 1] = run
  return found
end

local function draw_points(out, axes, line, x, y)
  for i = 1, axes.count do
    local value = known(line.values[i])
    if value then put(out, '<circle class="point" cx="%.1f" cy="%.1f" r="2.6"/>', x(axes.x[i]), y(value)) end
  end
end

local function draw_line(out, axes, line, class, x, y)
  put(out, '<g class="%s">', class)
  for _, run in ipairs(runs(axes, line.values, x, y)) do
    local path = table.concat(run, "L")
    if line.filled and #run > 1 then
      local first, last = run[1]:match "^%S+", run[#run]:match "^%S+"
      put(out, '<path class="area" d="M%s %.1fL%sL%s %.1fZ"/>', first, y(0), path, last, y(0))
    end
    if #run > 1 then put(out, '<path class="curve%s" d="M%s"/>', line.dashed and " dashed" or "", path) end
  end
  if axes.count <= FEW_POINTS and not line.dashed then draw_points(out, axes, line, x, y) end
  out[#out + 1] = "</g>"
end

local function draw_band(out, axes, band, class, x, y)
  local high, low = runs(axes, band.high, x, y), runs(axes, band.low, x, y)
  if not high[1] or not low[1] then return end
  local back = {}
  for i = #low[1], 1, -1 do back[#back + 1] = low[1][i] end
  put(out, '<path class="cone %s" d="M%sL%sZ"/>', class, table.concat(high[1], "L"), table.concat(back, "L"))
end

local function draw_marks(out, block, axes, size, x, y)
  for i, mark in ipairs(block.marks or {}) do
    local at = x(mark.time)
    local right_of_middle = at > size.left + 0.6 * (size.width - size.left)
    put(out, '<path class="mark" d="M%.1f %.1fV%.1f"/>', at, size.top, size.height - size.bottom)
    text(out, "mark", right_of_middle and "end" or "start", at + (right_of_middle and -5 or 5),
      size.height - size.bottom - 8 - (i - 1) % 3 * 15, mark.text)
  end
  if axes.limit then
    local at = y(axes.limit.value)
    put(out, '<path class="limit" d="M%.1f %.1fH%.1f"/>', size.left, at, size.width - size.right)
    text(out, "limit", "start", size.left + 6, at > size.top + 18 and at - 6 or at + 15,
      axes.limit.text or "limit")
  end
end

local function open(out, size, height, title, words)
  put(out, '<svg class="drawn %s" viewBox="0 0 %d %d" role="img" preserveAspectRatio="xMidYMid meet">',
    size.class, size.width, height)
  put(out, "<title>%s</title><desc>%s</desc>", escape(title), escape(words))
end

local function curves(block, size, words)
  local axes = chart.axes(block, size)
  local x, y = scales(axes, size)
  local classes, out = svg.colors(block), {}
  open(out, size, size.height, block.title, words)
  draw_axes(out, axes, size, x, y)
  if block.band then draw_band(out, axes, block.band, classes[block.band.line or 1], x, y) end
  for i = #block.lines, 1, -1 do draw_line(out, axes, block.lines[i], classes[i], x, y) end
  draw_marks(out, block, axes, size, x, y)
  out[#out + 1] = "</svg>"
  return table.concat(out)
end

local BAR <const> = { broad = { pitch = 30, thick = 16, name = 110, value = 150 },
                      narrow = { pitch = 42, thick = 12, name = 0, value = 0 } }

-- One moment: a bar each; on a phone the words stand above their bar.
local function bars(block, size, words)
  local look, classes, out = BAR[size.class], svg.colors(block), {}
  local high = 1
  for _, bar in ipairs(block.bars) do high = math.max(high, known(bar.value) or 0) end
  local height = #block.bars * look.pitch + 4
  local room = size.width - look.name - look.value
  open(out, size, height, block.title, words)
  for i, bar in ipairs(block.bars) do
    local top, value = (i - 1) * look.pitch, known(bar.value) or 0
    local words_y, bar_y = top + 17, look.name > 0 and top + 5 or top + 22
    local width = math.max(1, value / high * room)
    local shown = chart.value(block, bar.value) .. (bar.text and "  " .. bar.text or "")
    text(out, "name", "start", 0, words_y, bar.name)
    put(out, '<g class="%s"><rect class="bar" x="%d" y="%d" width="%.1f" height="%d" rx="2"/></g>',
      classes[i],
      look.name, bar_y, width, look.thick)
    if look.name > 0 then
      text(out, "value", "start", look.name + width + 8, words_y, shown)
    else
      text(out, "value", "end", size.width, words_y, shown)
    end
  end
  out[#out + 1] = "</svg>"
  return table.concat(out)
end

--- Both drawings of a chart, of which a page shows the one that fits.
-- @tparam table block a chart block
-- @treturn string
function svg.draw(block)
  local words, one = chart.describe(block), block.bars and bars or curves
  return one(block, BROAD, words) .. "\n" .. one(block, NARROW, words)
end

--- The swatch of a line in a legend.
-- @tparam table line
-- @tparam string class
-- @treturn string
function svg.swatch(line, class)
  local path = ('<path class="curve%s" d="M1 5H25"/>'):format(line.dashed and " dashed" or "")
  return ('<svg class="%s" viewBox="0 0 26 10" aria-hidden="true">%s</svg>'):format(class, path)
end

return svg
