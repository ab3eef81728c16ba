--- Series: snapshots in order, each with the time that can be trusted, or with none.
-- @module poolsleuth.series
local calendar    = require "poolsleuth.calendar"
local clock_steps = require "poolsleuth.clock_steps"
local format      = require "poolsleuth.format"
local hosts       = require "poolsleuth.hosts"
local one_moment  = require "poolsleuth.one_moment"
local sources     = require "poolsleuth.sources"

local series = {}

local SHAPES <const> = {
  "(%d%d%d%d)[-._]?(%d%d)[-._]?(%d%d)[T _.@-]*(%d%d)[-:._h]?(%d%d)[-:._m]?(%d%d)",
  "(%d%d%d%d)[-._]?(%d%d)[-._]?(%d%d)[T _.@-]+(%d%d)[-:._h]?(%d%d)",
  "(%d%d%d%d)[-._]?(%d%d)[-._]?(%d%d)",
}

local CLOSEST_MTIMES <const> = 60 -- seconds: what is closer was copied

--- The time in a file's name: `poolmon-2026-11-01T00-05-00.log`, `20261101_000500`, `2026-11-01`.
-- @tparam string path
-- @treturn[1] int seconds since 1970, the name's clock taken as UTC
-- @treturn[2] nil where the name holds none
function series.time_of_name(path)
  local name = sources.basename(path)
  for _, shape in ipairs(SHAPES) do
    local year, month, day, hour, minute, second = name:match(shape)
    local at = year and calendar.seconds(math.tointeger(year), math.tointeger(month), math.tointeger(day),
      math.tointeger(hour or 0), math.tointeger(minute or 0), math.tointeger(second or 0))
    if at and year >= "1990" and year <= "2199" then return at end
  end
end

-- All allocations ever made, as a clock that only a restart turns back.
local function counter_clock(entry)
  local sum, known = 0, false
  for _, row in ipairs(entry.snapshot:rows()) do
    if row.allocs then sum, known = sum + row.allocs, true end
  end
  return known and sum or nil
end

local function stable_sort(list, key, then_by)
  local place = {}
  for i, item in ipairs(list) do place[item] = i end
  table.sort(list, function(a, b)
    local x, y = key(a), key(b)
    if x == y and then_by then x, y = then_by(a), then_by(b) end
    if x ~= y then return x < y end
    return place[a] < place[b]
  end)
end

local function all_have(list, field)
  for _, entry in ipairs(list) do
    if entry[field] == nil then return false end
  end
  return #list > 0
end

local function is_sorted(list, field)
  for i = 2, #list do
    if list[i][field] < list[i - 1][field] then return false end
  end
  return true
end

--- When a snapshot was taken, and how that is known.
-- @tparam table entry of case.snapshots
-- @tparam boolean alone its file holds no other: where several share one time from outside, only their
--   order is known
-- @treturn ?int seconds
-- @treturn string "content", "file name", "modification time" or "none"
function series.time_of(entry, alone)
  local at = entry.snapshot:time()
  if at then return at, "content" end
  at = alone and series.time_of_name(entry.source.path)
  if at then return at, "file name" end
  if alone and entry.source.mtime then return entry.source.mtime, "modification time" end
  return nil, "none"
end

local function choose_times(entries)
  local per_source = {}
  for _, entry in ipairs(entries) do per_source[entry.source] = (per_source[entry.source] or 0) + 1 end
  for _, entry in ipairs(entries) do
    entry.time, entry.time_source = series.time_of(entry, per_source[entry.source] == 1)
  end
end

--- When each of some snapshots was taken, as far as that can be told before they are in order.
-- @tparam {table,...} entries of case.snapshots
-- @treturn ?{int,...} seconds; nil where one is not known, or tells when a file was copied
function series.times_of(entries)
  choose_times(entries)
  local times, by_mtime = {}, false
  for i, entry in ipairs(entries) do
    if not entry.time then return nil end
    times[i], by_mtime = entry.time, by_mtime or entry.time_source == "modification time"
  end
  if not by_mtime then return times end
  local sorted = table.move(times, 1, #times, 1, {})
  table.sort(sorted)
  for i = 2, #sorted do
    if sorted[i] - sorted[i - 1] < CLOSEST_MTIMES then return nil end
  end
  return times
end

local function apply_given(result, entries, options)
  if options.times then
    for i, entry in ipairs(entries) do entry.time, entry.time_source = options.times[i], "given" end
    if all_have(entries, "time") then stable_sort(entries, function(e) return e.time end) end
  elseif options.interval_s then
    for i, entry in ipairs(entries) do
      entry.time, entry.time_source = (i - 1) * options.interval_s, "given interval"
    end
  end
  result.time_source = options.times and "given" or "given interval"
end

local function note(result, text) result.problems[#result.problems + 1] = text end

local function drop_times(result, entries, why)
  for _, entry in ipairs(entries) do entry.time, entry.time_source = nil, "none" end
  result.time_source = "none"
  note(result, why .. ": no rates are given; say --interval (between snapshots) or --time (one each)")
end

-- Modification times tell when a file was copied as often as when it was written.
local function doubt_mtimes(result, entries)
  local by_mtime, closest = false, math.huge
  for i, entry in ipairs(entries) do
    by_mtime = by_mtime or entry.time_source == "modification time"
    if i > 1 then closest = math.min(closest, entry.time - entries[i - 1].time) end
  end
  if not by_mtime or #entries < 2 then return end
  local by_counters = all_have(entries, "clock") and table.move(entries, 1, #entries, 1, {})
  if by_counters then stable_sort(by_counters, function(e) return e.clock end) end
  if by_counters and not is_sorted(entries, "clock") then
    table.move(by_counters, 1, #entries, 1, entries)
    drop_times(result, entries, "modification times contradict the counters, so order is by the counters")
  elseif closest < CLOSEST_MTIMES then
    if by_counters then table.move(by_counters, 1, #entries, 1, entries) end
    drop_times(result, entries, "modification times lie within a minute of each other (copied files?)")
  end
end

-- Snapshots of one second, and those from either side of a clock that was set back, go by their counters.
local function order_by_counters_too(result, entries)
  if not all_have(entries, "clock") then return end
  stable_sort(entries, function(e) return e.time end, function(e) return e.clock end)
  local ordered, back = clock_steps.repair(entries)
  if not ordered then return end
  table.move(ordered, 1, #ordered, 1, entries)
  note(result, ("the clock was set back by about %s meanwhile: order is by the counters there"):format(
    format.span(back)))
end

local function order_entries(result, entries, options)
  for _, entry in ipairs(entries) do entry.clock = counter_clock(entry) end
  choose_times(entries)
  if options.times or options.interval_s then
    if not options.times and all_have(entries, "clock") then
      stable_sort(entries, function(e) return e.clock end)
    end
    return apply_given(result, entries, options)
  end
  if not all_have(entries, "time") then
    if all_have(entries, "clock") then stable_sort(entries, function(e) return e.clock end) end
    if #entries > 1 then drop_times(result, entries, "some snapshots hold no time") end
    return
  end
  stable_sort(entries, function(e) return e.time end)
  result.time_source = entries[1] and entries[1].time_source or "none"
  doubt_mtimes(result, entries)
  if result.time_source ~= "none" then order_by_counters_too(result, entries) end
end

-- The same snapshot given twice (a copy, a folder named twice) counts once.
local function drop_repeats(result, entries)
  local kept, seen = {}, {}
  for _, entry in ipairs(entries) do
    local first = entry.snapshot:lines()
    local key = ("%s:%d"):format(entry.source.sha256 or entry.source.path, first)
    if seen[key] then
      note(result, ("%s is the same as %s and counts once"):format(entry.source.path, seen[key]))
    else
      seen[key] = entry.source.path
      kept[#kept + 1] = entry
    end
  end
  return kept
end

-- A lone !vm belongs to the lone !poolused that came with it in another file.  What a search for one
-- tag found is no step of a series of all tags.
local function merge_totals(snapshots)
  local rows, totals, found = {}, {}, {}
  for _, entry in ipairs(snapshots) do
    local list = entry.snapshot:scope() == "totals" and totals
      or entry.snapshot:origin() == "!poolfind" and found or rows
    list[#list + 1] = entry
  end
  if #rows == 0 then rows = found end
  if #rows == 1 and #totals == 1 then
    for name, value in pairs(totals[1].memory) do
      if rows[1].memory[name] == nil then rows[1].memory[name] = value end
    end
    rows[1].totals_source = totals[1].source
  elseif #rows == 0 then
    return totals
  end
  return rows
end

local function check_hosts(result, entries)
  local host
  for _, entry in ipairs(entries) do
    local other = entry.snapshot:host()
    if host and other and not hosts.same(host, other) then
      note(result, ("snapshots come from different machines: %s and %s"):format(host, other))
      return
    end
    host = host or other
  end
  result.host = host
end

--- Put snapshots in order.
-- @tparam {table,...} snapshots each `snapshot`, `source` (an input), `memory`
-- @tparam[opt] table options `times` ({int,...}, one each in the order of the sources) or
--   `interval_s` between neighbours
-- @treturn table `entries` in order, `times` (nil where there are none to trust), `time_source`,
--   `span_s`, `host`, `problems` ({string,...})
function series.build(snapshots, options)
  local result = { problems = {}, time_source = "none" }
  local moments, joined = one_moment.join(snapshots)
  local entries = drop_repeats(result, merge_totals(moments))
  for _, text in ipairs(joined) do note(result, text) end
  order_entries(result, entries, options or {})
  check_hosts(result, entries)
  result.entries = entries
  if all_have(entries, "time") then
    result.times = {}
    for i, entry in ipairs(entries) do result.times[i] = entry.time end
    result.span_s = entries[#entries].time - entries[1].time
  end
  return result
end

--- The part of a series that lies within two moments.
-- @tparam table whole of series.build, with times; or one with a `part` of its own (a function of the same
--   ends)
-- @tparam ?int from seconds; nil is its beginning
-- @tparam ?int to seconds; nil is its end
-- @treturn table a series
function series.part(whole, from, to)
  if whole.part then return whole.part(from, to) end
  local part = { entries = {}, times = {}, problems = whole.problems, time_source = whole.time_source,
    host = whole.host }
  for i, entry in ipairs(whole.entries) do
    local at = whole.times[i]
    if (not from or at >= from) and (not to or at <= to) then
      part.entries[#part.entries + 1], part.times[#part.times + 1] = entry, at
    end
  end
  if #part.times > 0 then part.span_s = part.times[#part.times] - part.times[1] end
  return part
end

return series
