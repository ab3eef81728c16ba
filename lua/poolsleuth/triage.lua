--- Triage: which tags deserve a finding, and with which word.
-- @module poolsleuth.triage
local format  = require "poolsleuth.format"
local glob    = require "poolsleuth.glob"
local growth  = require "poolsleuth.growth"
local totals  = require "poolsleuth.totals"
local verdict = require "poolsleuth.verdict"

local triage = {}

local LOOK_FOR_VICTIMS <const> = 40 -- that many of the fastest growing tags are compared
local CARRIES_GROWTH <const> = 0.5
local BIG_SHARE <const> = 0.1
local MANY_BLOCKS <const> = 1000000  -- of one tag, where nothing says how large its pool is
local MOST_OF_ROWS <const>, MUCH <const> = 0.5, 256 << 20 -- likewise
local FLAT_RATIO <const> = 0.02
local FREED_STEP <const> = 0.02

-- How much of the pool's total the rows explain: once for all, and each snapshot that is odd.
local function check_coverage(case, moved)
  local least, most = {}, {}
  for _, entry in ipairs(moved.at_hand) do
    for _, part in ipairs(growth.coverage(entry)) do
      local pool, covered = part.pool, part.covered
      least[pool] = math.min(least[pool] or covered, covered)
      most[pool] = math.max(most[pool] or covered, covered)
      if part.problem then
        case:problem { source = entry.source.path, severity = "flagged",
          text = ("%s pool: rows of %s against a total of %s: %s"):format(pool, format.bytes(part.rows_bytes),
            format.bytes(part.total_bytes), part.problem) }
      end
    end
  end
  for _, pool in ipairs { "nonpaged", "paged" } do
    if least[pool] then
      local low, high = format.percent(least[pool]), format.percent(most[pool])
      case:problem { text = ("the rows cover %s of %s pool's total"):format(
        low == high and low or low .. " to " .. high, pool) }
    end
  end
end

--- Note what limits the answer: order, restarts, hosts, totals that disagree with the rows.
-- @tparam Case case
-- @tparam Growth moved
function triage.check(case, moved)
  for _, text in ipairs(case.series.problems) do case:problem { text = text } end
  if moved.reboots > 0 then
    case:problem { text = ("the machine was restarted %d times in between: growth is added up run by run")
      :format(moved.reboots) }
  end
  check_coverage(case, moved)
end

local function system_rows(moved)
  local rows = {}
  for _, row in ipairs(moved.rows) do
    if row.session ~= "all" then rows[#rows + 1] = row end
  end
  return rows
end

--- What the reader of a result without accusation should still be told.
-- @tparam Growth moved
-- @tparam[opt] Case case whose counters are told, where it has such
-- @treturn {table,...} evidence
function triage.summary(moved, case)
  local evidence = {}
  for i, row in ipairs(system_rows(moved)) do
    if i > 3 then break end
    local text = moved.count > 1 and row.points > 1
      and ("%s grew most: by %s to %s"):format(format.tag(row.tag), format.bytes(row.growth),
        format.bytes(row.last_bytes))
      or ("%s is among the largest: %s"):format(format.tag(row.tag), format.bytes(row.last_bytes))
    local source, place = moved:place(row)
    evidence[#evidence + 1] = { text = text, source = source, place = place }
  end
  for _, name in ipairs(case and { "nonpaged", "paged" } or {}) do
    evidence[#evidence + 1] = totals.evidence(case, name)
  end
  return evidence
end

-- Without the pool's total: what is much by any measure, and not so by design.
local function why_much(case, moved, row, limits)
  local diff = row.last.diff
  local told = row.share or row.last_bytes < limits.min_growth_bytes
  if told or case.knowledge:by_design(row.tag) then return nil end
  if diff and diff >= MANY_BLOCKS then
    return ("%s of its blocks are alive at once"):format(format.count(diff))
  end
  local rows = moved.pools[row.pool].rows
  if row.last_bytes >= MUCH and row.last_bytes >= MOST_OF_ROWS * rows then
    return ("it holds %s of what the rows of %s pool hold; the pool's total is not known"):format(
      format.percent(row.last_bytes / rows), row.pool)
  end
end

local function why_high(case, moved, row, limits)
  local last, fill = row.last, moved:fill(row.pool)
  local object = case.knowledge:object(row.tag)
  if object and last.diff and last.diff >= (object.many or limits.many_objects) then
    return ("%s %s are alive at once"):format(format.count(last.diff), object.object or "objects of one type")
  end
  if row.share and fill and fill >= limits.high_fill and row.share >= BIG_SHARE then
    return "the pool is nearly full, and this tag holds much of it"
  end
  if row.share and row.share >= limits.high_share then return "one tag holds much of the pool" end
  local hoards = row.freed_ratio and row.freed_ratio < 0.1 and row.allocs >= limits.many_objects
  if hoards and row.last_bytes >= limits.min_growth_bytes then
    return "hardly any of its allocations was freed"
  end
  return why_much(case, moved, row, limits)
end

local function rest_of_pool(moved, row, rows)
  local total, seen = moved.pools[row.pool].header or moved.pools[row.pool].tagged, 0
  if not total or moved.last.snapshot:scope() == "whole" then return nil end
  for _, other in ipairs(rows) do
    if other.pool == row.pool and not other.session then seen = seen + other.last_bytes end
  end
  return ("%s of %s pool is in none of the rows shown"):format(format.percent(1 - seen / total), row.pool)
end

--- The tags of a single snapshot that stand out.
-- @tparam Case case
-- @tparam Growth moved
-- @tparam table limits thresholds
-- @tparam int most
-- @treturn {table,...} each `row`, `word` (HIGH or RESERVED), `evidence`
function triage.high(case, moved, limits, most)
  local found, rows = {}, system_rows(moved)
  for _, row in ipairs(rows) do
    if #found >= most then break end
    local why, design = why_high(case, moved, row, limits), case.knowledge:by_design(row.tag)
    if why and design then
      found[#found + 1] = { row = row, word = "RESERVED", evidence = { "large by design: " .. design.text } }
    elseif why then
      found[#found + 1] = { row = row, word = "HIGH", evidence = { why, rest_of_pool(moved, row, rows) } }
    end
  end
  return found
end

-- Does it make up most of what its pool grew by, and a good part of what both did?
local function carries_growth(moved, row)
  local both = moved.totals.nonpaged.base + moved.totals.paged.base
  return (row.share or 1) >= CARRIES_GROWTH and row.growth >= CARRIES_GROWTH / 2 * both
end

-- A tag that is large by design, or names nobody, is accused only when it carries the growth.
local function soften(case, moved, row, word, confidence)
  if (word ~= "LEAK" and word ~= "SUSPECT") or carries_growth(moved, row) then return word, confidence end
  if case.knowledge:by_design(row.tag) then return "GROWING-CACHE", "medium" end
  if case.knowledge:shared(row.tag) and word == "LEAK" then return "SUSPECT", "medium" end
  return word, confidence
end

local accusing <const> = { LEAK = true, SUSPECT = true }

-- How much is freed, so coarsely that two tags of one leak are not told apart by noise.
local function freed_step(row) return math.floor((row.freed_ratio or 1) / FREED_STEP + 0.5) end

-- What file systems keep for each open file follows whoever keeps the file; the file itself may be the cause.
local function kept_for_files(case)
  local family = case.knowledge:entry("families", "file objects")[1]
  local of_family = glob.any(family and family.tags or {})
  return function(row) return of_family(row.tag) and not case.knowledge:object(row.tag) end
end

-- The tag that the others follow: the one that is not freed; of several, one that is not kept for open files;
-- then the one that grew most.
local function sources_first(case)
  local kept = kept_for_files(case)
  return function(a, b)
    local x, y = freed_step(a), freed_step(b)
    if x ~= y then return x < y end
    if kept(a) ~= kept(b) then return kept(b) end
    if a.growth ~= b.growth then return a.growth > b.growth end
    return a.index < b.index
  end
end

-- Tags by the tag that they follow; who follows another is followed by nobody.
local function find_victims(case, moved, rows)
  local ordered, victim_of = table.move(rows, 1, math.min(#rows, LOOK_FOR_VICTIMS), 1, {}), {}
  table.sort(ordered, sources_first(case))
  for i, source in ipairs(ordered) do
    for j = i + 1, victim_of[source] and 0 or #ordered do
      local other = ordered[j]
      local ratio, fraction
      if not victim_of[other] then ratio, fraction = moved:lockstep(source, other) end
      if ratio then
        victim_of[other] = { source = source, row = other, ratio = ratio, fraction = fraction }
      end
    end
  end
  return victim_of
end

local function victims_of(source, victim_of)
  local list = {}
  for _, victim in pairs(victim_of) do
    if victim.source == source then list[#list + 1] = victim end
  end
  table.sort(list, function(a, b) return a.row.index < b.row.index end)
  return list
end

--- The tags that grew, judged; those that follow another are its victims.
-- @tparam Case case
-- @tparam Growth moved
-- @tparam table limits thresholds
-- @tparam int most
-- @treturn {table,...} each `row`, `word`, `confidence`, `victims`
function triage.grown(case, moved, limits, most)
  local rows, judged, growing = system_rows(moved), {}, {}
  for _, row in ipairs(rows) do
    local word, confidence = verdict.of_trend(row, moved, limits)
    word, confidence = soften(case, moved, row, word, confidence)
    judged[row] = { row = row, word = word, confidence = confidence }
    if row.growth >= limits.min_growth_bytes / 16 and (accusing[word] or row.rises > row.falls) then
      growing[#growing + 1] = row
    end
  end
  local victim_of, found = find_victims(case, moved, growing), {}
  for _, row in ipairs(rows) do
    local one = judged[row]
    if #found < most and one.word ~= "NO-LEAK" and not victim_of[row] then
      one.victims = accusing[one.word] and victims_of(row, victim_of) or nil
      found[#found + 1] = one
    end
  end
  return found
end

--- Large tags that did not grow: not accused, and said so.  One that a single snapshot has tells nothing
-- of growth.
-- @tparam Case case
-- @tparam Growth moved
-- @tparam table limits thresholds
-- @tparam[opt] {table,...} grown of triage.grown: what is in it has its word
-- @treturn {table,...} each `row`, `word` (RESERVED), `evidence`
function triage.constant(case, moved, limits, grown)
  local found, told = {}, {}
  for _, one in ipairs(grown or {}) do told[one.row] = true end
  for _, row in ipairs(system_rows(moved)) do
    local total = moved.pools[row.pool].header or moved.pools[row.pool].rows
    local big = total and total > 0 and row.last_bytes >= BIG_SHARE * total
    local flat = math.abs(row.growth) < math.max(limits.min_growth_bytes, FLAT_RATIO * row.last_bytes)
    local design = case.knowledge:by_design(row.tag)
    if big and flat and row.points > 1 and not told[row] then
      local why = design and "large by design: " .. design.text or "large, but it does not grow"
      found[#found + 1] = { row = row, word = design and "RESERVED" or "NO-LEAK", evidence = { why } }
    end
  end
  return found
end

return triage
