-- Every verdict that dump-triage can give.

local HEAD = [[
*** Virtual Memory Usage ***
      NonPagedPool Usage:    31369   (  125476 Kb)
      NonPagedPool Max:      31986   (  127944 Kb)
]]
local TABLE = [[
               NonPaged                  Paged
 Tag       Allocs         Used       Allocs         Used

]]

local function used(tag, bytes)
  return { name = "used.txt", text = HEAD .. TABLE .. (" %s      246479     %8d            0            0\n")
    :format(tag, bytes) }
end

-- Which blocks of the tag point at a driver: "big" or "small" ones.
local function dump(size)
  local d = {}
  function d.facts()
    return { bits = 64, container = "bitmap dump", build = 19041, machine = "x64", processors = 8,
             bugcheck = { code = 0xE2, name = "MANUALLY_INITIATED_CRASH", parameters = { 0, 0, 0, 0 } } }
  end
  function d.modules() return { { name = "ntoskrnl.exe", base = -0x80000000, size = 4096 } } end
  function d.problems() return {} end
  function d.module_file() return nil, "not in the dump" end
  function d.big_owners()
    return { blocks = 9, sampled = 8,
             votes = size == "big" and { { module = "acme.sys", blocks = 8, pointers = 20 } } or {} }
  end
  function d.small_owners()
    if size ~= "small" then return nil, "build 19041 has a segment heap" end
    return { blocks = 900, sampled = 30, votes = { { module = "acme.sys", blocks = 29, pointers = 60 } } }
  end
  return { path = "MEMORY.DMP", dump = d }
end

return {
  {
    name = "a tag fills the pool, and its blocks point at a driver: HIGH",
    evidence = { texts = { used("LkaL", 100827424) }, dumps = { dump "big" } },
    expect = { '^HIGH tag="LkaL" pool=nonpaged', "driver=acme.sys" }, status = 1,
  },
  {
    name = "the same of blocks that are smaller than a page",
    evidence = { texts = { used("LkaL", 100827424) }, dumps = { dump "small" } },
    expect = { '^HIGH tag="LkaL" pool=nonpaged', "driver=acme.sys" },
    status = 1,
  },
  {
    name = "a large tag that is large by design: RESERVED",
    evidence = { texts = { used("MmCm", 100827424) }, dumps = { dump() } },
    expect = { '^RESERVED tag="MmCm"' }, status = 0,
  },
  {
    name = "nothing stands out: NO-LEAK",
    evidence = { texts = { used("LkaL", 4096) }, dumps = { dump() } },
    expect = { "^NO%-LEAK" }, status = 0,
  },
  {
    name = "no tags in the dump: NOT-ENOUGH-DATA",
    evidence = { texts = { { name = "vm.txt", text = HEAD } }, dumps = { dump() } },
    expect = { "^NOT%-ENOUGH%-DATA" }, status = 3,
  },
  { name = "no dump at all", evidence = { texts = { used("LkaL", 4096) } }, status = 65 },
}
