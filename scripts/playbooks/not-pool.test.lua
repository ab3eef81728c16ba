-- Every verdict that not-pool can give, each on the smallest evidence that earns it.
local made_up = require "poolsleuth.made_up"

local GIB <const> = 1 << 30

local function snapshot(available, nonpaged, paged)
  return made_up.snapshot(0, { { "Ntfx", 90000, 80000, 400 } }, { physical_bytes = 16 * GIB,
    available_bytes = available, nonpaged_bytes = nonpaged or GIB // 4, paged_bytes = paged or GIB // 2 })
end

-- 40 quiet processes of 20 MiB each, and one with as much as is said.
local function processes(bytes)
  return made_up.processes(0, {
    { id = 9000, name = "sqlservr.exe", handles = 900, working_set_bytes = bytes } })
end

return {
  {
    name = "11 GiB that nobody has, and a balloon driver: NOT-POOL",
    evidence = { texts = { snapshot(GIB) }, processes = processes(2 * GIB),
      modules = { { name = "vmmemctl.sys", path = "C:\\Windows\\system32\\drivers\\vmmemctl.sys" } } },
    expect = { "^NOT%-POOL unexplained=11.4GiB pool=768MiB held%-by=vmmemctl.sys confidence=medium" },
    status = 1,
  },
  {
    name = "the same, and nobody to name",
    evidence = { texts = { snapshot(GIB) }, processes = processes(2 * GIB) },
    expect = { "^NOT%-POOL unexplained=.*confidence=low" }, reject = { "held%-by" },
  },
  {
    name = "a balloon driver that is stopped takes nothing",
    evidence = { texts = { snapshot(GIB) }, processes = processes(2 * GIB),
      services = { { name = "balloon", type = "kernel driver", state = "stopped", path = "balloon.sys" } } },
    expect = { "^NOT%-POOL" }, reject = { "held%-by" },
  },
  {
    name = "the pools have most of it: that is where to look, whoever has the rest",
    evidence = { texts = { snapshot(GIB, 9 * GIB) } }, expect = { "^NO%-LEAK" }, status = 0,
  },
  {
    name = "the pools have it: nothing is unexplained",
    evidence = { texts = { snapshot(GIB, 12 * GIB) }, processes = processes(2 * GIB) },
    expect = { "^NO%-LEAK" }, status = 0,
  },
  {
    name = "a healthy server: a process has it",
    evidence = { texts = { snapshot(3 * GIB) }, processes = processes(11 * GIB) },
    expect = { "^NO%-LEAK" }, status = 0,
  },
  {
    name = "contradictory: more pool than memory in use",
    evidence = { texts = { snapshot(15 * GIB, 6 * GIB) }, processes = processes(GIB) },
    expect = { "^NOT%-ENOUGH%-DATA .*confidence=low" }, status = 3,
  },
  {
    name = "too little: no list of processes",
    evidence = { texts = { snapshot(GIB) } }, expect = { "^NOT%-ENOUGH%-DATA" }, status = 3,
  },
  {
    name = "too little: no totals",
    evidence = { texts = { { name = "vm.txt", text = made_up.vm { nonpaged_bytes = GIB } } } },
    expect = { "^NOT%-ENOUGH%-DATA" },
  },
  { name = "nothing at all", status = 65 },
}
