--- Why: the evidence of each accusing finding, what goes along with it, how the answer came about.
-- @module poolsleuth.view.report_page.evidence
local format        = require "poolsleuth.format"
local json          = require "poolsleuth.json"
local parts         = require "poolsleuth.view.report_page.parts"
local reasoning     = require "poolsleuth.report_reasoning"
local verdict_style = require "poolsleuth.view.verdict_style"

local evidence = {}

local known <const> = json.known

local function evidence_columns(name_of)
  return {
    { key = "text", name = "Finding", kind = "prose", flex = true, at_least = 30 },
    { key = "source", name = "Source", optional = true, empty = "", flex = true, at_least = 16,
      get = function(row) return name_of(known(row.source)) end },
    { key = "place", name = "Place", optional = true, empty = "", kind = "short" },
  }
end

local function evidence_text(item)
  local source, place = known(item.source), known(item.place)
  if not source then return item.text end
  return ("%s [%s%s]"):format(item.text, source, place and ", " .. place or "")
end

local function add_finding(blocks, finding, number, total, name_of)
  if total > 1 then
    blocks[#blocks + 1] = { type = "verdict", line = finding.line, style = verdict_style.of(finding.verdict) }
  end
  if known(finding.title) then parts.paragraph(blocks, finding.title) end
  local facts = {}
  for i, fact in ipairs(parts.list(finding.facts)) do facts[i] = { fact.name, tostring(fact.value) } end
  if #facts > 0 then blocks[#blocks + 1] = { type = "facts", rows = facts } end
  if #parts.list(finding.evidence) > 0 then
    parts.prose(blocks, { type = "table", columns = evidence_columns(name_of), rows = finding.evidence,
      label = ("Evidence of finding %d"):format(number) }, evidence_text)
  end
end

--- Add the evidence of the findings that accuse, or of the first where none does.
-- @tparam table blocks
-- @tparam table data of the report
-- @tparam function name_of of parts.namer
function evidence.add(blocks, data, name_of)
  parts.heading(blocks, "Evidence")
  local accusing = {}
  for i, finding in ipairs(data.findings) do
    if i == 1 or reasoning.accuses(finding.verdict) then accusing[#accusing + 1] = finding end
  end
  for i, finding in ipairs(accusing) do add_finding(blocks, finding, i, #accusing, name_of) end
  if #accusing == 0 then parts.paragraph(blocks, "Nothing was found.") end
end

local LOCKSTEP <const> = {
  { key = "tag", name = "Tag", kind = "tag", heads_row = true }, { key = "pool", name = "Pool" },
  { key = "source_tag", name = "Follows", kind = "tag" },
  { key = "ratio", name = "Ratio", align = "right",
    get = function(row) return ("%.3f : 1"):format(row.ratio) end },
  { key = "growth_bytes", name = "Grew by", kind = "bytes" },
  { key = "rate_bytes_per_hour", name = "An hour", kind = "rate" },
  { key = "freed_ratio", name = "Freed", kind = "percent" },
}

--- Add the tags that follow the accused one.
-- @tparam table blocks
-- @tparam table data
function evidence.add_lockstep(blocks, data)
  if #parts.list(data.lockstep) == 0 then return end
  parts.heading(blocks, "Tags in lock-step")
  parts.paragraph(blocks, "These grow allocation for allocation with the accused tag.  They are downstream "
    .. "of it: when it is fixed they stop too.")
  blocks[#blocks + 1] = { type = "table", columns = LOCKSTEP, rows = data.lockstep,
    label = "Tags in lock-step" }
end

local RULED_OUT <const> = {
  { key = "tag", name = "Tag", kind = "tag", heads_row = true }, { key = "pool", name = "Pool" },
  { key = "bytes", name = "Holds", kind = "bytes" },
  { key = "growth_bytes", name = "Grew by", kind = "bytes", optional = true },
  { key = "verdict", name = "Verdict", kind = "short" },
  { key = "text", name = "Why not", kind = "prose", flex = true, at_least = 24 },
}

local function ruled_out_text(row)
  return ("%s %s, %s: %s"):format(format.quote(row.tag), row.pool, row.verdict, known(row.text) or "")
end

--- Add the steps of the reasoning and what was set aside.
-- @tparam table blocks
-- @tparam table data
function evidence.add_reasoning(blocks, data)
  parts.heading(blocks, "How this answer came about")
  blocks[#blocks + 1] = { type = "list", ordered = true, items = parts.list(data.reasoning) }
  if #parts.list(data.ruled_out) == 0 then return end
  parts.heading(blocks, "Looked at and not accused", 3)
  parts.prose(blocks, { type = "table", columns = RULED_OUT, rows = data.ruled_out,
    label = "Looked at and not accused" }, ruled_out_text)
end

local PLAYBOOKS <const> = {
  { key = "name", name = "Playbook", heads_row = true }, { key = "state", name = "Was" },
  { key = "verdict", name = "Says", empty = "" },
  { key = "summary", name = "What it looks for", kind = "prose", flex = true, at_least = 24,
    get = function(row) return known(row.reason) or known(row.summary) end },
}

local function playbook_text(row)
  return ("%s, %s%s"):format(row.name, row.state, known(row.verdict) and ": " .. row.verdict or "")
end

--- Add what each playbook said, where several were asked.
-- @tparam table blocks
-- @tparam table data
function evidence.add_playbooks(blocks, data)
  local page, said = known(data.investigation), {}
  if not page then return end
  for _, item in ipairs(page.ruled_out) do
    if not known(item.tag) then said[#said + 1] = ("%s (%s)"):format(item.text, item.playbook) end
  end
  for _, item in ipairs(page.open) do
    said[#said + 1] = ("open: %s (%s)"):format(item.text, item.playbook)
  end
  if #page.contradictions > 0 then
    parts.heading(blocks, "Contradictions", 3)
    blocks[#blocks + 1] = { type = "list", items = page.contradictions }
  end
  if #said > 0 then
    parts.heading(blocks, "Ruled out, and open", 3)
    blocks[#blocks + 1] = { type = "list", items = said }
  end
  parts.heading(blocks, "Playbooks", 3)
  parts.prose(blocks, { type = "table", columns = PLAYBOOKS, rows = page.playbooks, label = "Playbooks" },
    playbook_text)
end

return evidence
