--- Moments: lists of evidence (processes, handles, loggers, hives) by the time at which they were taken,
-- so that what several listings say of one thing becomes a first and a last count.
-- @module poolsleuth.moments
local series = require "poolsleuth.series"

local moments = {}

-- The time of an item: its own, that of its file's name, or that of the file.
local function time_of(item)
  local source = item.source or {}
  if item.time then return item.time, true end
  local named = source.path and series.time_of_name(source.path)
  if named then return named, true end
  return source.mtime, false
end

local ONE_LISTING_S <const> = 3600

local function names_in(moment, name_of)
  local names = {}
  for _, item in ipairs(moment.items) do names[name_of(item) or false] = true end
  return names
end

local function is_apart(names, moment, name_of)
  for _, item in ipairs(moment.items) do
    if names[name_of(item) or false] then return false end
  end
  return true
end

-- Files that name different things, taken within an hour, are parts of one listing.
local function join_parts(list, name_of)
  local joined = {}
  for _, moment in ipairs(list) do
    local last = joined[#joined]
    local near = last and (not last.time or not moment.time or moment.time - last.time <= ONE_LISTING_S)
    if near and is_apart(names_in(last, name_of), moment, name_of) then
      table.move(moment.items, 1, #moment.items, #last.items + 1, last.items)
      last.time, last.sure = moment.time or last.time, last.sure and moment.sure
    else
      joined[#joined + 1] = moment
    end
  end
  return joined
end

--- Group items by when and where they were taken.
-- @tparam {table,...} items each maybe with `time` (seconds) and `source` ({path, mtime})
-- @tparam[opt] function name_of item to what it is about: files that name different things within an hour
--   are then taken as one listing
-- @treturn {table,...} each `items`, `time` (nil where unknown), `sure` (the time is of the listing itself,
--   so rates can be made of it), `source`; in the order of time, else of their coming
function moments.of(items, name_of)
  local list, found = {}, {}
  for _, item in ipairs(items) do
    local time, sure = time_of(item)
    local key = ("%s\0%s"):format(time or "", time and sure and "" or item.source and item.source.path or "")
    local moment = found[key]
    if not moment then
      moment = { items = {}, time = time, sure = sure, source = item.source, place = #list + 1 }
      found[key] = moment
      list[#list + 1] = moment
    end
    moment.items[#moment.items + 1] = item
  end
  table.sort(list, function(a, b)
    local x, y = a.time or math.huge, b.time or math.huge
    if x ~= y then return x < y end
    return a.place < b.place
  end)
  return name_of and join_parts(list, name_of) or list
end

local function rate_of(thing)
  local seconds = thing.sure and thing.first_time and thing.time and thing.time - thing.first_time
  return seconds and seconds > 0 and thing.growth / seconds * 3600 or nil
end

local function note(thing, moment, item, count)
  if not thing.first then
    thing.first, thing.first_time, thing.sure = count, moment.time, moment.sure
  end
  thing.seen = (thing.seen or 0) + 1
  thing.count, thing.time, thing.item, thing.moment = count, moment.time, item, moment
  thing.sure = thing.sure and moment.sure
end

--- Follow things through the moments: one entry for each key, with its counts added up in each moment.
-- @tparam {table,...} list of moments.of
-- @tparam function key_of item to string; nil leaves the item out
-- @tparam function count_of item to number; nil leaves it out
-- @treturn {table,...} each `key`, `first`, `count` (the last), `growth`, `per_hour` (nil without times),
--   `seen` (in how many moments), `time`, `item` (the last), `moment`; most first
function moments.follow(list, key_of, count_of)
  local things, found = {}, {}
  for _, moment in ipairs(list) do
    local sums, order = {}, {}
    for _, item in ipairs(moment.items) do
      local key, count = key_of(item), count_of(item)
      if key and count then
        if not sums[key] then order[#order + 1] = key end
        sums[key] = { count = (sums[key] and sums[key].count or 0) + count, item = item }
      end
    end
    for _, key in ipairs(order) do
      local thing = found[key]
      if not thing then
        thing = { key = key }
        found[key] = thing
        things[#things + 1] = thing
      end
      note(thing, moment, sums[key].item, sums[key].count)
    end
  end
  for _, thing in ipairs(things) do
    thing.growth = thing.count - thing.first
    thing.per_hour = rate_of(thing)
  end
  table.sort(things, function(a, b)
    if a.count ~= b.count then return a.count > b.count end
    return a.key < b.key
  end)
  return things
end

--- Count what happened up to a time.
-- @tparam {table,...} items with `time`; those without are left out
-- @treturn function from a time to how many there were by then
function moments.counter(items)
  local times = {}
  for _, item in ipairs(items) do times[#times + 1] = item.time end
  table.sort(times)
  return function(time)
    local low, high = 0, #times
    while low < high do
      local middle = (low + high + 1) // 2
      if times[middle] <= time then low = middle else high = middle - 1 end
    end
    return low
  end
end

--- Add up what a moment's items count.
-- @tparam ?table moment of moments.of, or whatever has `items`
-- @tparam function count_of item to number; nil counts nothing
-- @treturn number 0 where there is no moment
function moments.sum(moment, count_of)
  local sum = 0
  for _, item in ipairs(moment and moment.items or {}) do sum = sum + (count_of(item) or 0) end
  return sum
end

return moments
