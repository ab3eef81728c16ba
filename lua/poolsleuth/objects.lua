--- Object arithmetic: how many objects of a type are alive, by their tag, against those that somebody has a
-- reason to keep: handles of processes, processes and threads that live.  What remains is held by the kernel.
-- @module poolsleuth.objects
local format    = require "poolsleuth.format"
local holders   = require "poolsleuth.holders"
local importers = require "poolsleuth.importers"
local moments   = require "poolsleuth.moments"

local objects = {}

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

-- The process to name: that which gains handles, else that which has most of them.  Where the list is not of
-- the type, it must have enough of them to explain the sum.
local function leader_of(look, held)
  local best
  for _, holder in ipairs(held.list) do
    local gains = holder.per_hour and holder.per_hour >= look:rule "handles_per_hour"
    if gains and (not best or holder.per_hour > best.per_hour) then best = holder end
  end
  local leader = best or held.list[1]
  local least = held.basis == "sum" and look:rule "handles_do_not_explain" * held.handles or 0
  return leader and leader.count >= least and leader or nil, best ~= nil
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
  local most = look:rule "handles_contradict" * sum.kept
  local much = leader and leader.count >= many and leader.count <= most
    and sum.kept >= look:rule "many_handles"
  return much and "user-handles" or "open", "likely"
end

--- Who holds the objects of a watched tag?
-- @tparam Investigation look
-- @tparam Watch watch of an object type's tag
-- @treturn[1] table `type`, `objects` (at the time of the listing), `alive` (without handles, because they
--   live), `kept` (the others), `handles`, `covered` (handles for one kept object), `held` (of holders.of),
--   `leader` (the process to name, if any), `gains` (the leader gains handles), `gap_s` (between listing and
--   snapshot), `whole`, `cause`: "user-handles", "kernel-references", "both", "open" or "contradiction";
--   `certainty`: "sure" or "likely"
-- @treturn[2] nil where no handles are known, or no count of objects
function objects.balance(look, watch)
  local object = look.knowledge:object(watch.tag)
  local held = holders.of(look, object and object.type)
  local there, gap = watch:objects_at(held and held.time)
  if not held or not there then return nil end
  local sum = { type = object and object.type, objects = there, handles = held.handles, held = held,
    whole = held.whole, gap_s = gap, alive = alive_of(look, object and object.type) }
  sum.kept = math.max(there - sum.alive, 0)
  sum.covered = sum.kept > 0 and sum.handles / sum.kept or math.huge
  sum.leader, sum.gains = leader_of(look, held)
  local judge = held.basis == "all" and cause_by_all or cause_by_type
  sum.cause, sum.certainty = judge(look, sum)
  return sum
end

local MOST_HOLDERS <const> = 3

local function tell_holder(answer, held, holder)
  local rate = holder.per_hour and holder.growth ~= 0
    and (", %+.0f an hour over %s"):format(holder.per_hour, format.span(holder.time - holder.first_time))
    or ""
  answer:cite(holder.item, "%s%s holds %s%s, %s of what the list has%s", holder.process,
    holder.pid and (" (pid %s)"):format(holder.pid) or "", format.count(holder.count),
    held.basis == "type" and "" or " of all types", format.percent(holder.share), rate)
end

--- Say the arithmetic in an answer, each number with where it is from.
-- @tparam Answer answer
-- @tparam table sum of objects.balance
-- @treturn Answer
function objects.tell(answer, sum)
  local held = sum.held
  if sum.alive > 0 then
    answer:say("%s of them live, so %s are kept though they have ended", format.count(sum.alive),
      format.count(sum.kept))
  end
  answer:cite(held.item, "%s handles of %s are open: %s for each object", format.count(sum.handles),
    held.basis == "all" and "all types" or "type " .. sum.type,
    sum.covered < math.huge and ("%.2f"):format(sum.covered) or "many")
  for i, holder in ipairs(held.list) do
    if i <= MOST_HOLDERS then tell_holder(answer, held, holder) end
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
  if not leader then return answer:say "which process it is, the handles of each one decide" end
  return answer:fact("process", leader.process):fact("pid", leader.pid):fact("handles", leader.count)
    :fact("handle-rate", leader.per_hour and ("%+.0f/h"):format(leader.per_hour) or nil)
end

local function of_user(answer, sum)
  local leader = sum.leader
  if not leader then answer:advise { "handles-by-type", "handles-by-process" } end
  objects.name_process(answer, sum):advise({ "handles-of-process", "handle-trace", "restart-process" },
    { process = leader and leader.process, pid = leader and leader.pid })
end

local function of_kernel(answer, _, watch)
  local look = answer.look
  local users = importers.find(look.case, importers.pairs_of(look.knowledge, watch.tag, "object references"))
  local list = importers.suspects(users, look.knowledge:culprits(watch.tag))
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
  if sum and sum.certainty == "likely" then answer:at_most "medium" end
  local object = answer.look.knowledge:object(watch.tag)
  local tell = sum and BY_CAUSE[sum.cause] or undecided
  tell(answer, sum or { type = object and object.type }, watch)
  return answer
end

return objects
