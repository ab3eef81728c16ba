--- The guide to writing playbooks does what it says: its example runs, and its test passes.
local folders   = require "tests.lua.support.folder"
local image     = require "tests.lua.support.image"
local knowledge = require "poolsleuth.knowledge"
local made_up   = require "poolsleuth.made_up"
local shell     = require "tests.lua.support.shell"
local testing   = require "poolsleuth.testing"

local MOST_LINES <const> = 20

local function blocks()
  local file <close> = assert(io.open("scripts/README.md", "rb"))
  local list = {}
  for block in file:read("a"):gmatch "```lua\n(.-)```" do list[#list + 1] = block end
  return list
end

-- The example as a user has it, and some evidence: a driver of another maker whose tag holds 300 MiB.
local function setting(example, test)
  local folder = folders.new()
  folder:write("scripts/third-party-pool.lua", example)
  folder:write("scripts/third-party-pool.test.lua", test)
  folder:write("drivers/acme.sys", image.with_tag "LkaL")
  local function at(hour, held)
    local made = made_up.snapshot(hour, made_up.among(hour, { "LkaL", held, 0, 1 << 20 }))
    folder:write("evidence/" .. made.name, made.text)
  end
  at(0, 300)
  at(2, 300)
  return folder
end

local function run(folder, words, env)
  env = env or {}
  env.POOLSLEUTH_SCRIPTS, env.XDG_CONFIG_HOME = folder:path "scripts", folder:path "config"
  env.XDG_DATA_HOME = folder:path "data"
  return shell.poolsleuth(words, { env = env })
end

describe("the guide to writing playbooks", function()
  local example, test, overlay, config, asking, asking_test = table.unpack(blocks())

  it("has an example of at most twenty lines", function()
    local _, lines = example:gsub("\n", "")
    assert.is_true(lines <= MOST_LINES, ("%d lines"):format(lines))
  end)

  it("has a test that the example passes", function()
    local folder <close> = folders.new()
    folder:write("third-party-pool.lua", example)
    folder:write("third-party-pool.test.lua", test)
    local result = assert(testing.script(folder:path "third-party-pool.lua"))
    for _, case in ipairs(result.cases) do assert.is_true(case.passed, case.reason) end
    assert.equal(2, result.passed)
  end)

  it("has rows that knowledge takes", function()
    local known = assert(knowledge.load { overlays = { "site.lua" }, read = function() return overlay end })
    assert.equal(3000, known:entry("rules", "many_handles")[1].value)
    assert.same({ "Acm?" }, known:entry("families", "acme")[1].tags)
  end)

  it("has a playbook that runs by its name, is tested, selected, and asked by investigate", function()
    local folder <close> = setting(example, test)
    local evidence, drivers = folder:path "evidence", folder:path "drivers"
    local result = run(folder, { "third-party-pool", evidence, "--drivers", drivers })
    assert.equal(1, result.status, result.err)
    assert.is_truthy(result.out:find "HIGH driver=acme%.sys holds=300MiB")
    result = run(folder, { "third-party-pool", evidence, "--drivers", drivers, "--most", "1GiB" })
    assert.equal(0, result.status, result.err)
    assert.equal(0, run(folder, { "test", "third-party-pool" }).status)
    assert.is_truthy(run(folder, { "help", "third-party-pool" }).out:find "200 MB")
    result = run(folder, { "investigate", evidence, "--drivers", drivers, "--only", "third-* or leak" })
    assert.is_truthy(result.out:find "driver=acme%.sys holds=300MiB", result.out)
  end)

  it("has a configuration and an overlay that count", function()
    local folder <close> = setting(example, test)
    folder:write("acme.lua", overlay)
    folder:write("config/poolsleuth/config.lua", (config:gsub("/srv/poolsleuth", folder:path "")
      :gsub("/srv/drivers", folder:path "drivers")))
    local result = run(folder, { "third-party-pool", folder:path "evidence" })
    assert.equal(1, result.status, result.err)
    assert.is_truthy(result.out:find "driver=acme%.sys")
  end)

  it("has a playbook that asks another one, and copies of shipped ones that win", function()
    local folder <close> = setting(example, test)
    folder:write("scripts/web-handles.lua", asking)
    folder:write("scripts/web-handles.test.lua", asking_test)
    local result = run(folder, { "test", "web-handles" })
    assert.equal(0, result.status, result.out .. result.err)

    assert.equal(0, run(folder, { "copy", "etw-buffers" }).status)
    local path = folder:path "data/poolsleuth/scripts/playbooks/etw-buffers.lua"
    local file <close> = assert(io.open(path, "rb"))
    folder:write("data/poolsleuth/scripts/playbooks/etw-buffers.lua",
      (file:read("a"):gsub('run = function%(case, args%)', '%0 error "mine"')))
    result = run(folder, { "--trust-user-scripts", "investigate", folder:path "evidence" })
    assert.is_truthy(result.out:find "etw%-buffers failed:.-: mine", result.out .. result.err)
  end)
end)
