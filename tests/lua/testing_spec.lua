--- The tests that scripts bring along.
local folders = require "tests.lua.support.folder"
local testing = require "poolsleuth.testing"

local SCRIPT <const> = [[
local playbook = require "poolsleuth.playbook"
return playbook {
  name = "biggest", summary = "names the biggest tag",
  args = { { name = "source", type = "source" },
           { name = "least", type = "bytes", flag = "--least", default = 1 } },
  run = function(case, args)
    case:load {}
    case:need("snapshots", #case.snapshots > 0)
    for _, row in ipairs(case.snapshots[1].snapshot:rows()) do
      if row.bytes >= args.least then
        case:finding { verdict = "HIGH", tag = row.tag, pool = row.pool, evidence = {} }
      end
    end
  end,
}
]]

local LOG <const> = [=[
local text = [[
 Memory:16000000K Avail:12000000K  PageFlts:  1000   InRam Krnl: 9000K P:50000K
 Commit: 4000000K Limit:17000000K Peak: 5000000K            Pool N:90000K P:80000K

 Tag  Type     Allocs     Frees      Diff       Bytes  Per Alloc

 Acme Nonp      9010        10      9000     9216000       1024
]]
local evidence = { texts = { { name = "a.log", text = text } } }
]=]

local function run(tests)
  local folder <close> = folders.new()
  local path = folder:write("biggest.lua", SCRIPT)
  folder:write("biggest.test.lua", LOG .. tests)
  return testing.script(path)
end

describe("the tests of a script", function()
  it("pass and fail by the verdict lines", function()
    local result = assert(run [[
return {
  { name = "found", evidence = evidence, expect = { '^HIGH tag="Acme" pool=nonpaged' } },
  { name = "not found", evidence = evidence, args = { least = "1GiB" }, reject = { "HIGH" }, expect = {} },
  { name = "wrong", evidence = evidence, expect = { "LEAK" } },
  { name = "rejected", evidence = evidence, expect = {}, reject = { "Acme" } },
  { name = "status", evidence = evidence, status = 1 },
  { name = "nothing there", status = 65 },
}]])
    local passed = {}
    for i, case in ipairs(result.cases) do passed[i] = case.passed end
    assert.same({ true, true, false, false, true, true }, passed)
    assert.equal(4, result.passed)
    assert.equal(2, result.failed)
    assert.truthy(result.cases[3].reason:find 'LEAK.*HIGH tag="Acme"')
  end)

  it("are refused when they are no list of cases", function()
    for _, tests in ipairs { "return {}", "return 7", "return { { name = 'x' } }", "return {{{",
                             "return { { expect = {} } }", "return { { name = 'x', expct = {} } }" } do
      local result, message = run(tests)
      assert.is_nil(result)
      assert.is_string(message)
    end
  end)
end)
