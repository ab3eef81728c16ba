--- Expressions over categories and names.
local selection = require "poolsleuth.selection"

local LEAK <const> = { name = "find-leaking-driver", categories = { "leak", "triage" } }
local TOKENS <const> = { name = "token-logon", categories = { "leak", "handles" } }
local DUMP <const> = { name = "dump-triage", categories = { "triage", "dump" } }
local BARE <const> = { name = "show" }

local function meant(text)
  local test, names = assert(selection.compile(text)), {}
  for _, def in ipairs { LEAK, TOKENS, DUMP, BARE } do
    if test(def) then names[#names + 1] = def.name end
  end
  return table.concat(names, " ")
end

describe("a selection", function()
  it("is by category or by name, with patterns", function()
    assert.equal("find-leaking-driver token-logon", meant "leak")
    assert.equal("token-logon", meant "token-logon")
    assert.equal("find-leaking-driver dump-triage", meant "*-driver or d?mp")
    assert.equal("", meant "nothing")
  end)

  it("is combined by not, and, or and parentheses, in that order", function()
    assert.equal("token-logon", meant "leak and not triage")
    assert.equal("find-leaking-driver dump-triage", meant "dump or leak and triage")
    assert.equal("find-leaking-driver", meant "(dump or leak) and triage and not dump")
    assert.equal("show", meant "not(leak or triage)")
    assert.equal("find-leaking-driver token-logon", meant "not not leak")
  end)

  it("that is wrong says what", function()
    for text, reason in pairs {
      [""] = "missing at the end", ["leak and"] = "missing at the end", ["and leak"] = "before 'and'",
      ["(leak"] = "a ) is missing", ["leak)"] = "before ')'", ["leak dump"] = "before 'dump'",
      ["le$ak"] = "'le$ak' is no category", [("("):rep(100)] = "levels deep",
    } do
      local test, wrong = selection.compile(text)
      assert.is_nil(test)
      assert.is_truthy(wrong:find(reason, 1, true), text .. ": " .. wrong)
    end
  end)
end)
