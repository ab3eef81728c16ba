-- More process objects than processes: who keeps those that have ended?
local format        = require "poolsleuth.format"
local investigation = require "poolsleuth.investigation"
local objects       = require "poolsleuth.objects"
local playbook      = require "poolsleuth.playbook"

return playbook {
  name       = "zombie-process",
  summary    = "Count ended processes that are kept in memory, and say who keeps them",
  about      = [[
A process object stays, with some 64 KiB, until the last handle and reference to it are gone.  This sets the
objects of tag "Proc" against the processes that live (Get-Process, tasklist, !process 0 0) and the handles
of type Process.  Growth is told for each process that starts: 1.00 means that none is ever let go.]],
  needs      = { "snapshots", "processes" },
  categories = { "leak", "handles", "objects" },
  args       = playbook.evidence(),

  run = function(case, args)
    local look   = investigation.open(case, args)
    look:need("snapshots", "processes")
    local living = objects.living(look)
    local many   = look:rule "many_zombies"
    local watch  = look:watch("Proc", { counts = true, least = many })
    if not watch then
      return look:too_little('no snapshot has the tag "Proc"', { "snapshots", "kd-processes" })
    elseif not living then
      return look:too_little("no list of all processes: how many of the objects are alive is open",
        { "process-list", "kd-processes" })
    end

    -- Outstanding objects less the processes that live, at the time of the list.
    local alive, gap = watch:objects_at(living.moment.time)
    local zombies = alive - living.processes
    if zombies < -many then
      local answer = look:answer("NOT-ENOUGH-DATA", "low")
      return answer:contradict("%d processes live, yet there are %d process objects", living.processes, alive)
        :advise({ "snapshots", "process-list" }):file()
    elseif zombies < many then
      return look:in_order(("%d process objects, %d processes that live"):format(alive, living.processes))
    end

    local word   = watch:stands_out() and watch:word_for "ZOMBIES" or "HIGH"
    local kept   = watch.new_objects and watch.freed_ratio and 1 - watch.freed_ratio or nil
    local answer = look:about(word, watch, { suspects = {}, steps = {} }):fact("count", zombies)
      :fact("per-start", kept and ("%.2f"):format(kept))
    answer:cite(living.items[1], "%s processes live and %s process objects are there: %s are kept",
      format.count(living.processes), format.count(alive), format.count(zombies))
    answer:say("each keeps about 64 KiB: %s", format.bytes(zombies * look:rule "zombie_bytes"))
    if kept then answer:say("of 100 processes that start, %.0f are never let go", 100 * kept) end
    if gap and gap > look:rule "same_moment_s" then answer:at_most("low") end
    -- Handles to them name a process; where there are none, a driver references them.
    objects.name_holder(answer, watch):file()
  end,
}
