-- What a kernel keeps beside its tag tables, through Lua: the blocks that dumps were built with are
-- found with and without symbols, and what is not known names the PDB that knows it.
local dump <const> = require "poolsleuth.dump"
local dumps <const> = require "tests.lua.support.dumps"
local folders <const> = require "tests.lua.support.folder"
local machines <const> = require "tests.make.kernel.machines"

local load_manifest <const> = loadfile(dumps.folder .. "/manifest.lua", "t")
local manifest <const> = load_manifest and load_manifest() or {}

local names <const> = {}
for name in pairs(manifest) do names[#names + 1] = name end
table.sort(names)

-- The blocks of a table without its free slots, as text and in order: addresses of 32 bits are extended,
-- and tables before Vista count whole pages.
local function listed(blocks, told)
  local lines <const> = {}
  for _, block in ipairs(blocks) do
    if not block.free then
      local address, size = block.address, block.size
      if told.bits == 32 then address = address & 0xFFFFFFFF end
      if told.build < 6000 then size = (size + 0xFFF) & ~0xFFF end
      lines[#lines + 1] = ("%x %d %s %s"):format(address, size, block.tag, block.pool)
    end
  end
  table.sort(lines)
  return table.concat(lines, "\n")
end

describe("a dump's big blocks", function()
  if #names == 0 then
    pending("needs clang-14, lld-link and llvm-dlltool to build kernels")
    return
  end

  for _, name in ipairs(names) do
    local told <const> = manifest[name]
    it(("of %s are those that it was built with, or named as missing"):format(name), function()
      local opened <close> = assert(dump.open(dumps.folder .. "/" .. name))
      local blocks, message = opened:big_blocks()
      if not blocks then
        assert.truthy(message:find "PDB" or message:find "symbols are needed" or message:find "a triage dump"
          or message:find "no virtual address", message)
        return
      end
      assert.equal(listed(told.big, told), listed(blocks, told))
      local sums, bytes, count = opened:big_sums(), 0, 0
      for _, sum in ipairs(sums) do bytes, count = bytes + sum.bytes, count + sum.count end
      for _, block in ipairs(blocks) do bytes = bytes - block.size end
      assert.equal(0, bytes)
      assert.equal(#blocks, count)
    end)
  end

  it("point at the driver that allocated them", function()
    local opened <close> = assert(dump.open(dumps.folder .. "/story2.dmp"))
    local owners <const> = assert(opened:big_owners "None")
    assert.equal(2, owners.blocks)
    assert.equal(2, owners.sampled)
    assert.truthy(owners.votes[1].module:find "^{%x+%-")
    assert.equal(2, owners.votes[1].blocks)
    assert.equal(1, #opened:big_blocks "MmCm")
    assert.same({}, opened:big_blocks "zzzz")
  end)
end)

describe("with its PDB", function()
  if not dumps.available() then
    pending("needs clang-14, lld-link and llvm-dlltool to build kernels")
    return
  end
  local folder

  lazy_setup(function() folder = folders.new() end)
  lazy_teardown(function() getmetatable(folder).__close(folder) end)

  local kinds <const> = {}
  for name in pairs(machines) do kinds[#kinds + 1] = name end
  table.sort(kinds)
  for _, name in ipairs(kinds) do
    it(("the big blocks of %s are those that it was built with, in any container"):format(name), function()
      local m <const>, told <const> = dumps.machine(name)
      for _, container in ipairs { "lime", "elf", "full" } do
        local opened <close> = assert(dump.open(dumps.write(m, container, folder:path())))
        assert(opened:use_pdb(dumps.pdb(m)))
        assert.equal(listed(told.big, told), listed(assert(opened:big_blocks()), told))
        assert.is_nil(opened:layouts())
      end
    end)
  end
end)

describe("what a kernel without symbols cannot tell", function()
  if not manifest["story2.dmp"] then
    pending("needs clang-14, lld-link and llvm-dlltool to build kernels")
    return
  end

  it("names the PDB that can", function()
    local opened <close> = assert(dump.open(dumps.folder .. "/story2.dmp"))
    local wants <const> = opened:facts().symbols
    for _, method in ipairs { "types", "lookasides", "verified_drivers", "verified_blocks" } do
      local list, message, err = opened[method](opened)
      assert.is_nil(list)
      assert.equal("unsupported", err.code)
      assert.truthy(message:find(wants.guid, 1, true), message)
    end
  end)

  it("is not what its debugger data tell", function()
    local opened <close> = assert(dump.open(dumps.folder .. "/story2.dmp"))
    assert.equal(3790, opened:layouts())
    assert.equal(0, assert(opened:verifier()).level)
    local pools <const> = { nonpaged = 0, paged = 0 }
    for _, descriptor in ipairs(assert(opened:descriptors())) do
      pools[descriptor.pool] = pools[descriptor.pool] + 1
      assert.is_true(descriptor.allocs >= descriptor.frees)
    end
    assert.is_true(pools.nonpaged > 0 and pools.paged > 0)
  end)
end)

describe("a case", function()
  it("has the processes of its dumps beside those of listings", function()
    local case <const> = { modules = {}, processes = {}, dumps = {} }
    local opened <const> = {
      facts = function() return {} end,
      modules = function() return {} end,
      processes = function()
        return { { pid = 4, name = "System", handles = 900 }, { pid = 312, name = "leaky.exe",
          handles = 41000,
          nonpaged = 4096, paged = 8192 } }
      end,
    }
    local input <const> = { path = "memory.dmp" }
    require("poolsleuth.dumps").add(case, input, opened)
    assert.same({ id = 312, name = "leaky.exe", handles = 41000, nonpaged_bytes = 4096,
      paged_bytes = 8192, origin = "!process", source = input }, case.processes[2])
    assert.equal("System", case.processes[1].name)
    opened.processes = function() return nil, "symbols are needed", { code = "unsupported" } end
    require("poolsleuth.dumps").add(case, input, opened)
    assert.equal(2, #case.processes)
  end)
end)
