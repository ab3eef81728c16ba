-- Objects pile up: does a process leak handles to them, or does a driver keep references?
local importers     = require "poolsleuth.importers"
local investigation = require "poolsleuth.investigation"
local objects       = require "poolsleuth.objects"
local playbook      = require "poolsleuth.playbook"

-- Handles explain the objects: the process that has them, or gains them, leaks.
local function of_user(look, watch, sum)
  local answer = look:about(watch:word_for "USER-HANDLE-LEAK", watch, { suspects = {}, steps = {} })
  answer:fact("cause", sum.cause):say "handles of processes explain the objects: a program leaks them"
  objects.name_process(objects.tell(answer, sum), sum)
    :advise({ "handles-of-process", "handle-trace", "restart-process", "handle-counter" },
      { process = sum.leader.process, pid = sum.leader.pid }):file()
end

-- Nobody has handles: drivers that take references to such objects are the lead.
local function of_kernel(look, watch, sum)
  local users = importers.find(look.case, importers.pairs_of(look.knowledge, watch.tag, "object references"))
  local suspects = importers.suspects(users)
  local word = watch:word_for "KERNEL-REFERENCE-LEAK"
  local answer = look:about(word, watch, { suspects = suspects, steps = {} })
  answer:fact("cause", sum.cause)
    :say "handles do not explain the objects: something in the kernel keeps references to them"
  objects.tell(answer, sum):advise({ "kd-find", "reference-trace", "verifier", "xperf" },
    { driver = suspects[1] and suspects[1].driver }):file()
end

-- Too little, mixed, or counted at different moments: name nobody, say what decides.
local function undecided(look, watch, sum)
  local word = watch.word == "LEAK" and "SUSPECT" or watch.word
  local answer = look:about(word, watch, { suspects = {}, steps = {} }):at_most("low")
  answer:fact("cause", sum and sum.cause or "open")
  if not sum then answer:say "no handle counts are among the sources: who holds the objects is open" end
  if sum and sum.cause == "contradiction" then
    answer:contradict("%d handles for %d objects: these are no counts of one moment", sum.handles, sum.kept)
  end
  if sum then objects.tell(answer, sum) end
  answer:advise({ "handles-by-type", "handles-by-process", "kd-handles", "reference-trace" },
    { type = look.knowledge:object(watch.tag).type }):file()
end

local BY_CAUSE <const> = { ["user-handles"] = of_user, ["kernel-references"] = of_kernel }

return playbook {
  name       = "object-handle-leak",
  summary    = "Tell a process that leaks handles from a driver that keeps references, and name it",
  about      = [[
Kernel objects (events, files, keys, tokens, threads ...) have a tag for each type, and stay in memory as
long as a handle or a reference does.  Objects by tag are set against the handles of the processes: where
these explain them, a program leaks; where not, a driver.  Give snapshots and, of about the same time,
handle counts: handle.exe, Get-Process, !handle.  Several listings show which process gains handles.]],
  needs      = { "snapshots", "handles" },
  categories = { "leak", "handles", "objects" },
  args       = playbook.evidence { { name = "top", flag = "--top", type = "integer", default = 3,
    about = "how many types of objects to look into" } },

  run = function(case, args)
    local look = investigation.open(case, args):need("snapshots", case.snapshots)

    -- Which types are many, or become more?  Their number counts, not their bytes: objects are small.
    local judge = { counts = true, many = look.limits.many_objects, least = look:rule "least_objects" }
    local types = look:watches(function(tag) return case.knowledge:object(tag) end, judge)
    local found = 0
    for _, watch in ipairs(types) do
      if watch:stands_out() and found < args.top then
        found = found + 1
        -- Outstanding objects against the handles to them: who holds them?
        local sum = objects.balance(look, watch)
        local tell = sum and BY_CAUSE[sum.cause] or undecided
        tell(look, watch, sum)
      end
    end
    if #types == 0 then look:too_little("no snapshot has the tag of an object type", { "snapshots" }) end
    if #types > 0 and found == 0 then look:in_order "no type of object is many or becomes more" end
  end,
}
