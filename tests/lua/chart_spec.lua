--- Charts: their axes, the same curves as SVG and in characters, and the contrast of the page's colours.
local chart      = require "poolsleuth.chart"
local chart_data = require "poolsleuth.chart_data"
local json       = require "poolsleuth.json"
local plot       = require "poolsleuth.render.plot"
local report     = require "poolsleuth.report"
local svg        = require "poolsleuth.render.html.svg"
local tree       = require "tests.lua.support.tree"

local GIB <const>, HOUR <const>, START <const> = 1 << 30, 3600, 1793491500

local function texts(ticks)
  local list = {}
  for i, tick in ipairs(ticks) do list[i] = tick.text end
  return table.concat(list, " | ")
end

local function growing(count, more)
  local block = { type = "chart", title = "growth", unit = "bytes", times = {},
                  lines = { { name = '"LkaL"', values = {}, style = "bad" } } }
  for i = 1, count do
    block.times[i] = START + (i - 1) * HOUR
    block.lines[1].values[i] = i * GIB
  end
  for name, value in pairs(more or {}) do block[name] = value end
  return block
end

describe("the axes of a chart", function()
  it("have round steps in binary units and begin at 0", function()
    assert.equal("0 | 2 GiB | 4 GiB | 6 GiB | 8 GiB | 10 GiB", texts(chart.axes(growing(9)).y_ticks))
  end)

  it("count in thousands", function()
    local block = growing(2, { unit = "count", lines = { { name = "handles", values = { 0, 41000 } } } })
    assert.equal("0 | 10k | 20k | 30k | 40k | 50k", texts(chart.axes(block).y_ticks))
  end)

  it("name whole bytes and no parts of one", function()
    local block = growing(2, { lines = { { name = "few", values = { 1, 3 } } } })
    assert.equal("0 | 1 B | 2 B | 3 B | 4 B", texts(chart.axes(block).y_ticks))
  end)

  it("name the day where it begins, and the hour elsewhere", function()
    local axes = chart.axes(growing(30))
    assert.truthy(texts(axes.x_ticks):find "2 Nov", texts(axes.x_ticks))
    assert.truthy(texts(axes.x_ticks):find "06:00", texts(axes.x_ticks))
  end)

  it("number the snapshots where no time is known", function()
    local block = growing(7)
    block.times = nil
    assert.equal("1 | 3 | 5 | 7", texts(chart.axes(block).x_ticks))
  end)

  it("show a limit that is near and leave out one that would press the curves flat", function()
    assert.equal(12 * GIB, chart.axes(growing(9, { limit = { value = 12 * GIB } })).limit.value)
    assert.is_true(chart.axes(growing(9, { limit = { value = 12 * GIB } })).high >= 12 * GIB)
    assert.is_nil(chart.axes(growing(9, { limit = { value = 400 * GIB } })).limit)
  end)

  it("stand on one point, on none that is known, and below zero", function()
    assert.equal(1, chart.axes(growing(1)).count)
    local unknown = growing(3)
    unknown.lines[1].values = { json.null, json.null, json.null }
    assert.equal(3, chart.axes(unknown).count)
    local below = growing(2)
    below.lines[1].values = { -GIB, GIB }
    assert.equal("-1 GiB | -0.5 GiB | 0 | 0.5 GiB | 1 GiB | 1.5 GiB", texts(chart.axes(below).y_ticks))
  end)
end)

describe("a chart", function()
  it("breaks its curve where a value is not known", function()
    local block = growing(9)
    block.lines[1].values[4] = json.null
    local drawn = svg.draw(block)
    local broad = drawn:sub(1, drawn:find("</svg>", 1, true))
    assert.equal(2, select(2, broad:gsub('class="curve"', "")))
  end)

  it("marks what happened, in the drawing and in words", function()
    local block = growing(9, { marks = { { time = START + 2 * HOUR, text = "restart" } } })
    assert.truthy(svg.draw(block):find('class="mark"', 1, true))
    assert.truthy(chart.describe(block):find("restart at 1 Nov 02:05", 1, true), chart.describe(block))
  end)

  it("is drawn by every renderer and left out of CSV", function()
    package.loaded["poolsleuth.view.a_chart"] = function() return { growing(9) } end
    finally(function() package.loaded["poolsleuth.view.a_chart"] = nil end)
    local function rendered(format)
      return report.render({ kind = "a_chart", title = "t", data = {}, inputs = {}, problems = {} },
        { format = format, width = 80, utf8 = true, version = "0" })
    end
    assert.truthy(rendered "text":find("\n  \"LkaL\"  ▁", 1, true), rendered "text")
    assert.truthy(rendered "markdown":find("```\n\"LkaL\"", 1, true))
    assert.truthy(rendered "html":find("<svg", 1, true))
    assert.is_nil((rendered "csv"))
  end)

  it("in characters keeps to its width and its alphabet", function()
    for _, utf8_allowed in ipairs { true, false } do
      local lines = plot.lines(growing(400), { width = 70, utf8 = utf8_allowed })
      assert.is_true(utf8.len(lines[1]) <= 70, lines[1])
      assert.equal(utf8_allowed, lines[1]:find "[\x80-\xff]" ~= nil)
    end
  end)

  it("asks the locale for its alphabet", function()
    local function says(environment) return plot.is_utf8(function(name) return environment[name] end) end
    assert.is_true(says { LANG = "de_DE.UTF-8" })
    assert.is_true(says { LC_ALL = "", LC_CTYPE = "C.utf8" })
    assert.is_false(says { LC_ALL = "C", LANG = "de_DE.UTF-8" })
    assert.is_false(says {})
  end)
end)

-- A series whose snapshots know one tag; the third comes after a restart.
local function series_of(count)
  local series = { entries = {}, times = {} }
  for i = 1, count do
    local row = { tag = "LkaL", pool = "nonpaged", bytes = i * 1000 }
    series.times[i] = START + i * HOUR
    series.entries[i] = { time = series.times[i], memory = { nonpaged_bytes = i * 2000 }, snapshot = {
      find = function(_, _, pool) return pool == "nonpaged" and row or nil end,
      rows = function() return { row } end, scope = function() return "whole" end } }
  end
  return series
end

describe("the curves of a series", function()
  local restart <const> = { reboot_before = function(_, i) return i == 3 end }

  it("are the tag, its pool and the restarts", function()
    local curves = chart_data.curves(series_of(4), restart)
    assert.same({ 1000, 2000, 3000, 4000 }, curves.tag(0, "nonpaged"))
    assert.same({ 0, 0, 0, 0 }, curves.tag(0, "paged"))
    assert.same({ 2000, 4000, 6000, 8000 }, (curves.total "nonpaged"))
    assert.same({ START + 3 * HOUR }, curves.reboots)
  end)

  it("of a long history are thinned, with both ends", function()
    local curves = chart_data.curves(series_of(2000), restart)
    local values = curves.tag(0, "nonpaged")
    assert.is_true(curves.count < 500 and curves.of == 2000)
    assert.equal(curves.count, #values)
    assert.equal(1000, values[1])
    assert.equal(2000000, values[#values])
  end)
end)

describe("the colours of a page", function()
  local function luminance(hex)
    local sum, weights = 0, { 0.2126, 0.7152, 0.0722 }
    for i = 1, 3 do
      local part = tonumber(hex:sub(2 * i, 2 * i + 1), 16) / 255
      part = part <= 0.03928 and part / 12.92 or ((part + 0.055) / 1.055) ^ 2.4
      sum = sum + weights[i] * part
    end
    return sum
  end

  local function contrast(a, b)
    local x, y = luminance(a) + 0.05, luminance(b) + 0.05
    return math.max(x, y) / math.min(x, y)
  end

  it("can be read, light and dark: 4.5 to 1 for text, 3 to 1 for lines", function()
    local css, themes = tree.read "lua/poolsleuth/render/html/page.css", 0
    for block in css:gmatch ":root (%b{})" do
      local color = {}
      for name, value in block:gmatch "%-%-([%w-]+): (#%x%x%x%x%x%x)" do color[name] = value end
      themes = themes + (color.page and 1 or 0)
      for _, name in ipairs(color.page and { "ink", "soft", "accent", "bad", "warn", "good" } or {}) do
        for _, ground in ipairs { "page", "card", "bad-page", "warn-page", "good-page" } do
          local ratio = contrast(color[name], color[ground])
          assert.is_true(ratio >= 4.5, ("%s on %s: %.2f"):format(name, ground, ratio))
        end
      end
      for _, name in ipairs(color.page and { "two", "three", "four", "dim" } or {}) do
        assert.is_true(contrast(color[name], color.page) >= 3, name)
      end
    end
    assert.equal(2, themes)
  end)
end)
