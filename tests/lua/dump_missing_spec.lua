-- What a dump does not hold, or holds otherwise than expected, is named: no failed walk is shown as an empty
-- pool, and no table is read by the layout of another build.
local dumps <const> = require "tests.lua.support.dumps"
local fixtures <const> = require "tests.make.kernel.fixtures"
local folders <const> = require "tests.lua.support.folder"
local specs <const> = require "tests.make.kernel.machines"

-- Words that name a cause.
local causes <const> = { "not in the dump", "behind a page table", "do not map the kernel",
  "no kernel was found",
  "not found", "were found", "cannot be read", "PDB" }

local function names_cause(text)
  for _, cause in ipairs(causes) do
    if text:find(cause, 1, true) then return true end
  end
  return false
end

local function with(name, changes)
  local spec <const> = {}
  for key, value in pairs(specs[name]) do spec[key] = value end
  for key, value in pairs(changes) do spec[key] = value end
  return spec
end

describe("a dump without", function()
  if not dumps.available() then
    pending("needs clang-14, lld-link and llvm-dlltool to build kernels")
    return
  end
  local folder

  lazy_setup(function() folder = folders.new() end)
  lazy_teardown(function() getmetatable(folder).__close(folder) end)

  for _, item in ipairs {
    { "xp_x86", "full" }, { "story2", "summary" }, { "win7_pae", "full" }, { "win81_pae", "bitmap6" },
    { "win7_x64", "summary" }, { "win10_x64", "bitmap6" }, { "win10_x64", "elf" }, { "win11_x64", "rangesA" },
    { "server2025_la57", "bitmap5" }, { "win11_arm64", "ranges8" }, { "crowded_x64", "bitmap6" },
    { "win7_x64", "lime" },
  } do
    local name <const>, container <const> = item[1], item[2]
    for _, symbols in ipairs { true, false } do
      it(("any one page of %s as %s, %s a PDB, says what is missing"):format(name, container,
        symbols and "with" or "without"), function()
        local m <const>, manifest <const> = dumps.machine(name)
        local hurt, same = 0, 0
        for _, frame in ipairs(m.memory:used()) do
          local path <const> = dumps.write(m, container, folder:path(), { missing = { [frame] = true } })
          local rows <const>, problems <const>, _, snapshot = dumps.read(path, symbols and dumps.pdb(m))
          assert.is_table(rows, problems)
          if dumps.difference(rows, manifest) then
            hurt = hurt + 1
            assert.is_true(names_cause(problems), ("without frame 0x%x: %s"):format(frame, problems))
            assert.not_equal("whole", snapshot:scope())
          else
            same = same + 1
          end
        end
        assert.is_true(hurt > 4)
        assert.is_true(same > 4 or container == "elf" or not symbols)
      end)
    end
  end

  it("page tables of the pool says that they are missing", function()
    local m <const> = dumps.machine("win10_x64")
    local tables <const> = {}
    for frame, level in pairs(m.space.table_frames) do
      if level > 1 then tables[frame] = true end
    end
    local rows <const>, problems <const> = dumps.read(dumps.write(m, "bitmap6", folder:path(),
      { missing = tables }))
    assert.same({}, rows)
    assert.matches("page table", problems)
  end)

  it("a page says so once, however often it is asked", function()
    local m <const> = dumps.machine("win7_x64")
    local frame <const> = m.space.frame_of[m.first.nonpaged >> 12]
    local path <const> = dumps.write(m, "summary", folder:path(), { missing = { [frame] = true } })
    local _, _, d = dumps.read(path, dumps.pdb(m))
    assert(d:snapshot())
    local seen <const> = {}
    for _, problem in ipairs(d:problems()) do
      assert.is_nil(seen[problem.reason], problem.reason)
      seen[problem.reason] = true
    end
    assert.is_string(next(seen))
  end)

  it("its end says so", function()
    local m <const> = dumps.machine("win10_x64")
    local path <const> = dumps.write(m, "bitmap6", folder:path())
    local file <const> = assert(io.open(path, "rb"))
    local bytes <const> = file:read("a")
    file:close()
    local short <const> = folder:write("short.dmp", bytes:sub(1, #bytes - 3 * 4096 - 100))
    local _, problems <const> = dumps.read(short, dumps.pdb(m))
    assert.matches("cut", problems)
  end)
end)

describe("tag tables", function()
  if not dumps.available() then return end
  local folder

  lazy_setup(function() folder = folders.new() end)
  lazy_teardown(function() getmetatable(folder).__close(folder) end)

  -- A machine whose tables do not look as those of its build: they are read as what they are, or not at all.
  for _, item in ipairs {
    { "win10_x64", "64" }, { "win10_x64", "64-limits" }, { "win11_x64", "64" }, { "win11_x64", "64-wide" },
    { "win10_15063_x64", "64-wide" }, { "win10_15063_x64", "64-limits" }, { "win7_pae", "32-wide" },
    { "win10_pae", "32" }, { "win10_pae", "32-limits" }, { "xp_x86", "32-limits" },
    { "win11_arm64", "64-wide" }, { "server2025_la57", "64" },
  } do
    it(("of %s in the layout %s are not misread"):format(item[1], item[2]), function()
      local m <const> = fixtures.machine(with(item[1], { tracker = item[2] }), dumps.kernels)
      local manifest <const> = fixtures.manifest(m)
      for _, container in ipairs { "full", m.bits == 64 and "rangesA" or "summary" } do
        for _, pdb in ipairs { dumps.pdb(m), false } do
          local rows <const>, problems <const> = dumps.read(dumps.write(m, container, folder:path()), pdb)
          assert.is_table(rows, problems)
          if #rows > 0 then
            assert.is_nil(dumps.difference(rows, manifest))
          else
            assert.matches("layout", problems)
          end
        end
      end
    end)
  end

  it("full of what no tag table holds are refused", function()
    local m <const> = fixtures.machine("win10_x64", dumps.kernels)
    local random = 1
    for _, address in ipairs(m.tracker_tables) do
      local bytes <const> = {}
      for i = 1, 257 * 0x38 do
        random = (random * 1103515245 + 12345) & 0x7fffffff
        bytes[i] = string.char(random >> 8 & 0xff)
      end
      m.space:write(address, table.concat(bytes))
    end
    local rows <const>, problems <const> = dumps.read(dumps.write(m, "bitmap6", folder:path()), dumps.pdb(m))
    assert.same({}, rows)
    assert.matches("layouts", problems)
  end)

  it("that do not take every tag have another beside them, which is found without a PDB", function()
    for _, name in ipairs { "crowded_x86", "crowded_x64" } do
      local m <const>, manifest <const> = dumps.machine(name)
      local path <const> = dumps.write(m, "full", folder:path())
      for _, pdb in ipairs { dumps.pdb(m), false } do
        local rows <const>, problems <const>, _, snapshot = dumps.read(path, pdb)
        assert.is_nil(dumps.difference(rows, manifest), problems)
        assert.equal("whole", snapshot:scope())
        assert.equal(not pdb, problems:find("by what it holds", 1, true) ~= nil)
      end
    end
  end)

  it("that do not take every tag name the PDB that knows the rest, where nothing else does", function()
    for _, name in ipairs { "crowded_x86", "crowded_x64" } do
      local wide <const> = name == "crowded_x64"
      for _, forged in ipairs {
        wide and ("<I4I4i8i8i8"):pack(0x41414141, 0, 64, 3, 9) or ("<I4I4I4I4"):pack(0x41414141, 3, 9, 64),
        "\1\2\3\4", -- no tag
      } do
        local m <const> = fixtures.machine(name, dumps.kernels)
        m.space:write(m.expansion_table, forged)
        local path <const> = dumps.write(m, "full", folder:path())
        local rows, problems, _, snapshot = dumps.read(path)
        assert.is_true(#rows > 200)
        assert.matches("did not fit is not found", problems)
        assert.matches(m.pdb.guid, (problems:gsub("%-", "")), 1, true)
        assert.equal("part", snapshot:scope())
      end
    end
  end)

  it("are refused where the sizes are those of nothing", function()
    for _, size in ipairs { 0, 1, 0xffffffff, -1 } do
      local m <const> = fixtures.machine("win10_x64", dumps.kernels)
      m:set_pointer("PoolTrackTableSize", size)
      local rows <const>, problems <const> = dumps.read(dumps.write(m, "bitmap6", folder:path()),
        dumps.pdb(m))
      assert.same({}, rows)
      assert.matches("PoolTrackTableSize", problems)
    end
  end)

  it("that point to nowhere are told of", function()
    local m <const> = fixtures.machine("win10_x64", dumps.kernels)
    m:set_pointer("PoolTrackTable", 0)
    local _, problems = dumps.read(dumps.write(m, "bitmap6", folder:path()), dumps.pdb(m))
    assert.matches("tagging was not enabled", problems)
    m:set_pointer("PoolTrackTable", 0xfffffa8100000000)
    _, problems = dumps.read(dumps.write(m, "bitmap6", folder:path()), dumps.pdb(m))
    assert.matches("4 of 5 tag tables are whole", problems)
  end)
end)
