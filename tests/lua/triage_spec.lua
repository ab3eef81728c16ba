-- Which tags deserve a finding.
local case    = require "poolsleuth.case"
local growth  = require "poolsleuth.growth"
local made_up = require "poolsleuth.made_up"
local triage  = require "poolsleuth.triage"
local verdict = require "poolsleuth.verdict"

describe("a large tag that stays so", function()
  local found = case.new { texts = made_up.series(8, 1, function(hour)
    return made_up.among(hour, { "Buzz", 500000, 100000, 1024 })
  end) }
  local moved, limits = growth.measure(found.series), verdict.with_thresholds()

  local function tags(grown)
    local list = {}
    for i, one in ipairs(triage.constant(found, moved, limits, grown)) do list[i] = one.row.tag end
    return table.concat(list, " ")
  end

  it("is told of", function() assert.truthy(tags():find("Buzz", 1, true)) end)

  it("is told of once, where it has a word already", function()
    local grown = {}
    for _, row in ipairs(moved.rows) do
      if row.tag == "Buzz" then grown[#grown + 1] = { row = row, word = "LOAD" } end
    end
    assert.is_nil(tags(grown):find("Buzz", 1, true))
  end)
end)
