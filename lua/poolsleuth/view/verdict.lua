--- The view of findings: a line for each, why, who, and what to do next.
-- @module poolsleuth.view.verdict
local json          = require "poolsleuth.json"
local verdict_style = require "poolsleuth.view.verdict_style"

local COLUMNS <const> = require "poolsleuth.view.verdict_columns"

local known <const> = json.known

local function list(value)
  return value ~= nil and value ~= json.null and value or {}
end

local function suspect_items(finding)
  local items = {}
  for _, suspect in ipairs(list(finding.suspects)) do
    local head = { known(suspect.driver) or known(suspect.path) or "?" }
    head[#head + 1] = known(suspect.file_version)
    head[#head + 1] = known(suspect.company)
    local signed = known(suspect.signature)
    head[#head + 1] = signed == "unsigned" and signed or signed and "signature " .. signed
    local text = table.concat(head, ", ")
    if known(suspect.score) then text = ("%s (score %.2f)"):format(text, suspect.score) end
    local reasons = table.move(list(suspect.reasons), 1, #list(suspect.reasons), 1, {})
    if known(suspect.path) and suspect.path ~= suspect.driver then reasons[#reasons + 1] = suspect.path end
    items[#items + 1] = { text = text, items = reasons }
  end
  return items
end

local function evidence_items(finding)
  local items = {}
  for _, evidence in ipairs(list(finding.evidence)) do
    local place = {}
    place[#place + 1] = known(evidence.source)
    place[#place + 1] = known(evidence.place) and tostring(evidence.place)
    local where = #place > 0 and " [" .. table.concat(place, ", ") .. "]" or ""
    items[#items + 1] = evidence.text .. where
  end
  return items
end

local function next_items(finding)
  local items = {}
  for _, step in ipairs(list(finding.next)) do
    items[#items + 1] = { text = step.text, command = known(step.command), undo = known(step.undo) }
  end
  return items
end

local function add(blocks, title, block)
  if #block.items == 0 then return end
  blocks[#blocks + 1] = { type = "heading", text = title, level = 3 }
  blocks[#blocks + 1] = block
end

local function victim_text(victim)
  if type(victim) ~= "table" then return tostring(victim) end
  return known(victim.text) or ('"%s"'):format(tostring(victim.tag or "?"))
end

local function victim_items(finding)
  local items = {}
  for i, victim in ipairs(list(finding.victims)) do items[i] = victim_text(victim) end
  return items
end

return function(data)
  local blocks = { { type = "table", only = "csv", columns = COLUMNS, rows = data.findings } }
  for _, finding in ipairs(data.findings) do
    blocks[#blocks + 1] = { type = "verdict", line = finding.line, style = verdict_style.of(finding.verdict) }
    if known(finding.title) then
      blocks[#blocks + 1] = { type = "paragraph", text = finding.title, tight = true }
    end
    add(blocks, "Why", { type = "list", items = evidence_items(finding) })
    add(blocks, "Suspects", { type = "list", ordered = true, items = suspect_items(finding) })
    add(blocks, "Grow along with it", { type = "list", items = victim_items(finding) })
    add(blocks, "Next", { type = "steps", items = next_items(finding) })
  end
  if #data.findings == 0 then blocks[2] = { type = "paragraph", text = "Nothing was found." } end
  return blocks
end
