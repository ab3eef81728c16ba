--- Every kind of JSON document keeps its shape, as the program writes it.
local evidence = require "tests.lua.support.evidence"
local folders  = require "tests.lua.support.folder"
local image    = require "tests.lua.support.image"
local json     = require "poolsleuth.json"
local schema   = require "tests.lua.support.schema"
local shell    = require "tests.lua.support.shell"

local function document(words, env)
  words[#words + 1] = "--json"
  local result = shell.poolsleuth(words, { env = env })
  assert(result.out ~= "", result.err)
  return assert(json.decode(result.out))
end

local function keeps(kind, words, env)
  local decoded = document(words, env)
  assert.is_nil(schema.check(decoded, kind))
  return decoded
end

local function setting()
  local folder = folders.new()
  local logs = evidence.logs(folder, 3)
  folder:write("drivers/acme.sys", image.with_tag "LkaL")
  folder:write("used.txt", evidence.poolused())
  return folder, logs
end

describe("the schema", function()
  it("of a snapshot", function()
    local folder <close>, logs = setting()
    local decoded = keeps("snapshot", { "show", logs[1] })
    assert.equal(6, #decoded.data.rows)
    assert.equal("4c616b4c", decoded.data.rows[1].tag_hex)
    keeps("snapshot", { "show", "--by", "driver", logs[1], "--drivers", folder:path "drivers" })
    keeps("snapshots", { "show", logs[1], logs[2] })
  end)

  it("of a snapshot that does not know all: null, never 0", function()
    local folder <close> = setting()
    local decoded = keeps("snapshot", { "show", folder:path "used.txt" })
    assert.equal(json.null, decoded.data.rows[1].allocs)
    assert.equal(json.null, decoded.data.rows[1].frees)
    assert.equal(json.null, decoded.data.host)
    assert.equal(json.null, decoded.data.uptime_s)
    assert.equal(900000, decoded.data.rows[1].diff)
  end)

  it("of a diff", function()
    local folder <close>, logs = setting()
    local decoded = keeps("diff", { "diff", logs[1], logs[3] })
    assert.equal(7200, decoded.data.interval_s)
    assert.is_false(decoded.data.reboot)
    assert.equal("LkaL", decoded.data.rows[1].tag)
    assert.equal(840000 * 512, decoded.data.rows[1].d_bytes)
    assert.equal(420000 * 512, decoded.data.rows[1].bytes_per_hour)
    decoded = keeps("diff", { "diff", folder:path "used.txt", folder:path "used.txt" })
    assert.equal(json.null, decoded.data.interval_s)
  end)

  it("of drivers", function()
    local folder <close> = setting()
    local decoded = keeps("drivers", { "scan", folder:path "drivers" })
    local site = decoded.data.drivers[1].sites[1]
    assert.equal("LkaL", site.tag)
    assert.equal("4c616b4c", site.tag_hex)
    assert.equal("ExAllocatePoolWithTag", site.api)
    assert.equal(1, #decoded.data.drivers)
    keeps("drivers", { "driver", folder:path "drivers/acme.sys" })
  end)

  it("of tags", function()
    local folder <close> = setting()
    local raw = keeps("tag", { "tag", "LkaL", "--drivers", folder:path "drivers", "--raw" })
    assert.same({}, raw.data.tags[1].suspects)
    assert.equal(folder:path "drivers/acme.sys", raw.data.tags[1].sources[2].where)
    local decoded = keeps("tag", { "tag", "LkaL", "Irp", "--drivers", folder:path "drivers" })
    assert.equal("acme.sys", decoded.data.tags[1].suspects[1].driver)
    assert.equal("Irp ", decoded.data.tags[2].tag)
  end)

  it("of a trend, a forecast and what goes along with a tag", function()
    local folder <close>, logs = setting()
    local decoded = keeps("trend", { "trend", table.unpack(logs) })
    assert.equal("LkaL", decoded.data.rows[1].tag)
    assert.equal("4c616b4c", decoded.data.rows[1].tag_hex)
    assert.equal(json.null, decoded.data.rows[1].lockstep)
    assert.is_number(decoded.data.rows[1].forecast.hours)
    keeps("trend", { "trend", logs[1] })
    keeps("forecast", { "forecast", table.unpack(logs) })
    keeps("verdict", { "nightly", table.unpack(logs) })
    logs[#logs + 1] = folder:write("poolmon-2026-11-02T00-05-00.log", evidence.poolmon(evidence.rows(24)))
    keeps("correlation", { "correlate", "LkaL", table.unpack(logs) })
  end)

  it("of a recording and of a history", function()
    local folder <close>, logs = setting()
    local db = folder:path "history.db"
    keeps("record", { "record", "--history", db, "--host", "a", table.unpack(logs) })
    keeps("history", { "history", "--history", db, "--check" })
    local query = "SELECT host, time FROM pool_sample"
    local decoded = keeps("history", { "history", "--history", db, "--sql", query })
    assert.same({ "host", "time" }, decoded.data.actions[1].columns)
    keeps("trend", { "trend", db })
  end)

  it("of a verdict", function()
    local folder <close>, logs = setting()
    local words = { "find-leaking-driver", logs[1], logs[2], logs[3], folder:path "drivers" }
    local decoded = keeps("verdict", words)
    assert.equal("LkaL", decoded.data.findings[1].tag)
    assert.equal("acme.sys", decoded.data.findings[1].suspects[1].driver)
    keeps("verdict", { "find-leaking-driver", logs[1] })
  end)

  it("of the shelf, of help, of tests and of files written", function()
    local folder <close> = folders.new()
    local env = { XDG_DATA_HOME = folder:path "data" }
    keeps("list", { "list" })
    keeps("list", { "help" })
    keeps("help", { "help", "show" })
    keeps("written", { "new", "acme-check" }, env)
    keeps("written", { "copy", "show" }, env)
    local decoded = keeps("tests", { "--trust-user-scripts", "test", "acme-check" }, env)
    assert.equal(2, decoded.data.passed)
    assert.equal(0, decoded.data.failed)
    keeps("written", { "new", "acme-table", "--command" }, env)
    assert.equal(0, keeps("tests", { "--trust-user-scripts", "test", "acme-table" }, env).data.failed)
  end)
end)
