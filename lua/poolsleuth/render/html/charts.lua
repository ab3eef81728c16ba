--- Charts on a page: the drawing, its legend and numbers, and the script that makes it answer.
-- @module poolsleuth.render.html.charts
local asset  = require "poolsleuth.render.asset"
local chart  = require "poolsleuth.chart"
local escape = require "poolsleuth.render.html.escape"
local json   = require "poolsleuth.json"
local svg    = require "poolsleuth.render.html.svg"

local charts = {}

local known <const> = json.known
local MOST_ROWS <const> = 40

--- The script of a page with charts: uPlot with its licence, and what draws ours with it.
-- @treturn ?string nil where it was not installed: the page is whole without
function charts.script()
  local library, own = asset.read "uplot/uPlot.iife.min.js", asset.read "html/charts.js"
  local licence = asset.read "uplot/LICENSE"
  return library and own and licence and ("/*! uPlot\n%s*/\n"):format(licence) .. library .. own or nil
end

--- The style that goes with the script.
-- @treturn string
function charts.style()
  return asset.read "uplot/uPlot.min.css" or ""
end

local function dense(values, count)
  local full = {}
  for i = 1, count do full[i] = values[i] == nil and json.null or values[i] end
  return json.array(full)
end

-- What the script draws from.
local function data_of(block, axes)
  local data = { x = json.array(axes.x), time = block.times ~= nil, unit = block.unit or "bytes",
                 low = axes.low, high = axes.high, ticks = json.array(axes.y_ticks),
                 lines = json.array {}, marks = json.array {} }
  for i, line in ipairs(block.lines) do
    data.lines[i] = { name = line.name, values = dense(line.values, axes.count), dashed = line.dashed == true,
                      filled = line.filled == true }
  end
  for i, mark in ipairs(block.marks or {}) do data.marks[i] = { x = mark.time, text = mark.text } end
  if block.band then
    data.band = { low = dense(block.band.low, axes.count), high = dense(block.band.high, axes.count),
                  line = (block.band.line or 1) - 1 }
  end
  if axes.limit then data.limit = { value = axes.limit.value, text = axes.limit.text or "limit" } end
  return json.encode(data)
end

local function write_legend(out, block, count)
  out[#out + 1] = '<ul class="legend">'
  local classes = svg.colors(block)
  for i, line in ipairs(block.lines) do
    local last = chart.value(block, chart.last(line, count))
    out[#out + 1] = ('<li data-line="%d">%s<span>%s</span> <output data-rest="%s">%s</output></li>'):format(i,
      svg.swatch(line, classes[i]), escape(line.name), escape(last), escape(last))
  end
  out[#out + 1] = "</ul>"
end

-- Which points the table of numbers has: all, or evenly chosen ones with both ends.
local function chosen(count)
  local list, step = {}, math.max(1, (count - 1) / (MOST_ROWS - 1))
  for n = 0, math.min(count, MOST_ROWS) - 1 do list[#list + 1] = math.floor(1 + n * step + 0.5) end
  return list
end

local function write_numbers(out, block, axes)
  local cells = { ('<th scope="col">%s</th>'):format(block.times and "Time" or "Snapshot") }
  for _, line in ipairs(block.lines) do
    cells[#cells + 1] = ('<th scope="col" class="right">%s</th>'):format(escape(line.name))
  end
  out[#out + 1] = ('<details><summary>Numbers of this chart</summary><div class="scroll" role="region" '
    .. 'tabindex="0" aria-label="%s"><table><thead><tr>%s</tr></thead><tbody>'):format(escape(block.title),
      table.concat(cells))
  for _, i in ipairs(chosen(axes.count)) do
    local x = axes.x[i]
    cells = { ('<th scope="row">%s</th>'):format(block.times and chart.moment(x) or tostring(x)) }
    for _, line in ipairs(block.lines) do
      local value = known(line.values[i])
      cells[#cells + 1] = ('<td class="right">%s</td>'):format(escape(chart.value(block, value)))
    end
    out[#out + 1] = "<tr>" .. table.concat(cells) .. "</tr>"
  end
  out[#out + 1] = "</tbody></table></div></details>"
end

local function write_note(out, text)
  out[#out + 1] = ('<p class="note">%s</p>'):format(escape(text))
end

--- Write a chart block.
-- @tparam {string,...} out
-- @tparam table block
function charts.write(out, block)
  local caption = ("<figcaption>%s</figcaption>"):format(escape(block.title))
  if block.bars then
    out[#out + 1] = "<figure>" .. caption .. svg.draw(block)
  else
    local axes = chart.axes(block)
    out[#out + 1] = ('<figure data-chart="%s">%s'):format(escape(data_of(block, axes)), caption)
    write_legend(out, block, axes.count)
    out[#out + 1] = svg.draw(block)
    local hidden = block.limit and known(block.limit.value) and not axes.limit
    if hidden then write_note(out, ("Far above this chart: %s."):format(block.limit.text or "the limit")) end
    if known(block.note) then write_note(out, block.note) end
    write_numbers(out, block, axes)
  end
  out[#out + 1] = "</figure>"
end

return charts
