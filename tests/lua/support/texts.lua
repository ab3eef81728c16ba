--- Fixtures of texts and what they must be read as: every dialect's, without a test of its own.
local lfs = require "lfs"
local tree = require "tests.lua.support.tree"

local texts = {}

local FOLDER <const> = "tests/fixtures/text/"
local SUFFIX <const> = ".expected.lua"

--- Every fixture, sorted by name.
-- @treturn {table,...} `name` of the file, `path`, `bytes`, `expected`
function texts.all()
  local of_stem, found = {}, {}
  for name in lfs.dir(FOLDER) do
    local stem = name:match "^(.+)%.[%w]+$"
    if stem and name:sub(-#SUFFIX) ~= SUFFIX and name ~= "README.md" then of_stem[stem] = name end
  end
  for stem, name in pairs(of_stem) do
    local path, bytes = FOLDER .. name, tree.read(FOLDER .. name)
    local expected = dofile(FOLDER .. stem .. SUFFIX)
    found[#found + 1] = { name = name, path = path, bytes = bytes, expected = expected }
  end
  table.sort(found, function(a, b) return a.name < b.name end)
  return found
end

--- What text.parse gives, with its snapshots as plain tables.
-- @tparam table parsed
-- @treturn table
function texts.plain(parsed)
  local plain, snapshots = {}, {}
  for name, value in pairs(parsed) do plain[name] = value end
  for i, snapshot in ipairs(parsed.snapshots) do
    snapshots[i] = { origin = snapshot:origin(), scope = snapshot:scope(), time = snapshot:time(),
                     host = snapshot:host(), memory = snapshot:memory(), rows = snapshot:rows() }
  end
  plain.snapshots = snapshots
  return plain
end

local function is_list(value) return #value > 0 or next(value) == nil end

local function show(value)
  return type(value) == "string" and ("%q"):format(value) or tostring(value)
end

local compare

local function compare_list(expected, actual, place, differences)
  if #actual ~= #expected then
    differences[#differences + 1] = ("%s: %d entries instead of %d"):format(place, #actual, #expected)
  end
  for i = 1, math.min(#expected, #actual) do
    compare(expected[i], actual[i], ("%s[%d]"):format(place, i), differences)
  end
end

function compare(expected, actual, place, differences)
  if type(expected) == "table" and type(actual) == "table" then
    if is_list(expected) then return compare_list(expected, actual, place, differences) end
    for name, value in pairs(expected) do
      compare(value, actual[name], ("%s.%s"):format(place, name), differences)
    end
  elseif expected ~= actual then
    differences[#differences + 1] = ("%s: %s instead of %s"):format(place, show(actual), show(expected))
  end
end

local function missing_data(problems)
  local lines = {}
  for _, problem in ipairs(problems) do
    if problem.severity == "refused" or problem.severity == "ambiguous" then
      lines[#lines + 1] = ("line %s %s: %s"):format(problem.line, problem.severity, problem.reason)
    end
  end
  return lines
end

--- Where a text was read otherwise than expected.  A list is compared whole, a field that is not
-- named is not; where no problems are named, no line may be refused or ambiguous.
-- @tparam table expected
-- @tparam table parsed of text.parse
-- @treturn {string,...} one for each difference
function texts.differences(expected, parsed)
  local differences, actual = {}, texts.plain(parsed)
  compare(expected, actual, "text", differences)
  if expected.problems == nil then
    table.move(missing_data(actual.problems), 1, #actual.problems, #differences + 1, differences)
  end
  table.sort(differences)
  return differences
end

return texts
