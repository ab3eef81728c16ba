--- Verdicts: the words, how much evidence each needs, and the line that scripts can split.
-- @module poolsleuth.verdict
local format     = require "poolsleuth.format"
local statistics = require "poolsleuth.statistics"

local verdict = {}

-- Worst first; the number is the exit status.  A leak of one kind has the kind's own word.
local WORDS <const> = {
  { "EXHAUSTED", 2 }, { "HTTP-REFUSAL", 2 }, { "USER-HANDLE-LEAK", 2 }, { "KERNEL-REFERENCE-LEAK", 2 },
  { "ZOMBIES", 2 }, { "TOKEN-LEAK", 2 }, { "SESSION-LEAK", 2 }, { "ETW-SESSION-LEAK", 2 },
  { "PINNED-BY-FILTER", 2 }, { "NBL-HELD-BY-CALLOUT", 2 }, { "IRP-PENDING", 2 }, { "MDL-LEAK", 2 },
  { "KMDF-DEFAULT", 2 }, { "SHARED-TAG", 2 }, { "PER-START-LEAK", 2 }, { "VERIFIER-LEAK", 2 },
  { "REGRESSION", 2 }, { "LEAK", 2 }, { "CRIT", 2 }, { "SUSPECT", 1 }, { "HIGH", 1 }, { "REGISTRY-BLOAT", 1 },
  { "CACHE-UNTRIMMED", 1 }, { "NOT-POOL", 1 }, { "UNCHANGED", 1 }, { "WARN", 1 }, { "REDUCED", 1 },
  { "GROWING-CACHE", 1 }, { "NOT-ENOUGH-DATA", 3 }, { "BURST", 0 }, { "LOAD", 0 }, { "PLATEAU", 0 },
  { "RESERVED", 0 }, { "BY-DESIGN", 0 }, { "CACHE", 0 }, { "FIXED-DMA", 0 }, { "FIXED", 0 },
  { "NO-LEAK", 0 }, { "OK", 0 },
}

local NAMED_SCORE <const>, CLEAR_LEAD <const> = 0.3, 0.95

--- Every verdict word, worst first.
verdict.WORDS = {}

local rank, status = {}, {}
for i, word in ipairs(WORDS) do
  verdict.WORDS[i], rank[word[1]], status[word[1]] = word[1], i, word[2]
end

--- The thresholds of a verdict; a site's configuration may replace any of them.  Those of a series:
-- `min_growth_bytes` (less growth is noise), `min_growth_ratio` (likewise, of what the tag had),
-- `short_span_s` (over less time nothing is more than suspect), `never_freed` (a tag that frees less of its
-- allocations never frees), `significant_z` (2.326 is a one-sided p of 0.01), `fading` (a second half
-- slower than this share of the whole is a cache that fills up), `flat` (one that brings less than this
-- share of the growth has stopped), `floor_share` (of the growth that the least values must share in),
-- `step_fit` (a step that leaves less than this share of a line's misfit is a burst), `false_discovery`
-- (share of chance findings that is borne among many tags).
verdict.thresholds = statistics.thresholds()
local of_series = {}
for name in pairs(verdict.thresholds) do of_series[name] = true end
for name, value in pairs {
  min_share    = 0.02,   -- of its pool's growth, to be accused
  high_share   = 0.2,    -- of the pool's bytes, in one snapshot
  high_fill    = 0.8,    -- of the pool's limit
  many_objects = 100000, -- objects of one type alive at once
} do verdict.thresholds[name] = value end

--- Merge a site's thresholds over the built-in ones.
-- @tparam[opt] table given
-- @treturn table
function verdict.with_thresholds(given)
  return setmetatable(given or {}, { __index = verdict.thresholds })
end

--- Where a verdict word stands among all, the worst first.
-- @tparam string word
-- @treturn int behind all others for a word that is none of them
function verdict.rank(word) return rank[word] or #WORDS + 1 end

--- The exit status that goes with the worst word of some findings.
-- @tparam {table,...} findings each with `verdict`
-- @treturn int 0 to 3
function verdict.exit_status(findings)
  local worst
  for _, finding in ipairs(findings) do
    local at = rank[finding.verdict]
    if at and (not worst or at < worst) then worst = at end
  end
  return worst and WORDS[worst][2] or 0
end

--- Put findings in order: the `order` that an investigation gave them, else worst word first, then by weight
-- (bytes grown or held), then by tag.
-- @tparam {table,...} findings sorted in place
-- @treturn {table,...} the same
function verdict.sort(findings)
  table.sort(findings, function(a, b)
    local first, second = a.order or 0, b.order or 0
    if first ~= second then return first < second end
    local x, y = verdict.rank(a.verdict), verdict.rank(b.verdict)
    if x ~= y then return x < y end
    local s, t = a.weight or -1, b.weight or -1
    if s ~= t then return s > t end
    if a.tag ~= b.tag then return (a.tag or "") < (b.tag or "") end
    return (a.pool or "") < (b.pool or "")
  end)
  return findings
end

--- Is it a word of the list?
-- @tparam string word
-- @treturn boolean
function verdict.is_word(word) return status[word] ~= nil end

--- Does the word accuse: is somebody to do something about it?
-- @tparam string word
-- @treturn boolean
function verdict.accuses(word)
  return status[word] ~= nil and status[word] ~= 0 and word ~= "NOT-ENOUGH-DATA"
end

-- Are these thresholds of a series other than those that it was measured by?
local function differ(limits)
  for name in pairs(of_series) do
    if limits[name] ~= verdict.thresholds[name] then return true end
  end
  return false
end

--- The judgement of a row by given thresholds.
-- @tparam table row of Growth.rows
-- @tparam table growth the Growth it is from
-- @tparam table limits of with_thresholds
-- @treturn[1] table as of statistics.judge
-- @treturn[2] nil for a row of a single snapshot
function verdict.judgement(row, growth, limits)
  if not row.judged or row.judged_by == limits then return row.judged end
  row.measured = row.measured or row.judged
  row.judged = row.measured
  if growth.trend and differ(limits) then row.judged = assert(growth.trend:judge(row.index, limits)) end
  row.judged_by = limits
  return row.judged
end

-- Nearly all that it allocates is freed, and it is no large part: what came between two looks is load.
local function churns(row, limits)
  return row.freed_ratio and row.freed_ratio > 0.98 and (row.share or 1) < limits.high_share
end

--- The word for a tag that was followed over two or more snapshots: that of its judgement, unless its part in
-- the pool's growth is too small to accuse it.
-- @tparam table row of Growth.rows
-- @tparam table growth the Growth it is from
-- @tparam table limits of with_thresholds
-- @treturn string word
-- @treturn string confidence that the evidence allows: "high", "medium" or "low"
function verdict.of_trend(row, growth, limits)
  local judged = verdict.judgement(row, growth, limits)
  if not judged or judged.word == "NOT-ENOUGH-DATA" or judged.word == "NO-LEAK"
    or (row.share or 1) < limits.min_share then return "NO-LEAK", "medium" end
  local short = growth.span_s ~= nil and growth.span_s < limits.short_span_s
  if (row.points <= 2 or short) and churns(row, limits) then return "LOAD", "low" end
  return judged.word, judged.confidence
end

local order <const> = { low = 1, medium = 2, high = 3 }

--- The lesser of two confidences.
-- @tparam string a
-- @tparam string b
-- @treturn string
function verdict.lesser(a, b) return order[a] <= order[b] and a or b end

local UNIT_SIZES <const> = { B = 1.0, KiB = 2.0 ^ 10, MiB = 2.0 ^ 20, GiB = 2.0 ^ 30, TiB = 2.0 ^ 40 }

-- "198..226": in the unit that the rate itself is printed in.
local function range_in_unit_of(rate, low, high)
  local unit = UNIT_SIZES[format.rate(rate):match "(%a+)/h$"] or 1.0
  local digits = math.abs(high / unit) >= 10 and "%.0f..%.0f" or "%.2f..%.2f"
  return digits:format(low / unit, high / unit)
end

local function add_rates(parts, finding)
  local rate = finding.rate_bytes_per_hour
  if not rate then return end
  parts[#parts + 1] = "rate=" .. format.rate(rate)
  if finding.rate_low and finding.rate_high then
    parts[#parts + 1] = "rate-range=" .. range_in_unit_of(rate, finding.rate_low, finding.rate_high)
  end
end

local function add_forecast(parts, forecast)
  if not forecast or not forecast.hours then return end
  parts[#parts + 1] = ("exhausted-in=%.0fh"):format(forecast.hours)
  if forecast.low and forecast.high then
    parts[#parts + 1] = ("exhausted-range=%.0f..%.0f"):format(forecast.low, forecast.high)
  end
end

--- The suspect that the evidence prefers: none among equals, none on a bare lead.
-- @tparam {table,...} suspects best first
-- @treturn ?table
function verdict.culprit(suspects)
  local first, second = suspects[1], suspects[2]
  local score = first and (first.score or 1)
  if not first or score < NAMED_SCORE then return nil end
  if second and (second.score or 1) > CLEAR_LEAD * score then return nil end
  return first
end

local function add_driver(parts, suspects)
  local first = verdict.culprit(suspects)
  if not first then
    if suspects[1] then parts[#parts + 1] = ("candidates=%d"):format(#suspects) end
    return
  end
  parts[#parts + 1] = "driver=" .. first.driver:gsub("%s", "_")
  if first.file_version then parts[#parts + 1] = "version=" .. first.file_version:gsub("%s.*", "") end
  if first.company then parts[#parts + 1] = "company=" .. format.quote(first.company) end
end

-- What a playbook wants to have in its line: a word stays one word.
local function add_facts(parts, facts)
  for _, fact in ipairs(facts) do
    local value = fact.value
    if math.type(value) == "float" then value = ("%.4g"):format(value) end
    parts[#parts + 1] = fact.name .. "=" .. format.word(tostring(value))
  end
end

-- Where the evidence is of several machines, the one that it is about.
local function add_host(parts, finding)
  if not finding.host then return end
  for _, fact in ipairs(finding.facts or {}) do
    if fact.name == "host" then return end
  end
  parts[#parts + 1] = "host=" .. format.word(finding.host)
end

--- The one line of a finding: the word, then name=value pairs that scripts can split.
-- @tparam table finding
-- @treturn string
function verdict.line(finding)
  local parts = { finding.verdict }
  if finding.tag then parts[#parts + 1] = "tag=" .. format.quote(format.tag_text(finding.tag)) end
  if finding.pool then parts[#parts + 1] = "pool=" .. finding.pool end
  add_host(parts, finding)
  add_facts(parts, finding.facts or {})
  add_rates(parts, finding)
  if finding.freed_ratio then parts[#parts + 1] = ("freed=%.1f%%"):format(finding.freed_ratio * 100) end
  if finding.share then parts[#parts + 1] = ("share=%.0f%%"):format(finding.share * 100) end
  add_driver(parts, finding.suspects or {})
  if finding.confidence then parts[#parts + 1] = "confidence=" .. finding.confidence end
  add_forecast(parts, finding.forecast)
  return table.concat(parts, " ")
end

return verdict
