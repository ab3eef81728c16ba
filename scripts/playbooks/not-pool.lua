-- Memory is gone, but is it pool?  Add up what is accounted for, and say what is not.
local format        = require "poolsleuth.format"
local investigation = require "poolsleuth.investigation"
local moments       = require "poolsleuth.moments"
local objects       = require "poolsleuth.objects"
local playbook      = require "poolsleuth.playbook"

return playbook {
  name       = "not-pool",
  summary    = "Add up physical memory, and say how much that is gone is not pool",
  about      = [[
Balloon drivers of virtual machines, graphics and other drivers lock pages, page tables and large pages take
some: none of it is pool, and no tag shows it.  This subtracts processes, pools and the kernel from the memory
in use.  Give a snapshot with its two lines of totals, a list of processes with working sets (Get-Process,
tasklist, memsnap), and what is loaded (driverquery).]],
  needs      = { "snapshots", "processes" },
  categories = { "triage", "memory" },
  args       = playbook.evidence(),

  run = function(case, args)
    local look   = investigation.open(case, args):need "snapshots"
    local memory = look:memory()
    local total, free, nonpaged = memory.physical_bytes, memory.available_bytes, memory.nonpaged_bytes
    if not (total and free and nonpaged) then
      return look:too_little("no snapshot tells physical memory, what is free of it, and the pools",
        { "memory-counters", "snapshots" })
    end
    local used = total - free
    local pool = nonpaged + (memory.paged_resident_bytes or memory.paged_bytes or 0)
    if pool > used * 1.1 then
      return look:answer("NOT-ENOUGH-DATA", "low"):contradict("the pools are %s, yet %s of memory are in use",
        format.bytes(pool), format.bytes(used)):advise { "memory-counters" }:file()
    end

    -- What processes have in memory; shared pages count in each, so the remainder is at least this large.
    local sets = moments.sum(objects.living(look), function(item) return item.working_set_bytes end)
    local takers = look:running "holders"
    if pool >= used / 2 then
      return look:in_order(("the pools have %s of the %s in use: they are what to look into"):format(
        format.bytes(pool), format.bytes(used)))
    elseif sets == 0 then
      local answer = look:answer("NOT-ENOUGH-DATA", "low")
      answer:say("%s of %s are in use, the pools are %s of it; what processes have is not among the sources",
        format.bytes(used), format.bytes(total), format.bytes(pool))
      for _, one in ipairs(takers) do
        answer:cite(one.item, "%s, a %s, is loaded", one.known.name, one.known.what)
      end
      return answer:advise { "process-list", "memory-map", "kd-memory" }:file()
    end
    local rest = used - pool - sets - (memory.kernel_resident_bytes or 0)
    local share = look:rule(takers[1] and "unexplained_share" or "unexplained_by_nobody_share")
    local much  = math.max(look:rule "unexplained_bytes", share * total, pool)
    if rest < much then
      return look:in_order(("%s in use: pools %s, processes %s; no more than %s is left to explain"):format(
        format.bytes(used), format.bytes(pool), format.bytes(sets), format.bytes(math.max(rest, 0))))
    end

    local first  = takers[1]
    local answer = look:answer("NOT-POOL", first and "medium" or "low"):fact("unexplained", format.size(rest))
      :fact("pool", format.size(pool)):fact("held-by", first and first.known.name)
    answer:cite(look.growth.last, "%s of %s are in use", format.bytes(used), format.bytes(total))
      :say("pools %s and working sets %s leave %s that neither explains", format.bytes(pool),
        format.bytes(sets), format.bytes(rest))
    for _, one in ipairs(takers) do
      answer:cite(one.item, "%s, a %s, is loaded: %s", one.known.name, one.known.what, one.known.text)
    end
    answer:advise { "memory-map", "kd-memory", "loaded-drivers" }:file()
  end,
}
