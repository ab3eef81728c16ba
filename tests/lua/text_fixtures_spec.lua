--- Every fixture of tests/fixtures/text is read as the file of expectations beside it says.
local text  = require "poolsleuth.text"
local texts = require "tests.lua.support.texts"

describe("the text fixture", function()
  local readme = assert(io.open("tests/fixtures/text/README.md")):read "a"

  for _, fixture in ipairs(texts.all()) do
    it(fixture.name .. " is read as expected", function()
      assert.same({}, texts.differences(fixture.expected, assert(text.parse(fixture.bytes))))
    end)

    it(fixture.name .. " has a line in the README", function()
      assert.is_truthy(readme:find("`" .. fixture.name .. "`", 1, true))
    end)
  end
end)
