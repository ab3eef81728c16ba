--- Scripts are found, listed, explained, copied and begun; the user's copy wins.
local folders = require "tests.lua.support.folder"
local evidence = require "tests.lua.support.evidence"
local shell = require "tests.lua.support.shell"

local commands <const> = { "show", "diff", "tag", "scan", "driver", "test", "find-leaking-driver" }

-- Root's own scripts are skipped unless trusted, and tests may run as root.
local function at_home(folder, words)
  local trusting = { "--trust-user-scripts", table.unpack(words) }
  return shell.poolsleuth(trusting, { env = { XDG_DATA_HOME = folder:path "data", HOME = folder:path() } })
end

local function good(result)
  assert.are.equal(0, result.status, result.err)
  return result.out
end

describe("the program", function()
  it("says its version", function()
    assert.is_truthy(good(shell.poolsleuth { "--version" }):find "^poolsleuth %d+%.%d+%.%d+\n$")
  end)

  it("explains itself", function()
    for _, words in ipairs { { "--help" }, { "help" } } do
      local out = good(shell.poolsleuth(words))
      assert.is_truthy(out:find("find-leaking-driver", 1, true))
    end
  end)

  it("without a command shows how to begin", function()
    local result = shell.poolsleuth {}
    assert.are.equal(64, result.status)
    assert.is_truthy((result.out .. result.err):find("find-leaking-driver", 1, true))
  end)
end)

describe("the shelf", function()
  it("lists every command with its origin", function()
    local out = good(shell.poolsleuth { "list" })
    for _, name in ipairs(commands) do assert(out:find(name, 1, true), name .. " is not in\n" .. out) end
  end)

  it("explains every command, with its arguments", function()
    for _, name in ipairs(commands) do
      local out = good(shell.poolsleuth { "help", name })
      assert(out:find(name, 1, true), out)
      assert.are.equal(out, good(shell.poolsleuth { name, "--help" }))
    end
  end)

  it("copies a script to the user, where it shadows the shipped one", function()
    local folder <close> = folders.new()
    good(at_home(folder, { "copy", "show" }))
    local copies = shell.run { "find", folder:path "data", "-name", "show.lua" }
    local path = assert(copies.out:match "[^\n]+", "no copy was made")
    assert.is_truthy(path:find("poolsleuth/scripts", 1, true))
    assert.is_truthy(good(at_home(folder, { "list" })):find "[Ss]hadow")
    assert.are_not.equal(0, at_home(folder, { "copy", "show" }).status)
  end)

  it("begins a new script that runs and whose test passes", function()
    local folder <close> = folders.new()
    good(at_home(folder, { "new", "my-check" }))
    assert.is_truthy(good(at_home(folder, { "list" })):find("my-check", 1, true))
    good(at_home(folder, { "help", "my-check" }))
    good(at_home(folder, { "test", "my-check" }))
  end)

  it("tests the shipped scripts", function()
    local out = good(shell.poolsleuth { "test" })
    assert.is_truthy(out:find "%d+ passed, 0 failed")
    assert.is_truthy(out:find("find-leaking-driver", 1, true))
  end)

  it("lists a broken script with its reason, and goes on", function()
    local folder <close> = folders.new()
    folder:write("broken.lua", "return {")
    folder:write("fine.lua", 'local command = require "poolsleuth.command"\nreturn command { name = "fine", '
      .. 'summary = "Does nothing.", args = {}, run = function() return { kind = "none", data = {} } end }\n')
    local out = good(shell.poolsleuth { "--scripts", folder:path(), "list" })
    assert.is_truthy(out:find("broken", 1, true))
    assert.is_truthy(out:find("fine", 1, true))
  end)

  it("never searches the current folder", function()
    local folder <close> = folders.new()
    folder:write("lurking.lua", "os.exit(99)")
    local result = shell.poolsleuth({ "lurking" }, { cwd = folder:path() })
    assert.are.equal(64, result.status)
  end)

  it("runs exactly the file that a name with a slash names", function()
    local folder <close> = folders.new()
    local path = folder:write("mine.lua", [[
local playbook = require "poolsleuth.playbook"
return playbook {
  name = "mine", summary = "Says there is no leak.",
  args = { { name = "source", type = "source", many = true, about = "evidence" } },
  run = function(case)
    case:finding { verdict = "NO-LEAK", evidence = { { text = "nothing was asked" } } }
  end,
}
]])
    local logs <close> = folders.new()
    local result = shell.poolsleuth { path, evidence.logs(logs, 1)[1] }
    assert.are.equal(0, result.status, result.err)
    assert(result.out:find("NO-LEAK", 1, true), result.out)
  end)

  it("lists without running: a script that would act does not", function()
    local folder <close> = folders.new()
    local mark = folder:path "mark"
    folder:write("acts.lua", ("io.open(%q, 'w'):close() return {}"):format(mark))
    good(shell.poolsleuth { "--scripts", folder:path(), "list" })
    assert.is_nil((io.open(mark, "r")))
  end)
end)
