--- From words to typed values.
local arguments = require "poolsleuth.arguments"
local command   = require "poolsleuth.command"

local GLOBALS = { { name = "json", type = "boolean", flag = "--json" },
                  { name = "output", type = "path", flag = { "-o", "--output" } } }

local def = command {
  name = "probe", summary = "for this test", run = function() end,
  args = {
    { name = "sources", type = "source", many = true },
    { name = "top", type = "integer", flag = "--top", default = 7 },
    { name = "least", type = "bytes", flag = "--least" },
    { name = "tags", type = "glob", flag = "--tag", many = true },
    { name = "before", type = "path", flag = "--before", many = true, greedy = true },
    { name = "deep", type = "boolean", flag = { "-d", "--deep" } },
    { name = "by", type = "string", flag = "--by", choices = { "tag", "driver" }, default = "tag" },
  },
}

local function fails(words, pattern)
  local values, message = arguments.parse(def, GLOBALS, words)
  assert.is_nil(values)
  assert.truthy(message:find(pattern), message)
end

describe("the command line of a script", function()
  it("gives a greedy flag every word up to the next flag, however often it stands there", function()
    local words = { "--before", "a", "b", "--top", "3", "--before", "c", "--", "d" }
    local values = arguments.parse(def, GLOBALS, words)
    assert.same({ "a", "b", "c" }, values.before)
    assert.same({ "d" }, values.sources)
    assert.same({}, arguments.parse(def, GLOBALS, { "d" }).before)
    fails({ "--before" }, "before")
  end)

  it("gives typed values and fills in defaults", function()
    local values, globals = arguments.parse(def, GLOBALS, { "a", "--top", "3", "-d", "b", "--json", "-" })
    assert.same({ "a", "b", "-" }, values.sources)
    assert.equal(3, values.top)
    assert.is_true(values.deep)
    assert.same({}, values.tags)
    assert.equal("tag", values.by)
    assert.is_nil(values.least)
    assert.is_true(globals.json)
    values = assert(arguments.parse(def, GLOBALS, { "a" }))
    assert.equal(7, values.top)
    assert.is_false(values.deep)
  end)

  it("takes words behind -- as they are", function()
    assert.same({ "--top" }, assert(arguments.parse(def, GLOBALS, { "--", "--top" })).sources)
  end)

  it("repeats what may be repeated", function()
    local values = assert(arguments.parse(def, GLOBALS, { "a", "--tag", "Io*", "--tag=Ev?n" }))
    assert.equal(2, #values.tags)
    assert.is_true(values.tags[1]:matches_tag "Io  ")
  end)

  it("names what is wrong and every argument that there is", function()
    fails({ "a", "--tops", "3" }, "%-%-tops")
    fails({ "a", "--tops", "3" }, "SOURCES %-%-top %-%-least")
    fails({ "a", "-z" }, "it takes: SOURCES")
    fails({ "a", "--top", "many" }, "'many' is not a whole number")
    fails({ "a", "--top" }, "top")
    fails({}, "SOURCES")
    fails({ "a", "--by", "size" }, "must be one of")
    fails({ "a", "--least", "12 parsecs" }, "64k")
  end)
end)

describe("values given by name", function()
  it("are converted and checked like words", function()
    local values = assert(arguments.check(def, { sources = { "x" }, top = "4", least = 12 }))
    assert.equal(4, values.top)
    assert.equal(12, values.least)
    assert.same({ "x" }, values.sources)
    local none, message = arguments.check(def, { tpo = 1 })
    assert.is_nil(none)
    assert.truthy(message:find "no argument 'tpo' %(it takes sources, top")
    assert.is_nil((arguments.check(def, { top = "x" })))
  end)
end)

describe("types", function()
  local function is(kind, word, expected)
    assert.equal(expected, (arguments.convert(kind, word)))
  end

  it("bytes", function()
    is("bytes", "64k", 65536)
    is("bytes", "1.5M", 3 << 19)
    is("bytes", "2GiB", 2 << 30)
    is("bytes", "100", 100)
    is("bytes", "lots", nil)
    is("bytes", "", nil)
  end)

  it("duration", function()
    is("duration", "90", 90)
    is("duration", "30min", 1800)
    is("duration", "1h30m", 5400)
    is("duration", "2d", 172800)
    is("duration", "soon", nil)
    is("duration", "", nil)
  end)

  it("tag", function()
    is("tag", "Even", "Even")
    is("tag", "Io", "Io  ")
    is("tag", "0x6e657645", "Even")
    is("tag", "'Io  '", "Io  ")
    is("tag", "toolong", nil)
    is("tag", "", nil)
  end)

  it("time", function()
    is("time", "2026-11-01T00:05", 1793491500)
    is("time", "2026-11-01 00:05:01Z", 1793491501)
    is("time", "1970-01-01", 0)
    is("time", "2026-13-01", nil)
    is("time", "yesterday", nil)
  end)

  it("regex", function()
    assert.is_true(arguments.convert("regex", "^Io"):matches "Io  ")
    assert.is_nil((arguments.convert("regex", "(")))
  end)

  it("glob for tags: blanks at the end may be left away, the protected bit too", function()
    local io = arguments.convert("glob", "Io")
    assert.is_true(io:matches_tag "Io  ")
    assert.is_false(io:matches_tag "Irp ")
    assert.is_true(arguments.convert("glob", "Ev?n"):matches_tag "Eve\xee")
    assert.is_true(arguments.convert("glob", "a.b*"):matches_tag "a.bc")
    assert.is_false(arguments.convert("glob", "a.b*"):matches_tag "axbc")
  end)
end)
