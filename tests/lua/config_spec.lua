--- The site's configuration: data in a Lua file, nothing else.
local config  = require "poolsleuth.config"
local folders = require "tests.lua.support.folder"

local function refused(text, pattern)
  local folder <close> = folders.new()
  local values, message = config.read(folder:write("config.lua", text))
  assert.is_nil(values)
  assert.truthy(message:find(pattern), message)
end

describe("the configuration", function()
  it("is looked for in the user's folder, then in /etc", function()
    local function getenv(name) return ({ XDG_CONFIG_HOME = "/home/me/.cfg", HOME = "/home/me" })[name] end
    assert.same({ "/home/me/.cfg/poolsleuth/config.lua", "/etc/poolsleuth/config.lua" }, config.paths(getenv))
  end)

  it("puts the user's values before the machine's, and paths beside the file", function()
    local folder <close> = folders.new()
    local user = folder:write("user/config.lua",
      "return { thresholds = { min_share = 0.5 }, limits = { text_totals = 7 },"
      .. " tagfiles = { 'mine.txt', '/abs.txt' } }")
    local machine = folder:write("etc/config.lua",
      "return { thresholds = { min_share = 0.1, flat = 0.2 }, tagfiles = { 'site.txt' },"
      .. " drivers = { '/d' }, limits = { text_totals = 8, driver_sites = 9 } }")
    local merged = assert(config.load { user, folder:path "absent.lua", machine })
    assert.same({ min_share = 0.5, flat = 0.2 }, merged.thresholds)
    assert.same({ text_totals = 7, driver_sites = 9 }, merged.limits)
    assert.same({ folder:path "user/mine.txt", "/abs.txt", folder:path "etc/site.txt" }, merged.tagfiles)
    assert.same({ "/d" }, merged.drivers)
    assert.same({ user, machine }, merged.files)
  end)

  it("is empty where there is no file", function()
    local empty = { thresholds = {}, limits = {}, tagfiles = {}, drivers = {}, overlays = {}, files = {} }
    assert.same(empty, assert(config.load {}))
  end)

  it("sees no function and cannot run on", function()
    refused("os.exit(1) return {}", "config.lua")
    refused("while true do end", "too much")
    refused("return ('a'):rep(10)", "index a string value")
    refused("local x = 'a' for _ = 1, 60 do x = x .. x end return {}", "too much")
    assert.equal("aa", ("a"):rep(2))
    refused(string.dump(function() return {} end), "binary")
  end)

  it("is refused with the reason when it makes no sense", function()
    refused("return 1", "table")
    refused("", "table")
    refused("return {", "config.lua")
    refused("return { treshold = {} }", "unknown field 'treshold'")
    refused("return { tagfiles = 'x' }", "tagfiles")
    refused("return { tagfiles = { 1 } }", "list of paths")
    refused("return { thresholds = { a = 'x' } }", "numbers")
    refused("return { limits = { text_row = 9 } }", "unknown limit 'text_row'")
    refused("return { limits = { text_totals = 0.5 } }", "limit 'text_totals' is no number from 1 on")
  end)
end)
