--- Where scripts stand, which wins, and that none acts while it is listed.
local folders = require "tests.lua.support.folder"
local shelf   = require "poolsleuth.shelf"

local function declaration(name, more)
  return ([[
local command = require "poolsleuth.command"
%s
return command { name = "%s", summary = "from a test", run = function() return 42 end }
]]):format(more or "", name)
end

local function environment(values)
  return function(name) return values[name] end
end

local function origins(list)
  local words = {}
  for i, folder in ipairs(list) do words[i] = folder.origin end
  return table.concat(words, " ")
end

describe("the search path", function()
  it("goes from the option to the environment, the user, the program, the system", function()
    local list = shelf.folders {
      scripts = { "/one" }, executable = "/opt/ps/bin/poolsleuth",
      environment = environment { POOLSLEUTH_SCRIPTS = "/two:/three", XDG_DATA_HOME = "/home/me/data" },
    }
    assert.equal("option environment environment user program program program system system", origins(list))
    assert.equal("/home/me/data/poolsleuth/scripts", list[4].path)
    assert.equal("/opt/ps/scripts", list[5].path)
    assert.equal("/opt/ps/share/poolsleuth/scripts", list[6].path)
  end)

  it("never holds the current folder", function()
    local list = shelf.folders { environment = environment { POOLSLEUTH_SCRIPTS = ".:scripts::/abs",
                                                             XDG_DATA_HOME = "relative" } }
    for _, folder in ipairs(list) do assert.equal("/", folder.path:sub(1, 1)) end
  end)

  it("skips the user's folder for root unless it is trusted", function()
    local options = { environment = environment { HOME = "/root" }, is_root = true }
    assert.is_string(shelf.folders(options)[1].skipped)
    options.trust_user_scripts = true
    assert.is_nil(shelf.folders(options)[1].skipped)
  end)
end)

describe("the shelf", function()
  it("finds the first of a name and lists what it hides", function()
    local folder <close> = folders.new()
    folder:write("a/same.lua", declaration "same")
    folder:write("b/commands/same.lua", declaration "same")
    folder:write("b/playbooks/other.lua", declaration "other")
    local places = { { path = folder:path "a", origin = "option" },
                     { path = folder:path "b", origin = "program" } }
    assert.equal(folder:path "a/same.lua", (shelf.find(places, "same")))
    assert.equal(folder:path "b/playbooks/other.lua", (shelf.find(places, "other")))
    assert.is_nil((shelf.find(places, "../a/same")))
    local list = shelf.list(places)
    assert.equal("other", list[1].name)
    assert.equal("same", list[2].name)
    assert.same({ folder:path "b/commands/same.lua" }, list[2].shadows)
    assert.same({ "other", "same" }, shelf.names(places))
  end)

  it("counts a folder that is reached by two names once", function()
    local folder <close> = folders.new()
    folder:write("a/same.lua", declaration "same")
    local places = { { path = folder:path "a", origin = "option" },
                     { path = folder:path "a/.", origin = "user" } }
    assert.same({}, shelf.list(places)[1].shadows)
  end)

  it("shows a broken script with the reason", function()
    local folder <close> = folders.new()
    folder:write("syntax.lua", "return {{{")
    folder:write("nothing.lua", "return 7")
    folder:write("misnamed.lua", declaration "other")
    folder:write("raises.lua", "error 'no'")
    folder:write("bytecode.lua", string.dump(function() end))
    folder:write("typo.lua", declaration("typo"):gsub("summary", "sumary"))
    local reasons = {}
    for _, entry in ipairs(shelf.list { { path = folder:path(), origin = "option" } }) do
      assert.is_nil(entry.def)
      reasons[entry.name] = entry.broken
    end
    assert.truthy(reasons.syntax:find "line 1")
    assert.truthy(reasons.nothing:find "does not return")
    assert.truthy(reasons.misnamed:find "calls itself 'other'")
    assert.truthy(reasons.raises:find "no")
    assert.truthy(reasons.bytecode:find "binary")
    assert.truthy(reasons.typo:find "summary", reasons.typo)
  end)

  it("skips for root what only the user's folder has, and says so", function()
    local folder <close> = folders.new()
    folder:write("user/mine.lua", declaration "mine")
    folder:write("user/both.lua", declaration "both")
    folder:write("system/both.lua", declaration "both")
    local places = { { path = folder:path "user", origin = "user", skipped = "not trusted" },
                     { path = folder:path "system", origin = "system" } }
    assert.is_nil((shelf.find(places, "mine")))
    assert.equal(folder:path "system/both.lua", (shelf.find(places, "both")))
    local skipped = {}
    for _, entry in ipairs(shelf.list(places)) do
      skipped[entry.name .. " " .. entry.origin] = entry.skipped or false
    end
    assert.same({ ["mine user"] = "not trusted", ["both user"] = "not trusted", ["both system"] = false },
      skipped)
  end)
end)

describe("a script that introduces itself", function()
  local function load(text)
    local folder <close> = folders.new()
    return shelf.load(folder:write("x.lua", text))
  end

  it("cannot touch the system, the library or the globals", function()
    for _, act in ipairs {
      "io.open('/tmp/x', 'w')", "os.execute 'true'", "dofile '/etc/passwd'", "load 'return 1'",
      "require('poolsleuth.system').write_file('/tmp/x', '')", "require('lfs').rmdir '/tmp/x'",
      "print 'hello'", "collectgarbage()", "debug.sethook()",
    } do
      assert.is_nil((load(declaration("x", act))), act)
    end
    assert(load(declaration("x", "string.format = nil leaked = 1")))
    assert.is_function(string.format)
    assert.is_nil(rawget(_G, "leaked"))
  end)

  it("may name the modules that it will use", function()
    local def = assert(load [[
local command = require "poolsleuth.command"
local format  = require "poolsleuth.format"
local lfs     = require "lfs"
return command { name = "x", summary = "y", run = function()
  return format.count(1234), type(lfs.dir), os.time() > 0, select(2, pcall(next, {}))
end }]])
    assert.same({ "1,234", "function", true }, { def.open()() })
  end)

  it("is stopped when it does too much", function()
    local def, message = load "while true do end"
    assert.is_nil(def)
    assert.truthy(message:find "too much")
    def, message = load "coroutine = 1 return function() end"
    assert.is_nil(def)
    assert.is_string(message)
  end)
end)
