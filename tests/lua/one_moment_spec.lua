-- Several listings of one text that show the same moment are one snapshot.
local case    = require "poolsleuth.case"
local growth  = require "poolsleuth.growth"
local triage  = require "poolsleuth.triage"
local verdict = require "poolsleuth.verdict"

local BY_NONPAGED <const> = [[
0: kd> !poolused 2
 Sorting by NonPaged Pool Consumed

               NonPaged                  Paged
 Tag     Allocs         Used     Allocs         Used

 LkaL   5768754   1938325232         32         9360	UNKNOWN pooltag 'LkaL', please update pooltag.txt
 GrDx       877     25073840       1560      6288352	UNKNOWN pooltag 'GrDx', please update pooltag.txt
]]
local BY_PAGED <const> = [[
0: kd> !poolused 4
 Sorting by Paged Pool Consumed

               NonPaged                  Paged
 Tag     Allocs         Used     Allocs         Used

 CM31         0            0      19797     91705344	Internal Configuration manager , Binary: nt!cm
 GrDx       877     25073840       1560      6288352	UNKNOWN pooltag 'GrDx', please update pooltag.txt
]]
local TOTALS <const> = [[
0: kd> !vm 1
Physical Memory:          2087150 (    8348600 Kb)
NonPagedPoolNx Usage:      764108 (    3056432 Kb)
PagedPool Usage:            37079 (     148316 Kb)
]]

local function entries_of(...)
  local texts = {}
  for i, text in ipairs { ... } do texts[i] = { name = ("%d.txt"):format(i), text = text } end
  return case.new({ texts = texts }).series.entries
end

local function rows_of(entry)
  local list = {}
  for _, row in ipairs(entry.snapshot:rows()) do
    list[#list + 1] = ("%s %s %d"):format(row.tag, row.pool, row.bytes)
  end
  table.sort(list)
  return table.concat(list, ", ")
end

describe("!poolused sorted one way and the other", function()
  it("is one snapshot with the rows of both, each once", function()
    local entries = entries_of(BY_NONPAGED .. BY_PAGED)
    assert.are.equal(1, #entries)
    assert.are.equal("CM31 paged 91705344, GrDx nonpaged 25073840, GrDx paged 6288352, "
      .. "LkaL nonpaged 1938325232, LkaL paged 9360", rows_of(entries[1]))
  end)

  it("keeps the totals of a !vm and the lines of its rows", function()
    local entries = entries_of(TOTALS .. BY_NONPAGED .. BY_PAGED)
    assert.are.equal(1, #entries)
    assert.are.equal(3056432 * 1024, entries[1].memory.nonpaged_bytes)
    assert.are.equal(11, entries[1].snapshot:find("LkaL", "nonpaged").line)
  end)

  it("is one snapshot of a machine that runs, and says so where a tag moved in between", function()
    local later = BY_PAGED:gsub("25073840", "25075000")
    local series = case.new({ texts = { { name = "1.txt", text = BY_NONPAGED .. later } } }).series
    assert.are.equal(1, #series.entries)
    assert.are.equal(25073840, series.entries[1].snapshot:find("GrDx", "nonpaged").bytes)
    assert.is_truthy(table.concat(series.problems):find("are taken for one moment", 1, true))
  end)

  it("is two snapshots where both are sorted alike and a tag moved", function()
    assert.are.equal(2, #entries_of(BY_NONPAGED .. BY_NONPAGED:gsub("25073840", "25075000")))
  end)

  it("is two snapshots where it came in two files", function()
    assert.are.equal(2, #entries_of(BY_NONPAGED, BY_PAGED))
  end)
end)

describe("one moment", function()
  local function much(text)
    local found = case.new { texts = { { name = "a.txt", text = text } } }
    local list = triage.high(found, growth.measure(found.series), verdict.with_thresholds(), 9)
    assert.are.equal(1, #list)
    return list[1].row.tag, list[1].word, list[1].evidence[1]
  end

  it("shows much where nothing says how large the pool is", function()
    assert.are.same({ "LkaL", "HIGH", "5,768,754 of its blocks are alive at once" },
      { much(BY_NONPAGED .. BY_PAGED) })
  end)

  it("shows much where one tag has most of what is listed", function()
    assert.are.same({ "LkaL", "HIGH",
      "it holds 99% of what the rows of nonpaged pool hold; the pool's total is not known" },
      { much((BY_NONPAGED:gsub("5768754", "   8754"))) })
  end)
end)
