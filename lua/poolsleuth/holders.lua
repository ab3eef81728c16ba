--- Holders: which processes hold handles, and how many, by whatever listings there are: by process and type,
-- by type alone, or by process alone.
-- @module poolsleuth.holders
local moments = require "poolsleuth.moments"

local holders = {}

local function name_of(item) return item.process or item.name end
local function pid_of(item) return item.pid or item.id end
local function count_of(item) return item.count or item.handles end

-- Some tools leave ".exe" away.
local function key_of(item)
  local name = name_of(item)
  return name and ("%s\0%s"):format(name:lower():gsub("%.exe$", ""), pid_of(item) or "")
end

-- Handles of the type by process, their sum over all processes, and handles of all types by process.
local function sort_out(look, type_name)
  local typed, sums, untyped, told = {}, {}, {}, false
  for _, item in ipairs(look:list "handles") do
    told = told or item.of_process
    local fits = item.type and type_name and item.type:lower() == type_name:lower()
    local list = not item.type and untyped or fits and (name_of(item) and typed or sums)
    if list then list[#list + 1] = item end
  end
  for _, item in ipairs(told and {} or look:list "processes") do
    if item.handles and not item.exited then untyped[#untyped + 1] = item end
  end
  return typed, sums, untyped
end

-- Is a listing of all processes, whichever of them have handles of the type?
local function is_whole(look, moment)
  local seen, count = {}, 0
  for _, name in ipairs { "handles", "processes" } do
    for _, item in ipairs(look:list(name)) do
      local key = key_of(item)
      local same = item.source == moment.source or (item.time and item.time == moment.time)
      if same and key and not seen[key] then seen[key], count = true, count + 1 end
    end
  end
  return count >= look:rule "process_list_least"
end

-- Processes that an older listing has and a newer whole one lacks have ended since.
local function still_there(list, newest)
  local kept = {}
  for _, one in ipairs(list) do
    local ended = one.moment ~= newest and (one.time or 0) < (newest.time or 0)
    if not ended then kept[#kept + 1] = one end
  end
  return kept
end

-- What two tools say of one process at one time counts once.
local function without_repeats(items)
  local kept, seen = {}, {}
  for _, item in ipairs(items) do
    local key = item.time and key_of(item)
    local twin = key and seen[key .. "\0" .. item.time]
    if not twin or twin.source == item.source then
      kept[#kept + 1] = item
      if key then seen[key .. "\0" .. item.time] = twin or item end
    end
  end
  return kept
end

local function follow(look, items)
  local list = moments.of(without_repeats(items))
  local newest = list[#list]
  local whole = newest ~= nil and is_whole(look, newest)
  local found = moments.follow(list, key_of, count_of)
  if whole then found = still_there(found, newest) end
  local total = 0
  for _, one in ipairs(found) do
    one.process, one.pid = name_of(one.item), pid_of(one.item)
    total = total + one.count
  end
  for _, one in ipairs(found) do one.share = total > 0 and one.count / total or 0 end
  return found, total, whole
end

local function newest_sum(items)
  local list = moments.of(items)
  local newest = list[#list]
  return newest and newest.items[#newest.items]
end

--- Who holds handles of a type.
-- @tparam Investigation look
-- @tparam ?string type_name "Event"; nil for handles of all types
-- @treturn[1] table `list` (as moments.follow gives them, with `process`, `pid`, `share` of their sum; most
--   first), `handles` (how many there are), `basis`: "type" (the list is of this type), "sum" (the type's
--   sum over all processes is known, the list is of all types) or "all" (nothing tells types); `whole` (no
--   process is missing), `time`, `item` (the type's sum)
-- @treturn[2] nil where no handles are known
function holders.of(look, type_name)
  local typed, sums, untyped = sort_out(look, type_name)
  local sum = newest_sum(sums)
  local list, total, whole = follow(look, #typed > 0 and typed or untyped)
  if #list == 0 and not sum then return nil end
  if #typed > 0 and (whole or not sum) then
    return { list = list, handles = total, basis = "type", whole = whole, time = list[1].time }
  elseif sum then
    return { list = list, handles = sum.count, basis = "sum", whole = true, time = sum.time, item = sum }
  end
  return { list = list, handles = total, basis = "all", whole = whole, time = list[1].time }
end

return holders
