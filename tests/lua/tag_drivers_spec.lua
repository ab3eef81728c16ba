--- The command `tag` names the right driver, however the tag gets to its call.
local fixtures = require "tests.lua.support.fixtures"
local folders  = require "tests.lua.support.folder"
local json     = require "poolsleuth.json"
local shell    = require "tests.lua.support.shell"

local corpus <const> = os.getenv "POOLSLEUTH_CORPUS"

local function suspects_of(tag, folder)
  local result = shell.poolsleuth({ "tag", tag, "--drivers", folder, "--json" })
  local decoded = assert(json.decode(result.out), result.err)
  return decoded.data.tags[1].suspects
end

-- A folder with one fixture of each name, built by the same compiler.
local function folder_of(compiler, machine, level)
  local folder, manifest = folders.new(), fixtures.manifest()
  for _, entry in ipairs(manifest) do
    if entry.compiler == compiler and entry.machine == machine and entry.level == level then
      folder:write("drivers/" .. entry.name .. ".sys", fixtures.read(entry))
    end
  end
  return folder
end

describe("tag", function()
  if not fixtures.manifest() then
    pending "the fixtures are not built"
    return
  end

  for _, build in ipairs { { "gcc", "x64", "O2" }, { "gcc", "x86", "O2" }, { "clang", "x64", "Os" },
                           { "clang", "arm64", "O2" } } do
    it("names the driver of each kind of site, built by " .. table.concat(build, " "), function()
      local folder <close> = folder_of(table.unpack(build))
      local wanted = {
        WrA2 = "wrappers.sys", DeC1 = "deep.sys", StG1 = "structs.sys", FcIn = "filter.sys",
        KmDr = "kmdf.sys", KmS1 = "kmdf.sys", KoLk = "kmdfold.sys", CoSp = "constants.sys",
      }
      for tag, driver in pairs(wanted) do
        local list = suspects_of(tag, folder:path "drivers")
        assert.equal(1, #list, tag)
        assert.equal(driver, list[1].driver, tag)
        assert.is_true(list[1].score > 0.7, tag)
      end
      local made = suspects_of("kmdf", folder:path "drivers")
      assert.equal(1, #made)
      assert.equal("kmdfold.sys", made[1].driver)
      assert.is_true(made[1].score < 0.4)
    end)
  end

  it("names no driver that only holds the word", function()
    if not corpus then
      pending "POOLSLEUTH_CORPUS is not set"
      return
    end
    for _, tag in ipairs { "Even", "File", "Thre", "Proc", "Devi", "Pool" } do
      assert.same({}, suspects_of(tag, corpus .. "/drivers"), tag)
    end
  end)
end)
