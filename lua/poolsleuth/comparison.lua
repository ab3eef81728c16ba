--- Comparison: how fast a tag grew before a change and after it, and what that says of the change.
-- @module poolsleuth.comparison
local format  = require "poolsleuth.format"
local verdict = require "poolsleuth.verdict"

local comparison = {}
comparison.__index = comparison

local FEWEST <const> = 3          -- snapshots on each side
local NEGLIGIBLE <const> = 0.05   -- of the rate before: as good as nothing
local BLURRED <const> = 0.25      -- of the rate before: an error so large hides what is left

local SLOWER <const> = 0.9        -- of the rate before, or it is not worth a word

local GREW <const> = { LEAK = true, SUSPECT = true, ["GROWING-CACHE"] = true }

local function key_of(row)
  return ("%08x %s %s"):format(row.value & 0x7fffffff, row.pool, row.session or "")
end

local function by_key(rows)
  local found = {}
  for _, row in ipairs(rows) do found[key_of(row)] = row end
  return found
end

--- Compare two measured series.
-- @tparam Growth before
-- @tparam Growth after
-- @tparam table thresholds of verdict.with_thresholds
-- @treturn Comparison
function comparison.new(before, after, thresholds)
  return setmetatable({ before = before, after = after, thresholds = thresholds,
    rows_after = by_key(after.rows), rows_before = by_key(before.rows) }, comparison)
end

local function side_is_short(growth, thresholds)
  if growth.count < FEWEST then
    return format.counted(growth.count, "snapshot")
  end
  if not growth.span_s then return "snapshots without times" end
  if growth.span_s < thresholds.short_span_s then return "less than half an hour" end
end

--- Why the two sides are too little to compare.
-- @treturn ?string nil where they suffice
function comparison:lacks()
  for _, name in ipairs { "before", "after" } do
    local short = side_is_short(self[name], self.thresholds)
    if short then
      return ("%s the change there are only %s: it takes %d over half an hour"):format(name, short, FEWEST)
    end
  end
end

-- The rate of a row with half the width of its interval; a tag that is gone grows no more.
local function rate_of(row)
  if not row then return 0, 0 end
  if not row.slope then return nil end
  local low, high = row.low or row.slope, row.high or row.slope
  return row.slope, (high - low) / 2
end

local function word_of(rate, low, high, was, was_low)
  if low <= 0 or high <= NEGLIGIBLE * was then
    if high - rate > BLURRED * was then return "NOT-ENOUGH-DATA" end
    return "FIXED"
  end
  return high < SLOWER * was_low and "REDUCED" or "UNCHANGED"
end

--- What became of one tag.
-- @tparam table row of the Growth before
-- @treturn table `word`, `row` (before), `after` (its row, nil where the tag is gone), `was`, `was_error`,
--   `rate`, `rate_error` (bytes an hour; the errors are half the widths of the intervals), `factor`
--   (rate before over rate after), `factor_low`, `factor_high`
function comparison:of(row)
  local after = self.rows_after[key_of(row)]
  local was, was_error = rate_of(row)
  local rate, rate_error = rate_of(after)
  local found = { row = row, after = after, was = was, was_error = was_error, rate = rate,
    rate_error = rate_error, word = "NOT-ENOUGH-DATA" }
  if not was or not rate or was <= 0 then return found end
  found.word = word_of(rate, rate - rate_error, rate + rate_error, was, was - was_error)
  if rate > 0 then
    found.factor, found.factor_low = was / rate, math.max(0, was - was_error) / (rate + rate_error)
    if rate > rate_error then found.factor_high = (was + was_error) / (rate - rate_error) end
  end
  return found
end

--- The tags that grew before the change, each with what became of it; the fastest first.
-- @tparam function wants of a row: whether it is looked at
-- @tparam int most
-- @treturn {table,...} as Comparison:of gives
function comparison:outcomes(wants, most)
  local grown = {}
  for _, row in ipairs(self.before.rows) do
    local grew = row.session ~= "all" and wants(row)
      and GREW[verdict.of_trend(row, self.before, self.thresholds)]
    if grew and row.slope and row.slope > 0 then grown[#grown + 1] = row end
  end
  table.sort(grown, function(a, b)
    if a.slope ~= b.slope then return a.slope > b.slope end
    return key_of(a) < key_of(b)
  end)
  local outcomes = {}
  for i = 1, math.min(most, #grown) do outcomes[i] = self:of(grown[i]) end
  return outcomes
end

--- The tags that grow only since the change.
-- @tparam function wants of a row
-- @treturn {table,...} each `row` (of the Growth after), `word`, `confidence`
function comparison:newcomers(wants)
  local found = {}
  for _, row in ipairs(self.after.rows) do
    local word, confidence = verdict.of_trend(row, self.after, self.thresholds)
    local accused = (word == "LEAK" or word == "SUSPECT") and row.session ~= "all" and wants(row)
    local old = accused and self.rows_before[key_of(row)]
    local grew = old and GREW[verdict.of_trend(old, self.before, self.thresholds)]
    if accused and not grew then found[#found + 1] = { row = row, word = word, confidence = confidence } end
  end
  return found
end

return comparison
