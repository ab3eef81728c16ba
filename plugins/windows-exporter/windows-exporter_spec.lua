--- The plugin for scrapes of windows_exporter reads its fixture, through the program and all.
local folders = require "tests.lua.support.folder"
local json = require "poolsleuth.json"
local shell = require "tests.lua.support.shell"

local fixture <const> = "plugins/windows-exporter/scrape.txt"

local function show(path, ...)
  local result = shell.poolsleuth { "show", path, "--json", ... }
  assert.are.equal(0, result.status, result.err)
  return json.decode(result.out)
end

describe("a scrape of windows_exporter", function()
  it("gives the totals of the pools, of memory, and the host", function()
    local data = show(fixture).data
    assert.are.equal("windows_exporter", data.origin)
    assert.are.equal("totals", data.scope)
    assert.are.equal("srv7", data.host)
    assert.are.equal(1073741824, data.memory.nonpaged_bytes)
    assert.are.equal(364904448, data.memory.paged_bytes)
    assert.are.equal(17179267072, data.memory.physical_bytes)
    assert.are.equal(9216000000, data.memory.available_bytes)
    assert.are.equal(19864223744, data.memory.commit_limit_bytes)
    assert.are.equal(86400, data.uptime_s)
    assert.are.equal("2025-11-01T00:05:00", data.time:sub(1, 19))
    assert.are.equal("content", data.time_source)
  end)

  it("says which line it could not read", function()
    local problems = show(fixture).inputs[1].problems
    assert.are.equal(1, #problems)
    assert.are.same({ "refused", 24 }, { problems[1].severity, problems[1].line })
    assert(problems[1].quote:find("85x", 1, true))
  end)

  it("is read in UTF-16 with CR LF as well", function()
    local folder <close> = folders.new()
    local file <close> = assert(io.open(fixture, "rb"))
    local wide = file:read "a":gsub("\n", "\r\n"):gsub(".", "%0\0")
    local data = show(folder:write("scrape.txt", "\255\254" .. wide)).data
    assert.are.equal(1073741824, data.memory.nonpaged_bytes)
  end)

  it("of an old version, wmi_exporter, is read too", function()
    local folder <close> = folders.new()
    local path = folder:write("old.prom", "# TYPE wmi_memory_pool_nonpaged_bytes gauge\n"
      .. "wmi_memory_pool_nonpaged_bytes 2.5e+08\n")
    assert.are.equal(250000000, show(path).data.memory.nonpaged_bytes)
  end)

  it("is no other Prometheus text", function()
    local folder <close> = folders.new()
    local path = folder:write("node.prom", "# TYPE node_memory_free_bytes gauge\n"
      .. "node_memory_free_bytes 1e+09\n")
    assert.are.equal(65, shell.poolsleuth({ "show", path }).status)
  end)
end)
