--- JSON that loses nothing: 64-bit integers, field order, bytes that are no UTF-8.
local json = require "poolsleuth.json"

local function round_trip(text)
  return json.encode(assert(json.decode(text)))
end

describe("json", function()
  it("carries 2^53+1 and 2^64-1 there and back", function()
    assert.equal("9007199254740993", round_trip "9007199254740993")
    assert.equal("18446744073709551615", round_trip "18446744073709551615")
    assert.equal("[9223372036854775807,9223372036854775808,-9223372036854775808]",
      round_trip "[9223372036854775807,9223372036854775808,-9223372036854775808]")
    assert.equal(9007199254740993, json.decode "9007199254740993")
    assert.equal(json.unsigned(-1), json.decode "18446744073709551615")
  end)

  it("does not take digits in strings or fractions for big integers", function()
    local text = '{"a":"18446744073709551615","b":"\\"18446744073709551615","c":0.12345678901234568}'
    assert.equal(text, round_trip(text))
  end)

  it("writes the fields of a shape in order, and null for what is nil", function()
    local shape = json.object("b a flags", { flags = json.list() })
    assert.equal('{"b":null,"a":1,"flags":[],"zz":2}', json.encode({ zz = 2, a = 1, flags = {} }, shape))
    assert.equal('{"b":null,"a":null,"flags":null}', json.encode({}, shape))
  end)

  it("writes unsigned counters and addresses as their shapes say", function()
    local shape = json.object("n at", { n = json.UNSIGNED, at = json.ADDRESS })
    assert.equal('{"n":18446744073709551615,"at":"0xfffff80000001000"}',
      json.encode({ n = -1, at = 0xfffff80000001000 }, shape))
  end)

  it("tells empty arrays from empty objects", function()
    assert.equal("[]", json.encode(json.array {}))
    assert.equal("{}", json.encode {})
    assert.equal("[]", json.encode({}, json.list()))
  end)

  it("makes invalid UTF-8 valid", function()
    assert.equal('"a\u{FFFD}b"', json.encode "a\xffb")
    assert.equal('"\u{FFFD}\u{FFFD}"', json.encode "\xed\xa0" )
    assert.equal('"é"', json.encode "é")
  end)

  it("escapes what JSON must escape", function()
    assert.equal([["\"\\\n\u0000\u001b"]], json.encode "\"\\\n\0\27")
  end)

  it("writes numbers that read back the same, and null for what is none", function()
    assert.equal("[0.1,1e+300,null,null]", json.encode { 0.1, 1e300, 0 / 0, math.huge })
    assert.equal(1 / 3, tonumber(json.encode(1 / 3)))
  end)

  it("says where text is no JSON", function()
    for _, text in ipairs { "", "{", "[1,", "nul", "[1] x" } do
      local value, message, err = json.decode(text)
      assert.is_nil(value)
      assert.is_string(message)
      assert.equal("format", err.code)
    end
  end)

  it("refuses what has no JSON form", function()
    assert.has_error(function() json.encode(print) end)
    assert.has_error(function() json.encode { [1.5] = 2 } end)
  end)
end)
