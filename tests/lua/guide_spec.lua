--- The guide to writing playbooks does what it says: its example runs, and its test passes.
local folders   = require "tests.lua.support.folder"
local knowledge = require "poolsleuth.knowledge"
local testing   = require "poolsleuth.testing"

local MOST_LINES <const> = 20

local function blocks()
  local file <close> = assert(io.open("scripts/README.md", "rb"))
  local list = {}
  for block in file:read("a"):gmatch "```lua\n(.-)```" do list[#list + 1] = block end
  return list
end

describe("the guide to writing playbooks", function()
  local example, test, overlay = table.unpack(blocks())

  it("has an example of at most twenty lines", function()
    local _, lines = example:gsub("\n", "")
    assert.is_true(lines <= MOST_LINES, ("%d lines"):format(lines))
  end)

  it("has a test that the example passes", function()
    local folder <close> = folders.new()
    folder:write("third-party-pool.lua", example)
    folder:write("third-party-pool.test.lua", test)
    local result = assert(testing.script(folder:path "third-party-pool.lua"))
    for _, case in ipairs(result.cases) do assert.is_true(case.passed, case.reason) end
    assert.equal(2, result.passed)
  end)

  it("has rows that knowledge takes", function()
    local known = assert(knowledge.load { overlays = { "site.lua" }, read = function() return overlay end })
    assert.equal(3000, known:entry("rules", "many_handles")[1].value)
    assert.same({ "Acm?" }, known:entry("families", "acme")[1].tags)
  end)
end)
