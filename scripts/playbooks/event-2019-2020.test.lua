-- Every verdict that event-2019-2020 can give, each on the smallest evidence that earns it.
local made_up = require "poolsleuth.made_up"

local MIB <const> = 1 << 20

local function event(id, provider, hour)
  return { id = id, provider = provider or "Srv", log = "System", level = "Error",
           time = made_up.time(hour or 5), text = "The server was unable to allocate from the system pool." }
end

-- A pool of 128 MiB, with so many MiB of it in use and most of that under one tag.
local function debugger(used)
  local totals = made_up.vm { nonpaged_bytes = used * MIB, nonpaged_limit_bytes = 128 * MIB }
  return { name = "vm.txt", text = totals .. ([[
               NonPaged                  Paged
 Tag       Allocs         Used       Allocs         Used

 LkaL      246479     %8d            0            0
 MmCm         198       462512            0            0
]]):format(used * MIB * 6 // 10) }
end

return {
  {
    name = "event 2019, and a dump's text with the limit and the tag: EXHAUSTED",
    evidence = { texts = { debugger(127) }, events = { event(2019, "srv", 7), event(2019, "Srv", 5) } },
    expect = { '^EXHAUSTED tag="LkaL" pool=nonpaged event=2019 times=2 first=2026%-11%-01T05:00:00 '
      .. "fill=99%%" },
    status = 2,
  },
  {
    name = "event 2020 is of the other pool", evidence = { events = { event(2020) } },
    expect = { "^EXHAUSTED .*pool=paged event=2020" },
  },
  {
    name = "an event alone: EXHAUSTED, and no tag", evidence = { events = { event(2019) } },
    expect = { "^EXHAUSTED pool=nonpaged event=2019 times=1" }, reject = { "tag=" },
  },
  {
    name = "contradictory: the pool is nearly empty in the snapshot",
    evidence = { texts = { debugger(30) }, events = { event(2019) } },
    expect = { "^EXHAUSTED .*fill=23%%.*confidence=low" },
  },
  {
    name = "no event, but a pool that is as good as full: HIGH", evidence = { texts = { debugger(125) } },
    expect = { '^HIGH tag="LkaL" pool=nonpaged fill=98%%' }, status = 1,
  },
  {
    name = "and where the debugger begins to warn", evidence = { texts = { debugger(103) } },
    expect = { '^HIGH tag="LkaL" pool=nonpaged fill=8%d%%' }, status = 1,
  },
  {
    name = "memory ran short, says event 2004: HIGH",
    evidence = { events = { event(2004, "Microsoft-Windows-Resource-Exhaustion-Detector") } },
    expect = { "^HIGH .*event=2004" }, status = 1,
  },
  {
    name = "work items ran short, says event 2021: SUSPECT", evidence = { events = { event(2021) } },
    expect = { "^SUSPECT .*event=2021" }, status = 1,
  },
  {
    name = "event 2019 of somebody else says nothing of pools, and the pool is calm",
    evidence = { texts = { debugger(30) }, events = { event(2019, "AcmeBackup") } },
    expect = { "^NO%-LEAK" }, status = 0,
  },
  {
    name = "a healthy server", evidence = { texts = { debugger(40) } }, expect = { "^NO%-LEAK" }, status = 0,
  },
  {
    name = "too little: no event and no limit",
    evidence = { texts = { made_up.snapshot(0, made_up.crowd(0)) } },
    expect = { "^NOT%-ENOUGH%-DATA" }, status = 3,
  },
  { name = "nothing at all", status = 65 },
}
