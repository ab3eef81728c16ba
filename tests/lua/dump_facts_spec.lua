-- What dumps of made-up machines tell beside their pool: header, modules, totals, big blocks, imports.
local dump <const> = require "poolsleuth.dump"
local dumps <const> = require "tests.lua.support.dumps"
local folders <const> = require "tests.lua.support.folder"

local PAGE <const> = 4096

local function address(value, bits) return bits == 32 and value & 0xffffffff or value end

describe("a dump of a made-up machine tells", function()
  if not dumps.available() then
    pending("needs clang-14, lld-link and llvm-dlltool to build kernels")
    return
  end
  local folder

  lazy_setup(function() folder = folders.new() end)
  lazy_teardown(function() getmetatable(folder).__close(folder) end)

  local function open(name, container, options)
    local m <const>, manifest <const> = dumps.machine(name)
    return assert(dump.open(dumps.write(m, container, folder:path(), options))), manifest, m
  end

  for _, item in ipairs {
    { "xp_x86", "full" }, { "story2", "summary" }, { "win7_pae", "full" }, { "win81_pae", "bitmap6" },
    { "win7_x64", "summary" }, { "win81_x64", "bitmap7" }, { "win10_x64", "bitmap6" }, { "win11_x64",
      "rangesA" },
    { "server2025_la57", "bitmap5" }, { "win10_arm64", "ranges8" }, { "win11_24h2_x64", "triage" },
    { "win7_pae", "triage" },
  } do
    local name <const>, container <const> = item[1], item[2]
    it(("the header of %s as %s"):format(name, container), function()
      local d <const>, manifest <const> = open(name, container)
      local facts <const> = d:facts()
      assert.equal(manifest.bits, facts.bits)
      assert.equal(manifest.build, facts.build)
      assert.equal(manifest.processors, facts.processors)
      assert.equal(manifest.time, facts.time)
      assert.equal(manifest.uptime, facts.uptime_s)
      assert.equal(manifest.bugcheck[1], facts.bugcheck.code)
      for i = 1, 4 do
        assert.equal(address(manifest.bugcheck[i + 1], manifest.bits),
          address(facts.bugcheck.parameters[i], manifest.bits))
      end
      if container ~= "triage" then
        assert.equal(manifest.pdb.name, facts.symbols.name)
        assert.equal(manifest.pdb.guid, (facts.symbols.guid:gsub("-", "")))
        assert.equal(manifest.pdb.age, facts.symbols.age)
      end
    end)

    it(("the modules of %s as %s"):format(name, container), function()
      local d <const>, manifest <const> = open(name, container)
      local loaded <const>, unloaded <const> = {}, {}
      for _, module in ipairs(d:modules()) do
        local list <const> = module.unloaded and unloaded or loaded
        list[#list + 1] = module
      end
      assert.equal(#manifest.modules, #loaded)
      for i, want in ipairs(manifest.modules) do
        local got <const> = loaded[i]
        assert.equal(want.name, got.name)
        assert.equal(address(want.base, manifest.bits), address(got.base, manifest.bits))
        assert.equal(want.size, got.size)
        assert.equal(want.timestamp ~= 0 and want.timestamp or nil, got.timestamp)
        if container ~= "triage" then
          assert.equal(want.path_page == "paged out" and want.name or want.path, got.path)
        end
      end
      assert.equal(#manifest.unloaded, #unloaded)
      local by_base <const> = {}
      for _, module in ipairs(unloaded) do by_base[address(module.base, manifest.bits)] = module end
      for _, want in ipairs(manifest.unloaded) do
        local got <const> = by_base[address(want.base, manifest.bits)]
        assert.equal(container == "triage" and want.name:sub(1, 12) or want.name, got.name)
        assert.equal(want.size, got.size)
        if container ~= "triage" then assert.equal(want.time, got.unloaded_time) end
      end
    end)
  end

  it("the totals of kernels that keep them in variables", function()
    for _, item in ipairs { { "xp_x86", "full" }, { "story2", "summary" }, { "win7_x64", "full" },
      { "win81_x64", "bitmap6" }, { "win11_x64", "triage" } } do
      local d <const>, manifest <const> = open(item[1], item[2])
      local memory <const> = assert(d:snapshot()):memory()
      local totals <const> = manifest.totals
      assert.equal(totals.nonpaged_pages * PAGE, memory.nonpaged_bytes, item[1])
      assert.equal(totals.paged_pages * PAGE, memory.paged_bytes, item[1])
      assert.equal(totals.committed * PAGE, memory.commit_bytes, item[1])
      if item[2] ~= "triage" then
        assert.equal(totals.available_pages * PAGE, memory.available_bytes, item[1])
        assert.equal(totals.nonpaged_limit, memory.nonpaged_limit_bytes, item[1])
      end
    end
  end)

  it("its big blocks with the kernel's PDB", function()
    for _, item in ipairs { { "xp_x86", "full" }, { "story2", "summary" }, { "win7_x64", "full" },
      { "win10_x64", "bitmap6" }, { "win11_x64", "rangesA" }, { "win11_arm64", "ranges8" } } do
      local d <const>, manifest <const>, m <const> = open(item[1], item[2])
      assert(d:use_pdb(dumps.pdb(m)))
      local live <const> = {}
      for _, want in ipairs(manifest.big) do
        if not want.free then live[address(want.address, manifest.bits)] = want end
      end
      for _, block in ipairs(assert(d:big_blocks())) do
        local want <const> = live[address(block.address, manifest.bits)]
        assert.is_table(want, ("%s: a block at 0x%x that nobody wrote"):format(item[1], block.address))
        assert.equal(want.tag, block.tag)
        assert.equal(manifest.build < 6000 and (want.size + PAGE - 1) // PAGE * PAGE or want.size,
          block.size)
        live[address(block.address, manifest.bits)] = nil
      end
      assert.is_nil(next(live), item[1])
    end
  end)

  it("its processes, with what is charged to them where the build is known", function()
    for _, item in ipairs { { "xp_x86", "full" }, { "story2", "summary" }, { "vista_x86", "full" },
      { "win7_pae", "full" }, { "win81_pae", "bitmap6" }, { "win10_pae", "bitmap6" }, { "win2003_x64",
        "summary" },
      { "win7_x64", "summary" }, { "win10_15063_x64", "bitmap6" }, { "win10_x64", "bitmap6" },
      { "win11_x64", "rangesA" }, { "win11_24h2_x64", "rangesA" }, { "win11_arm64", "ranges8" } } do
      local d <const>, manifest <const> = open(item[1], item[2])
      local list <const> = assert(d:processes())
      assert.equal(#manifest.processes, #list)
      for i, want in ipairs(manifest.processes) do
        assert.equal(want.name, list[i].name, item[1])
        assert.equal(want.id, list[i].pid, item[1])
        if manifest.build <= 19041 and manifest.mode ~= "arm64" then
          assert.equal(want.nonpaged, list[i].nonpaged, item[1])
          assert.equal(want.paged, list[i].paged, item[1])
        end
      end
    end
  end)

  it("the slots of import tables in memory", function()
    for _, item in ipairs { { "story2", "summary" }, { "win10_x64", "bitmap6" }, { "win11_arm64",
      "ranges8" } } do
      local d <const>, manifest <const> = open(item[1], item[2])
      local form <const> = manifest.bits == 64 and "<i8" or "<I4"
      for _, module in ipairs(manifest.modules) do
        for name, slot in pairs(module.slots or {}) do
          local bytes <const> = d:read(module.base + slot, form:packsize())
          assert.equal(address(manifest.symbols[name], manifest.bits), (form:unpack(bytes)), name)
          assert.equal(address(manifest.symbols[name], manifest.bits), address(d:symbol(name), manifest.bits))
        end
      end
    end
  end)

  it("that of 2008: where ExAllocatePool lies, and whose import table holds it", function()
    local d <const> = open("story2", "summary")
    assert.equal(0xe0894d1f, address(d:symbol("ExAllocatePool"), 32))
    assert.same({ 0xe0894d1f, 0xe0828e04, 0xe089b708, 0xe083e30a, 0xe084011b },
      { table.unpack({ ("<I4I4I4I4I4"):unpack((d:read(0xf50b8058, 20))) }, 1, 5) })
  end)

  it("its pages where they do not begin on a boundary, and where bits end within a byte", function()
    for _, container in ipairs { "bitmap5", "bitmap6", "ranges8", "rangesA" } do
      local m <const>, manifest <const> = dumps.machine("win10_x64")
      local path <const> = dumps.write(m, container, folder:path(), { unaligned = true })
      local rows <const>, problems <const> = dumps.read(path, dumps.pdb(m))
      assert.is_nil(dumps.difference(rows, manifest), problems)
    end
    for extra = 0, 9 do
      local m <const>, manifest <const> = dumps.machine("win11_x64")
      local used <const> = m.memory:used()
      m.spec.bits = used[#used] + 1 + extra
      local path <const> = dumps.write(m, "bitmap5", folder:path(), { unaligned = true })
      m.spec.bits = nil
      local rows <const>, problems <const>, d <const> = dumps.read(path, dumps.pdb(m))
      assert.is_nil(dumps.difference(rows, manifest), problems)
      local bytes <const> = d:read_physical(used[#used] * PAGE, PAGE)
      assert.equal(m.memory:page(used[#used]), bytes)
    end
  end)
end)
