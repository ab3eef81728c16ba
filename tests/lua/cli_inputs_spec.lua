--- Whatever is given to the program gets a clear message and the right exit status, at once.
local evidence = require "tests.lua.support.evidence"
local folders = require "tests.lua.support.folder"
local image = require "tests.lua.support.image"
local shell = require "tests.lua.support.shell"

local USAGE <const>, DATA <const>, MISSING <const>, IO <const> = 64, 65, 66, 74

-- The message of a refusal is short, names what it is about, and nothing else is printed.
local function refused(result, status, ...)
  assert.are.equal(status, result.status, result.err)
  assert.are.equal("", result.out)
  assert.is_nil(result.err:find "stack traceback")
  assert.is_nil(result.err:find "internal error")
  for _, words in ipairs { ... } do
    assert(result.err:find(words, 1, true), ("%q is not in %q"):format(words, result.err))
  end
end

describe("a command line that makes no sense", function()
  for _, words in ipairs {
    { "frobnicate" }, { "show", "--no-such-option", "x" }, { "--no-such-option" }, { "diff" },
    { "show" }, { "show", "--top", "many", "x" }, { "show", "--format", "papyrus", "x" },
    { "help", "frobnicate" },
  } do
    it("ends in 64: " .. table.concat(words, " "), function()
      refused(shell.poolsleuth(words), USAGE)
    end)
  end

  it("names the command that was perhaps meant", function()
    refused(shell.poolsleuth { "shwo", "x" }, USAGE, "shwo", "show")
  end)

  it("names the option that is not known", function()
    refused(shell.poolsleuth { "show", "--tops", "3", "x" }, USAGE, "--tops")
  end)
end)

describe("an input", function()
  local readers <const> = {
    { "show" }, { "find-leaking-driver" }, { "driver" }, { "scan" },
  }

  for _, reader in ipairs(readers) do
    it("that is missing ends in 66: " .. reader[1], function()
      refused(shell.poolsleuth { reader[1], "/nonexistent/file.log" }, MISSING, "/nonexistent/file.log")
    end)
  end

  it("that is missing ends in 66: diff", function()
    local folder <close> = folders.new()
    local log = evidence.logs(folder, 1)[1]
    refused(shell.poolsleuth { "diff", log, folder:path "absent.log" }, MISSING, "absent.log")
  end)

  for _, option in ipairs { "--tagfile", "--knowledge" } do
    it("that an option names and that is missing ends in 66: " .. option, function()
      local folder <close> = folders.new()
      local log = evidence.logs(folder, 1)[1]
      refused(shell.poolsleuth { "show", log, option, "/nonexistent/file" }, MISSING, "/nonexistent/file")
    end)
  end

  it("that is a folder without evidence says so", function()
    local folder <close> = folders.new()
    local result = shell.poolsleuth { "show", folder:path() }
    assert.is_true(result.status == DATA or result.status == MISSING)
    refused(result, result.status, folder:path())
  end)

  it("that is a folder where one driver is meant says so", function()
    local folder <close> = folders.new()
    local result = shell.poolsleuth { "driver", folder:path() }
    assert.is_true(result.status == DATA or result.status == MISSING)
    refused(result, result.status, folder:path(), "folder")
  end)

  it("that is a driver where text is meant names the command for it", function()
    local folder <close> = folders.new()
    local path = folder:write("acme.sys", image.with_tag "LkaL")
    refused(shell.poolsleuth { "show", path }, DATA, "acme.sys", "driver")
  end)

  it("that is binary of no known kind says so", function()
    local folder <close> = folders.new()
    local path = folder:write("noise.log", ("\0\1\2\3\200\255"):rep(2000))
    refused(shell.poolsleuth { "show", path }, DATA, "noise.log")
  end)

  it("that is text of another kind says what is read", function()
    local folder <close> = folders.new()
    local path = folder:write("letter.txt", "Dear Sir or Madam,\nthe server is slow.\n")
    refused(shell.poolsleuth { "show", path }, DATA, "letter.txt")
  end)

  it("that is text where a driver is meant says so", function()
    local folder <close> = folders.new()
    refused(shell.poolsleuth { "driver", evidence.logs(folder, 1)[1] }, DATA, ".log")
  end)

  for _, reader in ipairs { "show", "driver", "find-leaking-driver" } do
    it("that is empty says so: " .. reader, function()
      local folder <close> = folders.new()
      refused(shell.poolsleuth { reader, folder:write("nothing.log", "") }, DATA, "nothing.log", "empty")
    end)
  end

  for _, reader in ipairs { "show", "driver", "scan", "find-leaking-driver" } do
    it("of 2 GiB with nothing in it is decided at once: " .. reader, function()
      local folder <close> = folders.new()
      local result = shell.poolsleuth { reader, folder:hole("sparse.log", 2 << 30) }
      assert.is_true(result.seconds < 1, ("took %.2f s"):format(result.seconds))
      if reader == "scan" and result.status == 0 then return end -- a scan reports it among its problems
      refused(result, DATA, "sparse.log")
    end)
  end

  it("that may not be read ends in 74", function()
    local folder <close> = folders.new()
    local path = folder:write("secret.log", "x")
    os.execute("chmod 0 " .. shell.quote(path) .. " && chmod 755 " .. shell.quote(folder:path()))
    local nobody = { "setpriv", "--reuid=65534", "--clear-groups" }
    local function as_nobody(...)
      return shell.run(table.move({ ... }, 1, select("#", ...), #nobody + 1, { table.unpack(nobody) }))
    end
    if as_nobody("test", "-x", shell.program).status ~= 0 then
      pending "cannot become another user here"
      return
    end
    refused(as_nobody(shell.program, "show", path), IO, "secret.log")
  end)

  it("that could not be read among others is a problem of the answer, not its end", function()
    local folder <close> = folders.new()
    local paths = evidence.logs(folder, 2)
    local words = { "find-leaking-driver", paths[1], paths[2], folder:path "absent.log", "--json" }
    local result = shell.poolsleuth(words)
    assert.is_true(result.status <= 3, result.err)
    assert(result.out:find("absent.log", 1, true), result.out)
  end)

  it("comes from standard input as -", function()
    local result = shell.poolsleuth({ "show", "-" }, { input = evidence.poolmon(evidence.rows(0)) })
    assert.are.equal(0, result.status, result.err)
    assert(result.out:find("LkaL", 1, true), result.out)
  end)

  it("of nothing on standard input says so", function()
    refused(shell.poolsleuth({ "show", "-" }, { input = "" }), DATA, "empty")
  end)
end)

describe("a regular expression", function()
  it("that explodes ends with a message", function()
    local folder <close> = folders.new()
    local path = folder:write("long.txt", evidence.poolused():gsub("UNKNOWN[^\n]*", ("a"):rep(60000)))
    local result = shell.poolsleuth({ "show", path, "--match", "^(a+)+[bc]*$" }, { limit = 20 })
    assert.is_true(result.status == 0 or result.status == USAGE or result.status == DATA, result.err)
    assert.is_true(result.seconds < 10)
    assert.is_nil(result.err:find "internal error")
  end)

  it("that is malformed ends in 64 and says where", function()
    local folder <close> = folders.new()
    refused(shell.poolsleuth { "show", evidence.logs(folder, 1)[1], "--match", "(" }, USAGE, "(")
  end)
end)
