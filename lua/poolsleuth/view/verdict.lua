--- The view of findings: a line for each, why, who, and what to do next.
-- @module poolsleuth.view.verdict
local json          = require "poolsleuth.json"
local parts         = require "poolsleuth.view.verdict_parts"
local verdict_style = require "poolsleuth.view.verdict_style"

local COLUMNS <const> = require "poolsleuth.view.verdict_columns"

return function(data)
  local blocks = { { type = "table", only = "csv", columns = COLUMNS, rows = data.findings } }
  parts.add_machines(blocks, data.machines)
  for _, finding in ipairs(data.findings) do
    blocks[#blocks + 1] = { type = "verdict", line = finding.line, style = verdict_style.of(finding.verdict) }
    if json.known(finding.title) then
      blocks[#blocks + 1] = { type = "paragraph", text = finding.title, tight = true }
    end
    parts.add(blocks, "Why", { type = "list", items = parts.evidence(finding) })
    parts.add(blocks, "Suspects", { type = "list", ordered = true, items = parts.suspects(finding) })
    parts.add(blocks, "Grow along with it", { type = "list", items = parts.victims(finding) })
    parts.add(blocks, "Next", { type = "steps", items = parts.next_steps(finding) })
  end
  if #data.findings == 0 then blocks[#blocks + 1] = { type = "paragraph", text = "Nothing was found." } end
  return blocks
end
