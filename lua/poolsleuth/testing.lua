--- Tests of scripts: name.test.lua beside name.lua returns a list of cases.
-- A case is { name =, evidence = { texts = { {name=, text=} }, drivers = {…}, dumps = { {path=, dump=} },
-- and the lists of a case by their names: handles = {…}, processes = {…} … }, args = {…},
-- expect = { patterns } , reject = { patterns }, status = n }.  The patterns are Lua's; they are
-- looked for in the verdict lines of a playbook, or in the text that a command prints.  A case of a
-- dialect is { name =, text =, expect = }: patterns over what @{testing.describe} says of it.
-- @module poolsleuth.testing
local arguments = require "poolsleuth.arguments"
local chunk     = require "poolsleuth.chunk"
local lists     = require "poolsleuth.lists"
local report    = require "poolsleuth.report"
local shelf     = require "poolsleuth.shelf"

local testing = {}

local KNOWN <const> = { name = "string", evidence = "table", args = "table", expect = "table",
                        reject = "table", status = "number", text = "string" }
local OF_EVIDENCE <const> = { texts = true, drivers = true, snapshots = true, dumps = true }
for _, name in ipairs(lists.NAMES) do OF_EVIDENCE[name] = true end

--- Where the tests of a script are.
-- @tparam string path of the script
-- @treturn string
function testing.path(path)
  return (path:gsub("%.lua$", "") .. ".test.lua")
end

local function check_case(case, number)
  if type(case) ~= "table" then return ("case %d is no table"):format(number) end
  for field, value in pairs(case) do
    if not KNOWN[field] then return ("case %d: unknown field '%s'"):format(number, tostring(field)) end
    if type(value) ~= KNOWN[field] then
      return ("case %d: field '%s' is no %s"):format(number, field, KNOWN[field])
    end
  end
  for field in pairs(case.evidence or {}) do
    if not OF_EVIDENCE[field] then
      return ("case %d: unknown evidence '%s' (known: drivers, dumps, texts, %s)"):format(number,
        tostring(field), table.concat(lists.NAMES, ", "))
    end
  end
  if not case.name then return ("case %d has no name"):format(number) end
  if not case.expect and not case.status then return ("case '%s' expects nothing"):format(case.name) end
  return nil
end

--- Load the cases of a test file.
-- @tparam string path
-- @treturn[1] {table,...} cases
-- @treturn[2] nil
-- @treturn[2] string what is wrong
-- @treturn[2] ?table `code` where the file could not be read
function testing.load(path)
  local list, message, err = chunk.load(path)
  if not list then return nil, err and path .. ": " .. message or message, err end
  local ok, cases = pcall(list)
  if not ok then return nil, tostring(cases) end
  if type(cases) ~= "table" or #cases == 0 then return nil, path .. ": does not return a list of cases" end
  for i, case in ipairs(cases) do
    local wrong = check_case(case, i)
    if wrong then return nil, path .. ": " .. wrong end
  end
  return cases
end

-- A script must find its sources in the case, whatever words stand for them.
local function values_for(def, case)
  local given = {}
  for name, value in pairs(case.args or {}) do given[name] = value end
  for _, arg in ipairs(def.args) do
    local left_out = not arg.flag and given[arg.name] == nil and arg.default == nil
    if left_out and not arg.many and arg.required ~= false then given[arg.name] = "inline evidence" end
  end
  return arguments.check(def, given)
end

-- A script may ask those that stand beside it, and the shipped ones.
local function folders_beside(def, shelves)
  local own = def.path and def.path:match "^(.*)/[^/]*$"
  local folders = own and { { path = own } } or {}
  return table.move(shelves or {}, 1, #(shelves or {}), #folders + 1, folders)
end

local function new_case(def, case, shelves)
  local evidence = case.evidence or {}
  local made = require("poolsleuth.case").new {
    texts = evidence.texts, drivers = evidence.drivers, dumps = evidence.dumps, config = {},
    options = { host = { folders = folders_beside(def, shelves), globals = {} } },
  }
  for _, name in ipairs(lists.NAMES) do
    for line, item in ipairs(evidence[name] or {}) do
      item.source, item.line = item.source or { path = name }, item.line or line
      table.insert(made[name], item)
    end
  end
  return made
end

local function sorted_keys(map)
  local keys = {}
  for key in pairs(map) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

-- What a run says: the verdict lines of a playbook, the text of a command.
local function words_of(document)
  if document.kind ~= "verdict" then
    return assert(report.render(document, { format = "text", width = 80 }))
  end
  local lines = {}
  for i, finding in ipairs(document.data.findings) do lines[i] = finding.line end
  return table.concat(lines, "\n")
end

--- What a dialect reads in a text, as lines: `"LkaL" nonpaged allocs=3 …`, `nonpaged_bytes=4096`,
-- `line 7 refused: …`.
-- @tparam table def
-- @tparam string text
-- @treturn string
function testing.describe(def, text)
  local read = require("poolsleuth.plugins").read({ def }, text)
  local lines = {}
  for _, snapshot in ipairs(read and read.snapshots or {}) do
    lines[#lines + 1] = ("snapshot of %s, %s"):format(snapshot:origin(), snapshot:scope())
    local memory = snapshot:memory()
    for _, name in ipairs(sorted_keys(memory)) do lines[#lines + 1] = ("%s=%d"):format(name, memory[name]) end
    for _, row in ipairs(snapshot:rows()) do
      local words = { ('"%s" %s'):format(row.tag, row.pool) }
      for _, name in ipairs { "allocs", "frees", "diff", "bytes", "per_alloc" } do
        if row[name] then words[#words + 1] = ("%s=%d"):format(name, row[name]) end
      end
      lines[#lines + 1] = table.concat(words, " ")
    end
  end
  for _, problem in ipairs(read and read.problems or {}) do
    lines[#lines + 1] = ("line %d %s: %s"):format(problem.line or 0, problem.severity, problem.reason)
  end
  return table.concat(lines, "\n")
end

local function run(def, case, shelves)
  if def.kind == "dialect" then
    def.open()
    return testing.describe(def, case.text or ""), nil, 0
  end
  local values, message = values_for(def, case)
  if not values then return nil, message, 64 end
  local evidence = new_case(def, case, shelves)
  local ok, result = xpcall(def.open(), function(problem)
    if type(problem) == "table" then return problem end
    return { message = debug.traceback(tostring(problem), 2), status = 70 }
  end, evidence, values)
  if not ok then return nil, result.message, result.status end
  local document = report.document(def, evidence, result)
  return words_of(document), nil, document.status
end

local function compare(case, words, message, status)
  local said = words or message or ""
  if case.status and status ~= case.status then
    return ("ended with status %s, not %d: %s"):format(tostring(status), case.status, said)
  end
  if not words and not case.status then return message end
  for _, pattern in ipairs(case.expect or {}) do
    if not said:find(pattern) then return ("'%s' is not in: %s"):format(pattern, said) end
  end
  for _, pattern in ipairs(case.reject or {}) do
    if said:find(pattern) then return ("'%s' is in: %s"):format(pattern, said) end
  end
  return nil
end

--- Run one case.
-- @tparam table def the script
-- @tparam table case
-- @tparam[opt] {table,...} shelves folders of other scripts that it may ask, of shelf.folders
-- @treturn ?string why it failed; nil when it passed
function testing.run(def, case, shelves)
  local words, message, status = run(def, case, shelves)
  return compare(case, words, message, status)
end

--- Run all tests of a script.
-- @tparam string path of the script
-- @tparam[opt] {table,...} shelves as for @{run}
-- @treturn[1] table `name`, `path`, `passed`, `failed`, `cases` ({name, passed, reason})
-- @treturn[2] nil
-- @treturn[2] string why they cannot be run
-- @treturn[2] ?table `code` where a file could not be read
function testing.script(path, shelves)
  local def, broken, unread = shelf.load_named(path)
  if not def then return nil, ("%s cannot be used: %s"):format(path, broken), unread end
  local cases, message, err = testing.load(testing.path(path))
  if not cases then return nil, message, err end
  local result = { name = def.name, path = testing.path(path), passed = 0, failed = 0, cases = {} }
  for i, case in ipairs(cases) do
    local reason = testing.run(def, case, shelves)
    result.cases[i] = { name = case.name, passed = reason == nil, reason = reason }
    local count = reason and "failed" or "passed"
    result[count] = result[count] + 1
  end
  return result
end

return testing
