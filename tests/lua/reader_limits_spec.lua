--- Limits as scripts give them: each reader takes them by name.
local dump     = require "poolsleuth.dump"
local evidence = require "tests.lua.support.evidence"
local folder   = require "poolsleuth.folder"
local folders  = require "tests.lua.support.folder"
local image    = require "tests.lua.support.image"
local pe       = require "poolsleuth.pe"
local shell    = require "tests.lua.support.shell"
local store    = require "poolsleuth.store"
local system   = require "poolsleuth.system"
local text     = require "poolsleuth.text"

local HOSTS <const> = "COMPUTERNAME=A\nCOMPUTERNAME=B\nCOMPUTERNAME=C\n"
local ONE <const> = { limits = { text_hosts = 1 } }

local function told(problems, name)
  for _, problem in ipairs(problems) do
    if (problem.reason or problem.message):find("(limit " .. name .. ")", 1, true) then return true end
  end
  return false
end

describe("limits", function()
  it("are obeyed by readers of texts, and told", function()
    local home <close> = folders.new()
    local path = home:write("hosts.txt", HOSTS)
    assert.is_true(told(text.parse(HOSTS, ONE).problems, "text_hosts"))
    assert.is_true(told(text.read(path, ONE).problems, "text_hosts"))
    assert.is_false(told(text.parse(HOSTS).problems, "text_hosts"))
    assert.is_false(told(text.parse(HOSTS, { limits = {} }).problems, "text_hosts"))
  end)

  it("are obeyed by those of folders and histories", function()
    local home <close> = folders.new()
    home:write("a", "1")
    local path = home:write("b.csv", "host,time,tag,pool,bytes\nA,1,Acme,nonpaged,1\n")
    local found, problems = folder.files(home:path(), { limits = { folder_files = 1 } })
    assert.equal(1, #found)
    assert.is_true(told(problems, "folder_files"))
    local history <close> = assert(store.open(home:path "history"))
    local imported, message, why = history:import(path, { limits = { history_line_bytes = 20 } })
    assert.is_nil(imported)
    assert.equal("limit", why.code)
    assert.truthy(message:find("(limit history_line_bytes)", 1, true), message)
  end)

  it("that are unknown, none or no numbers raise, whatever is to be read", function()
    local unknown <const> = { limits = { text_wishes = 1 } }
    for _, call in ipairs {
      function() text.parse("", unknown) end, function() text.read("none", unknown) end,
      function() pe.parse("", unknown) end, function() pe.scan({}, unknown) end,
      function() dump.open("none", unknown) end, function() folder.files("none", unknown) end,
      function() system.archive("none", unknown) end,
    } do
      assert.error_matches(call, "there is no limit 'text_wishes'", 1, true)
    end
    assert.error_matches(function() text.parse("", { limits = { size = 1 } }) end, "no limit 'size'")
    assert.error_matches(function() text.parse("", { limits = { text_hosts = 0 } }) end, "from 1 on")
    assert.error_matches(function() text.parse("", { limits = { text_hosts = "2" } }) end, "integers by name")
    assert.error_matches(function() text.parse("", { limits = { 1 } }) end, "integers by name")
    assert.error_matches(function() text.parse("", { limits = 1 }) end, "limits that are a table")
    assert.error_matches(function() text.parse("", 1) end, "table expected")
  end)

  it("over what may be asked for are refused by name", function()
    local read, message, why = text.parse("", { limits = { text_row_bytes = 4097 } })
    assert.is_nil(read)
    assert.equal("limit", why.code)
    assert.equal("limit text_row_bytes: from 1 to 4096, not 4097", message)
  end)

  it("stand in the configuration too, for every source of a command", function()
    local home <close> = folders.new()
    home:write("cfg/poolsleuth/config.lua",
      "return { limits = { text_hosts = 1, driver_sites = 1, folder_files = 2 } }")
    home:write("in/a.txt", HOSTS .. evidence.poolmon(evidence.rows(1)))
    home:write("in/b.sys", image.with_tag "LkaL")
    home:write("in/c.txt", HOSTS)
    local run = shell.poolsleuth({ "show", home:path "in", "--json", "--problems" },
      { env = { XDG_CONFIG_HOME = home:path "cfg" } })
    assert.truthy(run.out:find("(limit text_hosts)", 1, true), run.out .. run.err)
    assert.truthy(run.out:find("(limit folder_files)", 1, true), run.out)
    run = shell.poolsleuth({ "driver", home:path "in/b.sys" },
      { env = { XDG_CONFIG_HOME = home:path "cfg" } })
    assert.truthy(run.out:find("(limit driver_sites)", 1, true), run.out)
  end)
end)
