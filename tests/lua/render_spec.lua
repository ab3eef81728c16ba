--- The same blocks as text, Markdown, HTML, CSV and JSON.
local format = require "poolsleuth.format"
local json   = require "poolsleuth.json"
local report = require "poolsleuth.report"
local schema = require "tests.lua.support.schema"

local function snapshot()
  return {
    kind = "snapshot", title = "a title", inputs = {}, problems = {}, complete = true,
    data = {
      time = "2026-11-01T00:05:00", time_source = "file name", source = "a.log", origin = "poolmon",
      memory = { nonpaged_bytes = 128487424, nonpaged_limit_bytes = 131014656 },
      totals = { rows = 3, nonpaged_bytes = 40000, paged_bytes = 0 },
      rows = {
        { tag = "Io  ", tag_hex = "20206f49", pool = "nonpaged", allocs = 51231806, frees = 50633533,
          diff = 684922, bytes = 32878688, per_alloc = 48, flags = { "diff-mismatch" },
          owner = "<b>drv.sys</b> " .. ("x"):rep(90) },
        { tag = "=cmd", tag_hex = "646d633d", pool = "paged", bytes = 1, flags = {} },
      },
    },
  }
end

local function rendered(document, wanted, options)
  options = options or {}
  options.format, options.version, options.width = wanted, "0.1.0", options.width or 80
  return assert(report.render(document, options))
end

describe("text", function()
  it("fits its columns, quotes tags, groups thousands and cuts the last column", function()
    local text = rendered(snapshot(), "text")
    for line in text:gmatch "[^\n]+" do assert.is_true(format.width(line) <= 80, line) end
    assert.truthy(text:find('"Io  " nonp  51,231,806 50,633,533 684,922', 1, true), text)
    assert.truthy(text:find("…", 1, true))
    assert.truthy(text:find("122.5 MiB of 124.9 MiB at most (98%)", 1, true), text)
    assert.truthy(text:find("diff!", 1, true), text)
  end)

  it("has colours only when asked", function()
    assert.is_nil(rendered(snapshot(), "text"):find "\27")
    assert.truthy(rendered(snapshot(), "text", { color = true }):find "\27%[")
  end)

  it("lets no escape sequence of the evidence through", function()
    local document = snapshot()
    document.data.rows[1].owner = "\27]0;owned\7"
    document.data.source = "a\27[2J.log"
    for _, wanted in ipairs { "text", "markdown", "html" } do
      assert.is_nil(rendered(document, wanted):find "\27", wanted)
    end
  end)

  it("ends with what was not read", function()
    local document = snapshot()
    document.inputs[1] = { path = "a.log", kind = "text", complete = false, problems = {
      { severity = "refused", source = "a.log", line = 17, text = "no number", quote = "junk" } } }
    local text = rendered(document, "text")
    assert.truthy(text:find("line 17: no number: junk", 1, true), text)
  end)
end)

describe("json", function()
  it("is the envelope, with null for unknown, and reads back", function()
    local document = assert(json.decode(rendered(snapshot(), "json")))
    assert.is_nil(schema.check(document, "snapshot"))
    assert.equal(json.null, document.data.rows[2].allocs)
    assert.equal(json.null, document.data.host)
    assert.equal(32878688, document.data.rows[1].bytes)
    assert.same({}, document.data.rows[2].flags)
  end)

  it("keeps every column whatever text hides", function()
    local text = rendered(snapshot(), "json")
    local order = { '"schema"', '"tool"', '"complete"', '"inputs"', '"problems"', '"data"', '"time"',
                    '"rows"' }
    local at = 0
    for _, name in ipairs(order) do
      at = assert(text:find(name, at + 1, true), name)
    end
  end)
end)

describe("csv", function()
  it("has raw values, quotes where needed, and starts no formula", function()
    local text = rendered(snapshot(), "csv")
    local lines = {}
    for line in text:gmatch "([^\r\n]+)\r\n" do lines[#lines + 1] = line end
    assert.truthy(lines[1]:find "^tag,tag_hex,pool,session,allocs,")
    local numbers = '"Io  ",20206f49,nonpaged,,51231806,50633533,684922,32878688,48,'
    assert.truthy(lines[2]:find(numbers, 1, true), lines[2])
    assert.truthy(lines[3]:find "^'=cmd,")
  end)

  it("is refused where there is no table", function()
    local document = { kind = "snapshot", data = { scope = "totals", rows = {} }, inputs = {}, problems = {} }
    assert.is_nil((report.render(document, { format = "csv" })))
  end)

  it("puts several snapshots into one table, each row with its source", function()
    local first, second = snapshot(), snapshot()
    second.data.source = "b.log"
    local both = { kind = "snapshots", inputs = {}, problems = {},
                   data = { snapshots = { first.data, second.data } } }
    local text = rendered(both, "csv")
    assert.truthy(text:find "^source,time,tag,tag_hex,pool,")
    assert.truthy(text:find('a.log,2026-11-01T00:05:00,"Io  "', 1, true), text)
    assert.truthy(text:find('b.log,2026-11-01T00:05:00,"Io  "', 1, true), text)
  end)
end)

describe("html", function()
  it("is one page that loads nothing and escapes everything", function()
    local html = rendered(snapshot(), "html")
    assert.truthy(html:find "^<!DOCTYPE html>")
    assert.is_nil(html:find "<script")
    assert.is_nil(html:find "https?:")
    assert.is_nil(html:find("<b>drv", 1, true))
    assert.truthy(html:find("&lt;b&gt;drv.sys", 1, true))
    assert.truthy(html:find("prefers-color-scheme", 1, true))
  end)
end)

describe("markdown", function()
  it("escapes what would be markup and keeps tags as code", function()
    local text = rendered(snapshot(), "markdown")
    assert.truthy(text:find("\\<b\\>drv.sys", 1, true), text)
    assert.truthy(text:find('`"Io  "`', 1, true), text)
    assert.truthy(text:find("| --- |", 1, true))
  end)
end)

describe("a verdict", function()
  it("is one line, then why, who and what next", function()
    local case = { inputs = {}, problems = {}, findings = { {
      verdict = "LEAK", tag = "LkaL", pool = "nonpaged", rate_bytes_per_hour = 212 << 20, share = 0.91,
      freed_ratio = 0.003, confidence = "high",
      suspects = { { driver = "acmeflt.sys", file_version = "1.2.3", company = "Acme Inc.", score = 0.9,
                     path = "d/acmeflt.sys", reasons = { "one call site" } } },
      evidence = { { text = "grew", source = "b.log", place = "line 9" } },
      next = { { text = "stop it", command = "sc stop acmeflt", undo = "sc start acmeflt" } },
    } } }
    local document = report.document({ name = "find-x", kind = "playbook" }, case, nil)
    assert.equal(2, document.status)
    local text = rendered(document, "text")
    assert.truthy(text:find '^LEAK tag="LkaL" pool=nonpaged rate=212MiB/h [^\n]*driver=acmeflt.sys', text)
    for _, words in ipairs {
      "grew [b.log, line 9]", "acmeflt.sys, 1.2.3, Acme Inc. (score 0.90)", "one call site",
      "sc stop acmeflt", "undo: sc start acmeflt",
    } do
      assert.truthy(text:find(words, 1, true), text)
    end
    local decoded = assert(json.decode(rendered(document, "json")))
    assert.is_nil(schema.check(decoded, "verdict"))
    assert.equal("4c616b4c", decoded.data.findings[1].tag_hex)
  end)
end)
