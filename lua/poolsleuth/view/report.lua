--- The view of a report: the verdict first, then what it rests on, then what to do.
-- @module poolsleuth.view.report
local columns       = require "poolsleuth.view.verdict_columns"
local drivers       = require "poolsleuth.view.report_page.drivers"
local evidence      = require "poolsleuth.view.report_page.evidence"
local inputs        = require "poolsleuth.view.report_page.inputs"
local json          = require "poolsleuth.json"
local parts         = require "poolsleuth.view.report_page.parts"
local reasoning     = require "poolsleuth.report_reasoning"
local summary       = require "poolsleuth.view.report_page.summary"
local verdict_parts = require "poolsleuth.view.verdict_parts"
local verdict_style = require "poolsleuth.view.verdict_style"

local known <const> = json.known

local function add_charts(blocks, data)
  local charts = parts.list(data.charts)
  if #charts == 0 then return end
  parts.heading(blocks, "Charts")
  for _, chart in ipairs(charts) do blocks[#blocks + 1] = chart end
end

local function add_next(blocks, data)
  local page = known(data.investigation)
  local items, seen = page and { table.unpack(page.next) } or {}, {}
  local accused = data.findings[1] and reasoning.accuses(data.findings[1].verdict)
  for _, finding in ipairs(page and {} or data.findings) do
    for _, step in ipairs(parts.list(finding.next)) do
      local key = step.text .. (known(step.command) or "")
      if not seen[key] and reasoning.accuses(finding.verdict) == accused then
        seen[key] = true
        items[#items + 1] = { text = step.text, command = known(step.command), undo = known(step.undo) }
      end
    end
  end
  if #items == 0 then return end
  parts.heading(blocks, "What to do next")
  blocks[#blocks + 1] = { type = "steps", items = items }
end

return function(data, document)
  local blocks, name_of = { { type = "table", only = "csv", columns = columns, rows = data.findings } },
    parts.namer(document)
  summary.add_times(blocks, data)
  verdict_parts.add_machines(blocks, data.machines)
  blocks[#blocks + 1] = { type = "verdict", line = known(data.line) or "NOT-ENOUGH-DATA",
                          sentence = data.headline, style = verdict_style.of(known(data.verdict)) }
  summary.add_figures(blocks, data)
  blocks[#blocks + 1] = { type = "contents", only = "html" }
  add_charts(blocks, data)
  evidence.add(blocks, data, name_of)
  evidence.add_lockstep(blocks, data)
  drivers.add(blocks, data, name_of)
  drivers.add_changes(blocks, data)
  evidence.add_reasoning(blocks, data)
  evidence.add_playbooks(blocks, data)
  add_next(blocks, data)
  inputs.add(blocks, data, document.inputs, name_of)
  parts.heading(blocks, "Make this report again")
  blocks[#blocks + 1] = { type = "code", text = data.reproduce }
  return blocks
end
