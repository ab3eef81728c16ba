--- Outcomes: the finding that says what became of a tag after a fix.
-- @module poolsleuth.outcome
local finding = require "poolsleuth.finding"
local format  = require "poolsleuth.format"
local steps   = require "poolsleuth.steps"

local outcome = {}

local STILL_GROWS <const> = { REDUCED = true, UNCHANGED = true }

-- A rate with its error in the unit of the larger: "3.2 ± 0.2 MiB/h" is for prose.
local function with_error(rate, err)
  return ("%s ± %s"):format(format.rate(rate), format.rate(err))
end

local titles = {}

function titles.FIXED(one)
  if not one.after then return "The tag is gone: nothing of the leak is left." end
  return ("Nothing is left but noise: %s, where it was %s."):format(with_error(one.rate, one.rate_error),
    with_error(one.was, one.was_error))
end

function titles.REDUCED(one)
  return ("%.1f times slower than before, but %s is left: it still leaks."):format(one.factor,
    with_error(one.rate, one.rate_error))
end

function titles.UNCHANGED(one)
  if one.rate - one.rate_error > one.was + one.was_error then
    return ("It grows even faster: %s, where it was %s."):format(with_error(one.rate, one.rate_error),
      with_error(one.was, one.was_error))
  end
  return ("The change made no difference that can be told: %s before, %s after."):format(
    with_error(one.was, one.was_error), with_error(one.rate, one.rate_error))
end

titles["NOT-ENOUGH-DATA"] = function(one)
  if not one.rate then return "There are no rates to compare." end
  return ("What is left cannot be told from noise yet: %s, where it was %s."):format(
    with_error(one.rate, one.rate_error), with_error(one.was, one.was_error))
end

local function facts_of(one)
  local facts = {}
  local function add(name, value) facts[#facts + 1] = { name = name, value = value } end
  if one.word == "REDUCED" then add("factor", ("%.1fx"):format(one.factor)) end
  if one.rate then
    add("residual", format.rate(one.rate))
    add("residual-error", format.rate(one.rate_error))
  end
  if one.was then
    add("before", format.rate(one.was))
    add("before-error", format.rate(one.was_error))
  end
  return facts
end

local function side_evidence(growth, row, when)
  local source, place = growth:place(row)
  return { source = source, place = place,
    text = ("%s the change it went from %s to %s in %d snapshots%s"):format(when,
      format.bytes(row.first_bytes), format.bytes(row.last_bytes), row.points,
      growth.span_s and " over " .. format.span(growth.span_s) or "") }
end

local function evidence_of(compare, one)
  local list = { side_evidence(compare.before, one.row, "before") }
  if not one.after then
    list[2] = { text = "no snapshot from after the change has the tag" }
  elseif not STILL_GROWS[one.word] then
    list[2] = side_evidence(compare.after, one.after, "after")
  end
  if one.word == "REDUCED" then
    local high = one.factor_high and ("%.3g"):format(one.factor_high) or "more"
    list[#list + 1] = { text = ("the rate fell by a factor of %.3g (%.3g to %s)"):format(one.factor,
      one.factor_low, high) }
  end
  return list
end

--- The finding of one outcome.
-- @tparam Case case
-- @tparam Comparison compare
-- @tparam table one of Comparison:outcomes
-- @treturn table for case:finding
function outcome.finding(case, compare, one)
  local found
  if STILL_GROWS[one.word] then
    found = finding.of_tag(case, compare.after, one.after, one.word, "high", { accuses = true })
  else
    found = { tag = one.row.tag, pool = one.row.pool, session = one.row.session, verdict = one.word,
      evidence = {}, suspects = {}, victims = {}, next = {}, rate_bytes_per_hour = one.rate }
    if one.word == "NOT-ENOUGH-DATA" then found.next = steps.more_snapshots(one.row.tag) end
  end
  local about = evidence_of(compare, one)
  found.evidence = table.move(found.evidence, 1, #found.evidence, #about + 1, about)
  found.facts, found.title, found.weight = facts_of(one), titles[one.word](one), one.was or 0
  found.factor, found.confidence = one.factor, found.confidence or "high"
  if one.rate then
    found.rate_low, found.rate_high = one.rate - one.rate_error, one.rate + one.rate_error
  end
  return found
end

return outcome
