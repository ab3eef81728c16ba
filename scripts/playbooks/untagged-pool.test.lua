-- Every verdict that untagged-pool can give, on a dump that answers as a real one does.

local VM = [[
*** Virtual Memory Usage ***
      NonPagedPool Usage:    31369   (  125476 Kb)
      NonPagedPool Max:      31986   (  127944 Kb)
]]

local function used(none, name)
  return { name = name or "used.txt", text = VM .. ([[
               NonPaged                  Paged
 Tag       Allocs         Used       Allocs         Used

 None      246479     %8d            0            0
 MmCm        1198     18462512            0            0
]]):format(none) }
end

local modules = {
  { name = "ntoskrnl.exe", path = "ntoskrnl.exe", base = 0x80800000, size = 0xA0000 },
  { name = "{7C1E}.sys", path = "{7C1E}.sys", base = 0xF50B3000, size = 0x8000 },
  { name = "keeps.sys", path = "keeps.sys", base = 0xF7C40000, size = 0x7000 },
}

-- What each module imports, by its base; false where its tables are gone.
local function dump(imports)
  local d = {}
  function d.facts() return { bits = 32, container = "kernel summary dump" } end
  function d.modules() return modules end
  function d.problems() return {} end
  function d.symbol(_, name) return name == "ExAllocatePool" and 0xE0894D1F or nil end
  function d.imports(_, base)
    if imports[base] == false then return nil, "the header of the module is not in the dump" end
    return imports[base] or {}
  end
  function d.module_file() return nil, "not in the dump" end
  function d.big_owners() return { blocks = 0, sampled = 0, missing = 0, votes = {} } end
  d.small_owners = d.big_owners
  return { path = "MEMORY.DMP", dump = d }
end

local guilty = { { dll = "ntoskrnl.exe", name = "ExAllocatePool", slot = 0xF50B8058, target = 0xE0894D1F } }
-- Its descriptors are gone: only what the slot points at tells.
local nameless = { { slot = 0xF50B8058, target = 0xE0894D1F } }

return {
  {
    name = "a full pool, most of it untagged, and one module that can have done it: HIGH",
    evidence = { texts = { used(50827424) }, dumps = { dump { [0xF50B3000] = guilty } } },
    expect = { '^HIGH tag="None" pool=nonpaged', "share=40%%", "driver={7C1E}.sys confidence=high" },
  },
  {
    name = "its import descriptors are gone",
    evidence = { texts = { used(50827424) }, dumps = { dump { [0xF50B3000] = nameless } } },
    expect = { "driver={7C1E}.sys confidence=high" },
  },
  {
    name = "two dumps, and it grew: SUSPECT",
    evidence = { texts = { used(40827424, "dump-2026-11-01T00-00-00.txt"),
                           used(50827424, "dump-2026-11-01T12-00-00.txt") },
                 dumps = { dump { [0xF50B3000] = guilty, [0xF7C40000] = false } } },
    expect = { '^SUSPECT tag="None" pool=nonpaged', "driver={7C1E}.sys confidence=medium" },
  },
  {
    name = "hardly any memory is untagged: NO-LEAK",
    evidence = { texts = { used(4096) }, dumps = { dump {} } },
    expect = { '^NO%-LEAK tag="None"' }, status = 0,
  },
  {
    name = "a dump without tag tables: NOT-ENOUGH-DATA",
    evidence = { texts = { { name = "vm.txt", text = VM } }, dumps = { dump {} } },
    expect = { "^NOT%-ENOUGH%-DATA" }, status = 3,
  },
  { name = "no dump at all", evidence = { texts = { used(4096) } }, status = 65 },
}
