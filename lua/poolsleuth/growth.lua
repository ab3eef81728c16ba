--- Growth: how much each tag took of its pool, at one moment or over a series.
-- @module poolsleuth.growth
local pool = require "poolsleuth.pool"

local growth = {}
growth.__index = growth

local POOLS <const> = { "nonpaged", "paged" }
local LOCKSTEP_RESIDUAL <const>, RATIO_TOLERANCE <const>, LARGEST_TERM <const> = 0.05, 0.02, 4

local function is_summary(row) return row.session == "all" end

-- Bytes of each pool by the rows, and by what the source itself says of the pool.
local function pool_totals(entry)
  local totals = {}
  for _, name in ipairs(POOLS) do
    totals[name] = { rows = 0, header = entry.memory[name .. "_bytes"],
      tagged = entry.memory["tagged_" .. name .. "_bytes"], limit = entry.memory[name .. "_limit_bytes"] }
  end
  for _, row in ipairs(entry.snapshot:rows()) do
    local total = totals[row.pool]
    if row.bytes and not row.session then total.rows = total.rows + row.bytes end
  end
  return totals
end

--- How much of the pool's total the rows of a snapshot cover.
-- @tparam table entry of a series
-- @treturn {table,...} each `pool`, `rows_bytes`, `total_bytes`, `covered`, and `problem` where rows
--   exceed the total or a snapshot that claims to be whole covers under three quarters
function growth.coverage(entry)
  local found, totals = {}, pool_totals(entry)
  for _, name in ipairs(POOLS) do
    local total = totals[name]
    local whole = total.header or total.tagged
    if whole and whole > 0 and total.rows > 0 then
      local covered, problem = total.rows / whole, nil
      if covered > 1.01 then
        problem = "the rows exceed the total of the pool"
      elseif covered < 0.75 and entry.snapshot:scope() == "whole" then
        problem = "the source claims to hold all tags, yet much of the pool is in none of its rows"
      end
      found[#found + 1] = { pool = name, rows_bytes = total.rows, total_bytes = whole, covered = covered,
        problem = problem }
    end
  end
  return found
end

-- What the growth of each pool is measured against: the sum of what grew, or more by the header.
local function growth_totals(self)
  local first, last = self.entries[1], self.entries[#self.entries]
  for _, name in ipairs(POOLS) do
    local total = { grew = 0 }
    for _, row in ipairs(self.rows) do
      if row.pool == name and row.growth > 0 and not is_summary(row) then
        total.grew = total.grew + row.growth
      end
    end
    local before, after = first.memory[name .. "_bytes"], last.memory[name .. "_bytes"]
    total.header_growth = before and after and self.reboots == 0 and after - before or nil
    total.base = math.max(total.grew, total.header_growth or 0)
    self.totals[name] = total
  end
end

-- A series from files is followed here; one from a history brings its trend along.
local function trend_of(series)
  local snapshots = {}
  for i, entry in ipairs(series.entries) do snapshots[i] = entry.snapshot end
  return assert(pool.trend(snapshots, series.times))
end

local function measure_series(self, series)
  self.trend = series.trend or trend_of(series)
  self.rows = self.trend:rows()
  self.reboots = 0
  for i = 2, #series.entries do
    if self.trend:reboot_before(i) then self.reboots = self.reboots + 1 end
  end
  growth_totals(self)
  for i, row in ipairs(self.rows) do
    row.index = i
    local base = self.totals[row.pool].base
    row.share = base > 0 and row.growth / base or nil
  end
end

local function measure_one(self, entry)
  self.rows, self.reboots = {}, 0
  for i, row in ipairs(entry.snapshot:rows()) do
    local total = self.pools[row.pool]
    local told = total.header or total.tagged
    local base = told and math.max(told, total.rows) -- a total below its rows is no measure
    local taken = { tag = row.tag, value = row.value, pool = row.pool, session = row.session, points = 1,
      intervals = 0, rises = 0, falls = 0, last_bytes = row.bytes or 0, growth = 0, last = row, index = i,
      allocs = row.allocs, frees = row.frees }
    taken.share = base and base > 0 and row.bytes and row.bytes / base or nil
    if row.allocs and row.frees and row.allocs > 0 then taken.freed_ratio = row.frees / row.allocs end
    self.rows[i] = taken
  end
  table.sort(self.rows, function(a, b)
    if a.last_bytes ~= b.last_bytes then return a.last_bytes > b.last_bytes end
    if a.tag ~= b.tag then return a.tag < b.tag end
    return a.pool < b.pool
  end)
end

--- Measure a series.
-- @tparam table series of series.build, with at least one entry
-- @treturn Growth `entries`, `count`, `span_s`, `rows` (as Trend:rows gives, with `share` of the
--   pool's growth; for a single snapshot of its bytes), `reboots`, `first`, `last` (entries),
--   `at_hand` (the entries whose snapshots need not be loaded first: all but those inside a history)
function growth.measure(series)
  local self = setmetatable({ entries = series.entries, count = #series.entries, span_s = series.span_s,
    totals = {}, first = series.entries[1], last = series.entries[#series.entries] }, growth)
  self.at_hand = series.trend and { self.first, self.last } or self.entries
  self.pools = pool_totals(self.last)
  if self.count > 1 then measure_series(self, series) else measure_one(self, self.first) end
  return self
end

--- How full a pool is against its limit, where the evidence has both.
-- @tparam string name "nonpaged" or "paged"
-- @treturn[1] number share of the limit
-- @treturn[1] int bytes used
-- @treturn[1] int limit in bytes
-- @treturn[2] nil
function growth:fill(name)
  local total = self.pools[name]
  if not total.header or not total.limit or total.limit == 0 then return nil end
  return total.header / total.limit, total.header, total.limit
end

-- The ratio as a small fraction "p:q", if it is one.
local function small_fraction(ratio)
  for q = 1, LARGEST_TERM do
    for p = 1, LARGEST_TERM do
      if math.abs(ratio - p / q) <= RATIO_TOLERANCE * p / q then return ("%d:%d"):format(p, q) end
    end
  end
end

--- Does b grow in lock-step with a: allocation for allocation, in a small whole ratio?
-- @tparam table a a row
-- @tparam table b another
-- @treturn[1] number growth of b for one of a
-- @treturn[1] string the ratio as a fraction, "1:1"
-- @treturn[2] nil if not, or if there is too little to tell
function growth:lockstep(a, b)
  if not self.trend then return nil end
  local ratio, residual = self.trend:lockstep(a.index, b.index)
  if not ratio or ratio <= 0 or residual > LOCKSTEP_RESIDUAL then return nil end
  local fraction = small_fraction(ratio)
  if fraction then return ratio, fraction end
end

--- Where a row stands in the sources: for evidence.
-- @tparam table row
-- @treturn string path of the newest source that has it
-- @treturn string "line 17"
function growth:place(row)
  for i = self.count, 1, -1 do
    local entry = self.entries[i]
    local found = entry.snapshot:find(row.value, row.pool, math.tointeger(row.session))
    if found then return entry.source.path, found.line and ("line %d"):format(found.line) or nil end
  end
  return self.last.source.path, nil
end

return growth
