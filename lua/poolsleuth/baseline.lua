--- Baseline: what each tag did in the nights of the last week, and what it did tonight.
-- A night is the time between two snapshots about a day apart; where nights are missing, a longer one is
-- scaled to a day.
-- @module poolsleuth.baseline
local pool = require "poolsleuth.pool"

local baseline = {}
baseline.__index = baseline

local DAY <const> = 86400
local SLACK <const> = 8 * 3600 -- a night's snapshot may be that early or late
local NIGHTS <const> = 7
local NEW_HIGH <const> = 0.5   -- of what is beyond the usual
local NORMAL <const> = 1.4826  -- a median deviation of that many is one standard deviation

--- How far back a baseline reaches, in seconds.
baseline.REACH = (NIGHTS + 1) * DAY + SLACK

-- The entry that is nearest to a moment.
local function nearest(entries, moment)
  local best, closest
  for _, entry in ipairs(entries) do
    local apart = math.abs(entry.time - moment)
    if apart <= SLACK and (not closest or apart < closest) then best, closest = entry, apart end
  end
  return best
end

-- One snapshot a night, tonight's first; nights without one are left out and counted.
local function choose(entries)
  local newest = entries[#entries]
  local chosen, oldest, missing = { newest }, entries[1].time, 0
  for night = 1, NIGHTS + 1 do
    local moment = newest.time - night * DAY
    local found = nearest(entries, moment)
    if found and found ~= chosen[#chosen] then
      chosen[#chosen + 1] = found
    elseif moment > oldest then
      missing = missing + 1
    end
  end
  return chosen, missing
end

local function key_of(row) return ("%s %s %s"):format(row.tag, row.pool, row.session or "") end

--- What names a tag in both a diff and a growth.
-- @tparam table row
-- @treturn string
baseline.key_of = key_of

-- What every tag did from one snapshot to the next, in bytes a day; nil across a restart.
local function night_between(before, after)
  local result = pool.diff(before.snapshot, after.snapshot)
  if result.reboot == true then return nil end
  local seconds, moved = after.time - before.time, {}
  if seconds <= 0 then return nil end
  for _, row in ipairs(result.rows) do
    if row.session ~= "all" then
      local appeared = not row.d_bytes and row.bytes and row.after_line and row.bytes
      moved[key_of(row)] = { row = row, bytes = row.d_bytes and row.d_bytes * DAY / seconds,
        appeared = appeared or nil }
    end
  end
  return { moved = moved, seconds = seconds }
end

--- The nights of a series.
-- @tparam {table,...} entries in the order of their times, at least one
-- @treturn Baseline `snapshots` (entries, tonight's first), `tonight` (nil after a restart or without an
--   earlier snapshot), `restarted`, `nights` ({table,...} the earlier ones), `missing` (nights without a
--   snapshot)
function baseline.new(entries)
  local chosen, missing = choose(entries)
  local self = setmetatable({ snapshots = chosen, missing = missing, nights = {}, restarted = false },
    baseline)
  local same_run = true
  for i = 1, #chosen - 1 do
    local night = night_between(chosen[i + 1], chosen[i])
    same_run = same_run and night ~= nil
    if night then night.same_run = same_run end
    if i == 1 then
      self.tonight, self.restarted = night, night == nil
    else
      self.nights[#self.nights + 1] = night
    end
  end
  return self
end

local function median(sorted)
  local middle = (#sorted + 1) // 2
  if #sorted % 2 == 1 then return sorted[middle] end
  return (sorted[middle] + sorted[middle + 1]) / 2
end

--- What a tag usually does in a night.
-- @tparam string key of Baseline:changes
-- @treturn number median in bytes a day
-- @treturn number three median absolute deviations, as wide as three standard deviations
function baseline:usual(key)
  local values, apart = {}, {}
  for i, night in ipairs(self.nights) do
    local moved = night.moved[key]
    values[i] = moved and moved.bytes or 0
  end
  table.sort(values)
  local middle = median(values)
  for i, value in ipairs(values) do apart[i] = math.abs(value - middle) end
  table.sort(apart)
  return middle, 3 * NORMAL * median(apart)
end

-- Whether an earlier snapshot has the tag.
local function is_new(self, row)
  for i = 2, #self.snapshots do
    local session = math.tointeger(row.session)
    if self.snapshots[i].snapshot:find(row.value or row.tag, row.pool, session) then return false end
  end
  return true
end

-- The most that a tag held in the earlier nights since the machine was started; nil where it is new.
local function highest(self, key)
  local most
  for _, night in ipairs(self.nights) do
    local moved = night.same_run and night.moved[key]
    local held = moved and moved.row.bytes
    if held then most = math.max(most or held, held) end
  end
  return most
end

-- Does it stand clearly above all that it had in the week?  What only swings back does not.
local function is_new_high(self, key, held, excess)
  local before = highest(self, key)
  return before == nil or (held or 0) - before >= NEW_HIGH * excess
end

--- The tags that did tonight what they usually do not, most excess first.
-- @tparam function least of a pool: bytes a day beyond the usual that are worth a word
-- @treturn {table,...} each `key`, `row` (of a diff), `bytes` (tonight, a day), `usual`, `spread`, `excess`,
--   `new`
function baseline:changes(least)
  local found = {}
  for key, one in pairs(self.tonight and self.tonight.moved or {}) do
    local bytes = one.bytes or one.appeared or 0
    local floor = least(one.row.pool)
    if bytes >= floor then
      local usual, spread = self:usual(key)
      local excess, new = bytes - usual, is_new(self, one.row)
      local unusual = excess >= floor and excess > spread
      if unusual and (one.bytes or new) and is_new_high(self, key, one.row.bytes, excess) then
        found[#found + 1] = { key = key, row = one.row, bytes = bytes, usual = usual, spread = spread,
          excess = excess, new = new }
      end
    end
  end
  table.sort(found, function(a, b)
    if a.excess ~= b.excess then return a.excess > b.excess end
    return key_of(a.row) < key_of(b.row)
  end)
  return found
end

return baseline
