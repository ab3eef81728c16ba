--- What a script from a stranger can do under --isolate: answer, and nothing else.
local folders = require "tests.lua.support.folder"
local shell   = require "tests.lua.support.shell"

-- A sanitised program needs more address space than any limit leaves.
local sanitised <const> = os.getenv "POOLSLEUTH_PRELOAD" or (os.getenv "POOLSLEUTH_BUILD" or ""):find "asan"

local function script(body)
  return ([[
    local command = require "poolsleuth.command"
    return command { name = "stranger", summary = "Try something",
      run = function(case)
        local function say(text)
          return { kind = "manual", view = "plain_text", data = { name = "x", text = text } }
        end
        %s
      end }
  ]]):format(body)
end

-- Run the body of a script isolated; more words follow the script's path.
local function try(folder, body, ...)
  local path = folder:write("stranger.lua", script(body))
  return shell.poolsleuth({ "--isolate", "--isolate-time", "1", "--isolate-memory", "512M", path, ... },
    { limit = 30 })
end

local function said(result)
  assert.are.equal(0, result.status, result.err)
  return (result.out:gsub("%s+$", ""))
end

describe("an isolated run", function()
  if sanitised then
    it("is not tried sanitised", function() pending "sanitised" end)
    return
  end

  it("gives the same answer as any other", function()
    local folder <close> = folders.new()
    local logs = require("tests.lua.support.evidence").logs(folder, 3)
    local words = { "find-leaking-driver", table.unpack(logs) }
    local plain = shell.poolsleuth(words)
    local isolated = shell.poolsleuth { "--isolate", table.unpack(words) }
    assert.are.equal(plain.out, isolated.out, isolated.err)
    assert.are.equal(plain.status, isolated.status)
  end)

  it("writes the answer where -o says, through the parent", function()
    local folder <close> = folders.new()
    local result = try(folder, 'return say "fine"', "-o", folder:path "answer.txt")
    assert.are.equal(0, result.status, result.err)
    local file <close> = assert(io.open(folder:path "answer.txt"))
    assert.are.equal("fine\n", file:read "a")
  end)

  it("reads what the command line names", function()
    local folder <close> = folders.new()
    folder:write("here/a.txt", "seen")
    local path = folder:path "here/a.txt"
    local body = ('local f = assert(io.open(%q)) return say(f:read "a")'):format(path)
    local with = folder:write("with.lua", (script(body):gsub('summary = "Try something"',
      '%0, args = { { name = "sources", type = "source", many = true, required = false } }')))
    assert.are.equal("seen", said(shell.poolsleuth { "--isolate", with, folder:path "here" }))
    assert.are_not.equal(0, shell.poolsleuth({ "--isolate", with }).status)
  end)

  local REFUSED <const> = {
    ["another file"] = 'io.open "/etc/passwd"',
    ["the program's own environment"] = 'io.open "/proc/self/environ"',
    ["a new file"] = 'io.open(os.getenv "WHERE" .. "/new", "w")',
    ["its own script, to write"] = 'io.open(os.getenv "WHERE" .. "/stranger.lua", "a")',
    ["another program"] = 'io.popen "id"',
    ["the shell"] = 'os.execute("touch " .. os.getenv "WHERE" .. "/new")',
    ["removing a file"] = 'os.remove(os.getenv "WHERE" .. "/victim")',
    ["renaming a file"] = 'os.rename(os.getenv "WHERE" .. "/victim", os.getenv "WHERE" .. "/other")',
    ["its own memory"] = 'io.open("/proc/self/mem", "r+b")',
    ["a descriptor of the parent's"] = 'io.open "/dev/fd/9" or io.open "/proc/self/fd/9"',
    ["a file without a name"] = 'io.tmpfile()',
    ["another folder to stand in"] = 'require("lfs").chdir "/"',
    ["a file's times"] = 'require("lfs").touch(os.getenv "WHERE" .. "/victim")',
    ["what stands beside its script"] = 'io.open(os.getenv "WHERE" .. "/victim")',
    ["a history to write"] = 'require("poolsleuth.store").open(os.getenv "WHERE" .. "/new.db")',
    ["native code"] = 'package.loadlib("/lib/x86_64-linux-gnu/libnss_hesiod.so.2", "*")',
    ["a new folder"] = 'require("lfs").mkdir(os.getenv "WHERE" .. "/folder")',
    ["a link"] = 'require("lfs").link("/etc/passwd", os.getenv "WHERE" .. "/link", true)',
    ["a file through the program's own writer"] =
      'require("poolsleuth.system").write_file(os.getenv "WHERE" .. "/new", "x")',
  }
  for what, expression in pairs(REFUSED) do
    it("is refused " .. what, function()
      local folder <close> = folders.new()
      folder:write("victim", "alive")
      local body = ("local got = %s return say(tostring(got))"):format(expression)
      local path = folder:write("stranger.lua", script(body))
      local result = shell.poolsleuth({ "--isolate", path }, { env = { WHERE = folder:path() } })
      assert.is_truthy(said(result) == "nil" or said(result) == "false", result.out)
      local left = {}
      for name in require("lfs").dir(folder:path()) do left[#left + 1] = name end
      table.sort(left)
      assert.are.same({ ".", "..", "stranger.lua", "victim" }, left)
    end)
  end

  local ENDLESS <const> = {
    ["a loop that swallows errors"] = "while true do pcall(function() while true do end end) end",
    ["a loop in a message handler"] = "xpcall(error, function() while true do end end)",
    ["a loop in a finalizer"] =
      "setmetatable({}, { __gc = function() while true do end end }) collectgarbage()",
    ["a slow pattern"] = '("a"):rep(40):find(("a*"):rep(30) .. "c")',
    ["a table that claims to be long"] =
      "table.insert(setmetatable({}, { __len = function() return 1 << 60 end }), 1, 1)",
    ["a long move"] = "table.move({}, 1, 1 << 40, 2)",
    ["a long repetition of nothing"] = '("").rep("", 10 ^ 18 // 1 | 0)',
    ["large comparisons"] =
      'local a, b = ("x"):rep(1 << 24), ("x"):rep(1 << 24) .. "" while a == b do a = a:sub(1) end',
    ["a loop behind a closed output"] = "io.stdout:close() while true do end",
  }
  for what, body in pairs(ENDLESS) do
    it("is ended in " .. what, function()
      local folder <close> = folders.new()
      local result = try(folder, body)
      assert.are.equal(70, result.status, result.out)
      assert.is_truthy(result.err:find "isolated run was ended: it used more than its 1 s"
        or result.err:find "isolated run was ended: it ran longer than 3 s"
        or result.err:find "not enough memory", result.err)
    end)
  end

  it("is ended while it waits for something that never comes", function()
    local folder <close> = folders.new()
    local fifo = folder:path "fifo"
    assert.is_true(os.execute("mkfifo " .. shell.quote(fifo)))
    local path = folder:write("stranger.lua", script(('io.open(%q):read "a"'):format(fifo)):gsub(
      'summary = "Try something"', '%0, args = { { name = "x", type = "path" } }'))
    local result = shell.poolsleuth({ "--isolate", "--isolate-time", "1", path, fifo }, { limit = 30 })
    assert.are.equal(70, result.status)
    assert.is_truthy(result.err:find("it ran longer than 3 s", 1, true), result.err)
  end)

  it("is held to its memory", function()
    local folder <close> = folders.new()
    local path = folder:write("stranger.lua", script 'return say(("x"):rep(400 << 20))')
    local result = shell.poolsleuth({ "--isolate", "--isolate-memory", "256M", path }, { limit = 30 })
    assert.are.equal(70, result.status)
    assert.is_truthy(result.err:find("not enough memory", 1, true), result.err)
  end)

  it("is held to an answer that can be taken", function()
    local folder <close> = folders.new()
    local path = folder:write("stranger.lua", script 'while true do io.stdout:write(("x"):rep(1 << 20)) end')
    local result = shell.poolsleuth({ "--isolate", path }, { limit = 50 })
    assert.are.equal(70, result.status)
    assert.is_truthy(result.err:find("its answer is over", 1, true), result.err)
    assert.are.equal("", result.out)
  end)

  it("is held to complaints that can be read", function()
    local folder <close> = folders.new()
    local path = folder:write("stranger.lua", script [[while true do io.stderr:write(("x"):rep(99999)) end]])
    local result = shell.poolsleuth({ "--isolate", path }, { limit = 50 })
    assert.are.equal(70, result.status)
    assert.is_truthy(result.err:find("complained of more than 4194304 bytes", 1, true), result.err:sub(-200))
    assert.is_true(#result.err < 5 << 20)
  end)

  it("is ended where it closes its streams and goes on", function()
    local folder <close> = folders.new()
    local result = try(folder, "io.stdout:close() io.stderr:close() while true do end")
    assert.are.equal(70, result.status)
    assert.is_truthy(result.err:find("isolated run was ended: it ", 1, true), result.err)
  end)

  it("takes no command of a terminal's from a script", function()
    local folder <close> = folders.new()
    local result = try(folder, [[
      io.stderr:write "\27]52;c;cm0=\7\27[6n\27[2J\194\155 5n\n"
      return say "\27]0;owned\7 \27[2J \27[31mred\27[0m \194\1555n"]])
    assert.are.equal(".]52;c;cm0=..[6n.[2J. 5n\n", result.err)
    local calm = require("poolsleuth.isolation").calm
    assert.are.equal(".]0;owned. .[2J \27[31mred\27[0m .5n\n", calm(result.out))
    assert.are.equal("one\n\ttwo \u{e9}", calm "one\n\ttwo \u{e9}")
  end)

  it("says what ended it, though it spoilt the functions that say so", function()
    local folder <close> = folders.new()
    local result = try(folder, [[getmetatable("").__index = function() return "owned" end return say "x"]])
    assert.are.equal(70, result.status)
    assert.is_truthy(result.err:find "%S", result.err)
    local exit = try(folder, "os.exit(70)")
    assert.are.equal("poolsleuth: the isolated run was ended: it failed, and could not say why\n", exit.err)
  end)

  it("reads a history, and writes an export where -o says", function()
    local folder <close> = folders.new()
    local logs = require("tests.lua.support.evidence").logs(folder, 3)
    local history = folder:path "site.db"
    assert.are.equal(0, shell.poolsleuth({ "record", "--history", history, table.unpack(logs) }).status)
    local words = { "history", history, "--export", "csv" }
    local plain = shell.poolsleuth(words)
    assert.is_true(#plain.out > 100)
    local out = folder:path "all.csv"
    local result = shell.poolsleuth { "--isolate", "-o", out, table.unpack(words) }
    assert.are.equal(0, result.status, result.err)
    local file <close> = assert(io.open(out))
    assert.are.equal(plain.out, file:read "a")
  end)

  it("may crash alone", function()
    local folder <close> = folders.new()
    local result = try(folder, [[
      local last
      for _ = 1, 60000 do
        local before = last
        last = coroutine.create(function()
          local _ <close> = setmetatable({}, { __close = function()
            if before then coroutine.close(before) end
          end })
          coroutine.yield()
        end)
        coroutine.resume(last)
      end
      coroutine.close(last)
      return say "alive"]])
    assert.are_not.equal(0, result.status)
    assert.are.equal("", result.out)
  end)

  it("does not let a script spoil what the parent says", function()
    local folder <close> = folders.new()
    local result = try(folder, 'getmetatable("").__index = nil os.exit(7)')
    assert.are.equal(7, result.status)
    assert.are.equal("", result.out)
  end)

  it("looks at no line of the script before it is isolated", function()
    local folder <close> = folders.new()
    local path = folder:write("stranger.lua", 'local s = ("a"):rep(40):find(("a*"):rep(30) .. "c")')
    local result = shell.poolsleuth({ "--isolate", "--isolate-time", "1", path }, { limit = 30 })
    assert.are.equal(70, result.status)
    assert.is_truthy(result.err:find("the isolated run was ended: it ", 1, true), result.err)
  end)

  it("says what is wrong with its limits", function()
    assert.are.equal(64, shell.poolsleuth({ "--isolate", "--isolate-time", "soon", "list" }).status)
  end)
end)
