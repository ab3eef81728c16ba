--- Parts of the views of findings: why, who, what to do next.
-- @module poolsleuth.view.verdict_parts
local json = require "poolsleuth.json"

local parts = {}

local known <const> = json.known

local function list(value)
  return value ~= nil and value ~= json.null and value or {}
end

function parts.suspects(finding)
  local items = {}
  for _, suspect in ipairs(list(finding.suspects)) do
    local head = { known(suspect.driver) or known(suspect.path) or "?" }
    head[#head + 1] = known(suspect.file_version)
    head[#head + 1] = known(suspect.company)
    local signed = known(suspect.signature)
    local plain = signed == "unsigned" or signed == "signed"
    head[#head + 1] = plain and signed or signed and "signature " .. signed
    local text = table.concat(head, ", ")
    if known(suspect.score) then text = ("%s (score %.2f)"):format(text, suspect.score) end
    local reasons = table.move(list(suspect.reasons), 1, #list(suspect.reasons), 1, {})
    if known(suspect.path) and suspect.path ~= suspect.driver then reasons[#reasons + 1] = suspect.path end
    items[#items + 1] = { text = text, items = reasons }
  end
  return items
end

function parts.evidence(finding)
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

local MOST_MACHINES <const> = 6

local function machine_text(machine)
  local word, tag = known(machine.verdict), known(machine.tag)
  if tag then word = ('%s "%s"'):format(word, tag) end
  return word and ("%s: %s"):format(machine.name, word) or machine.name
end

-- Which machine this is about, where the evidence is of several, and how to ask about the others.
function parts.add_machines(blocks, machines)
  if not known(machines) then return end
  local names, others = {}, machines.others
  for i, machine in ipairs(others) do
    if i <= MOST_MACHINES then names[i] = machine_text(machine) end
  end
  if #others > MOST_MACHINES then names[#names + 1] = ("and %d more"):format(#others - MOST_MACHINES) end
  local why = known(machines.asked) and "one" or "the one that looks worst"
  local text = "This is about %s alone, %s of %d machines.  The others: %s.  --host %s asks about that one."
  blocks[#blocks + 1] = { type = "paragraph",
    text = text:format(machines.about, why, #others + 1, table.concat(names, "; "), others[1].name) }
end

function parts.next_steps(finding)
  local items = {}
  for _, step in ipairs(list(finding.next)) do
    items[#items + 1] = { text = step.text, command = known(step.command), undo = known(step.undo) }
  end
  return items
end

function parts.add(blocks, title, block)
  if #block.items == 0 then return end
  blocks[#blocks + 1] = { type = "heading", text = title, level = 3 }
  blocks[#blocks + 1] = block
end

local function victim_text(victim)
  if type(victim) ~= "table" then return tostring(victim) end
  return known(victim.text) or ('"%s"'):format(tostring(victim.tag or "?"))
end

function parts.victims(finding)
  local items = {}
  for i, victim in ipairs(list(finding.victims)) do items[i] = victim_text(victim) end
  return items
end

return parts
