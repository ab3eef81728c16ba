--- The view of an investigation: one page with one answer, and what it rests on.
-- @module poolsleuth.view.investigation
local headline      = require "poolsleuth.headline"
local json          = require "poolsleuth.json"
local parts         = require "poolsleuth.view.verdict_parts"
local verdict       = require "poolsleuth.verdict"
local verdict_style = require "poolsleuth.view.verdict_style"

local COLUMNS <const> = require "poolsleuth.view.verdict_columns"
local MOST_REASONS <const>, MOST_OTHER <const>, MOST_LISTED <const>, MOST_OPEN <const> = 12, 3, 6, 4

local known <const> = json.known

-- The first of some items; what is left out is counted.
local function some(items, most)
  if #items <= most then return items end
  local list = table.move(items, 1, most, 1, {})
  list[#list + 1] = ("and %d more; --json has them all"):format(#items - most)
  return list
end

local function also_text(finding)
  local words = {}
  for i, other in ipairs(known(finding.also) or {}) do
    words[i] = ("%s (%s)"):format(other.verdict, other.playbook)
  end
  return #words > 0 and "; also " .. table.concat(words, ", ") or ""
end

-- Which playbook says it, and which others say so too.
local function by_whom(finding)
  local name = known(finding.playbook)
  return name and ("by %s%s"):format(name, also_text(finding)) or nil
end

local function add_first(blocks, finding, complete)
  blocks[#blocks + 1] = { type = "paragraph", text = headline.of(finding, complete) }
  blocks[#blocks + 1] = { type = "verdict", line = finding.line, style = verdict_style.of(finding.verdict) }
  if by_whom(finding) then
    blocks[#blocks + 1] = { type = "paragraph", style = "dim", tight = true, text = by_whom(finding) }
  end
  parts.add(blocks, "Why", { type = "list", items = some(parts.evidence(finding), MOST_REASONS) })
  parts.add(blocks, "Who",
    { type = "list", ordered = true, items = some(parts.suspects(finding), MOST_OTHER) })
end

local function add_others(blocks, all)
  local findings = {}
  for i, finding in ipairs(all) do
    if i == 1 or verdict.accuses(finding.verdict) then findings[#findings + 1] = finding end
  end
  if #findings > 1 then blocks[#blocks + 1] = { type = "heading", text = "Besides", level = 3 } end
  for i = 2, #findings do
    local finding = findings[i]
    blocks[#blocks + 1] = { type = "verdict", line = finding.line, tight = i > 2,
                            style = verdict_style.of(finding.verdict) }
    local why = some(parts.evidence(finding), i <= 1 + MOST_OTHER and 2 or 0)
    why[#why > 2 and 3 or #why + 1] = by_whom(finding)
    blocks[#blocks + 1] = { type = "list", items = why }
  end
end

local function by_playbook(list)
  local items = {}
  for i, item in ipairs(list) do
    local tag = known(item.tag) and ("%s \"%s\": "):format(item.verdict, item.tag) or ""
    items[i] = ("%s%s (%s)"):format(tag, item.text, item.playbook)
  end
  return items
end

-- Which playbooks answered, which had nothing to go by, and which are broken.
local function roll(list)
  local by_state, failed = { asked = {}, ["not asked"] = {} }, {}
  for _, part in ipairs(list) do
    local names = by_state[part.state]
    if names then names[#names + 1] = part.name
    else failed[#failed + 1] = ("%s failed: %s"):format(part.name, part.reason) end
  end
  local text = ("Asked: %s."):format(table.concat(by_state.asked, ", "))
  if #by_state["not asked"] > 0 then
    local others = table.concat(by_state["not asked"], ", ")
    text = text .. ("  Not asked, for want of evidence: %s."):format(others)
  end
  return text, failed
end

return function(data)
  local page = data.investigation
  local blocks = { { type = "table", only = "csv", columns = COLUMNS, rows = data.findings } }
  parts.add_machines(blocks, data.machines)
  add_first(blocks, data.findings[1], data.complete)
  add_others(blocks, data.findings)
  local text, failed = roll(page.playbooks)
  parts.add(blocks, "Contradictions", { type = "list", items = page.contradictions })
  parts.add(blocks, "Ruled out", { type = "list", items = some(by_playbook(page.ruled_out), MOST_LISTED) })
  parts.add(blocks, "Not looked into, for want of evidence",
    { type = "list", items = some(by_playbook(page.open), MOST_OPEN) })
  parts.add(blocks, "Next", { type = "steps", items = parts.next_steps(page) })
  parts.add(blocks, "Playbooks that failed", { type = "list", items = failed })
  blocks[#blocks + 1] = { type = "paragraph", style = "dim", text = text }
  return blocks
end
