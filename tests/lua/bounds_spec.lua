--- What a file claims costs nothing: files of ten megabytes that claim billions, nest without end or lead
-- back to themselves are read within two seconds of the processor and 512 MiB of addresses, or refused.
local folders = require "tests.lua.support.folder"
local shell   = require "tests.lua.support.shell"

local SECONDS <const>, KIBIBYTES <const> = 2, 512 << 10
local MiB <const> = 1 << 20
local sanitised <const> = (os.getenv "POOLSLEUTH_BUILD" or ""):find "asan"

local function filled(piece, size) return piece:rep(size // #piece + 1) end

local function put(bytes, at, piece) return bytes:sub(1, at) .. piece .. bytes:sub(at + #piece + 1) end

-- A driver of one section that holds the bytes, with directories that lead into it.
local OPTIONAL <const> = "<I2BBI4I4I4I4I4I8I4I4I2I2I2I2I2I2I4I4I4I4I2I2I8I8I8I8I4I4"
local SECTION <const>, RAW <const> = 0x1000, 0x400

local function driver(body, directories, sections)
  local tables = {}
  for i = 0, 15 do
    local given = directories[i] or { 0, 0 }
    tables[#tables + 1] = string.pack("<I4I4", given[1], given[2])
  end
  local optional = string.pack(OPTIONAL, 0x20B, 14, 0, 0x200, 0, 0, SECTION, SECTION, 0x140000000, 0x1000,
    0x200, 10, 0, 10, 0, 10, 0, 0, SECTION + #body + 0x1000, RAW, 0, 1, 0, 0x100000, 0x1000,
    0x100000, 0x1000, 0, 16) .. table.concat(tables)
  local section = string.pack("<c8I4I4I4I4I4I4I2I2I4", ".text", #body, SECTION, #body, RAW, 0, 0, 0, 0,
    0x60000020)
  local head = put(("\0"):rep(0x40), 0, "MZ")
  head = put(head, 0x3C, string.pack("<I4", 0x40)) .. "PE\0\0"
    .. string.pack("<I2I2I4I4I4I2I2", 0x8664, sections or 1, 0, 0, 0, #optional, 0x22) .. optional
    .. (sections and section:rep(sections) or section)
  if sections then return head .. body end
  return head .. ("\0"):rep(RAW - #head) .. body
end

local function imports(count)
  local names = "\0\0ExAllocatePoolWithTag\0ntoskrnl.exe\0"
  local thunks = SECTION + 0x100
  local body = string.pack("<I4I4I4I4I4", thunks, 0, 0, SECTION + 0x80 + 24, thunks)
  body = body .. ("\0"):rep(0x80 - #body) .. names
  body = body .. ("\0"):rep(0x100 - #body) .. string.pack("<I8", SECTION + 0x80):rep(count) .. ("\0"):rep(16)
  return driver(body, { [1] = { SECTION, 40 } })
end

-- Code behind the import of an API of the pool; the piece is made for each place, or given.
local function code(size, piece)
  local thunk = string.pack("<I8I8", SECTION + 0x80, 0)
  local body = string.pack("<I4I4I4I4I4", SECTION + 0x100, 0, 0, SECTION + 0x80 + 24, SECTION + 0x100)
  body = body .. ("\0"):rep(0x80 - #body) .. "\0\0ExAllocatePoolWithTag\0ntoskrnl.exe\0"
  body = body .. ("\0"):rep(0x100 - #body) .. thunk
  body = body .. ("\0"):rep(0x200 - #body)
  local pieces, at = {}, 0x200
  while at < size do
    pieces[#pieces + 1] = type(piece) == "string" and piece or piece(at)
    at = at + #pieces[#pieces]
  end
  local bytes = driver(body .. table.concat(pieces), { [1] = { SECTION, 40 } })
  return put(bytes, 0x40 + 24 + 16, string.pack("<I4", SECTION + 0x200))
end

-- mov r8d, tag; call [slot]
local function call(at)
  return "\x41\xB8LkaL" .. string.pack("<c2i4", "\xFF\x15", 0x100 - (at + 12))
end

-- One directory below the other, or all of them the first again.
local function resources(count, loops)
  local pieces = {}
  for i = 1, count do
    pieces[i] = string.pack("<I4I4I2I2I2I2I4I4", 0, 0, 0, 0, 0, 1, 16, 0x80000000 | (loops and 0 or i * 24))
  end
  local body = table.concat(pieces)
  return driver(body, { [2] = { SECTION, #body } })
end

local function functions(count)
  local body = string.pack("<I4I4I4", SECTION, SECTION + 12, SECTION + 8):rep(count)
  return driver(body, { [3] = { SECTION, #body } })
end

local function certificates(bytes)
  local bytes_at = RAW + 0x200
  local body = ("\0"):rep(0x200)
  local table_ = string.pack("<I4I2I2", #bytes + 8, 0x200, 2) .. bytes
  return driver(body, { [4] = { bytes_at, #table_ } }) .. table_
end

local function dump64(writes, size)
  local bytes = "PAGEDU64" .. ("PAGE"):rep((0x2000 - 8) // 4)
  for _, write in ipairs(writes) do bytes = put(bytes, write[1], string.pack(write[2], write[3])) end
  return bytes .. ("\0"):rep(size)
end

local function elf(count)
  local head = "\127ELF\2\1\1" .. ("\0"):rep(9)
    .. string.pack("<I2I2I4I8I8I8I4I2I2I2I2I2I2", 4, 62, 1, 0, 64, 0, 0, 64, 56, count, 0, 0, 0)
  local segment = string.pack("<I4I4I8I8I8I8I8I8", 1, 7, 0, 0, 0, 1 << 40, 1 << 40, 0)
  return head .. segment:rep(count)
end

local function pdb()
  return "Microsoft C/C++ MSF 7.00\r\n\26DS\0\0\0"
    .. string.pack("<I4I4I4I4I4I4", 4096, 1, 0xFFFFFFFF, 0xFFFFFFFF, 0, 3) .. ("\xFF"):rep(10 * MiB)
end

local function zip(entries)
  local entry = "PK\1\2" .. ("\0"):rep(24) .. string.pack("<I2", 1) .. ("\0"):rep(16) .. "a"
  local all = entry:rep(200000)
  return "PK\3\4" .. ("\0"):rep(26) .. all .. "PK\6\6"
    .. string.pack("<I8I2I2I4I4I8I8I8I8", 44, 45, 45, 0, 0, entries, entries, #all, 30)
    .. "PK\6\7" .. string.pack("<I4I8I4", 0, 30 + #all, 1) .. "PK\5\6" .. ("\xFF"):rep(16) .. "\0\0"
end

local POOLMON <const> = " Tag  Type     Allocs            Frees            Diff   Bytes       Per Alloc\n"
local COUNTERS <const> = '"(PDH-CSV 4.0) (UTC)(0)"'

-- Each a name, a command and a file; and seconds and KiB where rows are there indeed, half a million of them.
local files <const> = {
  { "65,535 sections", "driver", driver(("\0"):rep(8 * MiB), {}, 65535) },
  { "a million imports", "driver", imports(1000000) },
  { "half a million descriptors of imports", "driver",
    driver(filled(string.pack("<I4I4I4I4I4", SECTION, 0, 0, SECTION, SECTION), 10 * MiB),
      { [1] = { SECTION, 10 * MiB } }) },
  { "resources 400,000 folders deep", "driver", resources(400000) },
  { "resources that lead back", "driver", resources(400000, true) },
  { "800,000 functions that are one", "driver", functions(800000) },
  { "10 MB of prefixes of instructions", "driver", code(10 * MiB, ("\x66"):rep(4096)) },
  { "10 MB of calls of an API of the pool", "driver", code(10 * MiB, call) },
  { "10 MB of jumps to the next instruction", "driver", code(10 * MiB, ("\xEB\0\x75\0"):rep(1024)) },
  { "10 MB of jumps back", "driver", code(10 * MiB, ("\x75\x80"):rep(2048)) },
  { "a signature nested two million deep", "driver", certificates(("\x30\x80"):rep(2000000)) },
  { "a signature that says 4 GB", "driver",
    certificates("\x30\x84\xFF\xFF\xFF\xFF" .. ("\x30"):rep(10 * MiB)) },
  { "4 billion runs of memory", "show",
    dump64({ { 0xF98, "<I4", 1 }, { 0x88, "<I4", 0xFFFFFFFF }, { 0x90, "<I8", 1 << 60 } }, 10 * MiB) },
  { "4 billion pages in a bitmap", "show",
    dump64({ { 0xF98, "<I4", 5 }, { 0x2000 - 4, "<I4", 0 } }, 10 * MiB) .. "" },
  { "65,535 segments that are one", "show", elf(65535) },
  { "a PDB of 4 billion pages", "show", pdb() },
  { "a zip of 2^64 members", "show", zip(-1) },
  { "a zip of 4 billion members", "show", zip(0xFFFFFFFE) },
  { "lists of lists", "show", ("["):rep(10 * MiB) },
  { "objects of objects", "show", ('{"Tag":'):rep(MiB) },
  { "cells on one line", "show", POOLMON .. ("1,"):rep(5 * MiB) },
  { "rows that are there", "show", POOLMON .. filled(" Even Nonp 9 8 1 48 48\n", 10 * MiB), 20, 1 << 20 },
  { "10 MB of headers", "show", filled(POOLMON, 10 * MiB) },
  { "counters of 200,000 columns", "show",
    COUNTERS .. filled([[,"\\S\Process(x)\Handle Count"]], 10 * MiB) .. "\n" },
  { "10 MB of headers of counters", "show",
    filled(COUNTERS .. [[,"\\S\Memory\Pool Nonpaged Bytes"]] .. "\n", 10 * MiB) },
  { "tags that stay open", "show", ("<Data "):rep(2 * MiB) },
  { "zeros", "show", ("\0"):rep(10 * MiB) },
}

describe("a file of ten megabytes", function()
  if sanitised then
    it("is not measured sanitised", function() pending "sanitised" end)
    return
  end
  local folder <const> = folders.new()
  teardown(function() getmetatable(folder).__close(folder) end)

  for _, case in ipairs(files) do
    local name, command, bytes, seconds, kibibytes = table.unpack(case)
    it(("with %s is read or refused in bounds"):format(name), function()
      local path = folder:write("hostile.bin", bytes)
      local limits = ("ulimit -t %d -v %d"):format(seconds or SECONDS, kibibytes or KIBIBYTES)
      local result = shell.run({ "bash", "-c", ("%s; exec %s %s %s --no-cache"):format(limits,
        shell.quote(shell.program), command, shell.quote(path)) }, { env = { HOME = "/nonexistent" } })
      assert(result.status <= 3 or result.status == 65,
        ("%d: %s"):format(result.status, result.err:sub(1, 500)))
      assert.is_nil((result.err .. result.out):find "not enough memory")
      assert.is_nil((result.err .. result.out):find "out of memory")
      os.remove(path)
    end)
  end

  it("is made by code that makes sound drivers", function()
    local path = folder:write("sound.sys", imports(1))
    local result = shell.poolsleuth { "driver", path }
    assert.are.equal(0, result.status, result.err)
    assert.is_truthy(result.out:find "sound.sys", result.out)
  end)
end)
