--- The scanner's cache: an answer from it is the answer of a scan, and it never gets in the way.
local cache = require "poolsleuth.cache"
local drivers = require "poolsleuth.drivers"
local folders = require "tests.lua.support.folder"
local image = require "tests.lua.support.image"
local json = require "poolsleuth.json"
local shell = require "tests.lua.support.shell"

local function run(folder, words)
  return shell.poolsleuth(words, { env = { XDG_CACHE_HOME = folder:path "cache" } })
end

local function with_two_drivers()
  local folder = folders.new()
  folder:write("drivers/a.sys", image.with_tag "LkaL")
  folder:write("drivers/b.sys", image.with_tag "Othr")
  return folder
end

local function names_with(index, tag)
  local names = {}
  for _, user in ipairs(index:with_tag(tag)) do names[#names + 1] = user.record.name end
  return names
end

describe("the cache", function()
  it("gives what a scan gives, details too", function()
    local folder <close> = with_two_drivers()
    local paths = { folder:path "drivers/a.sys", folder:path "drivers/b.sys" }
    local fresh = drivers.scan(paths)
    for _ = 1, 2 do
      local open = assert(cache.open(folder:path "cache/drivers.db"))
      local index = drivers.scan(paths, { cache = open })
      assert.is_nil(open.problem)
      for i, record in ipairs(index:all()) do
        local wanted = fresh:all()[i]
        assert.are.equal(wanted.path, record.path)
        assert.are.equal(wanted.sha256, record.sha256)
        assert.are.equal(wanted.company, record.company)
        assert.are.same(wanted.driver, record.driver)
        assert.are.same(wanted.imports, record.imports)
      end
      assert.are.same({ "a.sys" }, names_with(index, "LkaL"))
      assert.are.same({ "b.sys" }, names_with(index, "Othr"))
    end
  end)

  it("does not read an unchanged driver again, and reads a changed one", function()
    local folder <close> = with_two_drivers()
    local paths = { folder:path "drivers/a.sys", folder:path "drivers/b.sys" }
    local open = assert(cache.open(folder:path "drivers.db"))
    drivers.scan(paths, { cache = open })
    folder:write("drivers/b.sys", image.with_tag "Nevv")
    open = assert(cache.open(folder:path "drivers.db"))
    local index = drivers.scan(paths, { cache = open })
    assert.is_not_nil(open:find(paths[1]))
    assert.are.same({}, names_with(index, "Othr"))
    assert.are.same({ "b.sys" }, names_with(index, "Nevv"))
  end)

  it("keeps one content once, however many copies there are", function()
    local folder <close> = with_two_drivers()
    folder:write("drivers/copy of a.sys", image.with_tag "LkaL")
    local paths = { folder:path "drivers/a.sys", folder:path "drivers/b.sys",
                    folder:path "drivers/copy of a.sys" }
    for _ = 1, 2 do
      local index = drivers.scan(paths, { cache = assert(cache.open(folder:path "drivers.db")) })
      assert.are.equal(2, #index:all())
      assert.are.same({ paths[1], paths[3] }, index:all()[1].paths)
    end
  end)

  it("lies under the cache folder of the user", function()
    local function env(values) return function(name) return values[name] end end
    assert.are.equal("/c/poolsleuth/drivers.db", cache.path(env { XDG_CACHE_HOME = "/c", HOME = "/h" }))
    assert.are.equal("/h/.cache/poolsleuth/drivers.db", cache.path(env { HOME = "/h" }))
    assert.are.equal("/h/.cache/poolsleuth/drivers.db", cache.path(env { XDG_CACHE_HOME = "c", HOME = "/h" }))
    assert.is_nil(cache.path(env {}))
  end)
end)

describe("scan", function()
  it("gives the same answer with the cache, without it and anew", function()
    local folder <close> = with_two_drivers()
    local first = run(folder, { "scan", folder:path "drivers", "--json" })
    assert.are.equal(0, first.status, first.err)
    for _, option in ipairs { "--json", "--no-cache", "--rebuild" } do
      local again = run(folder, { "scan", folder:path "drivers", "--json", option })
      assert.are.equal(first.out, again.out)
    end
  end)

  it("works where no cache can be kept, and says so", function()
    local folder <close> = with_two_drivers()
    folder:write("cache", "a file where the folder should be")
    local result = run(folder, { "scan", folder:path "drivers", "--json" })
    assert.are.equal(0, result.status, result.err)
    local document = json.decode(result.out)
    assert.are.equal(2, #document.data.drivers)
    assert.are.equal(1, #document.problems)
    assert.is_true(document.complete)
  end)

  it("compares two versions of a driver", function()
    local folder <close> = folders.new()
    folder:write("old/a.sys", image.with_tag "LkaL")
    folder:write("new/a.sys", image.with_tag "LkbL")
    folder:write("new/b.sys", image.with_tag "Othr")
    local result = run(folder, { "scan", "--diff", folder:path "old", folder:path "new", "--json" })
    assert.are.equal(0, result.status, result.err)
    local data = json.decode(result.out).data
    assert.are.equal(1, #data.pairs)
    assert.are.same({ folder:path "new/b.sys" }, data.only_after)
    assert.are.same({}, data.only_before)
    local changes = data.pairs[1].changes
    assert.are.equal(1, #changes)
    assert.are.equal("renamed", changes[1].state)
    assert.are.equal("LkbL", changes[1].tag)
    assert.are.equal("LkaL", changes[1].was)
    local text = run(folder, { "scan", "--diff", folder:path "old", folder:path "new" }).out
    assert.is_truthy(text:find('renamed%s+"LkbL"%s+"LkaL"'), text)
  end)

  it("refuses to compare anything but two", function()
    local folder <close> = with_two_drivers()
    assert.are.equal(64, run(folder, { "scan", "--diff", folder:path "drivers" }).status)
  end)

  it("writes a tag file that tag reads", function()
    local folder <close> = with_two_drivers()
    local file = folder:path "mytags.txt"
    local result = run(folder, { "scan", "--emit-tags", folder:path "drivers", "-o", file })
    assert.are.equal(0, result.status, result.err)
    local answer = run(folder, { "tag", "Othr", "--tagfile", file, "--json" })
    local sources = json.decode(answer.out).data.tags[1].sources
    assert.are.equal("tag file", sources[1].kind)
    assert.is_truthy(sources[1].text:find("b.sys", 1, true))
  end)
end)

describe("tag", function()
  it("answers from earlier scans, and leaves out what changed since", function()
    local folder <close> = with_two_drivers()
    assert.are.equal(0, run(folder, { "scan", folder:path "drivers" }).status)
    local function suspects()
      local document = json.decode(run(folder, { "tag", "LkaL", "--json" }).out)
      return document.data.tags[1].suspects, document.problems
    end
    local found, problems = suspects()
    assert.are.equal(1, #found)
    assert.are.equal("a.sys", found[1].driver)
    assert.are.equal(0, #problems)
    folder:write("drivers/a.sys", image.with_tag "Nevv")
    found, problems = suspects()
    assert.are.equal(0, #found)
    assert.are.equal(1, #problems)
  end)
end)
