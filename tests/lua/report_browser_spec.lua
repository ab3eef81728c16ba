--- The report's page in a real browser: nothing is asked for, charts are drawn, and it fits a phone.
local browser  = require "tests.lua.support.browser"
local evidence = require "tests.lua.support.evidence"
local folders  = require "tests.lua.support.folder"
local image    = require "tests.lua.support.image"
local shell    = require "tests.lua.support.shell"

local PHONE <const>, DESK <const> = 390, 1280
local READABLE <const> = 10 -- pixels of the smallest letters

-- A page of a leak, or of one moment.
local function page_of(count, tag, driver)
  local folder <close> = folders.new()
  evidence.logs(folder, count, tag)
  folder:write("drivers/" .. (driver or "acme.sys"), image.with_tag(tag or "LkaL"))
  local made = shell.poolsleuth { "report", folder:path() }
  assert.is_true(made.status == 1 or made.status == 2, made.err)
  return made.out
end

local function fits(view)
  assert.is_true(view.needs <= view.width, ("%d needs %d"):format(view.width, view.needs))
end

describe("the report in a browser", function()
  if not browser.program then
    pending "no browser without a screen is installed"
    return
  end

  local page, seen, said

  setup(function()
    page = page_of(8)
    seen, said = browser.look(page, {
      { width = PHONE, scripts = true }, { width = DESK, scripts = true },
      { width = PHONE, scripts = false }, { width = DESK, scripts = false },
    })
  end)

  it("says nothing on the console and asks for nothing", function()
    assert.same({}, said)
    for _, view in ipairs(seen) do assert.same({}, view.requests) end
    local asked, alone = browser.requests(page)
    assert.same({}, alone)
    assert.same({}, asked)
    local of_another = browser.requests '<!DOCTYPE html><img src="http://example.invalid/x.png">'
    assert.same({ "http://example.invalid/x.png" }, of_another)
  end)

  it("draws the charts: curves of several colours on each canvas", function()
    for _, view in ipairs { seen[1], seen[2] } do
      assert.equal(2, view.figures)
      assert.equal(view.figures, view.live)
      assert.equal(view.figures, #view.canvases)
      for _, canvas in ipairs(view.canvases) do
        assert.is_true(canvas.drawn > 500, "drawn: " .. canvas.drawn)
        assert.is_true(canvas.colors >= 2, "colours: " .. canvas.colors)
      end
      assert.same({}, view.drawings, "the drawing that the script replaces is hidden")
    end
  end)

  it("is the same without scripts: each chart once, as a drawing with words", function()
    for _, view in ipairs { seen[3], seen[4] } do
      assert.equal(0, view.live)
      assert.equal(view.figures, #view.drawings)
      for _, drawing in ipairs(view.drawings) do
        assert.is_true(drawing.paths >= 8, drawing.paths)
        assert.is_true(drawing.text >= READABLE - 1, "letters of " .. drawing.text)
        assert.truthy(drawing.title ~= "" and drawing.words:find " from ")
      end
    end
  end)

  it("fits a phone and a desk without scrolling sideways, in letters that can be read", function()
    for i, width in ipairs { PHONE, DESK, PHONE, DESK } do
      assert.equal(width, seen[i].width)
      fits(seen[i])
      assert.is_true(seen[i].smallest >= READABLE, "letters of " .. seen[i].smallest)
    end
  end)

  it("answers to keys: End tells of the last sample", function()
    assert.equal("1 Nov 07:05", seen[1].keys)
  end)

  it("is not led astray by what tags and drivers are called", function()
    local hostile = page_of(8, '<"&\'', "<img src=x onerror=alert(1)>.sys")
    local views, words = browser.look(hostile, { { width = PHONE, scripts = true } })
    assert.same({}, words)
    assert.same({}, views[1].requests)
    assert.equal(2, views[1].live)
    fits(views[1])
  end)

  it("shows one moment as bars", function()
    local views, words = browser.look(page_of(1), { { width = PHONE, scripts = true },
                                                    { width = DESK, scripts = false } })
    assert.same({}, words)
    for _, view in ipairs(views) do
      fits(view)
      assert.equal(1, #view.drawings)
      assert.is_true(view.drawings[1].paths >= 3)
    end
  end)
end)
