--- Sources that no reader takes are known by their content, and a line says how to get at what is inside.
local folders = require "tests.lua.support.folder"
local shell = require "tests.lua.support.shell"
local system = require "poolsleuth.system"

-- A zip archive whose members are stored; names of ASCII need no flag, others are UTF-8.
local function zip(members)
  local body, directory = {}, {}
  local offset = 0
  for _, member in ipairs(members) do
    local flags = member.name:find "[\128-\255]" and 0x800 or 0
    local size = #member.text
    local head = string.pack("<I4I2I2I2I2I2I4I4I4I2I2", 0x04034b50, 20, flags, 0, 0, 0, 0, size, size,
      #member.name, 0) .. member.name
    directory[#directory + 1] = string.pack("<I4I2I2I2I2I2I2I4I4I4I2I2I2I2I2I4I4", 0x02014b50, 20, 20,
      flags, 0, 0, 0, 0, size, size, #member.name, 0, 0, 0, 0, 0, offset) .. member.name
    body[#body + 1] = head .. member.text
    offset = offset + #head + #member.text
  end
  local list = table.concat(directory)
  return table.concat(body) .. list
    .. string.pack("<I4I2I2I2I2I4I4I2", 0x06054b50, 0, 0, #members, #members, #list, offset, 0)
end

local function cabinet(members)
  local files = {}
  for _, member in ipairs(members) do
    files[#files + 1] = string.pack("<I4I4I2I2I2I2z", member.size, 0, 0, 0, 0, 0x20, member.name)
  end
  local list = table.concat(files)
  return "MSCF\0\0\0\0"
    .. string.pack("<I4I4I4I4BBI2I2I2I2I2", 44 + #list, 0, 44, 0, 3, 1, 1, #members, 0, 1, 0)
    .. string.pack("<I4I2I2", 44 + #list, 0, 0) .. list
end

local function trace(second_buffer)
  local first = string.pack("<I4", 1024) .. ("\0"):rep(0x2C) .. string.pack("<I4I2I2", 0x200, 1, 4)
    .. ("\0"):rep(0x10) .. "\1\0\2\xC0"
  first = first .. ("\7"):rep(1024 - #first)
  return first .. (second_buffer or ("\7"):rep(1024))
end

local counters <const> = ("\0"):rep(0x60)
  .. "\xB3\x3B\x3F\x93\x3E\x94\x0D\x49\x9C\xED\x3C\xBB\x14\xC1\x44\x79" .. ("\7"):rep(900)

local noise <const> = ("\1\2\3\200\255\0"):rep(900)
local samples <const> = {
  { "zip", zip { { name = "a.log", text = "x" } }, "unzip" },
  { "cab", cabinet { { name = "a.log", size = 1 } }, "cabextract" },
  { "7z", "7z\xBC\xAF\x27\x1C" .. noise, "7z x" },
  { "rar", "Rar!\x1A\x07\1\0" .. noise, "7z x" },
  { "gzip", "\x1F\x8B\8" .. noise, "gunzip" },
  { "xz", "\xFD7zXZ\0" .. noise, "unxz" },
  { "zstd", "\x28\xB5\x2F\xFD" .. noise, "unzstd" },
  { "bzip2", "BZh91AY&SY" .. noise, "bunzip2" },
  { "tar", "a.log" .. ("\0"):rep(252) .. "ustar\0" .. "00" .. ("\0"):rep(600), "tar xf" },
  { "wim", "MSWIM\0\0\0" .. noise, "7z x" },
  { "ole", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" .. noise, "msiextract" },
  { "office", zip { { name = "[Content_Types].xml", text = "<x/>" } }, "plain text" },
  { "office", zip { { name = "mimetype", text = "application/vnd.oasis" } }, "plain text" },
  { "office", "{\\rtf1\\ansi text}", "plain text" },
  { "pdf", "%PDF-1.7\n%\xE2\xE3\n" .. noise, "pdftotext" },
  { "picture", "\x89PNG\r\n\x1A\n" .. noise, "typed" },
  { "picture", "\xFF\xD8\xFF\xE0" .. noise, "typed" },
  { "evtx", "ElfFile\0" .. noise, "2019" },
  { "evt", "\x30\0\0\0LfLe" .. noise, "2019" },
  { "etl", trace(), "xperf" },
  { "blg", trace(counters), "relog" },
  { "dump", "PAGEDU64" .. noise, "dump" },
  { "minidump", "MDMP" .. noise, "minidump" },
  { "vhd", "vhdxfile" .. noise, "mount" },
  { "vhd", "conectix" .. noise, "mount" },
  { "disk", "KDMV" .. noise, "mount" },
  { "disk", "QFI\xFB" .. noise, "mount" },
  { "disk", noise:sub(1, 510) .. "\x55\xAA" .. noise, "mount" },
  { "hive", "regf" .. noise, "hive" },
  { "hibernation", "HIBR" .. noise, "convert" },
  { "unknown", noise, "no known kind" },
}

describe("a source of another kind", function()
  for i, sample in ipairs(samples) do
    it(("is known by its content: %s (%d)"):format(sample[1], i), function()
      local found = assert(system.probe_of(sample[2]))
      assert.are.equal(sample[1], found.kind)
    end)
  end

  -- What the readers of dumps, traces and logs take is for their own commands.
  local others <const> = { dump = true, etl = true, blg = true, minidump = true, hibernation = true }
  for i, sample in ipairs(samples) do
    if not others[sample[1]] then
      it(("is refused by show in a line that helps: %s (%d)"):format(sample[1], i), function()
        local folder <close> = folders.new()
        local path = folder:write("evidence.bin", sample[2])
        local result = shell.poolsleuth { "show", path }
        assert.are.equal(65, result.status, result.out)
        assert(result.err:find(sample[3], 1, true), result.err)
        assert.are.equal(1, select(2, result.err:gsub("\n", "")), result.err)
      end)
    end
  end

  it("among others in a folder is a remark", function()
    local folder <close> = folders.new()
    local evidence = require "tests.lua.support.evidence"
    evidence.logs(folder, 2)
    folder:write("more.zip", zip { { name = "poolmon.log", text = "x" } })
    local result = shell.poolsleuth { "find-leaking-driver", folder:path() }
    local said = result.out:gsub("%s+", " ")
    assert(said:find("unzip more.zip -d FOLDER and give the folder; 1 file: poolmon.log", 1, true), said)
  end)
end)

describe("the members of an archive", function()
  local function listed(bytes)
    local folder <close> = folders.new()
    return system.archive(folder:write("archive", bytes))
  end

  it("are listed with their sizes", function()
    local many = {}
    for i = 1, 20 do many[i] = { name = ("logs\\poolmon-%02d.log"):format(i), text = ("x"):rep(i) } end
    local archive = assert(listed(zip(many)))
    assert.are.equal(20, archive.total)
    assert.are.same({ name = "logs/poolmon-01.log", size = 1 }, archive.members[1])
    assert.are.same({ name = "logs/poolmon-20.log", size = 20 }, archive.members[20])
  end)

  it("of a cabinet too", function()
    local members = { { name = "acmeflt.sys", size = 61440 }, { name = "a.inf", size = 9 } }
    assert.are.same(members, assert(listed(cabinet(members))).members)
  end)

  it("keep UTF-8 where it is said to be, and nothing that a terminal acts on", function()
    local archive = assert(listed(zip { { name = "Über.log", text = "" }, { name = "a\27[2Jb", text = "" } }))
    assert.are.same({ "Über.log", "a?[2Jb" }, { archive.members[1].name, archive.members[2].name })
  end)

  it("are those of the last directory, behind a comment", function()
    local bytes = zip { { name = "a.log", text = "x" } }
    local archive = assert(listed(bytes:sub(1, -3) .. "\12\0" .. "PK comment !"))
    assert.are.equal("a.log", archive.members[1].name)
  end)

  it("of a cut or lying archive are a message, whatever the length", function()
    for _, bytes in ipairs { zip { { name = "a.log", text = "x" }, { name = "b.log", text = "y" } },
                             cabinet { { name = "acmeflt.sys", size = 1 }, { name = "b.sys", size = 2 } } } do
      for length = 8, #bytes - 1 do
        local archive, message = listed(bytes:sub(1, length))
        assert(archive == nil and #message > 0 or archive.total <= 2)
      end
    end
    local _, message = listed(zip { { name = "a.log", text = "x" } }:sub(1, -7) .. "\255\255\255\127\0\0")
    assert(message:find "zip", message)
  end)
end)
