--- The headline of a report: what was found, in a sentence for people who do not know pool tags.
-- @module poolsleuth.headline
local format = require "poolsleuth.format"
local json   = require "poolsleuth.json"

local headline = {}

local known <const> = json.known
local NAMED_SCORE <const>, CLEAR_LEAD <const> = 0.3, 0.95

--- The suspect that a finding names: the first, where the evidence prefers it.
-- @tparam table finding
-- @treturn ?table
function headline.culprit(finding)
  local first, second = (finding.suspects or {})[1], (finding.suspects or {})[2]
  if not first then return nil end
  local score = known(first.score) or 1
  if score < NAMED_SCORE or (second and (known(second.score) or 1) > CLEAR_LEAD * score) then return nil end
  return first
end

local function maker(suspect)
  local company = known(suspect.company)
  return company and " by " .. company or ""
end

-- "The driver acmeflt.sys 1.2.3 by Acme Inc."
local function who(finding)
  local suspect = headline.culprit(finding)
  if suspect then
    local version = known(suspect.file_version)
    return ("The driver %s%s%s"):format(suspect.driver, version and " " .. version:gsub("%s.*", "") or "",
      maker(suspect))
  end
  local count = #(finding.suspects or {})
  if count > 1 then return ("One of %d drivers"):format(count) end
  return "A driver that is not named by the evidence yet"
end

local function tag_text(finding)
  return finding.tag and format.quote(finding.tag) or "?"
end

local function pace(finding)
  local rate = known(finding.rate_bytes_per_hour)
  return rate and rate > 0 and (", about %s an hour"):format(format.bytes(rate)) or ""
end

local function ending(finding)
  local ahead = known(finding.forecast)
  if not ahead or not known(ahead.hours) then return "" end
  local range = known(ahead.low) and known(ahead.high) and (" (between %s and %s)"):format(
    format.duration(ahead.low * 3600), format.duration(ahead.high * 3600)) or ""
  return ("  At this rate what is left is used up in %s%s."):format(format.duration(ahead.hours * 3600), range)
end

local of_word = {}

function of_word.LEAK(finding)
  return ("%s takes %s kernel memory and does not give it back%s.%s"):format(who(finding),
    finding.pool or "pool", pace(finding), ending(finding))
end

function of_word.EXHAUSTED(finding)
  return ("%s pool is used up: requests for memory fail.  %s holds most of it, under the tag %s."):format(
    ((finding.pool or "the"):gsub("^%l", string.upper)), who(finding), tag_text(finding))
end

function of_word.SUSPECT(finding)
  return ("%s is under suspicion: its memory under the tag %s grows%s, but the evidence is too short or too uneven "
    .. "to call it a leak.%s"):format(who(finding), tag_text(finding), pace(finding), ending(finding))
end

function of_word.HIGH(finding)
  local suspect = headline.culprit(finding)
  local share = known(finding.share)
  return ("The tag %s holds %s of %s pool%s.  One moment shows what is big and not what grows: more snapshots will tell.")
    :format(tag_text(finding), share and format.percent(share) or "much", finding.pool or "the",
      suspect and (", and %s%s allocates it"):format(suspect.driver, maker(suspect)) or "")
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

--- The sentence.
-- @tparam ?table finding the worst one, as documents of kind "verdict" have it
-- @tparam boolean complete whether all evidence could be read
-- @treturn string
function headline.of(finding, complete)
  if not finding then return "Nothing was found." end
  local make = of_word[finding.verdict]
  local text = make and make(finding) or known(finding.title) or finding.verdict
  if complete == false then text = text .. "  Part of the evidence could not be read." end
  return text
end

return headline
