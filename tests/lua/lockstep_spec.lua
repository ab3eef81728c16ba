-- One leak that pins the blocks of others: the tag that is not freed is the source, the rest are victims.
local evidence = require "tests.lua.support.evidence"
local folders  = require "tests.lua.support.folder"
local json     = require "poolsleuth.json"
local shell    = require "tests.lua.support.shell"

-- Opens of reparse paths an hour: a filter's context stays for each, and pins what the file system made.
local OPENS <const> = { 41000, 38211, 52377, 40998, 61244, 35120, 47003, 44871, 58190, 39462, 50017 }
local PINNED <const> = { "NtFC", "NtfC", "Ntfc", "IoNm", "FMfc", "File" } -- one for one
local DOUBLE <const> = "FOCX"                                             -- nearly two for one

local function rows_at(hour)
  local opens = 0
  for i = 1, hour do opens = opens + OPENS[i] end
  local rows = evidence.rows(hour, false)
  rows[#rows + 1] = { tag = "WCfc", pool = "Paged", allocs = 5000 + opens, frees = 11, each = 128 }
  for i, tag in ipairs(PINNED) do
    rows[#rows + 1] = { tag = tag, pool = "Paged", each = 160 * i,
      allocs = 900000 + 60 * opens, frees = 895000 + 59 * opens + (hour * i) % 3 }
  end
  rows[#rows + 1] = { tag = DOUBLE, pool = "Paged", each = 96,
    allocs = 700000 + 80 * opens, frees = 690000 + 78 * opens + opens // 1000 }
  return rows
end

local function findings(count)
  local folder <close> = folders.new()
  local paths = {}
  for hour = 0, count - 1 do
    paths[#paths + 1] = folder:write(("poolmon-2026-11-01T%02d-00-00.log"):format(hour),
      evidence.poolmon(rows_at(hour)))
  end
  local result = shell.poolsleuth { "find-leaking-driver", "--json", table.unpack(paths) }
  assert.equal(2, result.status, result.err)
  return assert(json.decode(result.out)).data.findings
end

describe("tags in lock-step", function()
  it("have one source: the tag that nothing frees; the others are its victims", function()
    local found = findings(12)
    local first, accused = found[1], {}
    assert.equal("LEAK", first.verdict)
    assert.equal("WCfc", first.tag)
    assert.is_true(first.freed_ratio < 0.001)
    for _, finding in ipairs(found) do
      local accuses = finding.verdict == "LEAK" or finding.verdict == "SUSPECT"
      if accuses then accused[#accused + 1] = finding.tag end
    end
    assert.same({ "WCfc" }, accused)

    local ratios = {}
    for _, victim in ipairs(first.victims) do ratios[victim.tag] = victim.ratio end
    assert.equal(7, #first.victims)
    for _, tag in ipairs(PINNED) do assert.is_true(math.abs(ratios[tag] - 1) < 0.0005, tag) end
    assert.is_true(math.abs(ratios[DOUBLE] - 1.999) < 0.0005, tostring(ratios[DOUBLE]))
  end)

  it("fill the pool together, which the forecast says where the victims weigh much", function()
    local first = findings(12)[1]
    local bytes, told = 128 + 2 * 96, false -- of an open, in all tags
    for i in ipairs(PINNED) do bytes = bytes + 160 * i end
    local ahead, rate = first.forecast, first.rate_bytes_per_hour
    local expected = ahead.headroom_bytes / (rate * bytes / 128)
    assert.is_true(math.abs(ahead.hours / expected - 1) < 0.02, ahead.hours .. " " .. expected)
    assert.is_true(ahead.low <= ahead.hours and ahead.hours <= ahead.high)
    for _, item in ipairs(first.evidence) do
      told = told or item.text:find "^with what grows along, " ~= nil
    end
    assert.is_true(told)
  end)

  it("are told as downstream, with their ratio", function()
    local texts = {}
    for _, item in ipairs(findings(12)[1].evidence) do texts[#texts + 1] = item.text end
    local all = table.concat(texts, "\n")
    assert.is_truthy(all:find('"NtFC" grows in lock-step with it, 1.000 for one', 1, true), all)
    assert.is_truthy(all:find('"FOCX" grows in lock-step with it, 1.999 for one', 1, true), all)
  end)
end)
