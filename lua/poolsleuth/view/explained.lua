--- The view of a script for another machine, with what each of its lines is for.
-- @module poolsleuth.view.explained
local CSV <const> = { { key = "line", name = "Line" }, { key = "why", name = "Is for" } }

return function(data)
  local rows = {}
  local blocks = { { type = "table", only = "csv", columns = CSV, rows = rows },
                   { type = "heading", text = ("%s, line by line"):format(data.name) } }
  for _, step in ipairs(data.steps) do
    blocks[#blocks + 1] = { type = "paragraph", text = step.why }
    if #step.lines > 0 then
      blocks[#blocks + 1] = { type = "code", text = table.concat(step.lines, "\n"), tight = true }
    end
    for _, line in ipairs(step.lines) do rows[#rows + 1] = { line = line, why = step.why } end
  end
  return blocks
end
