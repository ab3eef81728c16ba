--- The headline of a report: what was found, in a sentence for people who do not know pool tags.
-- @module poolsleuth.headline
local format  = require "poolsleuth.format"
local json    = require "poolsleuth.json"
local kinds   = require "poolsleuth.headline_kinds"
local verdict = require "poolsleuth.verdict"

local headline = {}

local known <const> = json.known
local GUESS <const> = 0.5 -- a suspect with a lower score is a guess

--- A size as prose has it.
-- @tparam number bytes
-- @treturn string "212 MiB"
function headline.size(bytes)
  return (format.size(bytes):gsub("(%a+)$", " %1"))
end

local DAYS_FROM <const> = 96 -- hours

local function in_unit(hours)
  if hours < 1.5 then return math.max(1, math.floor(hours * 60 + 0.5)), "minute" end
  if hours < DAYS_FROM then return math.floor(hours + 0.5), "hour" end
  return math.floor(hours / 24 + 0.5), "day"
end

--- A length of time as prose has it.
-- @tparam number hours
-- @treturn string "31 hours", "12 days"
function headline.time(hours)
  return format.counted(in_unit(hours))
end

--- The range of a forecast as prose has it; nil where it is unknown, or no wider than its rounding.
-- @tparam table ahead with `low` and `high` in hours
-- @treturn ?string "29 to 33 hours"
function headline.range(ahead)
  local low, high = known(ahead.low), known(ahead.high)
  if not low or not high then return nil end
  local first, unit = in_unit(low)
  local last, other = in_unit(high)
  if unit ~= other then return headline.time(low) .. " to " .. headline.time(high) end
  if first == last then return nil end
  return ("%s to %s %ss"):format(format.count(first), format.count(last), unit)
end

local function maker(suspect)
  local company = known(suspect.company)
  return company and " by " .. company or ""
end

-- "The driver acmeflt.sys 1.2.3 by Acme Inc."
local function who(finding)
  local suspect = verdict.culprit(finding.suspects or {})
  if suspect then
    local version = known(suspect.file_version)
    return ("The driver %s%s%s"):format(suspect.driver, version and " " .. version:gsub("%s.*", "") or "",
      maker(suspect))
  end
  local count = #(finding.suspects or {})
  if count > 1 then return ("One of %d drivers"):format(count) end
  return "A driver that the evidence does not name"
end

local function tag_text(finding)
  return finding.tag and format.quote(finding.tag) or "?"
end

local function pace(finding)
  local rate = known(finding.rate_bytes_per_hour)
  return rate and rate > 0 and (", about %s an hour"):format(headline.size(rate)) or ""
end

local function ending(finding)
  local ahead = known(finding.forecast)
  if not ahead or not known(ahead.hours) then return "" end
  local range = headline.range(ahead)
  return ("  At this rate what is left is used up in %s%s."):format(headline.time(ahead.hours),
    range and " (" .. range .. ")" or "")
end

local of_word = {}

function of_word.LEAK(finding)
  return ("%s takes %s kernel memory and does not give it back%s.%s"):format(who(finding),
    finding.pool or "pool", pace(finding), ending(finding))
end

function of_word.EXHAUSTED(finding)
  local share = known(finding.share)
  local part = not share and "much" or share >= 0.5 and "most" or format.percent(share)
  return ("%s pool is used up: requests for memory fail.  %s holds %s of it, under the tag %s."):format(
    ((finding.pool or "the"):gsub("^%l", string.upper)), who(finding), part, tag_text(finding))
end

function of_word.SUSPECT(finding)
  return ("%s is under suspicion: its memory under the tag %s grows%s, but the evidence is too short or too "
    .. "uneven to call it a leak.%s"):format(who(finding), tag_text(finding), pace(finding), ending(finding))
end

-- Where no tag is known: of a pool that is full, or of something else that is large.
local function high_without_tag(finding)
  local facts = {}
  for _, fact in ipairs(finding.facts or {}) do facts[fact.name] = fact.value end
  if not facts.fill then return "Much is in use at one moment: more snapshots will tell whether it grows." end
  local pool = facts.pool or finding.pool or "the"
  return ("%s pool is %s full, and the evidence does not tell which tag has it."):format(
    (pool:gsub("^%l", string.upper)), facts.fill)
end

function of_word.HIGH(finding)
  if not finding.tag then return high_without_tag(finding) end
  local suspect = verdict.culprit(finding.suspects or {})
  local share = known(finding.share)
  return ("The tag %s holds %s of %s pool%s.  One moment shows what is big and not what grows: "
    .. "more snapshots will tell.")
    :format(tag_text(finding), share and share <= 1 and format.percent(share) or "much",
      finding.pool or "the",
      suspect and (", and %s%s %s it"):format(suspect.driver, maker(suspect),
        (known(suspect.score) or 1) < GUESS and "may allocate" or "allocates") or "")
end

of_word["GROWING-CACHE"] = function(finding)
  return ("No leak is proved: the tag %s grows as a cache does that fills up, more and more slowly."):format(
    tag_text(finding))
end

function of_word.PLATEAU(finding)
  return ("No leak: the tag %s grew and has stopped."):format(tag_text(finding))
end

function of_word.BURST(finding)
  return ("No leak is proved: the tag %s grew in one step and stayed there."):format(tag_text(finding))
end

function of_word.LOAD(finding)
  return ("No leak is proved: the tag %s moves with the load of the machine."):format(tag_text(finding))
end

function of_word.RESERVED(finding)
  return ("No leak: what is big, the tag %s, is big by design."):format(tag_text(finding))
end

of_word["NOT-ENOUGH-DATA"] = function()
  return "The evidence does not suffice to say whether anything leaks: more snapshots are needed."
end

of_word["NO-LEAK"] = function()
  return "No driver leaks kernel memory as far as this evidence shows."
end

-- How a sentence begins that has the evidence for its rest.
local BEGINS <const> = {
  CRIT = "This is critical", WARN = "Worth a look", OK = "All is well", FIXED = "It is fixed",
  REDUCED = "It leaks less, and still does", UNCHANGED = "It leaks as before",
}
local BY_STATUS <const> = { [0] = "No leak", "Worth a look", "A leak" }

-- Words of one kind of leak: what the evidence says first.
local function other(finding)
  local word, first = finding.verdict, (finding.evidence or {})[1]
  local begins = BEGINS[word] or ("%s (%s)"):format(
    BY_STATUS[verdict.exit_status { finding }] or "Not known yet", (word:lower():gsub("%-", " ")))
  local suspect = verdict.culprit(finding.suspects or {})
  local of = suspect and (" (%s%s)"):format(suspect.driver, maker(suspect)) or ""
  local why = first and first.text and ": " .. first.text or ""
  return ((begins .. of .. why):gsub("%.?$", ".", 1))
end

--- Whether there is a sentence for a word: any other begins with what the word says.
-- @tparam string word
-- @treturn boolean
function headline.knows(word)
  return (of_word[word] or kinds[word] or BEGINS[word]) ~= nil
end

--- The sentence.
-- @tparam ?table finding the worst one, as documents of kind "verdict" have it
-- @tparam boolean complete whether all evidence could be read
-- @treturn string
function headline.of(finding, complete)
  if not finding then return "Nothing was found." end
  local make = of_word[finding.verdict] or kinds[finding.verdict] or other
  local text = known(finding.title) or make(finding, who(finding))
  if complete == false then text = text .. "  Part of the evidence could not be read." end
  return text
end

return headline
