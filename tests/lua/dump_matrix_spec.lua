-- Every container, kind of page tables and layout of tag tables that Windows can produce together, with the
-- kernel's PDB and without: what a made-up machine was built with is what is read.
local dumps <const> = require "tests.lua.support.dumps"
local folders <const> = require "tests.lua.support.folder"
local specs <const> = require "tests.make.kernel.machines"

-- Which machine stands for which page tables and layout, and what there is none of.
local machines <const> = {
  { "x86", "32", "xp_x86" }, { "x86", "32", "vista_x86" },
  { "pae", "32", "story2" }, { "pae", "32", "win7_pae" }, { "pae", "32", "win81_pae" },
  { "pae", "32-wide", "win10_pae" }, { "pae", "32-limits", "limits_pae" },
  { "x64", "64", "win2003_x64" }, { "x64", "64", "win7_x64" }, { "x64", "64", "win81_x64" },
  { "x64", "64", "win10_15063_x64" }, { "x64", "64-wide", "win10_16299_x64" }, { "x64", "64-wide",
    "win10_x64" },
  { "x64", "64-limits", "win11_x64" }, { "x64", "64-limits", "win11_24h2_x64" },
  { "la57", "64-limits", "server2022_la57" }, { "la57", "64-limits", "server2025_la57" },
  { "arm64", "64-wide", "win10_arm64" }, { "arm64", "64-limits", "win11_arm64" },
}

local modes <const> = { "x86", "pae", "x64", "la57", "arm64" }
local layouts <const> = { "32", "32-wide", "32-limits", "64", "64-wide", "64-limits" }
local all <const> = { "full", "summary", "bitmap5", "bitmap6", "bitmap7", "ranges8", "ranges9", "rangesA",
  "raw",
  "lime", "elf", "vmware" }

-- Why a kernel with these page tables has no tag tables of this layout; nil where one has.
local function no_layout(mode, layout)
  local wide <const> = mode ~= "x86" and mode ~= "pae"
  if wide ~= (layout:sub(1, 2) == "64") then return "pointers of another width" end
  if mode == "x86" and layout ~= "32" then return "from Windows 8 on, kernels of 32 bits need PAE" end
  if mode == "la57" and layout ~= "64-limits" then return "five levels begin with build 20348" end
  if mode == "arm64" and layout == "64" then return "Windows on ARM64 begins with build 16299" end
end

-- Why a build does not come in a container; nil where it does.
local function no_container(container, build, bits)
  if container == "summary" and build >= 9200 then return "from Windows 8 on, they are bitmap dumps" end
  if container:find("^bitmap") and build < 9200 then return "bitmap dumps begin with Windows 8" end
  if container:find("^ranges") and bits == 32 then return "dumps in ranges are of 64 bits" end
end

-- Whether the debugger's block is hidden: there the tag tables are known by what they hold, or by the PDB.
local function hidden(container, manifest)
  return manifest.bits == 64 and manifest.build >= 9200
    and (container == "raw" or container == "lime" or container == "elf" or container == "vmware")
end

describe("a dump of a made-up machine", function()
  if not dumps.available() then
    pending("needs clang-14, lld-link and llvm-dlltool to build kernels")
    return
  end
  local folder

  lazy_setup(function() folder = folders.new() end)
  lazy_teardown(function() getmetatable(folder).__close(folder) end)

  it("is of every combination that is not excluded", function()
    local there <const> = {}
    for _, item in ipairs(machines) do
      local _, manifest <const> = dumps.machine(item[3])
      assert.equal(item[1], manifest.mode)
      assert.equal(item[2], manifest.tracker)
      there[item[1] .. item[2]] = true
    end
    for _, mode in ipairs(modes) do
      for _, layout in ipairs(layouts) do
        assert.equal(no_layout(mode, layout) == nil, there[mode .. layout] == true,
          mode .. " with " .. layout)
      end
    end
  end)

  for _, item in ipairs(machines) do
    local name <const> = item[3]
    for _, container in ipairs(all) do
      local possible <const> = not no_container(container, specs[name].build, tonumber(item[2]:sub(1, 2)))
      if possible then it(("%s as %s: what it was built with"):format(name, container), function()
        local m <const>, manifest <const> = dumps.machine(name)
        local path <const> = dumps.write(m, container, folder:path())
        local companion <const> = container == "vmware" and path:gsub("%.vmem$", ".vmss") or nil
        local rows, problems = dumps.read(path, dumps.pdb(m), { companion = companion })
        assert.is_nil(rows and dumps.difference(rows, manifest) or nil, problems)
        assert.is_table(rows, problems)

        rows, problems = dumps.read(path, nil, { companion = companion })
        assert.is_table(rows, problems)
        assert.is_nil(dumps.difference(rows, manifest), problems)
        local by_content <const> = problems:find("by what they hold", 1, true) ~= nil
        assert.equal(hidden(container, manifest), by_content, problems)
      end) end
    end
  end
end)
