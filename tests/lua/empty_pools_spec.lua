--- Marks of exhausted pools: read from httperr.log and events, told in findings and on charts.
local case = require "poolsleuth.case"
local evidence = require "tests.lua.support.evidence"
local empty_pools = require "poolsleuth.empty_pools"
local folders = require "tests.lua.support.folder"
local json = require "poolsleuth.json"
local shell = require "tests.lua.support.shell"
local tree = require "tests.lua.support.tree"

local log <const> = tree.read "tests/fixtures/text/httperr.log"

describe("an empty pool", function()
  it("is what marks and events of the server service tell, in order of time", function()
    local of = case.new { texts = { { name = "httperr1.log", text = log } } }
    of.events = { { id = 2019, provider = "Srv", time = 1793491000, line = 3 },
                  { id = 2019, provider = "Other", time = 1793491001, line = 4 },
                  { id = 2020, provider = "srv", time = 1793491002, line = 5 } }
    local marks = empty_pools.marks(of, "nonpaged")
    assert.are.equal(3, #marks)
    assert.are.same({ "event 2019", "Connections_Refused", "Connections_Refused" },
      { marks[1].reason, marks[2].reason, marks[3].reason })
    assert.are.same({ 16, "httperr1.log", "line 6", 1793491574 },
      { marks[2].count, marks[2].source, marks[2].place, marks[2].until_time })
    assert.are.equal("paged", empty_pools.marks(of, "paged")[1].pool)
  end)

  it("is evidence for a leak in that pool", function()
    local folder <close> = folders.new()
    local words = { "find-leaking-driver", "--json", folder:write("httperr1.log", log) }
    for _, path in ipairs(evidence.logs(folder, 3)) do words[#words + 1] = path end
    local result = shell.poolsleuth(words)
    local finding = json.decode(result.out).data.findings[1]
    assert.are.same({ "LEAK", "LkaL" }, { finding.verdict, finding.tag })
    local said
    for _, item in ipairs(finding.evidence) do
      if item.text:find("less than 20 MB", 1, true) then said = item end
    end
    assert(said, result.out)
    local when = "(Connections_Refused, 17 times from 2026-11-01 00:05:09 to 2026-11-02 09:00:05)"
    assert(said.text:find(when, 1, true), said.text)
    assert.are.equal("line 6", said.place)
  end)

  it("is marked on charts that span it", function()
    local of = case.new { texts = { { name = "httperr1.log", text = log } } }
    local charts = empty_pools.mark_charts(of, {
      { type = "chart", times = { 1793491000, 1793492000 }, marks = {} },
      { type = "chart", times = { 1, 2 }, marks = {} }, { type = "chart", marks = {} } })
    assert.are.same({ { time = 1793491509, text = "Connections_Refused" } }, charts[1].marks)
    assert.are.equal(0, #charts[2].marks + #charts[3].marks)
  end)

  it("is nothing where nothing tells of it", function()
    assert.is_nil(empty_pools.evidence(case.new {}, "nonpaged"))
  end)
end)
