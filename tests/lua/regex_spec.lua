--- Regular expressions, with limits that no pattern can lift.
local regex = require "poolsleuth.regex"

describe("regex", function()
  it("finds, matches and captures", function()
    local r = assert(regex.compile "(A..e)([0-9]*)")
    assert.same({ 3, 8, "Acme", "12" }, { r:find "x Acme12" })
    assert.equal("Acme", (r:match "x Acme12"))
    assert.is_true(r:matches "Acme")
    assert.is_false(r:matches "acme")
    assert.is_true(assert(regex.compile("acme", "i")):matches "ACME")
    assert.equal("b", assert(regex.compile "b"):match "abc")
  end)

  it("says what is wrong with a pattern, and where", function()
    local none, message = regex.compile "ab("
    assert.is_nil(none)
    assert.truthy(message:find("ab(", 1, true))
    assert.truthy(message:find "character 3", message)
  end)

  it("gives up a catastrophic pattern with a message, in time", function()
    local started = os.clock()
    for _, pattern in ipairs { "(a+)+$", "^(a|aa)+$", "(x+x+)+y", "(.*)*=(.*)*;" } do
      local r = assert(regex.compile(pattern))
      local ok, problem = pcall(r.find, r, ("a"):rep(200) .. ("x"):rep(200) .. "!")
      if not ok then
        assert.equal(65, problem.status)
        assert.truthy(problem.message:find("too much work", 1, true))
      end
    end
    local r = assert(regex.compile "(a+)+$")
    assert.is_false((pcall(r.find, r, ("a"):rep(60) .. "b")))
    assert.is_true(os.clock() - started < 5)
  end)

  it("does not let a pattern lift its own limits", function()
    assert.is_nil((regex.compile "(*LIMIT_MATCH=4000000000)(a+)+$"))
    assert.is_nil((regex.compile "(*LIMIT_HEAP=4000000000)a"))
  end)

  it("bounds recursion too", function()
    local r = assert(regex.compile "^(a(?1)?b|a+)*$")
    local ok, problem = pcall(r.find, r, ("a"):rep(20000))
    assert.is_true(ok or problem.status == 65)
  end)
end)
