--- Object arithmetic: how many objects of a type are alive, by their tag, against those that somebody has a
-- reason to keep: handles of processes, processes and threads that live.  What remains is held by the kernel.
-- @module poolsleuth.objects
local format    = require "poolsleuth.format"
local importers = require "poolsleuth.importers"
local moments   = require "poolsleuth.moments"

local objects = {}

local function name_of(item) return item.process or item.name end

local function holder_key(item)
  local name, pid = name_of(item), item.pid or item.id
  return name and ("%s\0%s"):format(name:lower(), pid or "")
end

-- Handles of the type; where no listing tells types, of all types.
local function counted(look, type_name)
  local typed, untyped, has_processes = {}, {}, false
  for _, item in ipairs(look:list "handles") do
    has_processes = has_processes or item.of_process
    if not item.type then untyped[#untyped + 1] = item
    elseif type_name and item.type:lower() == type_name:lower() then typed[#typed + 1] = item end
  end
  if #typed > 0 then return typed, "type" end
  for _, item in ipairs(has_processes and {} or look:list "processes") do
    if item.handles and not item.exited then untyped[#untyped + 1] = item end
  end
  return untyped, "all"
end

local function count_of(item) return item.count or item.handles end

-- Processes that an older listing has and a newer whole one lacks have ended since.
local function still_there(holders, newest, least)
  if not newest or #newest.items < least then return holders end
  local kept = {}
  for _, holder in ipairs(holders) do
    local ended = holder.moment ~= newest and (holder.time or 0) < (newest.time or 0)
    if not ended then kept[#kept + 1] = holder end
  end
  return kept
end

--- The processes that hold handles of a type.
-- @tparam Investigation look
-- @tparam ?string type_name "Event"; nil for handles of all types
-- @treturn {table,...} as moments.follow gives them, with `process`, `pid`, `share` (of all of them); most
--   handles first
-- @treturn string basis: "type", or "all" where no listing tells the types
-- @treturn int their sum
-- @treturn boolean whole: the list is of all processes
function objects.holders(look, type_name)
  local items, basis = counted(look, type_name)
  local list = moments.of(items)
  local least = look:rule "process_list_least"
  local holders = still_there(moments.follow(list, holder_key, count_of), list[#list], least)
  local total = 0
  for _, holder in ipairs(holders) do
    holder.process, holder.pid = name_of(holder.item), holder.item.pid or holder.item.id
    total = total + holder.count
  end
  for _, holder in ipairs(holders) do holder.share = total > 0 and holder.count / total or 0 end
  return holders, basis, total, #holders >= least
end

--- The processes that live, by the newest whole listing.
-- @tparam Investigation look
-- @treturn[1] table `processes`, `threads` (nil where not told), `ended` (listed, but ended), `moment`,
--   `items`
-- @treturn[2] nil where no listing is whole
function objects.living(look)
  local newest
  for _, moment in ipairs(moments.of(look:list "processes")) do
    if #moment.items >= look:rule "process_list_least" then newest = moment end
  end
  if not newest then return nil end
  local living = { processes = 0, ended = 0, moment = newest, items = newest.items }
  for _, item in ipairs(newest.items) do
    if item.exited then living.ended = living.ended + 1 else living.processes = living.processes + 1 end
    if item.threads then living.threads = (living.threads or 0) + item.threads end
  end
  return living
end

-- Objects that live without a handle to them.
local function alive_of(look, type_name)
  local living = (type_name == "Process" or type_name == "Thread") and objects.living(look)
  if not living then return 0 end
  return type_name == "Process" and living.processes or living.threads or 0
end

-- The process to name: that which gains handles, else that which has most of them.
local function leader_of(look, holders)
  local best
  for _, holder in ipairs(holders) do
    local gains = holder.per_hour and holder.per_hour >= look:rule "handles_per_hour"
    if gains and (not best or holder.per_hour > best.per_hour) then best = holder end
  end
  return best or holders[1], best ~= nil
end

local function cause_by_type(look, sum)
  if sum.handles > look:rule "handles_contradict" * sum.objects then return "contradiction" end
  if sum.covered >= look:rule "handles_explain" then return "user-handles", "sure" end
  if not sum.whole then return "open" end
  if sum.covered < look:rule "handles_do_not_explain" then return "kernel-references", "sure" end
  return "both", "likely"
end

-- Handles of all types are an upper bound: where even they do not suffice, nothing else will.
local function cause_by_all(look, sum)
  local leader, half = sum.leader, look:rule "handles_do_not_explain"
  if sum.whole and sum.covered < half then return "kernel-references", "sure" end
  local many = math.max(half * sum.kept, look:rule "many_handles")
  local much = leader and leader.count >= many and sum.kept >= look:rule "many_handles"
  return much and "user-handles" or "open", "likely"
end

--- Who holds the objects of a watched tag?
-- @tparam Investigation look
-- @tparam Watch watch of an object type's tag
-- @treturn[1] table `type`, `objects` (at the time of the listing), `alive` (without handles, because they
--   live), `handles`, `covered` (handles for one kept object), `holders`, `leader` (the process to name),
--   `gains` (the leader gains handles), `basis`, `whole`, `gap_s` (between listing and snapshot), `cause`:
--   "user-handles", "kernel-references", "both", "open" or "contradiction"; `certainty`: "sure" or "likely"
-- @treturn[2] nil where no handles are known, or no count of objects
function objects.balance(look, watch)
  local object = look.knowledge:object(watch.tag)
  local type_name = object and object.type
  local holders, basis, handles, whole = objects.holders(look, type_name)
  if #holders == 0 then return nil end
  local alive, gap = watch:objects_at(holders[1].time)
  if not alive then return nil end
  local sum = { type = type_name, objects = alive, alive = alive_of(look, type_name), handles = handles,
    holders = holders, basis = basis, whole = whole, gap_s = gap }
  sum.kept = math.max(alive - sum.alive, 0)
  sum.covered = sum.kept > 0 and handles / sum.kept or math.huge
  sum.leader, sum.gains = leader_of(look, holders)
  local judge = basis == "type" and cause_by_type or cause_by_all
  sum.cause, sum.certainty = judge(look, sum)
  return sum
end

local MOST_HOLDERS <const> = 3

--- Say the arithmetic in an answer, each number with where it is from.
-- @tparam Answer answer
-- @tparam table sum of objects.balance
-- @treturn Answer
function objects.tell(answer, sum)
  local what = sum.basis == "type" and ("handles of type %s"):format(sum.type) or "handles of all types"
  if sum.alive > 0 then
    answer:say("%s of them live, so %s are kept though they have ended", format.count(sum.alive),
      format.count(sum.kept))
  end
  answer:say("%d processes hold %s %s: %s for each object", #sum.holders, format.count(sum.handles), what,
    sum.covered < math.huge and ("%.2f"):format(sum.covered) or "many")
  for i, holder in ipairs(sum.holders) do
    if i > MOST_HOLDERS then break end
    local rate = holder.per_hour and holder.growth ~= 0
      and (", %+.0f an hour over %s"):format(holder.per_hour, format.span(holder.time - holder.first_time))
      or ""
    answer:cite(holder.item, "%s%s holds %s of them, %s%s", holder.process,
      holder.pid and (" (pid %s)"):format(holder.pid) or "", format.count(holder.count),
      format.percent(holder.share), rate)
  end
  if sum.gap_s and sum.gap_s > answer.look:rule "same_moment_s" then
    answer:at_most("low"):say("handles and objects were counted %s apart", format.span(sum.gap_s))
  end
  return answer
end

--- Put the process into the verdict line: process, pid, handles, and their rate.
-- @tparam Answer answer
-- @tparam table sum of objects.balance
-- @treturn Answer
function objects.name_process(answer, sum)
  local leader = sum.leader
  return answer:fact("process", leader.process):fact("pid", leader.pid):fact("handles", leader.count)
    :fact("handle-rate", leader.per_hour and ("%+.0f/h"):format(leader.per_hour) or nil)
end

local function of_user(answer, sum)
  objects.name_process(answer, sum):advise({ "handles-of-process", "handle-trace", "restart-process" },
    { process = sum.leader.process, pid = sum.leader.pid })
end

local function of_kernel(answer, _, watch)
  local look = answer.look
  local users = importers.find(look.case, importers.pairs_of(look.knowledge, watch.tag, "object references"))
  local list = importers.suspects(users)
  answer:accuse(list):at_most("medium"):advise({ "kd-find", "reference-trace", "verifier" },
    { driver = list[1] and list[1].driver })
end

local function contradictory(answer, sum)
  answer:contradict("%s handles for %s objects: these are no counts of one moment",
    format.count(sum.handles), format.count(sum.kept)):advise { "snapshots", "handles-by-type" }
end

local function undecided(answer, sum)
  answer:say("who keeps them is open: the handles of type %s of each process decide", sum and sum.type or "?")
    :advise({ "handles-by-type", "handles-by-process", "kd-handles", "reference-trace" },
      { type = sum and sum.type })
end

local BY_CAUSE <const> = {
  ["user-handles"] = of_user, ["kernel-references"] = of_kernel, contradiction = contradictory,
}

--- Say in an answer who holds the objects of a watched tag: the process, or the drivers that can; with the
-- steps that confirm it.
-- @tparam Answer answer
-- @tparam Watch watch
-- @tparam[opt] table sum of objects.balance, where it was made already
-- @treturn Answer
function objects.name_holder(answer, watch, sum)
  sum = sum or objects.balance(answer.look, watch)
  if not sum then answer:say "no handle counts are among the sources" end
  answer:fact("holder", sum and sum.cause or "open")
  if sum then objects.tell(answer, sum) end
  local object = answer.look.knowledge:object(watch.tag)
  local tell = sum and BY_CAUSE[sum.cause] or undecided
  tell(answer, sum or { type = object and object.type }, watch)
  return answer
end

return objects
