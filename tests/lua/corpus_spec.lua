-- corpus_spec.lua - the text readers against real samples and the stories: every data row, the
-- cells of the first and the last, the totals, as tests/corpus/text_expected.lua has them.
-- POOLSLEUTH_CORPUS names the folder of real evidence; without it only the stories run.

local expected = dofile("tests/corpus/text_expected.lua")
local corpus = os.getenv("POOLSLEUTH_CORPUS")

local cells <const> = {
  "tag", "pool", "allocs", "frees", "diff", "bytes", "per_alloc",
  "delta_allocs", "delta_frees", "delta_bytes",
}
local arithmetic_flags <const> = { "diff-mismatch", "per-alloc-mismatch", "tag-ambiguous" }

-- The bytes of a sample; of a corpus file without its first line, which names the source.
local function bytes_of(sample)
  if sample.text then return sample.text end
  local file <close> = assert(io.open(corpus .. "/text/" .. sample.file, "rb"))
  local all = file:read("a")
  return (all:gsub("^[^\n]*\n", "", 1))
end

-- All rows and totals of a text, whatever number of snapshots it was read as.
local function read(sample)
  local text = require "poolsleuth.text"
  local parsed, message = text.parse(bytes_of(sample))
  assert.is_truthy(parsed, message)
  local rows, memory = {}, {}
  for _, snapshot in ipairs(parsed.snapshots) do
    for _, row in ipairs(snapshot:rows()) do rows[#rows + 1] = row end
    for name, value in pairs(snapshot:memory()) do memory[name] = value end
  end
  return parsed, rows, memory
end

local function refused(parsed)
  local lines = {}
  for _, problem in ipairs(parsed.problems) do
    if problem.severity == "refused" then
      assert.is_true(problem.line > 0, "a refusal names its line")
      assert.is_truthy(problem.reason)
      lines[#lines + 1] = ("line %d: %s: %s"):format(problem.line, problem.reason, problem.text or "")
    end
  end
  return lines
end

-- A tag as the tools print it; what a sample shows as '.' may be any byte that cannot be printed.
local function shown(tag) return (tag:gsub("[^\x20-\x7e]", ".")) end

local function check_cells(row, cell, place)
  assert.is_truthy(row, place .. " is missing")
  for _, name in ipairs(cells) do
    local value = name == "tag" and shown(row.tag) or row[name]
    assert.equal(cell[name], value, ("%s: %s"):format(place, name))
  end
end

local function set_of(list)
  local set = {}
  for _, name in ipairs(list) do set[name] = true end
  return set
end

local function check_flags(sample, rows)
  for number, row in ipairs(rows) do
    local wanted, flags = sample.flagged and sample.flagged[number] or {}, set_of(row.flags)
    for _, flag in ipairs(arithmetic_flags) do
      assert.equal(wanted[flag] or false, flags[flag] or false,
        ("row %d %q: flag %s"):format(number, row.tag, flag))
    end
  end
end

local function check(sample)
  local parsed, rows, memory = read(sample)
  assert.same({}, refused(parsed))
  assert.equal(sample.rows, #rows, "rows")
  assert.equal(sample.lines, parsed.row_lines, "data lines")
  if sample.first then
    check_cells(rows[1], sample.first, "first row")
    check_cells(rows[#rows], sample.last, "last row")
  end
  for number, cell in pairs(sample.also or {}) do
    check_cells(rows[number], cell, "row " .. number)
  end
  for _, row in ipairs(rows) do
    assert.equal(sample.session, row.session, ("session of %q"):format(row.tag))
  end
  check_flags(sample, rows)
  assert.same(sample.memory, memory)
end

-- A table of nobody's tool: read with rounded numbers, or refused line by line, never dropped.
local function check_foreign(sample)
  local parsed, rows = read(sample)
  assert.equal(sample.lines, #rows + #refused(parsed), "rows read and lines refused")
  for number, near in pairs(#rows > 0 and sample.near or {}) do
    local row = rows[number]
    assert.equal(near.tag, row.tag)
    assert.equal(near.pool, row.pool)
    assert.is_true(math.abs(near.bytes - row.bytes) <= near.tolerance, "bytes of " .. near.tag)
    assert.is_true(set_of(row.flags).rounded)
    assert.is_nil(row.allocs)
  end
end

describe("the stories' pastes", function()
  for _, sample in ipairs(expected.stories) do
    it(sample.name, function() check(sample) end)
  end

  it("read the same with carriage returns and as UTF-16", function()
    local text = require "poolsleuth.text"
    local plain = expected.stories[2].text
    local wide = "\xFF\xFE" .. plain:gsub("[\0-\x7F]", "%0\0")
    for _, bytes in ipairs { plain:gsub("\n", "\r\n"), wide } do
      local parsed = assert(text.parse(bytes))
      local rows = parsed.snapshots[1]:rows()
      assert.equal(2, #rows)
      check_cells(rows[1], expected.stories[2].first, "first row")
    end
  end)
end)

describe("the corpus of real samples", function()
  for _, family in ipairs { "poolmon", "poolused", "vm" } do
    for _, sample in ipairs(expected[family]) do
      it("is read: " .. sample.file, function()
        if not corpus then pending("POOLSLEUTH_CORPUS is not set") return end
        check(sample)
      end)
    end
  end
  for _, sample in ipairs(expected.foreign) do
    it("is read or refused by line: " .. sample.file, function()
      if not corpus then pending("POOLSLEUTH_CORPUS is not set") return end
      check_foreign(sample)
    end)
  end
end)
