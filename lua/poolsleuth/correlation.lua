--- Correlation: what goes along with a tag: other tags, the handles and threads of processes, and the drivers
-- that changed before it began to grow.
-- @module poolsleuth.correlation
local format     = require "poolsleuth.format"
local points     = require "poolsleuth.points"
local statistics = require "poolsleuth.statistics"

local correlation = {}
correlation.__index = correlation

local NAN <const> = 0 / 0
local GOES_ALONG <const> = 0.25 -- share of the movement that may stay unexplained
local LONGEST_LEAD <const> = 4  -- snapshots
local MUCH_BETTER <const> = 0.5 -- a shift must leave less than this share of what none leaves
local FROM_HISTORY <const> = 96 -- snapshots that are loaded and kept for the comparison
local LOOK_AT <const> = 400     -- tags that moved most
local UNSURE <const> = 0.05     -- chance that the rate never changed

local function median_of(sorted) return sorted[(#sorted + 1) // 2] end

local function usual_interval(times)
  local steps = {}
  for i = 2, #times do steps[i - 1] = times[i] - times[i - 1] end
  table.sort(steps)
  return #steps > 0 and median_of(steps) or nil
end

-- The allocations in use of a row in each entry, or its bytes where these are not known.
local function values_of(entries, row)
  local values, unit = {}, row.last and row.last.diff and "diff" or "bytes"
  for i, entry in ipairs(entries) do
    local found = entry.snapshot:find(row.value, row.pool, math.tointeger(row.session))
    values[i] = found and found[unit] and found[unit] + 0.0 or NAN
  end
  return values, unit
end

local function runs_of(moved, places)
  local runs, run, at = {}, 1, 1
  for i, place in ipairs(places) do
    while at < place do
      at = at + 1
      if moved.reboots > 0 and moved.trend:reboot_before(at) then run = run + 1 end
    end
    runs[i] = run
  end
  return runs
end

--- Look at one tag.
-- @tparam Growth moved of four snapshots or more
-- @tparam table row of moved.rows
-- @treturn Correlation
function correlation.new(moved, row)
  local self = setmetatable({ moved = moved, row = row }, correlation)
  local places
  local loaded = moved.at_hand == moved.entries
  self.entries, places = points.thin(moved.entries, not loaded and FROM_HISTORY or nil)
  self.held = {} -- so that those of a history are loaded but once
  for i, entry in ipairs(self.entries) do self.held[i] = entry.snapshot end
  self.runs = runs_of(moved, places)
  self.values, self.unit = values_of(self.entries, row)
  if moved.first.time then
    self.times = {}
    for i, entry in ipairs(self.entries) do self.times[i] = entry.time end
    self.interval = usual_interval(self.times)
  end
  return self
end

-- The one series a few snapshots earlier than the other.
local function shifted(self, other, lead)
  local a, b, runs = {}, {}, {}
  for i = 1, #other do
    local j = i - lead
    if j >= 1 and j <= #other then
      a[#a + 1], b[#b + 1], runs[#runs + 1] = self.values[i], other[j], self.runs[i]
    end
  end
  return statistics.lockstep(a, b, { runs = runs })
end

-- How closely another series follows, and whether it does so better when it is taken earlier or later.
local function compare(self, other)
  local best = statistics.lockstep(self.values, other, { runs = self.runs })
  if not best then return nil end
  local lead = 0
  for shift = -LONGEST_LEAD, LONGEST_LEAD do
    local found = shift ~= 0 and shifted(self, other, shift)
    local poor = best.residual > GOES_ALONG / 10
    if found and poor and found.residual < MUCH_BETTER * best.residual then best, lead = found, shift end
  end
  return { ratio = best.ratio, residual = best.residual, correlation = best.correlation, steps = best.steps,
    lead_s = self.interval and lead * self.interval or nil }
end

local function goes_along(found)
  return found ~= nil and found.residual <= GOES_ALONG
end

local function by_residual(list)
  for i, one in ipairs(list) do one.place = i end
  table.sort(list, function(a, b)
    if a.residual ~= b.residual then return a.residual < b.residual end
    return a.place < b.place
  end)
  for _, one in ipairs(list) do one.place = nil end
  return list
end

--- The tags that go along with it, the closest in front.
-- @tparam int most
-- @treturn {table,...} each `tag`, `tag_hex`, `pool`, `ratio` (its growth for one of the tag's), `residual`,
--   `correlation`, `lead_s`, `growth_bytes`, `freed_ratio`
function correlation:tags(most)
  local list = {}
  for i, other in ipairs(self.moved.rows) do
    if i > LOOK_AT then break end
    local moves = other ~= self.row and other.session ~= "all" and other.growth ~= 0
    local _, residual = nil, nil
    if moves then _, residual = self.moved.trend:lockstep(self.row.index, other.index) end
    local near = moves and (not residual or residual <= 1)
    local found = near and compare(self, (values_of(self.entries, other)))
    if goes_along(found or nil) then
      found.tag, found.tag_hex, found.pool = format.tag_text(other.tag), format.tag_hex(other.tag), other.pool
      found.growth_bytes, found.freed_ratio = other.growth, other.freed_ratio
      list[#list + 1] = found
    end
  end
  by_residual(list)
  return table.move(list, 1, math.min(most, #list), 1, {})
end

-- Listings of processes by process: the same id and name is one process.
local function by_process(processes)
  local list, found = {}, {}
  for _, item in ipairs(processes) do
    local key = ("%s\0%s"):format(item.id or "", item.name:lower())
    if not found[key] then
      found[key] = { name = item.name, id = item.id, items = {} }
      list[#list + 1] = found[key]
    end
    table.insert(found[key].items, item)
  end
  return list
end

-- The value of a process at each snapshot: that of the listing nearest in time.
local function at_snapshots(self, items, field)
  local values, slack, known, least, most = {}, math.max(self.interval or 0, 60) / 2, 0, nil, nil
  for i, time in ipairs(self.times) do
    local value, closest = NAN, nil
    for _, item in ipairs(items) do
      local apart = math.abs(item.time - time)
      if item[field] and apart <= slack and (not closest or apart < closest) then
        value, closest = item[field] + 0.0, apart
      end
    end
    values[i] = value
    if value == value then
      known, least, most = known + 1, math.min(least or value, value), math.max(most or value, value)
    end
  end
  return values, known, known > 0 and most - least or 0
end

--- The processes whose handles, threads or pool go along with it.
-- @tparam {table,...} processes each with `time`, `name`, maybe `id`, `handles`, `threads`, `nonpaged_bytes`,
--   `paged_bytes`
-- @tparam int most
-- @treturn {table,...} each `name`, `id`, `what`, `ratio`, `residual`, `correlation`, `lead_s`, `growth`
function correlation:processes(processes, most)
  local list = {}
  if not self.times then return list end
  for _, process in ipairs(by_process(processes)) do
    for _, field in ipairs { "handles", "threads", "nonpaged_bytes", "paged_bytes" } do
      local values, known, span = at_snapshots(self, process.items, field)
      local found = known >= 4 and span > 0 and compare(self, values)
      if goes_along(found or nil) and found.ratio > 0 then
        found.name, found.id, found.what, found.growth = process.name, process.id, field, span
        list[#list + 1] = found
      end
    end
  end
  by_residual(list)
  return table.move(list, 1, math.min(most, #list), 1, {})
end

--- When it began to grow as it does now: where its rate changed most.
-- @treturn ?int seconds; nil where it grew alike all the time, or without times
function correlation:began()
  local steps, places = {}, {}
  for i = 2, #self.values do
    local step = self.values[i] - self.values[i - 1]
    if step == step and self.runs[i] == self.runs[i - 1] then
      steps[#steps + 1], places[#places + 1] = step, i
    end
  end
  if not self.times or #steps < 6 then return nil end
  local change = statistics.pettitt(steps)
  if not change or change.p > UNSURE or change.after < 1 or change.after >= #steps then return nil end
  return self.times[places[change.after + 1] - 1]
end

--- The changes of drivers, the nearest to the tag's beginning in front.
-- @tparam {table,...} changes each `time`, `name`, `path`, `before`, `after` (maybe nil: it came, or went)
-- @tparam ?int began
-- @treturn {table,...} each `name`, `path`, `time` (seconds), `before`, `after` (versions), `apart_s`
--   (negative: it changed before the growth began)
function correlation.drivers(changes, began)
  local list = {}
  local function version(side) return side and (side.version or side.file_version or side.sha256) end
  for i, change in ipairs(changes) do
    list[i] = { name = change.name, path = change.path, time = change.time, place = i,
      before = version(change.before), after = version(change.after),
      apart_s = began and change.time and change.time - began or nil }
  end
  table.sort(list, function(a, b)
    local x, y = math.abs(a.apart_s or math.huge), math.abs(b.apart_s or math.huge)
    if x ~= y then return x < y end
    return a.place < b.place
  end)
  for _, one in ipairs(list) do one.place = nil end
  return list
end

return correlation
