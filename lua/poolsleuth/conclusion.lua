--- Conclusions: from the stories of several playbooks to one answer: findings in their order, what was ruled
-- out and by whom, what is open, and what to do next, nothing twice.
-- @module poolsleuth.conclusion
local format  = require "poolsleuth.format"
local json    = require "poolsleuth.json"
local steps   = require "poolsleuth.steps"
local stories = require "poolsleuth.stories"
local verdict = require "poolsleuth.verdict"

local conclusion = {}

local MAIN <const> = "find-leaking-driver" -- the playbook that looks at every tag
local MOST_STEPS <const>, MOST_OPEN_STEPS <const> = 9, 5

local function status_of(finding) return verdict.exit_status { finding } end

-- Programs that are run once, whatever for.
local ONCE <const> = { xperf = true, wpr = true, driverquery = true, robocopy = true, typeperf = true,
                       verifier = true }

local function identity_of(step)
  local command = step.command
  if not command then return step.text end
  local program = command:match "^[%w_.-]+"
  return program and ONCE[program] and program or command
end

-- Steps without those that say again what another one says; one that has a name goes before one with a
-- <placeholder>.
local function add_steps(list, more, most)
  list.seen = list.seen or {}
  for _, step in ipairs(more) do
    local id, copy = identity_of(step), { text = step.text, command = step.command, undo = step.undo }
    local at = list.seen[id]
    if not at and #list < most then
      list[#list + 1], list.seen[id] = copy, #list + 1
    elseif at and list[at].command and list[at].command:find "<" and not step.command:find "<" then
      list[at] = copy
    end
  end
end

-- What a finding says first: what its own playbook added, then what was measured.
local function said(finding)
  local list, evidence = {}, finding.evidence or {}
  local measured = finding.measured or 0
  for i = measured + 1, finding.told or 0 do list[#list + 1] = evidence[i] end
  for i, item in ipairs(evidence) do
    if i <= measured or i > (finding.told or 0) then list[#list + 1] = item end
  end
  return list
end

local function first_words(finding)
  local item = said(finding)[1]
  return type(item) == "table" and item.text or item or ""
end

-- What others say of the same story, which its first finding does not say.
local function add_others(found, story)
  local known = {}
  for _, item in ipairs(found.evidence) do known[item.text] = true end
  for _, other in ipairs(story.findings) do
    if other ~= story.first and verdict.accuses(other.verdict) then
      found.also[#found.also + 1] = { playbook = other.playbook, verdict = other.verdict }
      if #found.suspects == 0 then found.suspects = other.suspects or {} end
      for i = (other.measured or 0) + 1, other.told or 0 do
        local item = other.evidence[i]
        local doubtful = other.confidence == "low" and found.confidence ~= "low" and not other.of_dump
        if not known[item.text] and doubtful then
          found.evidence[#found.evidence + 1] = item
        elseif not known[item.text] then
          found.told = found.told + 1
          table.insert(found.evidence, found.told, item)
        end
        known[item.text] = true
      end
    end
  end
end

-- The finding that stands for a story, with what the others add.
local function finding_of(story, order)
  local found = {}
  for name, value in pairs(story.first) do found[name] = value end
  found.evidence, found.also, found.order = said(found), json.array {}, order
  found.tag, found.pool = found.tag or story.tag, found.pool or story.pool
  found.facts, found.suspects = found.facts or {}, found.suspects or {}
  found.told, found.measured = math.max(0, (found.told or 0) - (found.measured or 0)), nil
  add_others(found, story)
  return found
end

-- The commands that decide what is open of a story; whether they record allocations, too.
local function deciding(case, story, accused)
  local found, names = story.first, stories.names_somebody(story.first)
  local list, traces = {}, found.tag ~= nil and not names
  if found.tag and (found.confidence ~= "high" or not names) then list[1] = "watch-tag" end
  if traces then table.move({ "xperf", "wpr", "pool-hit", "safe-mode" }, 1, 4, #list + 1, list) end
  if found.confidence ~= "high" then list[#list + 1] = "counter-log" end
  return steps.named(case.knowledge, list, { tag = found.tag, tags = accused }), traces
end

local function tags_of(list)
  local tags = {}
  for _, story in ipairs(list) do
    if story.tag and verdict.accuses(story.first.verdict) then tags[#tags + 1] = story.tag end
  end
  return #tags > 0 and tags or nil
end

-- The steps that the playbooks of a story advise, those nearest to the cause first.  A trace of the accused
-- tags together stands for each playbook's own.
local function advised(story, traces)
  local list = {}
  for _, found in ipairs(story.findings) do
    for _, step in ipairs(verdict.accuses(found.verdict) and found.next or {}) do
      if not (traces and identity_of(step) == "xperf") then list[#list + 1] = step end
    end
  end
  return list
end

-- What to do: first for the first story; where none accuses and that is not sure, what would decide.
local function plan(case, list, open, unsure)
  local chosen, accused = {}, tags_of(list)
  for i, story in ipairs(list) do
    if verdict.accuses(story.first.verdict) then
      local decide, traces = deciding(case, story, accused)
      add_steps(chosen, advised(story, traces), i == 1 and MOST_STEPS - math.min(#decide, 4) or MOST_STEPS)
      add_steps(chosen, decide, MOST_STEPS)
    end
  end
  if unsure then
    add_steps(chosen, steps.more_snapshots(), MOST_STEPS)
    for _, item in ipairs(open) do add_steps(chosen, item.next or {}, MOST_OPEN_STEPS) end
  end
  chosen.seen = nil
  return json.array(chosen)
end

local function has_category(def, name)
  for _, category in ipairs(def.categories or {}) do
    if category == name then return true end
  end
  return false
end

local function ruled_out_of(list, notes)
  local out = json.array {}
  for _, story in ipairs(list) do
    local found = story.first
    if status_of(found) == 0 and not (found.of_dump and not found.tag) then
      out[#out + 1] = { playbook = found.playbook, verdict = found.verdict,
        tag = found.tag and format.tag_text(found.tag), tag_hex = found.tag and format.tag_hex(found.tag),
        text = first_words(found) }
    end
    table.move(story.notes, 1, #story.notes, #notes + 1, notes)
    for _, item in ipairs(found.evidence or {}) do
      local against = type(item) == "table" and item.text:match "^contradictory: (.*)"
      if against then notes[#notes + 1] = ("%s (%s)"):format(against, found.playbook) end
    end
  end
  return out
end

-- What playbooks lack; what is on the page anyway is not said again, but its steps count.
local function open_of(parts)
  local open = json.array {}
  for _, part in ipairs(parts) do
    for _, found in ipairs(part.findings) do
      if found.verdict == "NOT-ENOUGH-DATA" then
        local silent = part.name == MAIN or has_category(part.def, "dump")
        open[#open + 1] = { playbook = part.name, text = not silent and first_words(found) or nil,
                            next = found.next }
      end
    end
  end
  return open
end

local function parts_data(parts)
  local list = json.array {}
  for i, part in ipairs(parts) do
    local worst = verdict.sort(table.move(part.findings, 1, #part.findings, 1, {}))[1]
    list[i] = { name = part.name, summary = part.def and part.def.summary, state = part.state,
                reason = part.reason, verdict = worst and worst.verdict }
  end
  return list
end

-- Where nobody accuses anything: the answer is that nothing leaks, or that it is not known.  One moment
-- shows no growth, and no want of it.
local function calm_finding(parts, moments)
  local calm, main, evidence, has_failed = 0, nil, {}, false
  for _, part in ipairs(parts) do
    local worst = verdict.sort(table.move(part.findings, 1, #part.findings, 1, {}))[1]
    if worst and status_of(worst) == 0 then calm = calm + 1 end
    if part.name == MAIN then main, has_failed = worst, part.state == "failed" end
  end
  local short  = main and (main.verdict == "NOT-ENOUGH-DATA" or moments == 1)
  local enough = calm > 0 and not short and not has_failed
  if enough then
    evidence[1] = { text = ("%d playbooks looked at it, and none of them accuses a tag"):format(calm) }
  end
  for _, part in ipairs(parts) do
    local found = part.def and has_category(part.def, "dump") and part.findings[1]
    for i = found and (found.measured or 0) + 1 or 1, found and found.told or 0 do
      evidence[#evidence + 1] = found.evidence[i]
    end
  end
  if main and not main.tag then table.move(main.evidence, 1, #main.evidence, #evidence + 1, evidence) end
  if #evidence == 0 then
    evidence[1] = { text = "no playbook had enough to go by" }
  end
  return { verdict = enough and "NO-LEAK" or "NOT-ENOUGH-DATA", playbook = main and main.playbook,
           confidence = main and main.confidence or "low", evidence = evidence,
           suspects = {}, victims = {}, facts = {}, also = json.array {}, next = {} }
end

--- Draw the conclusion, into the case: its findings, and `investigated` for the page.
-- @tparam Case case
-- @tparam {table,...} parts of consult.all
-- @tparam {table,...} list of stories.of
function conclusion.draw(case, parts, list)
  local notes, open = json.array {}, open_of(parts)
  local out, accused = ruled_out_of(list, notes), {}
  for i, story in ipairs(list) do
    if verdict.accuses(story.first.verdict) then accused[#accused + 1] = finding_of(story, i) end
  end
  local calm = #accused == 0 and calm_finding(parts, #case.series.entries) or nil
  accused[1] = accused[1] or calm
  for i, story in ipairs(list) do
    local quiet = story.tag and status_of(story.first) == 0
    if quiet then accused[#accused + 1] = finding_of(story, #list + i) end
  end
  for _, found in ipairs(accused) do case:finding(found) end
  local unsure = calm and (calm.verdict ~= "NO-LEAK" or calm.confidence == "low")
  local next_steps = plan(case, list, open, unsure)
  local lacks = json.array {}
  for _, item in ipairs(open) do
    if item.text then lacks[#lacks + 1] = { playbook = item.playbook, text = item.text } end
  end
  case.options.view = "investigation"
  case.investigated = { playbooks = parts_data(parts), ruled_out = out, contradictions = notes, open = lacks,
                        next = next_steps }
end

return conclusion
