--- What was not read or not believed: the end of every text report that has such.
-- @module poolsleuth.view.problems

local MOST_LINES <const> = 8

local STYLES <const> = { refused = "bad", flagged = "warn" }

local function text_of(problem)
  local place = problem.source or ""
  if problem.line then place = place .. (", line %d"):format(problem.line) end
  local text = (place ~= "" and place .. ": " or "") .. tostring(problem.text)
  if problem.quote and problem.quote ~= "" then text = text .. ": " .. problem.quote end
  return text
end

--- Blocks for problems: the worst first, at most a few unless all are wanted.
-- @tparam {table,...} problems each `severity`, `source`, `line`, `text`, `quote`
-- @tparam[opt] boolean all
-- @treturn {table,...} blocks
return function(problems, all)
  local items, counts = {}, { refused = 0, flagged = 0, note = 0 }
  for _, severity in ipairs { "refused", "flagged", "note" } do
    for _, problem in ipairs(problems) do
      if problem.severity == severity then
        counts[severity] = counts[severity] + 1
        local wanted = all or (severity ~= "note" or not problem.input) and #items < MOST_LINES
        if wanted then items[#items + 1] = { text = text_of(problem), style = STYLES[severity] } end
      end
    end
  end
  if #items == 0 then return {} end
  local left = counts.refused + counts.flagged + counts.note - #items
  local blocks = { { type = "heading", text = "Not read or not certain", level = 3 },
                   { type = "list", items = items } }
  if left > 0 then
    blocks[#blocks + 1] = { type = "paragraph", tight = true, style = "dim", text =
      ("and %d more; --format json has them all"):format(left) }
  end
  return blocks
end
