--- Dialects in Lua: found, trusted, asked when nobody else knows a text, and never fatal.
local evidence = require "tests.lua.support.evidence"
local folders = require "tests.lua.support.folder"
local json = require "poolsleuth.json"
local plugins = require "poolsleuth.plugins"
local shell = require "tests.lua.support.shell"
local tree = require "tests.lua.support.tree"

local guide <const> = tree.read "plugins/README.md"

-- The blocks of the guide in a language, in order.
local function blocks(language)
  local found = {}
  for body in guide:gmatch("\n```" .. language .. "\n(.-)\n```\n") do found[#found + 1] = body .. "\n" end
  return found
end

local text <const>, lua <const> = blocks "text", blocks "lua"

local function with(folder, words, env)
  local given = { POOLSLEUTH_PLUGINS = folder:path "plugins" }
  for name, value in pairs(env or {}) do given[name] = value end
  return shell.poolsleuth(words, { env = given })
end

local function dialect(body)
  return 'local dialect = require "poolsleuth.dialect"\nreturn dialect { name = "%s", summary = "A test.", '
    .. body .. " }\n"
end

describe("the guide", function()
  it("shows a plugin that reads the text that it shows", function()
    local folder <close> = folders.new()
    folder:write("plugins/acme-agent.lua", lua[1])
    local result = with(folder, { "show", folder:write("agent.txt", text[1]), "--json" })
    assert.are.equal(0, result.status, result.err)
    local data = json.decode(result.out).data
    assert.are.equal("ACME-01", data.host)
    assert.are.equal("acme-agent", data.origin)
    assert.are.equal("part", data.scope)
    assert.are.equal(2, #data.rows)
    local row = data.rows[1]
    assert.are.same({ "LkaL", "nonpaged", 2100000, 12, 2099988, 1075193856, 2 },
      { row.tag, row.pool, row.allocs, row.frees, row.diff, row.bytes, row.line })
    assert.are.same({}, json.decode(result.out).inputs[1].problems)
  end)

  it("shows a test of it that passes", function()
    local folder <close> = folders.new()
    folder:write("plugins/acme-agent/acme-agent.lua", lua[1])
    folder:write("plugins/acme-agent/acme-agent.test.lua", lua[2])
    local result = with(folder, { "test", "acme-agent" })
    assert.are.equal(0, result.status, result.out .. result.err)
    assert(result.out:find("2 passed, 0 failed", 1, true), result.out)
  end)

  it("names the plugins that are here", function()
    for _, path in ipairs(tree.files("plugins", "%.lua$")) do
      local name = path:match "^plugins/([%w-]+)/"
      assert(guide:find("`" .. name .. "/`", 1, true), name)
    end
  end)
end)

describe("a dialect of the shelf", function()
  it("is explained", function()
    local result = shell.poolsleuth { "help", "windows-exporter" }
    assert.are.equal(0, result.status, result.err)
    assert(result.out:find("--read-as windows-exporter", 1, true), result.out)
    assert(result.out:find("9182/metrics", 1, true), result.out)
  end)

  it("is copied to the user's plugins, where it comes first", function()
    local folder <close> = folders.new()
    local env = { XDG_DATA_HOME = folder:path "data" }
    local copied = with(folder, { "--trust-user-scripts", "copy", "windows-exporter" }, env)
    assert.are.equal(0, copied.status, copied.err)
    local place = "data/poolsleuth/plugins/windows-exporter/windows-exporter.lua"
    assert(copied.out:find(place, 1, true), copied.out)
    local listed = with(folder, { "--trust-user-scripts", "list" }, env)
    assert(listed.out:find("windows%-exporter%s+user"), listed.out)
    assert(listed.out:find("shadows", 1, true), listed.out)
  end)
end)

describe("the skeleton of a dialect", function()
  it("works, is listed, and its test passes", function()
    local folder <close> = folders.new()
    local home = { XDG_DATA_HOME = folder:path "data", HOME = folder:path() }
    local made = with(folder, { "--trust-user-scripts", "new", "--dialect", "my-agent" }, home)
    assert.are.equal(0, made.status, made.err)
    assert(made.out:find("plugins/my-agent/my-agent.lua", 1, true), made.out)
    local tested = with(folder, { "--trust-user-scripts", "test", "my-agent" }, home)
    assert.are.equal(0, tested.status, tested.out .. tested.err)
    local listed = with(folder, { "--trust-user-scripts", "list" }, home)
    assert(listed.out:find("my%-agent%s+user"), listed.out)
    local sample = folder:write("agent.txt", text[1])
    local shown = with(folder, { "--trust-user-scripts", "show", sample }, home)
    assert(shown.out:find('"LkaL"', 1, true), shown.out .. shown.err)
  end)
end)

describe("a plugin", function()
  it("is offered no text in which a reader recognised something, unless it is asked for", function()
    local folder <close> = folders.new()
    folder:write("plugins/greedy.lua", dialect([[
      start = function() return {} end, row = function() return true end,
      finish = function() return { memory = { nonpaged_bytes = 4096 } } end]]):format "greedy")
    local log = evidence.logs(folder, 1)[1]
    local result = with(folder, { "show", log, "--json" })
    assert.are.equal("poolmon", json.decode(result.out).data.origin:sub(1, 7))
    local claimed = with(folder, { "show", log, "--json", "--read-as", "greedy" })
    assert.are.equal("greedy", json.decode(claimed.out).data.origin, claimed.err)
  end)

  it("that is asked for falls back where it recognises nothing", function()
    local folder <close> = folders.new()
    folder:write("plugins/acme-agent.lua", lua[1])
    local result = with(folder, { "show", evidence.logs(folder, 1)[1], "--read-as", "acme-agent" })
    assert.are.equal(0, result.status, result.err)
    assert(result.out:find("LkaL", 1, true), result.out)
  end)

  it("that is asked for and not there ends in 64", function()
    local folder <close> = folders.new()
    local result = with(folder, { "show", evidence.logs(folder, 1)[1], "--read-as", "absent" })
    assert.are.equal(64, result.status, result.out)
    assert(result.err:find("absent", 1, true), result.err)
  end)

  it("reads standard input, and a series with find-leaking-driver", function()
    local folder <close> = folders.new()
    folder:write("plugins/acme-agent.lua", lua[1])
    local words, options = { "show", "-", "--json" }, { input = text[1], env = {
      POOLSLEUTH_PLUGINS = folder:path "plugins" } }
    assert.are.equal(2, #json.decode(shell.poolsleuth(words, options).out).data.rows)
    for hour = 0, 1 do
      folder:write(("agent-2026-11-01T%02d-00-00.txt"):format(hour), ("pool usage of ACME-01\n"
        .. "LkaL nonpaged %d 12 %d\n"):format(2100000 + hour * 400000, (2099988 + hour * 400000) * 512))
    end
    local result = with(folder, { "find-leaking-driver", folder:path "agent-2026-11-01T00-00-00.txt",
      folder:path "agent-2026-11-01T01-00-00.txt" })
    assert(result.out:find('^SUSPECT tag="LkaL" pool=nonpaged rate=195MiB/h'), result.out .. result.err)
  end)

  local broken <const> = {
    { "does not compile", "return {", "expected" },
    { "returns something else", "return 7", "does not return" },
    { "misses a function", dialect "start = function() end", "row" },
    { "has an unknown field", dialect "start = function() end, row = function() end, rows = 1", "'rows'" },
    { "acts when it is loaded", "os.exit(99)", "os" },
    { "goes by another name", lua[1], "acme-agent" },
  }
  for _, case in ipairs(broken) do
    it("is listed with the reason and never fatal: it " .. case[1], function()
      local folder <close> = folders.new()
      local body = case[2]
      if body ~= lua[1] then body = body:gsub("%%s", "bad") end
      folder:write("plugins/bad.lua", body)
      local listed = with(folder, { "list", "--json" })
      assert.are.equal(0, listed.status, listed.err)
      local found
      for _, entry in ipairs(json.decode(listed.out).data.scripts) do
        if entry.name == "bad" then found = entry end
      end
      assert(found and found.broken:find(case[3], 1, true), found and found.broken)
      local shown = with(folder, { "show", folder:write("letter.txt", "Dear Sir,\nit is slow.\n") })
      assert.are.equal(65, shown.status, shown.err)
      assert.are.equal(0, with(folder, { "show", evidence.logs(folder, 1)[1] }).status)
    end)
  end

  local failing <const> = {
    { "in start", "start = function() error 'oops' end, row = function() end",
      "plugin bad failed in start: .*oops" },
    { "in row", "start = function() return {} end, row = function() local x = nil; return x.y end",
      "plugin bad failed in row" },
    { "in finish", "start = function() return {} end, row = function() return true end,"
      .. " finish = function() error {} end", "plugin bad failed in finish" },
    { "with a row that is none", "start = function() return {} end, row = function() "
      .. "return { tag = 'toolong', pool = 'paged' } end", "gave no snapshot: .*tag" },
    { "with a number that is none", "start = function() return {} end, row = function() return "
      .. "{ tag = 'a', pool = 'paged', bytes = 'x' } end", "gave no snapshot: .*bytes" },
  }
  for _, case in ipairs(failing) do
    it("that fails is a problem of the source, and the others go on: " .. case[1], function()
      local folder <close> = folders.new()
      folder:write("plugins/bad.lua", (dialect(case[2]):gsub("%%s", "bad")))
      folder:write("plugins/zacme.lua", (lua[1]:gsub("acme%-agent", "zacme")))
      local sample = folder:write("agent.txt", "first line\n" .. text[1])
      local result = with(folder, { "show", "--problems", sample, "--json" })
      assert.are.equal(0, result.status, result.err)
      local said = {}
      for i, problem in ipairs(json.decode(result.out).data.files[1].problems) do said[i] = problem.text end
      assert(table.concat(said, "\n"):find(case[3]), table.concat(said, "\n"))
      if case[1] == "in start" then
        local shown = with(folder, { "show", sample, "--json" })
        assert.are.equal("zacme", json.decode(shown.out).data.origin)
      end
    end)
  end

  it("of the user is not run by root without being trusted", function()
    local folder <close> = folders.new()
    folder:write("data/poolsleuth/plugins/acme-agent.lua", lua[1])
    local sample = folder:write("agent.txt", text[1])
    local env = { XDG_DATA_HOME = folder:path "data" }
    if not require "poolsleuth.system".is_root() then pending "not root here" return end
    assert.are.equal(65, with(folder, { "show", sample }, env).status)
    assert.are.equal(0, with(folder, { "--trust-user-scripts", "show", sample }, env).status)
  end)
end)

describe("what a dialect says", function()
  local function read(row, body, finish)
    return plugins.read({ { name = "given", finish = finish,
      start = function(line) return line == "begin" and {} or nil end, row = row } }, body)
  end

  it("may be ambiguous or flagged, with the line", function()
    local got = read(function(_, line) return nil, "two readings", line end, "begin\nambiguous\nflagged\nx\n")
    local words = {}
    for i, problem in ipairs(got.problems) do words[i] = problem.line .. problem.severity end
    assert.are.same({ "2ambiguous", "3flagged", "4refused", "5refused" }, words)
    assert.are.equal(1, got.totals.ambiguous)
  end)

  it("flags rows whose numbers disagree", function()
    local got = read(function(_, line)
      if line == "" then return true end
      return { tag = "LkaL", pool = "paged", allocs = 9, frees = 1, diff = 7, bytes = 700, per_alloc = 100 }
    end, "begin\nrow\n")
    assert.are.same({ "diff-mismatch" }, got.snapshots[1]:rows()[1].flags)
    assert.are.equal("flagged", got.problems[1].severity)
  end)

  it("may end one table and begin another", function()
    local got = read(function(_, line)
      if line == "begin" then return false end
      return line ~= "" and { tag = line, pool = "paged", bytes = 1 } or true
    end, "begin\na\nbegin\nb\nc\n")
    assert.are.equal(2, #got.snapshots)
    assert.are.same({ 1, 2 }, { #got.snapshots[1], #got.snapshots[2] })
    assert.are.same({ 3, 6 }, { got.snapshots[2]:lines() })
  end)

  it("may begin with a row", function()
    local rows = plugins.read({ { name = "given", start = function(line) return line == "a" and {}, true end,
      row = function(_, line) return line ~= "" and { tag = line, pool = "paged", diff = 1 } end } },
      "x\na\nb\n").snapshots[1]:rows()
    assert.are.same({ "a   ", 2, "b   ", 3 }, { rows[1].tag, rows[1].line, rows[2].tag, rows[2].line })
  end)

  it("is refused where a row does not name its pool", function()
    local got = read(function(_, line) return line == "" or { tag = line, bytes = 1 } end, "begin\na\n",
      function() return { rows = { { tag = "b", bytes = 1 }, { tag = "c", pool = "paged", bytes = 1 } } } end)
    assert.are.equal(1, #got.snapshots[1])
    assert.are.equal(2, got.totals.refused)
    assert.matches("does not name its pool", got.problems[1].reason)
  end)

  it("may come at the end, when sums are known", function()
    local got = read(function() return true end, "begin\nx\n", function()
      return { rows = { { tag = "a", pool = "paged", bytes = 5 } }, host = "SRV1", time = 77,
               scope = "whole" }
    end)
    local snapshot = got.snapshots[1]
    assert.are.same({ "SRV1", 77, "whole", "given" },
      { snapshot:host(), snapshot:time(), snapshot:scope(), snapshot:origin() })
    assert.are.equal("a   ", snapshot:rows()[1].tag)
  end)
end)

describe("a snapshot that Lua makes", function()
  local pool = require "poolsleuth.pool"

  it("has what was given, and what was not is unknown", function()
    local snapshot = pool.snapshot {
      origin = "mine", memory = { nonpaged_bytes = 1 << 40 }, first_line = 3, last_line = 9,
      rows = { { tag = "LkaL", pool = "paged", session = 2, bytes = -5, line = 4, note = "[a.sys]" },
               { tag = "x", session = "all", allocs = 1 << 62 } },
    }
    assert.are.same({ nonpaged_bytes = 1 << 40 }, snapshot:memory())
    assert.are.same({ 3, 9 }, { snapshot:lines() })
    local first, second = table.unpack(snapshot:rows())
    assert.are.same({ "LkaL", "paged", 2, -5, 4, "[a.sys]" },
      { first.tag, first.pool, first.session, first.bytes, first.line, first.note })
    assert.is_nil(first.allocs)
    assert.are.same({ "x   ", "nonpaged", "all", 1 << 62 },
      { second.tag, second.pool, second.session, second.allocs })
    assert.are.equal("part", snapshot:scope())
  end)

  it("can be compared with another", function()
    local function at(bytes)
      return pool.snapshot { origin = "m", rows = { { tag = "LkaL", bytes = bytes } } }
    end
    assert.are.equal(60, assert(pool.diff(at(40), at(100))).rows[1].d_bytes)
  end)

  for _, wrong in ipairs {
    {}, { origin = 7 }, { origin = "m", rows = 1 }, { origin = "m", rows = { 1 } },
    { origin = "m", scope = "all" },
    { origin = "m", rows = { {} } }, { origin = "m", rows = { { tag = "12345" } } },
    { origin = "m", rows = { { tag = "a", pool = "both" } } },
    { origin = "m", memory = { nonpaged_bytes = -1 } },
    { origin = "m", rows = { { tag = "a", allocs = -1 } } },
    { origin = "m", rows = { { tag = "a", bytes = 0.5 } } },
    { origin = "m", rows = { { tag = "a", session = -7 } } }, { origin = "m", time = "now" },
    { origin = "m", rows = { { tag = 7 } } }, { origin = "m", host = {} },
  } do
    it("is refused where a field is not what it should be: " .. json.encode(wrong), function()
      assert.is_false((pcall(pool.snapshot, wrong)))
    end)
  end
end)
