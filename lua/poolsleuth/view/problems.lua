--- What was not read or not believed: the end of every text report that has such.
-- @module poolsleuth.view.problems

local severities = require "poolsleuth.severity"

local MOST_LINES <const> = 8

local STYLES <const> = { refused = "bad", ambiguous = "bad", flagged = "warn" }

-- The one source of all problems; nil where there are several.
local function only_source(problems)
  for _, problem in ipairs(problems) do
    if problem.source ~= problems[1].source then return nil end
  end
  return problems[1].source
end

local function text_of(problem, heading)
  local place = {}
  if problem.source and problem.source ~= heading then place[1] = problem.source end
  if problem.line then place[#place + 1] = ("line %d"):format(problem.line) end
  local text = (#place > 0 and table.concat(place, ", ") .. ": " or "") .. tostring(problem.text)
  if problem.quote and problem.quote ~= "" then text = text .. ": " .. problem.quote end
  return text
end

--- Blocks for problems: the worst first, at most a few.
-- @tparam {table,...} problems each `severity`, `source`, `line`, `text`, `quote`
-- @treturn {table,...} blocks
return function(problems)
  local source = only_source(problems)
  local items, total, only_notes = {}, 0, true
  for _, severity in ipairs(severities.WORST_FIRST) do
    for _, problem in ipairs(problems) do
      if problem.severity == severity then
        total, only_notes = total + 1, only_notes and severity == "note"
        local wanted = #items < MOST_LINES
        if wanted then items[#items + 1] = { text = text_of(problem, source), style = STYLES[severity] } end
      end
    end
  end
  if #items == 0 then return {} end
  local left = total - #items
  local title = (only_notes and "Remarks" or "Not read or not certain") .. (source and " on " .. source or "")
  local blocks = { { type = "heading", text = title, level = 3 },
                   { type = "list", items = items } }
  if left > 0 then
    blocks[#blocks + 1] = { type = "paragraph", tight = true, style = "dim", text =
      ("and %d more; show --problems lists them all"):format(left) }
  end
  return blocks
end
