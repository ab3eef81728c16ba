--- The view of every remark on every source: the line, why, and the line's text shortened.
-- @module poolsleuth.view.problem_list
local format   = require "poolsleuth.format"
local json     = require "poolsleuth.json"
local severity = require "poolsleuth.severity"

local known <const> = json.known

local WIDEST_TEXT <const> = 68

local STYLES <const> = { refused = "bad", ambiguous = "bad", flagged = "warn" }
local TITLES <const> = { refused = "Refused", ambiguous = "Ambiguous", flagged = "Flagged", note = "Notes" }
local COUNTS <const> = { refused = "refused", ambiguous = "ambiguous", flagged = "flagged", note = "notes" }

local CSV <const> = {
  { key = "source", name = "Source" }, { key = "line", name = "Line" },
  { key = "severity", name = "Severity" },
  { key = "text", name = "Reason" }, { key = "quote", name = "Text" },
}

local counted <const> = format.counted

local function summary(data)
  return ("%s refused, %s ambiguous, %s flagged, %s"):format(format.count(data.refused),
    format.count(data.ambiguous), format.count(data.flagged), counted(data.notes, "note"))
end

local function item(problem)
  local line = known(problem.line)
  local quote = known(problem.quote)
  return {
    text = (line and ("line %d: "):format(line) or "") .. problem.text, style = STYLES[problem.severity],
    items = quote and quote ~= "" and { (format.cut(format.clean(quote), WIDEST_TEXT)) } or nil,
  }
end

local function add_file(blocks, rows, file)
  local what = file.kind .. ": "
  if known(file.lines) then
    what = ("%s, %s: "):format(counted(file.lines, "line"), counted(file.rows, "row"))
  end
  blocks[#blocks + 1] = { type = "heading", text = file.path }
  blocks[#blocks + 1] = { type = "paragraph", text = what .. summary(file) }
  for _, word in ipairs(severity.WORST_FIRST) do
    local items = {}
    for _, problem in ipairs(file.problems) do
      if problem.severity == word then
        items[#items + 1] = item(problem)
        rows[#rows + 1] = { source = file.path, line = problem.line, severity = word, text = problem.text,
                            quote = problem.quote }
      end
    end
    if #items > 0 then
      local hidden = file[COUNTS[word]] - #items
      local more = hidden > 0 and (", of which %s are kept"):format(format.count(#items)) or ""
      blocks[#blocks + 1] = { type = "heading", level = 3, text =
        ("%s (%s%s)"):format(TITLES[word], format.count(file[COUNTS[word]]), more) }
      blocks[#blocks + 1] = { type = "list", items = items }
    end
  end
end

return function(data)
  local rows = {}
  local blocks = { { type = "table", only = "csv", columns = CSV, rows = rows } }
  for _, file in ipairs(data.files) do add_file(blocks, rows, file) end
  if #data.files > 1 then
    blocks[#blocks + 1] = { type = "paragraph",
      text = ("%s: %s"):format(counted(#data.files, "source"), summary(data)) }
  end
  return blocks
end
