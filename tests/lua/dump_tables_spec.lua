-- Images without a header whose page tables do not map themselves: a process in them names its tables, and
-- by these the kernel is found.
local dumps <const> = require "tests.lua.support.dumps"
local fixtures <const> = require "tests.make.kernel.fixtures"
local folders <const> = require "tests.lua.support.folder"
local machines <const> = require "tests.make.kernel.machines"

describe("page tables that do not map themselves", function()
  if not dumps.available() then
    pending("needs clang-14, lld-link and llvm-dlltool to build kernels")
    return
  end
  local folder

  lazy_setup(function() folder = folders.new() end)
  lazy_teardown(function() getmetatable(folder).__close(folder) end)

  local function machine(name, changes)
    local spec <const> = { no_self_map = true, low_stub = false }
    for key, value in pairs(machines[name]) do
      if spec[key] == nil then spec[key] = value end
    end
    for key, value in pairs(changes or {}) do spec[key] = value end
    return fixtures.machine(spec, dumps.kernels)
  end

  for _, name in ipairs { "xp_x86", "vista_x86", "win7_pae", "win81_pae", "win10_pae", "win2003_x64",
                          "win7_x64", "win10_16299_x64", "win10_x64", "win11_24h2_x64", "server2025_la57",
                          "win10_arm64", "win11_arm64" } do
    it(("are found in %s"):format(name), function()
      local m <const> = machine(name)
      local manifest <const> = fixtures.manifest(m)
      for _, container in ipairs { "raw", "lime" } do
        local path <const> = dumps.write(m, container, folder:path())
        local rows <const>, problems <const>, d = dumps.read(path, dumps.pdb(m))
        assert.is_table(rows, problems)
        assert.is_nil(dumps.difference(rows, manifest), problems)
        assert.matches("found at 0x%x+ by a search", problems)
        assert.equal(m.bits == 32 and m.kernel_base | ~0xffffffff or m.kernel_base, d:modules()[1].base)
      end
    end)
  end

  it("are not made up where no process names them", function()
    for _, name in ipairs { "xp_x86", "win7_x64" } do
      local m <const> = machine(name, { processes = {} })
      local _, problems <const> = dumps.read(dumps.write(m, "raw", folder:path()))
      assert.matches("no page tables of a kernel were found", problems)
    end
  end)
end)
