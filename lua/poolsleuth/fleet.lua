--- Fleets: what leaks on which machines, and which driver's versions part those that leak from the others.
-- @module poolsleuth.fleet
local growth    = require "poolsleuth.growth"
local inventory = require "poolsleuth.inventory"
local verdict   = require "poolsleuth.verdict"

local fleet = {}

local FEWEST <const> = 3 -- snapshots
local LEAKS <const> = { LEAK = true, SUSPECT = true }

local function measure(span, limits)
  local moved = #span.series.entries >= FEWEST and growth.measure(span.series)
  span.growth = moved and (moved.span_s or 0) >= limits.short_span_s and moved or nil
  return span.growth
end

--- Measure the spans of machines, and gather the tags that leak in some of them.
-- @tparam {table,...} spans of inventory.spans; each gets `growth`, nil where it is too short to say
-- @tparam table limits of verdict.with_thresholds
-- @treturn {table,...} each `tag`, `pool`, `rows` (by span), `bytes` (grown in all), `count` (of spans in
--   which it leaks), `span` and `row` (where it grew most); those of most spans first
function fleet.leaks(spans, limits)
  local list, found = {}, {}
  for _, span in ipairs(spans) do
    local moved = measure(span, limits)
    for _, row in ipairs(moved and moved.rows or {}) do
      if not row.session and LEAKS[verdict.of_trend(row, moved, limits)] then
        local key = row.tag .. row.pool
        local leak = found[key] or { tag = row.tag, pool = row.pool, rows = {}, bytes = 0, count = 0 }
        if not found[key] then found[key], list[#list + 1] = leak, leak end
        if not leak.row or row.growth > leak.row.growth then leak.span, leak.row = span, row end
        leak.rows[span], leak.count, leak.bytes = row, leak.count + 1, leak.bytes + row.growth
      end
    end
  end
  table.sort(list, function(a, b)
    if a.count ~= b.count then return a.count > b.count end
    if a.bytes ~= b.bytes then return a.bytes > b.bytes end
    return a.tag .. a.pool < b.tag .. b.pool
  end)
  return list
end

-- The versions of a driver with how many leak by it and how many do not, oldest first.
local function versions_of(spans, leak, driver)
  local list, found = {}, {}
  for _, span in ipairs(spans) do
    local version = span.growth and span.versions[driver]
    if version then
      local one = found[version] or { version = version, bad = 0, good = 0 }
      if not found[version] then found[version], list[#list + 1] = one, one end
      local side = leak.rows[span] and "bad" or "good"
      one[side] = one[side] + 1
    end
  end
  table.sort(list, function(a, b) return inventory.compare(a.version, b.version) < 0 end)
  return list
end

-- Cut before each version: how many are then on the wrong side?
local function best_cut(list, early, late)
  local best
  for i = 2, #list do
    local cut = { version = list[i].version, before = list[i - 1].version, wrong = 0,
                  early = { bad = 0, good = 0 }, late = { bad = 0, good = 0 } }
    for j, one in ipairs(list) do
      local side, expected = j < i and cut.early or cut.late, j < i and early or late
      side.bad, side.good = side.bad + one.bad, side.good + one.good
      cut.wrong = cut.wrong + one[expected == "bad" and "good" or "bad"]
    end
    if not best or cut.wrong < best.wrong then best = cut end
  end
  return best
end

--- How well the versions of each driver part the machines that leak a tag from those that do not.
-- @tparam {table,...} spans that were measured
-- @tparam table leak of fleet.leaks
-- @treturn {table,...} each `driver`, `first_bad` or `fixed_in` (a version), `last` (the version before it),
--   `early` and `late` (spans before and from it on: `bad`, `good`), `wrong` (those that it does not fit),
--   `bad`, `good`, `count` (of all); the best first
function fleet.parts(spans, leak)
  local list, seen = {}, {}
  for _, span in ipairs(spans) do
    for driver in pairs(span.versions) do
      local versions = not seen[driver] and versions_of(spans, leak, driver) or {}
      seen[driver] = true
      local since, until_ = best_cut(versions, "good", "bad"), best_cut(versions, "bad", "good")
      if since then
        local fixed = until_.wrong < since.wrong
        local cut = fixed and until_ or since
        local early, late = cut.early, cut.late
        list[#list + 1] = { driver = driver, first_bad = not fixed and cut.version or nil,
          fixed_in = fixed and cut.version or nil, last = cut.before, early = early, late = late,
          wrong = cut.wrong, bad = early.bad + late.bad, good = early.good + late.good,
          count = early.bad + late.bad + early.good + late.good }
      end
    end
  end
  table.sort(list, function(a, b)
    local x, y = a.wrong / a.count, b.wrong / b.count
    if x ~= y then return x < y end
    return a.driver < b.driver
  end)
  return list
end

return fleet
