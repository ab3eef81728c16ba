-- Every verdict that verifier-unload can give, each on the smallest evidence that earns it.
local made_up = require "poolsleuth.made_up"

local ANALYZE <const> = [[
DRIVER_VERIFIER_DETECTED_VIOLATION (c4)
Arguments:
Arg1: 0000000000000062, A driver has forgotten to free its pool allocations prior to unloading.
Arg2: ffffa80c9707712c, name of the driver having the issue.
Arg3: ffffa80c9c1faf70, verifier internal structure with driver information.
Arg4: 0000000000000003, total # of (paged+nonpaged) allocations that weren't freed.

MODULE_NAME: acme

IMAGE_NAME:  acme.sys
]]

local GONE <const> = [[
Driver Verification List
------------------------

nt!_VF_TARGET_DRIVER 0xa013f2c8: acme.sys (Loaded and Unloaded)

    Pool Allocation Statistics: ( NonPagedPool / PagedPool )

      Current Pool Allocations: ( 0x00000000 / 0x00000001 )
      Current Pool Bytes:       ( 0x00000000 / 0x00000070 )
      Peak Pool Allocations:    ( 0x00000000 / 0x00000001 )
      Peak Pool Bytes:          ( 0x00000000 / 0x00000070 )

    Pool Allocations:

      Address     Length      Tag   Caller
      ----------  ----------  ----  ----------
      0x86491d10  0x00000070  abcd  0xa05c1047  acme!DriverEntry+0x27
]]

-- A dump of a machine that Driver Verifier stopped; the second parameter may point at the driver's name.
local function dump(code, first, second, allocations)
  local name = type(second) == "string" and second or nil
  local d = {}
  function d.facts()
    return { bits = 64, container = "kernel dump", machine = "x64",
             bugcheck = { code = code,
               parameters = { first, name and 0x1000 or second or 0, 4096, allocations } } }
  end
  function d.modules() return {} end
  function d.problems() return {} end
  function d.module_file() return nil, "not in the dump" end
  function d.read(_, address)
    return address == 0x1000 and (name .. "\0"):gsub(".", "%0\0") or nil
  end
  return { path = "MEMORY.DMP", dump = d }
end

local function blocks(driver, count)
  local list = {}
  for i = 1, count do
    list[i] = { address = 4096 * i, tag = "Acme", size = 512, note = driver, origin = "!verifier" }
  end
  return list
end

local function loaded(hour, bytes)
  return { driver = "acme.sys", state = "loaded", nonpaged_bytes = bytes, nonpaged_allocs = bytes // 512,
           time = made_up.time(hour) }
end

return {
  {
    name = "what the debugger says of the stop: VERIFIER-LEAK with the driver",
    evidence = { texts = { { name = "analyze.txt", text = ANALYZE } } },
    expect = { "^VERIFIER%-LEAK allocations=3 driver=acme.sys confidence=high" }, status = 2,
  },
  {
    name = "and the list of blocks: bytes and tag",
    evidence = { texts = { { name = "analyze.txt", text = ANALYZE } }, blocks = blocks("acme", 3),
      drivers = { made_up.driver("acme.sys") } },
    expect = { "^VERIFIER%-LEAK allocations=3 bytes=1536 leaked%-tag=Acme driver=acme.sys version=1.2.3" },
  },
  {
    name = "contradictory: another number of blocks is listed",
    evidence = { texts = { { name = "analyze.txt", text = ANALYZE } }, blocks = blocks("acme.sys", 8) },
    expect = { "^VERIFIER%-LEAK allocations=3 .*confidence=low" },
  },
  {
    name = "a dump of it", evidence = { dumps = { dump(0xC4, 0x62, "acme.sys", 7) } },
    expect = { "^VERIFIER%-LEAK allocations=7 driver=acme.sys" },
  },
  {
    name = "a dump without the page that has the name", evidence = { dumps = { dump(0xC4, 0x62, nil, 7) } },
    expect = { "^VERIFIER%-LEAK allocations=7 confidence=medium" }, reject = { "driver=" },
  },
  {
    name = "the list of blocks has one driver alone, and as many blocks",
    evidence = { dumps = { dump(0xC4, 0x62, nil, 3) }, blocks = blocks("acme.sys", 3) },
    expect = { "^VERIFIER%-LEAK allocations=3 bytes=1536 .*driver=acme.sys confidence=medium" },
  },
  {
    name = "the older kind of the stop tells bytes", evidence = { dumps = { dump(0xC4, 0x60, 512, 7) } },
    expect = { "^VERIFIER%-LEAK allocations=7 bytes=4608" },
  },
  {
    name = "a listing of a driver that is gone and still has pool",
    evidence = { texts = { { name = "verifier.txt", text = GONE } } },
    expect = { "^VERIFIER%-LEAK allocations=1 bytes=112 leaked%-tag=abcd driver=acme.sys confidence=medium" },
    reject = { "<" }, status = 2,
  },
  {
    name = "as many unloads as loads, and pool that is left",
    evidence = { verified = { { driver = "acme.sys", loads = 2, unloads = 2, nonpaged_allocs = 12,
      nonpaged_bytes = 14592 } } },
    expect = { "^VERIFIER%-LEAK allocations=12 bytes=14592 driver=acme.sys" }, status = 2,
  },
  {
    name = "unloaded, and nothing is left",
    evidence = { verified = { { driver = "acme.sys", state = "unloaded", nonpaged_allocs = 0,
      nonpaged_bytes = 0, paged_allocs = 0, paged_bytes = 0 } } },
    expect = { "^NO%-LEAK" }, status = 0,
  },
  {
    name = "two listings of a driver that holds ever more: SUSPECT",
    evidence = { verified = { loaded(0, 1 << 20), loaded(9, 90 << 20) } },
    expect = { "^SUSPECT growth=89MiB driver=acme.sys .*confidence=low" }, status = 1,
  },
  {
    name = "a healthy server: what verified drivers hold is in use",
    evidence = { verified = { loaded(0, 4 << 20), loaded(9, 4 << 20) } }, expect = { "^NO%-LEAK" },
    status = 0,
  },
  {
    name = "too little: stopped for something else",
    evidence = { dumps = { dump(0xC4, 0x81, "acme.sys", 0) } },
    expect = { "^NOT%-ENOUGH%-DATA" }, status = 3,
  },
  {
    name = "too little: a crash without Driver Verifier", evidence = { dumps = { dump(0xD1, 0, nil, 0) } },
    expect = { "^NOT%-ENOUGH%-DATA" },
  },
  { name = "nothing at all", status = 65 },
}
