--- Places that somebody prepared: links and files that lie where an answer will be written.
local evidence = require "tests.lua.support.evidence"
local folders  = require "tests.lua.support.folder"
local lfs      = require "lfs"
local shell    = require "tests.lua.support.shell"
local system   = require "poolsleuth.system"

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

local function names(path)
  local found = {}
  for name in lfs.dir(path) do
    if name ~= "." and name ~= ".." then found[#found + 1] = name end
  end
  table.sort(found)
  return table.concat(found, " ")
end

-- A history of one snapshot, and a way to export it.
local function exporter(place)
  local log = place:write("in/poolmon-2026-11-01T00-05-00.log", evidence.poolmon(evidence.rows(0)))
  local history = place:path "history.db"
  assert.equal(0, shell.poolsleuth({ "record", log, "--history", history, "--host", "a" }).status)
  return function(output)
    return shell.poolsleuth { "history", "--history", history, "--export", "csv", "-o", output }
  end
end

describe("an answer that is written beside and renamed", function()
  it("goes through no link that lies in its way", function()
    local place <close> = folders.new()
    local export = exporter(place)
    local victim, output = place:write("victim", "mine"), place:mkdir "out" .. "/h.csv"
    assert(lfs.link(victim, output .. ".part", true))
    local result = export(output)
    assert.equal(0, result.status, result.err)
    assert.equal("mine", read(victim))
    assert(read(output):find("^host,"))
    assert.equal("h.csv h.csv.part", names(place:path "out"))
  end)

  it("lands where a link of its own name leads, with the rights that were there", function()
    local place <close> = folders.new()
    local export = exporter(place)
    local real = place:write("real/h.csv", "old")
    os.execute("chmod 600 " .. shell.quote(real))
    local output = place:mkdir "out" .. "/h.csv"
    assert(lfs.link(real, output, true))
    assert.equal(0, export(output).status)
    assert(read(real):find("^host,"))
    assert.equal("link", lfs.symlinkattributes(output, "mode"))
    assert.equal("rw-------", lfs.attributes(real, "permissions"))
    assert.equal("h.csv", names(place:path "real"))
  end)

  it("takes another name where a run that was killed left one behind", function()
    local place <close> = folders.new()
    local output = place:path "a.txt"
    local first, part = assert(system.open_beside(output))
    local second, other, final = assert(system.open_beside(output))
    assert.are_not.equal(part, other)
    assert.equal(output, final)
    first:close()
    second:close()
    assert(system.write_file(output, "whole"))
    assert.equal("whole", read(output))
    assert.equal(2, select(2, names(place:path()):gsub("%.part", "")))
  end)

  it("says why it cannot be", function()
    local place <close> = folders.new()
    for _, path in ipairs { place:path(), place:path "no/such" } do
      local file, message, err = system.open_beside(path)
      assert.is_nil(file)
      assert(#message > 0)
      assert.equal("io", err.code)
      assert.is_nil((system.write_file(path, "")))
    end
  end)

  it("goes to a device as it is", function()
    local file, part, final = assert(system.open_beside "/dev/null")
    assert.equal("/dev/null", part)
    assert.equal(part, final)
    assert(file:write "x")
    assert(file:close())
  end)
end)
