-- Files of a folder are read on all cores ahead of time: the answer is that of reading them one by one.
local folders = require "tests.lua.support.folder"
local evidence = require "tests.lua.support.evidence"
local system  = require "poolsleuth.system"
local text    = require "poolsleuth.text"

describe("texts read ahead", function()
  it("are what reading each of them gives", function()
    local folder <close> = folders.new()
    local paths = {}
    for i = 1, 40 do
      folder:write(("log%02d.txt"):format(i), evidence.poolmon(evidence.rows(i, true)))
      paths[i] = folder:path(("log%02d.txt"):format(i))
    end
    local ready = text.ahead(paths, 3)
    for _, path in ipairs(paths) do
      local alone, ahead, found = assert(text.read(path)), ready[path], assert(system.probe(path))
      assert.same({ found.kind, found.size, found.mtime }, { ahead.kind, ahead.size, ahead.mtime })
      assert.equal(alone.sha256, ahead.parsed.sha256)
      assert.same(alone.snapshots[1]:rows(), ahead.parsed.snapshots[1]:rows())
      assert.same({ alone.lines, alone.row_lines, alone.problems },
        { ahead.parsed.lines, ahead.parsed.row_lines, ahead.parsed.problems })
    end
  end)

  it("leave out what cannot be read, and read no binaries and no large files", function()
    local folder <close> = folders.new()
    folder:write("a.sys", "MZ" .. ("\0"):rep(2000))
    folder:write("large.txt", ("a line of text\n"):rep(100000))
    local binary, large, missing = folder:path "a.sys", folder:path "large.txt", folder:path "none"
    local ready = text.ahead { binary, large, missing }
    assert.equal("pe", ready[binary].kind)
    assert.equal("text", ready[large].kind)
    assert.same({}, { ready[binary].parsed, ready[large].parsed, ready[missing] })
    assert.same({}, text.ahead {})
  end)

  it("are a list of at most 256 paths", function()
    local many = {}
    for i = 1, 257 do many[i] = "x" end
    assert.error_matches(function() text.ahead(many) end, "at most 256 paths")
    assert.error_matches(function() text.ahead { "x", 7 } end, "a list of paths")
    assert.error_matches(function() text.ahead({ "x" }, -1) end, "a number of threads")
  end)
end)
