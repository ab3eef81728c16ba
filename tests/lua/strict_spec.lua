--- Lines that were not understood: listed with their number and reason, and an end in 65 where that is asked.
local evidence = require "tests.lua.support.evidence"
local folders = require "tests.lua.support.folder"
local json = require "poolsleuth.json"
local schema = require "tests.lua.support.schema"
local shell = require "tests.lua.support.shell"

-- A log with two rows that cannot be read, and one whose numbers contradict each other.
local function damaged()
  local text = evidence.poolmon(evidence.rows(0))
  local lines = {}
  for line in text:gmatch "[^\n]*\n" do lines[#lines + 1] = line end
  lines[7] = lines[7]:gsub("%d+ %(   0%)", "12x45 (   0)", 1)
  lines[9] = lines[9]:gsub("%d+ %(   0%)", "2O0 (   0)", 1)
  lines[10] = lines[10]:gsub("(%d)(%s+%d+%s+%(     0%))", function(digit, rest)
    return tostring((digit + 1) % 10) .. rest
  end, 1)
  return table.concat(lines)
end

local function setting()
  local folder = folders.new()
  local whole = folder:write("poolmon-2026-11-01T00-05-00.log", evidence.poolmon(evidence.rows(0)))
  local cut = folder:write("poolmon-2026-11-01T01-05-00.log", damaged())
  return folder, whole, cut
end

describe("show --problems", function()
  it("lists line, reason and text of each line, with counts, in 80 columns", function()
    local folder <close>, _, cut = setting()
    local result = shell.poolsleuth({ "show", "--problems", cut }, { env = { COLUMNS = "80" } })
    assert.are.equal(0, result.status, result.err)
    assert(result.out:find("Refused (2)", 1, true), result.out)
    assert(result.out:find("- line 7: ", 1, true), result.out)
    assert(result.out:find("12x45", 1, true), result.out)
    assert(result.out:find "%d+ lines, %d rows: 2 refused, 0 ambiguous", result.out)
    for line in result.out:gmatch "[^\n]+" do
      if not line:find("/", 1, true) then assert.is_true(#line <= 80, line) end
    end
    assert(folder)
  end)

  it("takes several files, and counts them together", function()
    local folder <close>, whole, cut = setting()
    local result = shell.poolsleuth { "show", "--problems", whole, cut, "--json" }
    local document = json.decode(result.out)
    assert.is_nil(schema.check(document, "problems"))
    assert.are.equal(2, #document.data.files)
    assert.are.equal(0, document.data.files[1].refused)
    assert.are.equal(2, document.data.files[2].refused)
    assert.are.equal(2, document.data.refused)
    local first = document.data.files[2].problems[1]
    assert.are.same({ "refused", 7 }, { first.severity, first.line })
    assert(first.quote:find("12x45", 1, true), first.quote)
    assert.is_true(#document.inputs[2].problems >= 2)
    assert(folder)
  end)

  it("says why of a text in which nothing is recognised", function()
    local folder <close> = folders.new()
    local letter = folder:write("letter.txt", "Dear Sir,\nit is slow.\n")
    local result = shell.poolsleuth { "show", "--problems", letter }
    assert.are.equal(0, result.status, result.err)
    assert(result.out:find("Notes (1)", 1, true), result.out)
  end)

  it("gives a table to spreadsheets", function()
    local folder <close>, _, cut = setting()
    local result = shell.poolsleuth { "show", "--problems", cut, "--format", "csv" }
    assert(result.out:find "^source,line,severity,text,quote\r\n", result.out)
    assert(result.out:find ",7,refused,", result.out)
    assert(folder)
  end)

  it("of a missing file ends in 66", function()
    assert.are.equal(66, shell.poolsleuth({ "show", "--problems", "/nonexistent/x.log" }).status)
  end)
end)

describe("--strict", function()
  for _, words in ipairs { { "show" }, { "show", "--problems" }, { "find-leaking-driver" } } do
    it("ends in 65 and still answers: " .. table.concat(words, " "), function()
      local folder <close>, whole, cut = setting()
      local given = table.move({ whole, cut, "--strict" }, 1, 3, #words + 1, { table.unpack(words) })
      local result = shell.poolsleuth(given)
      assert.are.equal(65, result.status, result.err)
      assert(result.err:find("--strict: 2 refused, 0 ambiguous", 1, true), result.err)
      assert.is_true(#result.out > 0)
      assert(folder)
    end)
  end

  it("ends in 65 with diff, and stands before the command too", function()
    local folder <close>, whole, cut = setting()
    assert.are.equal(65, shell.poolsleuth({ "--strict", "diff", whole, cut }).status)
    assert.are.equal(0, shell.poolsleuth({ "diff", whole, cut }).status)
    assert(folder)
  end)

  it("changes nothing where all was understood", function()
    local folder <close>, whole = setting()
    local result = shell.poolsleuth { "show", whole, "--strict" }
    assert.are.equal(0, result.status, result.err)
    assert.are.equal("", result.err)
    assert.are.equal(1, shell.poolsleuth({ "find-leaking-driver", whole, "--strict" }).status)
    assert(folder)
  end)

  it("counts a source that could not be read", function()
    local folder <close>, whole = setting()
    local result = shell.poolsleuth { "find-leaking-driver", whole, folder:path "absent.log", "--strict" }
    assert.are.equal(65, result.status, result.err)
  end)
end)
