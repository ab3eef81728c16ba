-- Objects pile up: does a process leak handles to them, or does a driver keep references?
local investigation = require "poolsleuth.investigation"
local objects       = require "poolsleuth.objects"
local playbook      = require "poolsleuth.playbook"

-- What each cause is called, and what it says.
local WORDS <const> = {
  ["user-handles"] = "USER-HANDLE-LEAK", ["kernel-references"] = "KERNEL-REFERENCE-LEAK",
}
local MEANING <const> = {
  ["user-handles"]      = "handles of processes explain the objects: a program leaks them",
  ["kernel-references"] = "handles do not explain the objects: something in the kernel keeps references",
  both                  = "handles explain a part of the objects: a program and the kernel may hold some",
}

-- The word that the evidence allows: of a kind only where the kind is known.
local function word_of(watch, cause)
  if WORDS[cause] then return watch:word_for(WORDS[cause]) end
  return watch.word == "LEAK" and "SUSPECT" or watch.word
end

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
    local look = investigation.open(case, args):need "snapshots"

    -- Which types are many, or become more?  Their number counts, not their bytes: objects are small.
    local judge = { counts = true, many = look.limits.many_objects, least = look:rule "least_objects" }
    local types = look:watches(function(tag) return case.knowledge:object(tag) end, judge)
    local found = 0
    for _, watch in ipairs(types) do
      if watch:stands_out() and found < args.top then
        found = found + 1
        -- Outstanding objects against the handles to them.
        local sum    = objects.balance(look, watch)
        local cause  = sum and sum.cause or "open"
        local answer = look:about(word_of(watch, cause), watch, { suspects = {}, steps = {} })
        if MEANING[cause] then answer:say("%s", MEANING[cause]) end
        if not WORDS[cause] then answer:at_most("low") end
        -- The process that has or gains them; without one, the drivers that take such references.
        objects.name_holder(answer, watch, sum):file()
      end
    end
    if #types == 0 then look:too_little("no snapshot has the tag of an object type", { "snapshots" }) end
    if #types > 0 and found == 0 then look:in_order "no type of object is many or becomes more" end
  end,
}
