-- The words, their order and exit statuses, and the line that scripts split.
local pool    = require "poolsleuth.pool"
local verdict = require "poolsleuth.verdict"

local function leak(suspects)
  return { verdict = "LEAK", tag = "LkaL", pool = "nonpaged", rate_bytes_per_hour = 212 << 20,
    rate_low = 198 << 20, rate_high = 226 << 20, freed_ratio = 0.003, share = 0.91, confidence = "high",
    suspects = suspects, forecast = { hours = 31.2, low = 29.1, high = 33.4 } }
end

describe("a verdict", function()
  it("is one line of words that can be split", function()
    local acme = { driver = "acmeflt.sys", file_version = "1.2.3", company = "Acme Inc.", score = 0.9 }
    assert.are.equal('LEAK tag="LkaL" pool=nonpaged rate=212MiB/h rate-range=198..226 freed=0.3% share=91% '
      .. 'driver=acmeflt.sys version=1.2.3 company="Acme Inc." confidence=high exhausted-in=31h '
      .. 'exhausted-range=29..33', verdict.line(leak { acme }))
  end)

  it("names no driver among equals, nor on a bare lead", function()
    local function line(...)
      local suspects = {}
      for i, score in ipairs { ... } do suspects[i] = { driver = "d" .. i .. ".sys", score = score } end
      return verdict.line(leak(suspects))
    end
    assert.is_truthy(line(0.5, 0.5, 0.5):find("candidates=3", 1, true))
    assert.is_truthy(line(0.12):find("candidates=1", 1, true))
    assert.is_truthy(line(0.9, 0.5):find("driver=d1.sys", 1, true))
    assert.is_nil(line():find "driver=")
  end)

  it("puts the worst first, then the heaviest", function()
    local sorted = verdict.sort { { verdict = "NO-LEAK", tag = "a", weight = 9 },
      { verdict = "LEAK", tag = "b", weight = 1 }, { verdict = "LEAK", tag = "c", weight = 5 },
      { verdict = "HIGH", tag = "d", weight = 99 } }
    local tags = {}
    for i, finding in ipairs(sorted) do tags[i] = finding.tag end
    assert.are.same({ "c", "b", "d", "a" }, tags)
  end)

  it("ends in the status of its worst word", function()
    local statuses = {
      ["LEAK NO-LEAK"] = 2, ["EXHAUSTED"] = 2, ["SUSPECT RESERVED"] = 1, ["HIGH"] = 1, ["GROWING-CACHE"] = 1,
      ["NOT-ENOUGH-DATA"] = 3, ["NO-LEAK PLATEAU BURST LOAD"] = 0, [""] = 0,
    }
    for words, wanted in pairs(statuses) do
      local findings = {}
      for word in words:gmatch "%S+" do
        assert.is_true(verdict.is_word(word), word)
        findings[#findings + 1] = { verdict = word }
      end
      assert.are.equal(wanted, verdict.exit_status(findings), words)
    end
  end)

  it("of a row goes by the thresholds that are asked for, each time", function()
    local snapshots, times = {}, {}
    for i = 1, 10 do
      times[i] = i * 3600
      snapshots[i] = pool.snapshot { origin = "test", scope = "whole", rows = {
        { tag = "LkaL", pool = "nonpaged", allocs = 4000 * i, frees = 5, diff = 4000 * i - 5,
          bytes = 4096000 * i } } }
    end
    local trend = assert(pool.trend(snapshots, times))
    local row = trend:rows()[1]
    row.index = 1
    local moved, usual = { trend = trend, span_s = 32400 }, verdict.with_thresholds()
    local strict = verdict.with_thresholds { min_growth_bytes = 1 << 40 }
    assert.equal("LEAK", (verdict.of_trend(row, moved, usual)))
    assert.equal("NO-LEAK", (verdict.of_trend(row, moved, strict)))
    assert.equal("LEAK", (verdict.of_trend(row, moved, usual)))
    assert.equal("high", select(2, verdict.of_trend(row, moved, usual)))
  end)
end)
