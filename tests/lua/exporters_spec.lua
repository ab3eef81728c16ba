--- Exporters: found by name or by a file's ending, listed, explained, refused with the reason.
local evidence = require "tests.lua.support.evidence"
local exporter = require "poolsleuth.exporter"
local folders = require "tests.lua.support.folder"
local json = require "poolsleuth.json"
local shell = require "tests.lua.support.shell"
local tree = require "tests.lua.support.tree"

local SHIPPED <const> = { "influx", "nagios", "prometheus", "splunk", "zabbix" }
local guide <const> = tree.read "plugins/README.md"
local example <const> = guide:match "\n```exporter\n(.-)\n```\n"

local function with(folder, words)
  return shell.poolsleuth(words, { env = { POOLSLEUTH_PLUGINS = folder:path "plugins" } })
end

local function declare(fields)
  return 'return require "poolsleuth.exporter" { name = "bad", summary = "A test.", ' .. fields .. " }\n"
end

describe("exporters", function()
  it("are listed with their origin, apart and among the plugins", function()
    for _, option in ipairs { "--exporters", "--plugins" } do
      local listed = {}
      for _, entry in ipairs(json.decode(shell.poolsleuth({ "list", option, "--json" }).out).data.scripts) do
        if entry.kind == "exporter" then listed[#listed + 1] = entry.name end
      end
      assert.are.same(SHIPPED, listed)
    end
    local dialects = shell.poolsleuth { "list", "--dialects" }
    assert.is_nil(dialects.out:find("prometheus", 1, true))
  end)

  it("are explained by help, and named by its overview", function()
    local overview = shell.poolsleuth({ "help" }).out
    for _, name in ipairs(SHIPPED) do
      local result = shell.poolsleuth { "help", name }
      assert.are.equal(0, result.status, result.err)
      assert(result.out:find("--format " .. name, 1, true), result.out)
      assert(overview:find("\n  " .. name .. " ", 1, true), overview)
    end
  end)

  it("are short, so that they can be read", function()
    for _, name in ipairs(SHIPPED) do
      local code = 0
      for line in tree.read(("plugins/%s/%s.lua"):format(name, name)):gmatch "[^\n]+" do
        if not line:find "^%s*%-%-" then code = code + 1 end
      end
      assert(code <= 60, ("%s: %d lines"):format(name, code))
    end
  end)

  it("have a guide whose example works, by name and by ending", function()
    local folder <close> = folders.new()
    folder:write("plugins/acme-board.lua", example)
    local log = evidence.logs(folder, 1)[1]
    local shown = with(folder, { "show", log, "--tag", "LkaL", "--format", "acme-board" })
    assert.are.equal("?;LkaL;1075193856\n", shown.out, shown.err)
    local written = with(folder, { "show", log, "--tag", "LkaL", "-o", folder:path "x.board" })
    assert.are.equal(0, written.status, written.err)
    assert.are.equal(shown.out, folder:read "x.board")
  end)

  it("refuse an answer that they do not take, and say what fits", function()
    local folder <close> = folders.new()
    folder:write("plugins/acme-board.lua", example)
    local logs = evidence.logs(folder, 2)
    for _, words in ipairs { { "find-leaking-driver", logs[1], logs[2] }, { "list" } } do
      local result = with(folder, { "--format", "acme-board", table.unpack(words) })
      assert.are.equal(64, result.status, result.out)
      assert.are.equal("", result.out)
      assert(result.err:find("acme-board takes answers of kind snapshot, snapshots", 1, true), result.err)
    end
  end)

  it("that are not there are told before any work, with those that are", function()
    local result = shell.poolsleuth { "show", "/nonexistent/log", "--format", "xml" }
    assert.are.equal(64, result.status)
    for _, name in ipairs { "text", "json", "prometheus" } do
      assert(result.err:find(name, 1, true), result.err)
    end
  end)

  it("do not take a dialect's name", function()
    assert.are.equal(64, shell.poolsleuth({ "list", "--format", "windows-exporter" }).status)
  end)

  it("are offered no text to read", function()
    local folder <close> = folders.new()
    folder:write("plugins/acme-board.lua", example)
    assert.are.equal(65, with(folder, { "show", folder:write("letter.txt", "Dear Sir,\n") }).status)
  end)

  local broken <const> = {
    { "has no kinds", "write = print", "'kinds'" },
    { "has no kind among them", "kinds = {}, write = print", "empty" },
    { "has an unknown field", 'kinds = { "x" }, write = print, colour = 1', "'colour'" },
    { "has an odd extension", 'kinds = { "x" }, write = print, extension = ".prom"', "'.prom'" },
  }
  for _, case in ipairs(broken) do
    it("that are broken are listed and refused with the reason: one that " .. case[1], function()
      local folder <close> = folders.new()
      folder:write("plugins/bad.lua", (declare(case[2]):gsub("print", "tostring")))
      local listed = with(folder, { "list" })
      assert(listed.out:find("BROKEN", 1, true), listed.out)
      local used = with(folder, { "list", "--format", "bad" })
      assert.are.equal(64, used.status)
      assert(used.err:find(case[3], 1, true), used.err)
    end)
  end

  local failing <const> = {
    { "function() error 'oops' end", "exporter bad failed: .*oops" },
    { "function() return 7 end", "gave a number" },
    { "function() return nil end", "gave a nil" },
  }
  for i, case in ipairs(failing) do
    it("that fail leave the last file as it was: " .. i, function()
      local folder <close> = folders.new()
      folder:write("plugins/bad.lua", declare('kinds = { "list" }, extension = "bad", write = ' .. case[1]))
      local last = folder:write("out.bad", "of the last run\n")
      local result = with(folder, { "list", "-o", last })
      assert.are.equal(70, result.status)
      assert(result.err:find(case[2]), result.err)
      assert.are.equal("of the last run\n", folder:read "out.bad")
    end)
  end

  it("get a copy of the document, without null", function()
    local seen
    local def = exporter { name = "probe", summary = "s", kinds = { "snapshot" }, write = function(document)
      seen = document
      document.data.rows[1].tag = "changed"
      return "", 2
    end }
    local rows = { { tag = "LkaL", bytes = json.null } }
    local document = { kind = "snapshot", data = { rows = rows }, status = 0 }
    local text, status = exporter.write(def, document, { version = "1", thresholds = { a = 1 } })
    assert.are.same({ "", 2 }, { text, status })
    assert.are.equal("LkaL", document.data.rows[1].tag)
    assert.is_nil(seen.data.rows[1].bytes)
    assert.are.same({ a = 1 }, seen.thresholds)
  end)
end)
