--- Findings: what a playbook says of one tag, with the evidence for each number.
-- @module poolsleuth.finding
local empty_pools = require "poolsleuth.empty_pools"
local forecast    = require "poolsleuth.forecast"
local format      = require "poolsleuth.format"
local judgement   = require "poolsleuth.judgement"
local steps       = require "poolsleuth.steps"
local suspects    = require "poolsleuth.suspects"
local totals      = require "poolsleuth.totals"
local verdict     = require "poolsleuth.verdict"

local finding = {}

local MOST_SITES <const>, MOST_RAW <const> = 4, 3
local ACCUSING <const> = { LEAK = true, SUSPECT = true, HIGH = true, EXHAUSTED = true }

local function add(found, text, source, place)
  found.evidence[#found.evidence + 1] = { text = text, source = source, place = place }
end

local function describe_growth(found, growth, row)
  local source, place = growth:place(row)
  if growth.count == 1 or row.points == 1 then
    local last = row.last or {}
    local blocks = last.diff and (" in %s allocations"):format(format.count(last.diff)) or ""
    add(found, ("holds %s%s"):format(format.bytes(row.last_bytes), blocks), source, place)
    return
  end
  local over = growth.span_s and (" over " .. format.span(growth.span_s)) or ""
  if row.growth == 0 and row.rises == 0 then
    add(found, ("stayed at %s in %d snapshots%s"):format(format.bytes(row.last_bytes), row.points, over),
      source, place)
    return
  end
  add(found, ("went from %s to %s in %d snapshots%s"):format(
    format.bytes(row.first_bytes), format.bytes(row.last_bytes), row.points, over), source, place)
  add(found, ("grew in %d of %d intervals"):format(row.rises, row.intervals))
  for _, text in ipairs(judgement.texts(row, growth)) do add(found, text) end
end

local function describe_frees(found, row)
  if row.freed_ratio and row.allocs then
    local since = row.points > 1 and "made meanwhile" or "made since the start"
    add(found, ("%s of %s allocations %s were freed"):format(
      format.percent(row.freed_ratio), format.count(row.allocs), since))
  end
end

-- Memory totals may come from another file than the rows.
local function totals_path(growth)
  return (growth.last.totals_source or growth.last.source).path
end

local function describe_share(found, growth, row)
  if not row.share or row.share <= 0 then return end
  local what = growth.count > 1 and "is %s of the growth of %s pool" or "is %s of %s pool"
  add(found, what:format(format.percent(row.share), row.pool))
  local fill, used, limit = growth:fill(row.pool)
  if fill then
    add(found, ("%s pool is at %.1f%% of its maximum: %s of %s"):format(
      row.pool, fill * 100, format.bytes(used), format.bytes(limit)), totals_path(growth))
  end
  local failures = growth.last.memory.pool_failures
  if failures and failures > 0 then
    add(found, ("%s pool allocations have failed"):format(format.count(failures)), totals_path(growth))
  end
end

-- What a log of counters saw of the pool meanwhile.
local function describe_counters(found, case, growth, row)
  local first, last = growth.first.time, growth.last.time
  local seen = growth.count > 1
    and totals.evidence(case, row.pool, first, last, growth.last.snapshot:host())
  if seen then add(found, seen.text, seen.source, seen.place) end
  local empty = empty_pools.evidence(case, row.pool)
  if empty then add(found, empty.text, empty.source, empty.place) end
end

-- The flags of a row that contradicts itself, with the numbers that do.
local function describe_contradiction(found, growth, row)
  local last = row.last
  local flags = {}
  for _, flag in ipairs(last and last.flags or {}) do flags[flag] = true end
  local source, place = growth:place(row)
  if flags["diff-mismatch"] then
    local divides = last.per_alloc and last.bytes and not flags["per-alloc-mismatch"]
    local supports = divides and ("; Bytes / Diff gives Per Alloc %s, which supports Diff")
      :format(format.count(last.per_alloc)) or ""
    add(found, ("the row contradicts itself: Allocs - Frees is %s, but Diff says %s%s"):format(
      format.count(last.allocs - last.frees), format.count(last.diff), supports), source, place)
  end
  if flags["per-alloc-mismatch"] then
    add(found, "the row contradicts itself: Bytes / Diff is not Per Alloc", source, place)
  end
end

-- All that is known of an accused tag; of the others one fact suffices.
local function describe_knowledge(found, case, row, accused)
  local most = accused and math.huge or 1
  for i, known in ipairs(case.knowledge:explain(row.tag)) do
    if i <= most and known.kind ~= "unknown" then add(found, known.text, known.where) end
  end
end

local function describe_sites(found, suspect)
  for i, site in ipairs(suspect and suspect.sites or {}) do
    if i > MOST_SITES then
      add(found, ("and %d more call sites"):format(#suspect.sites - MOST_SITES), suspect.path)
      return
    end
    local size = site.size and (", %s bytes"):format(format.count(site.size)) or ""
    add(found, ("%s calls %s with this tag%s%s"):format(suspect.driver, site.api,
      site.pool and (", " .. site.pool) or "", size), suspect.path, "RVA " .. format.hex(site.rva))
  end
end

-- Files in which a search for the letters would stop, and why they are not accused.
local function describe_raw_hits(found, case, row, list)
  local accused, named = {}, {}
  for _, suspect in ipairs(list) do
    if suspect.record then accused[suspect.record] = true end
  end
  for _, hit in ipairs(case.drivers:raw_hits(row.tag)) do
    if not accused[hit.record] then named[#named + 1] = hit.record.name end
  end
  if #named == 0 then return end
  local shown = table.concat(named, ", ", 1, math.min(MOST_RAW, #named))
  local more = #named > MOST_RAW and (" and %d more"):format(#named - MOST_RAW) or ""
  add(found, ("a raw search also finds the four letters in %s%s, but no call there passes them")
    :format(shown, more))
end

local WEIGHTY <const> = 0.5 -- of the tag's own rate: from there on, what grows along belongs to the forecast

-- The rate at which a tag fills its pool, with what grows along with it where that weighs much.
local function rate_of_all(row, victims)
  local all, along = { pool = row.pool, slope = row.slope, low = row.low, high = row.high }, 0
  for _, victim in ipairs(victims) do
    local other = victim.row
    if other.pool == row.pool and other.slope and other.slope > 0 then
      along = along + other.slope
      all.low  = all.low and all.low + math.max(other.low or other.slope, 0)
      all.high = all.high and all.high + (other.high or other.slope)
    end
  end
  if not row.slope or row.slope <= 0 or along < WEIGHTY * row.slope then return row, 0 end
  all.slope = row.slope + along
  return all, along
end

local function describe_forecast(found, case, growth, row, victims)
  local rate, along = rate_of_all(row, victims)
  local ahead = forecast.of(rate, growth.last.memory, case.limits)
  found.forecast = ahead
  if not ahead then return end
  local what = along > 0 and ("with what grows along, %s more,"):format(format.rate(along)) or "at this rate"
  add(found, ("%s it takes %s to use up %s, %s"):format(what, format.duration(ahead.hours * 3600),
    ahead.basis, format.bytes(ahead.headroom_bytes)), totals_path(growth))
end

local function choose_steps(found, case, row)
  local object, shared = case.knowledge:object(row.tag), case.knowledge:shared(row.tag)
  local first = found.suspects[1]
  local list = {}
  local function append(more) table.move(more, 1, #more, #list + 1, list) end
  if object then append(steps.for_objects(object)) end
  if shared and shared.kind == "untagged" then append(steps.untagged()) end
  if first and not object then append(steps.for_driver(first, row.tag)) end
  if #list == 0 then append(steps.find_owner(row.tag)) end
  if found.verdict ~= "LEAK" or found.confidence ~= "high" then append(steps.more_snapshots(row.tag)) end
  return list
end

local function identify(found, case, row)
  local list = suspects.of(case, row)
  found.suspects = list
  describe_sites(found, list[1])
  describe_raw_hits(found, case, row, list)
  local sure = suspects.confidence(list)
  if sure then found.confidence = verdict.lesser(found.confidence, sure) end
end

--- Make the finding for one tag.
-- @tparam Case case
-- @tparam Growth growth
-- @tparam table row of growth.rows
-- @tparam string word the verdict
-- @tparam string confidence that the evidence allows
-- @tparam[opt] table extra `victims` (rows with `ratio` and `fraction`), `evidence` ({text,...} to
--   put first), `suspects` and `next` (in place of those that are looked for), `accuses` (a word of a kind
--   of its own accuses)
-- @treturn table the fields of poolsleuth.verdict/1; `tag` holds the four raw bytes
function finding.of_tag(case, growth, row, word, confidence, extra)
  extra = extra or {}
  local accused = ACCUSING[word] or extra.accuses
  local found = { verdict = word, tag = row.tag, pool = row.pool, session = row.session,
    rate_bytes_per_hour = row.slope, rate_low = row.low, rate_high = row.high, freed_ratio = row.freed_ratio,
    weight = growth.count > 1 and row.growth or row.last_bytes,
    share = row.share and row.share >= 0 and row.share or nil, -- what shrank has no share in growth
    confidence = confidence, statistics = judgement.numbers(row), evidence = {},
    suspects = {}, victims = {}, next = {} }
  describe_growth(found, growth, row)
  describe_frees(found, row)
  describe_share(found, growth, row)
  if accused then describe_counters(found, case, growth, row) end
  describe_contradiction(found, growth, row)
  for _, text in ipairs(extra.evidence or {}) do add(found, text) end
  for _, victim in ipairs(extra.victims or {}) do
    found.victims[#found.victims + 1] = { tag = victim.row.tag, pool = victim.row.pool, ratio = victim.ratio }
    add(found, ("%s grows in lock-step with it, %s for one: it is downstream, not a leak of its own"):format(
      format.tag(victim.row.tag), ("%.3f"):format(victim.ratio)), growth:place(victim.row))
  end
  found.measured = #found.evidence -- what is measured comes before what is known
  describe_knowledge(found, case, row, accused)
  if accused then
    if extra.suspects then found.suspects = extra.suspects else identify(found, case, row) end
    describe_forecast(found, case, growth, row, extra.victims or {})
    found.next = extra.next or choose_steps(found, case, row)
  end
  return found
end

return finding
