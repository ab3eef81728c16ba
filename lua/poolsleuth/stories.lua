--- Stories: what several playbooks found, joined where it is of one cause: the cause first, what follows
-- from it and what repeats it behind it, and where they contradict one another, which one goes before.
-- @module poolsleuth.stories
local format  = require "poolsleuth.format"
local verdict = require "poolsleuth.verdict"

local stories = {}

-- What comes of a leak, and is none.
local CONSEQUENCES <const> = { EXHAUSTED = true, ["HTTP-REFUSAL"] = true }

-- Words that any tag may earn, and those of any type of object; the others tell more of the kind of leak.
local KINDS <const> = { LEAK = 0, CRIT = 0, SUSPECT = 0, HIGH = 0, WARN = 0, ["GROWING-CACHE"] = 0,
                        ["USER-HANDLE-LEAK"] = 1.4, ["KERNEL-REFERENCE-LEAK"] = 1.4 }

-- Facts that name who does it.
local NAMES <const> = { process = true, driver = true, owner = true, service = true, hive = true,
                        ["held-by"] = true }

local CONFIDENCE <const> = { low = 1, medium = 2, high = 3 }

local function status_of(finding) return verdict.exit_status { finding } end

--- Whether a finding names who does it: a driver that goes before all others, a process, an owner.
-- @tparam table finding
-- @treturn boolean
function stories.names_somebody(finding)
  if verdict.culprit(finding.suspects or {}) then return true end
  for _, fact in ipairs(finding.facts or {}) do
    if NAMES[fact.name] then return true end
  end
  return false
end

local function has_category(part, name)
  for _, category in ipairs(part.def and part.def.categories or {}) do
    if category == name then return true end
  end
  return false
end

-- How much nearer to the cause a finding is than others of the same tag: one that names somebody, the surer
-- the better; the kind of leak; a playbook of that kind.
local function nearness(finding)
  local sure = CONFIDENCE[finding.confidence] or 2
  local score = (finding.special and 1 or 0) + sure / 4
  if not verdict.accuses(finding.verdict) then return score end
  if finding.of_consequences then return 5 + score end
  local named = stories.names_somebody(finding) and 3 * sure or 0
  return 10 + 3 * status_of(finding) + (KINDS[finding.verdict] or 1.5) + score + named
end

-- Which finding stands for all: an empty pool goes before a mere suspicion, and behind a leak that is proved.
local function standing(finding)
  if not verdict.accuses(finding.verdict) then return 0 end
  local proved = status_of(finding) == 2
  if finding.of_consequences then return proved and 2 or 1 end
  return proved and 3 or 1
end

-- Does a playbook that looked at this kind alone, and is not unsure, acquit what others accuse?
local function acquits(calm, accusing)
  if not calm.special or accusing.special or calm.confidence == "low" then return false end
  return not accusing.of_consequences
    and (CONFIDENCE[calm.confidence] or 2) >= (CONFIDENCE[accusing.confidence] or 2)
end

local function add_note(story, form, ...) story.notes[#story.notes + 1] = form:format(...) end

local function name_of(finding) return ("%s (%s)"):format(finding.verdict, finding.playbook) end

-- Nearest to the cause first; which one stands for all may be another.
local function sort_findings(story)
  table.sort(story.findings, function(a, b)
    local x, y = nearness(a), nearness(b)
    if x ~= y then return x > y end
    return a.playbook < b.playbook
  end)
  local first, best = nil, -1
  for _, finding in ipairs(story.findings) do
    local own = standing(finding)
    if own > best then first, best = finding, own end
  end
  return first
end

-- Which finding stands for the story, and what is said of those that contradict it.
local function settle(story)
  local first = sort_findings(story)
  for _, calm in ipairs(story.findings) do
    local against = verdict.accuses(first.verdict) and status_of(calm) == 0
    if against and acquits(calm, first) then
      add_note(story, "%s says %s, %s knows better what it is: %s", first.playbook, first.verdict,
        calm.playbook, calm.verdict)
      first = calm
    elseif against then
      add_note(story, "%s says %s, %s says %s: not settled, the graver stands", calm.playbook, calm.verdict,
        first.playbook, first.verdict)
      first.confidence = verdict.lesser(first.confidence or "medium", "medium")
    end
  end
  story.first = first
end

local function key_of(finding)
  return finding.tag and ("%s %s %s"):format(finding.tag, finding.pool, finding.session or "")
    or finding.verdict .. (finding.playbook or "")
end

-- Findings by tag and pool; those of no tag stand alone.  Playbooks that look at everything (of the category
-- "triage") know less of one kind than those that look at it alone.
local function by_tag(parts)
  local list, by_key = {}, {}
  for _, part in ipairs(parts) do
    for _, finding in ipairs(part.findings) do
      finding.playbook, finding.special = part.name, not has_category(part, "triage")
      finding.of_consequences = has_category(part, "exhaustion")
      finding.of_dump = has_category(part, "dump")
      local key = key_of(finding)
      if not by_key[key] then
        by_key[key] = { key = key, tag = finding.tag, pool = finding.pool, findings = {}, notes = {} }
        list[#list + 1] = by_key[key]
      end
      table.insert(by_key[key].findings, finding)
    end
  end
  return list, by_key
end

local function victims_of(story)
  local list = {}
  for _, finding in ipairs(story.findings) do
    for _, victim in ipairs(finding.victims or {}) do
      if type(victim) == "table" and victim.tag then list[#list + 1] = victim end
    end
  end
  return list
end

-- Whether a playbook of that kind of leak proved which tag the others follow.
local function knows_the_source(story)
  local first = story.first
  return first.special and status_of(first) == 2 and first.confidence ~= "low" or false
end

-- Tags that only follow another one belong to its story.
local function take_in_victims(list, by_key, wanted)
  for _, story in ipairs(list) do
    local source = verdict.accuses(story.first.verdict) and knows_the_source(story) == wanted
    for _, victim in ipairs(source and victims_of(story) or {}) do
      local other = by_key[("%s %s "):format(victim.tag, victim.pool)]
      local own = other and other ~= story and not other.part_of and not story.part_of
      if own then
        other.part_of = story
        local said = verdict.accuses(other.first.verdict)
        if said then
          add_note(story, "%s for %s, yet it only grows along with %s: no story of its own",
            name_of(other.first), format.tag(victim.tag), format.tag(story.tag))
        end
      end
    end
  end
end

local function pool_of(finding)
  for _, fact in ipairs(finding.facts or {}) do
    if fact.name == "pool" then return fact.value end
  end
  return finding.pool
end

-- A pool that is empty goes with what fills it.
local function take_in_consequences(list)
  for _, story in ipairs(list) do
    if CONSEQUENCES[story.first.verdict] then
      for _, cause in ipairs(list) do
        local fits = not CONSEQUENCES[cause.first.verdict] and not cause.part_of
          and verdict.accuses(cause.first.verdict) and cause.pool == pool_of(story.first)
        if fits and not story.part_of then
          story.part_of = cause
          table.move(story.findings, 1, #story.findings, #cause.findings + 1, cause.findings)
          cause.first = sort_findings(cause)
        end
      end
    end
  end
end

local function weight_of(story)
  local most = -1
  for _, finding in ipairs(story.findings) do most = math.max(most, finding.weight or -1) end
  return most
end

local GRAVITY <const> = { [0] = 0, [3] = 1, [1] = 2, [2] = 3 }

local function rank(list)
  for _, story in ipairs(list) do
    story.gravity = GRAVITY[status_of(story.first)]
    story.sure = story.first.confidence ~= "low" and 1 or 0
    story.weight = weight_of(story)
  end
  table.sort(list, function(a, b)
    if a.gravity ~= b.gravity then return a.gravity > b.gravity end
    if a.sure ~= b.sure then return a.sure > b.sure end
    if a.weight ~= b.weight then return a.weight > b.weight end
    return a.key < b.key
  end)
  return list
end

--- Join what playbooks found.
-- @tparam {table,...} parts of consult.all
-- @treturn {table,...} worst first, each `tag`, `pool`, `first` (the finding that stands for it), `findings`
--   (all of them), `notes` (how contradictions were settled)
function stories.of(parts)
  local list, by_key = by_tag(parts)
  for _, story in ipairs(list) do settle(story) end
  rank(list)
  take_in_victims(list, by_key, true)
  take_in_victims(list, by_key, false)
  take_in_consequences(list)
  local kept = {}
  for _, story in ipairs(list) do
    if not story.part_of then kept[#kept + 1] = story end
  end
  return kept
end

return stories
