--- Remarks: what the readers said of each source, counted and listed.
-- @module poolsleuth.remarks
local severity = require "poolsleuth.severity"

local remarks = {}

-- The name of a severity's count in JSON.
local COUNTS <const> = { refused = "refused", ambiguous = "ambiguous", flagged = "flagged", note = "notes" }

--- How many remarks of each severity a source has, those beyond what is kept too.
-- @tparam table input of a case
-- @treturn table severity to number
function remarks.count(input)
  local counts = {}
  for _, word in ipairs(severity.WORST_FIRST) do counts[word] = 0 end
  for _, problem in ipairs(input.problems or {}) do
    counts[problem.severity] = (counts[problem.severity] or 0) + 1
  end
  for word, total in pairs(input.totals or {}) do counts[word] = math.max(counts[word] or 0, total) end
  return counts
end

local function sorted(problems)
  local rank, place = {}, {}
  for i, word in ipairs(severity.WORST_FIRST) do rank[word] = i end
  for i, problem in ipairs(problems) do place[problem] = i end
  local list = table.move(problems, 1, #problems, 1, {})
  table.sort(list, function(a, b)
    if rank[a.severity] ~= rank[b.severity] then return rank[a.severity] < rank[b.severity] end
    if (a.line or 0) ~= (b.line or 0) then return (a.line or 0) < (b.line or 0) end
    return place[a] < place[b]
  end)
  return list
end

local function file_data(input)
  local data = { path = input.path, kind = input.kind, encoding = input.encoding, lines = input.lines,
                 rows = input.row_lines, problems = {} }
  for word, count in pairs(remarks.count(input)) do data[COUNTS[word]] = count end
  for i, problem in ipairs(sorted(input.problems)) do
    local quote = problem.reason and problem.text or nil
    data.problems[i] = { severity = problem.severity, line = problem.line, offset = problem.offset,
                         text = problem.reason or problem.text, quote = quote }
  end
  return data
end

--- Every remark on every source, for `show --problems`.
-- @tparam Case case
-- @treturn table `files`, each `path`, `kind`, `lines`, `rows`, `refused`, `ambiguous`, `flagged`, `notes`,
--   `problems`; and the four counts over all files
function remarks.data(case)
  local data = { files = {}, refused = 0, ambiguous = 0, flagged = 0, notes = 0 }
  for i, input in ipairs(case.inputs) do
    data.files[i] = file_data(input)
    for _, name in pairs(COUNTS) do data[name] = data[name] + data.files[i][name] end
  end
  return data
end

--- What is missing from an answer: remarks that say that something was not understood.
-- @tparam Case case
-- @treturn int refused
-- @treturn int ambiguous
function remarks.missing(case)
  local counts = { refused = 0, ambiguous = 0 }
  for _, input in ipairs(case.inputs or {}) do
    local of_input = remarks.count(input)
    for word in pairs(counts) do counts[word] = counts[word] + of_input[word] end
  end
  for _, problem in ipairs(case.problems or {}) do
    local word = problem.severity
    if counts[word] then counts[word] = counts[word] + 1 end
  end
  return counts.refused, counts.ambiguous
end

local MOST_CAUSES <const> = 3

--- A message that a run ends with, and what of its evidence could not be read, which may be why.
-- @tparam Case case
-- @tparam string message
-- @treturn string of several lines where there is something to add
function remarks.with_causes(case, message)
  local lines, count = { message }, 0
  for _, problem in ipairs(case.problems) do
    local is_new = problem.severity == "refused" and not message:find(problem.text, 1, true)
    if is_new then count = count + 1 end
    if is_new and count <= MOST_CAUSES then
      local place = problem.source and problem.source .. ": " or ""
      lines[#lines + 1] = ("  not read: %s%s"):format(place, problem.text)
    end
  end
  if count > MOST_CAUSES then lines[#lines + 1] = ("  and %d more"):format(count - MOST_CAUSES) end
  return table.concat(lines, "\n")
end

return remarks
