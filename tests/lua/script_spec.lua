--- Declarations of playbooks and commands: checked when they are made.
local command  = require "poolsleuth.command"
local playbook = require "poolsleuth.playbook"

local function good()
  return { name = "acme-check", summary = "says something", run = function() end,
           args = { { name = "sources", type = "source", many = true },
                    { name = "top", type = "integer", flag = { "-n", "--top" }, default = 5 } } }
end

local function with(change)
  local def = good()
  change(def)
  return function() playbook(def) end
end

local function complains(change, pattern)
  local ok, message = pcall(with(change))
  assert.is_false(ok)
  assert.truthy(tostring(message):find(pattern), message)
end

describe("a declaration", function()
  it("comes back with its kind", function()
    assert.equal("playbook", playbook(good()).kind)
    assert.equal("command", command(good()).kind)
    assert.same({}, playbook { name = "x", summary = "y", run = print }.args)
  end)

  it("needs a name, a summary and a function", function()
    for _, field in ipairs { "name", "summary", "run" } do
      complains(function(def) def[field] = nil end, field)
    end
    complains(function(def) def.name = "no good" end, "no good")
  end)

  it("knows no other fields", function()
    complains(function(def) def.sumary = "x" end, "unknown playbook field 'sumary'")
    complains(function(def) def.args[1].requird = true end, "unknown field 'requird'")
  end)

  it("has arguments of known types with distinct names and flags", function()
    complains(function(def) def.args[1].type = "sauce" end, "unknown type 'sauce'")
    complains(function(def) def.args[2].name = "sources" end, "second argument 'sources'")
    complains(function(def) def.args[3] = { name = "z", flag = "--top" } end, "taken by top")
    complains(function(def) def.args[3] = { name = "z", flag = "-o" } end, "taken by every command")
    complains(function(def) def.args[2].flag = "top" end, "'top' is no flag")
    complains(function(def) def.args[2] = { name = "b", type = "boolean" } end, "boolean needs a flag")
  end)

  it("lets nothing follow a repeated positional argument", function()
    complains(function(def) def.args[2] = { name = "last", type = "path" } end, "nothing can follow")
  end)
end)
