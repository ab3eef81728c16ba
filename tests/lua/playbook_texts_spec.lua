--- Playbooks on texts as tools write them: what the readers take and what the playbooks ask for is the same.
local made_up = require "poolsleuth.made_up"
local shelf   = require "poolsleuth.shelf"
local testing = require "poolsleuth.testing"

local MIB <const> = 1 << 20

local function run(name, texts, expect)
  local def = assert(shelf.load_named(("scripts/playbooks/%s.lua"):format(name)))
  for i, text in ipairs(texts) do
    if type(text) == "string" then texts[i] = { name = ("text%d.txt"):format(i), text = text } end
  end
  local wrong = testing.run(def, { evidence = { texts = texts }, expect = expect })
  assert.is_nil(wrong, wrong)
end

-- What !process 0 0 shows: so many quiet processes, so many that have ended, and one with many handles.
local function process_list(quiet, ended, handles)
  local lines = { "0: kd> !process 0 0", "**** NT ACTIVE PROCESS DUMP ****" }
  local function add(i, table_at, count, image)
    lines[#lines + 1] = ([[
PROCESS ffffe000%08x
    SessionId: 0  Cid: %04x    Peb: 7ff7ca1b0000  ParentCid: 0320
    DirBase: 1b5c6000  ObjectTable: %s  HandleCount: %d.
    Image: %s
]]):format(0xab000000 + i * 64, i * 4, table_at, count, image)
  end
  for i = 1, quiet do add(i, "ffffc0013c4e2280", 200 + i, ("quiet%02d.exe"):format(i)) end
  for i = 1, ended do add(1000 + i, "00000000", 0, "git.exe") end
  if handles then add(4096, "ffffc0013c4e2280", handles, "acmesvc.exe") end
  return table.concat(lines, "\n") .. "\n"
end

local function memsnap(rows)
  local lines = { "Process ID         Proc.Name Wrkng.Set PagedPool  NonPgdPl  Pagefile    Commit   Handles"
    .. "   Threads      User       Gdi", "", "!ComputerName=SRV01", "!SystemTime=2026-11-01 00:00:00 GMT" }
  for i = 1, 12 do rows[#rows + 1] = { 40 * i, "quiet" .. i .. ".exe", 20 * MIB, 4, 7 } end
  for _, row in ipairs(rows) do
    lines[#lines + 1] = ("%10d%20s%10d    262144     65536   9437184   9437184      1200        12%10d%10d")
      :format(row[1], row[2], row[3], row[4], row[5])
  end
  return table.concat(lines, "\n") .. "\n"
end

describe("texts of tools", function()
  local story = made_up.snapshot(0, { { "Even", 51231806, 50633533, 48, diff = 684922 },
    { "CcSc", 900000, 840000, 512 }, { "Ntfx", 90000, 50000, 400 } })

  it("name the process: !process 0 0", function()
    run("object-handle-leak", { story, process_list(14, 0, 684977) },
      { '^HIGH tag="Even"', "holder=user%-handles process=acmesvc.exe pid=16384 handles=684977" })
  end)

  it("name the process: the summary of handle.exe, and Get-Process", function()
    local processes = { "", "Handles  NPM(K)    PM(K)      WS(K)     CPU(s)     Id  SI ProcessName",
      "-------  ------    -----      -----     ------     --  -- -----------" }
    for i = 1, 12 do
      processes[#processes + 1] = ("%7d      30    12000      20000       1.20   %4d   0 quiet%d"):format(
        200 + i, 1000 + 4 * i, i)
    end
    processes[#processes + 1] = " 681540      30    12000      20000      91.20   4242   0 w3wp"
    run("object-handle-leak", { story, table.concat(processes, "\n") .. "\n", [[

Nthandle v5.0 - Handle viewer

Handle type summary:
  ALPC Port       : 7800
  Event           : 680202
  File            : 4100
Total handles: 692102
]] }, { "holder=user%-handles process=w3wp pid=4242 handles=681540" })
  end)

  it("count the ended processes: !process 0 0", function()
    local pool = made_up.snapshot(0, { { "Proc", 9000, 8270, 2688 }, { "Ntfx", 90000, 50000, 400 } })
    run("zombie-process", { pool, process_list(14, 716) }, { '^HIGH tag="Proc"', "count=716" })
  end)

  it("tell since when the pool was empty: wevtutil", function()
    run("event-2019-2020", { [[
Event[0]:
  Log Name: System
  Source: Srv
  Date: 2026-11-01T00:05:00.123
  Event ID: 2019
  Level: Error
  Computer: SRV07
  Description:
The server was unable to allocate from the system nonpaged pool because the pool was empty.
]] }, { "^EXHAUSTED pool=nonpaged event=2019 times=1 first=2026%-11%-01T00:05:00" })
  end)

  it("tell that connections were refused, and by whom: httperr and !process 0 0", function()
    run("http-refusal", { story, process_list(14, 0, 684977), [[
#Software: Microsoft HTTP API 2.0
#Version: 1.0
#Date: 2026-11-01 00:00:10
#Fields: date time c-ip c-port s-ip s-port cs-version cs-method cs-uri sc-status s-siteid s-reason s-queuename
2026-11-01 00:05:09 - - - - - - - - - 3_Connections_Refused -
2026-11-01 00:05:14 - - - - - - - - - 12_Connections_Refused -
]] }, { '^HTTP%-REFUSAL tag="Even" .*reason=Connections_Refused times=15', "process=acmesvc.exe" })
  end)

  it("explain the trace buffers: xperf -loggers", function()
    run("etw-buffers", { made_up.snapshot(0, { { "EtwB", 400, 80, MIB }, { "Ntfx", 90000, 50000, 400 } }), [[
Logger Name           : NT Kernel Logger
Logger Id             : ffff
Buffer Size           : 1024
Maximum Buffers       : 320
Minimum Buffers       : 320
Number of Buffers     : 320
Log File Mode         : Sequential

]] }, { '^BY%-DESIGN tag="EtwB" pool=nonpaged loggers=1 total=320MiB' })
  end)

  it("name the bloated hive: dir", function()
    run("registry-hive", { made_up.snapshot(0, { { "CM31", 300000, 0, 4096, pool = "paged" } }), [[
 Directory of C:\Windows\System32\config

11/01/2026  12:05 AM    <DIR>          .
11/01/2026  12:05 AM       994,371,840 SOFTWARE
11/01/2026  12:05 AM        52,428,800 SYSTEM
               2 File(s)  1,046,800,640 bytes
]] }, { "^REGISTRY%-BLOAT hive=.*SOFTWARE.* size=948MiB" })
  end)

  it("find what memory is not pool: memsnap and driverquery", function()
    local pool = made_up.snapshot(0, { { "Ntfx", 90000, 50000, 400 } },
      { physical_bytes = 16384 * MIB, available_bytes = 1024 * MIB, nonpaged_bytes = 300 * MIB })
    run("not-pool", { pool, memsnap { { 4, "System", 1024 * MIB, 0, 0 } }, [[

Module Name  Display Name           Driver Type   Link Date
============ ====================== ============= ======================
ntfs         NTFS                   File System   11/20/2010 9:14:56 AM
vmmemctl     Memory Control Driver  Kernel        6/18/2012 9:14:56 AM
]] }, { "^NOT%-POOL unexplained=.*held%-by=vmmemctl.sys" })
  end)

  it("tell the filters above the files: fltmc", function()
    local texts = made_up.series(10, 1, function(hour)
      local stay = 30000 * hour
      return made_up.among(hour, { "AcSc", 900 + stay, 3, 256, pool = "paged" },
        { "NtfC", 9000000 + stay, 8900000, 400 }, { "File", 9000000 + stay, 8900000, 384 })
    end)
    texts[#texts + 1] = [[

Filter Name                     Num Instances    Altitude    Frame
------------------------------  -------------  ------------  -----
acmeflt                                 4       385250.5         0
WdFilter                                4       328010           0
]]
    run("minifilter-pin", texts, { '^PINNED%-BY%-FILTER tag="AcSc" pool=paged along=1' })
  end)

  it("name the service whose name makes a tag: sc query", function()
    local texts = made_up.series(10, 1, function(hour)
      return made_up.among(hour, { "acme", 900 + 21000 * hour, 3, 272 })
    end)
    texts[#texts + 1] = [[

SERVICE_NAME: acmebus2
DISPLAY_NAME: Acme bus
        TYPE               : 1  KERNEL_DRIVER
        STATE              : 4  RUNNING
        WIN32_EXIT_CODE    : 0  (0x0)

SERVICE_NAME: acmesvc
DISPLAY_NAME: Acme service
        TYPE               : 10  WIN32_OWN_PROCESS
        STATE              : 4  RUNNING
        WIN32_EXIT_CODE    : 0  (0x0)
]]
    run("kmdf-default-tag", texts, { '^KMDF%-DEFAULT tag="acme" .*service=acmebus2 .*driver=acmebus2.sys' })
  end)

  it("name the driver that was unloaded: !verifier 3 beside !analyze", function()
    run("verifier-unload", { [[
DRIVER_VERIFIER_DETECTED_VIOLATION (c4)
Arguments:
Arg1: 00000062, A driver has forgotten to free its pool allocations prior to unloading.
Arg2: 9707712c, name of the driver having the issue.
Arg3: 9c1faf70, verifier internal structure with driver information.
Arg4: 00000002, total # of (paged+nonpaged) allocations that weren't freed.
]], [[
kd> !verifier 3 acme.sys

Driver Verification List

  MODULE: 0x84226b28 acme.sys (Loaded)

    Pool Allocation Statistics: ( NonPagedPool / PagedPool )

      Current Pool Allocations: ( 0x00000002 / 0x00000000 )
      Current Pool Bytes:       ( 0x00001028 / 0x00000000 )

    Pool Allocations:

      Address     Length      Tag   Caller
      ----------  ----------  ----  ----------
      0x982a8fe0  0x00000020  VMdl  0x9a3bf6ac  acme!DeviceControlDispatch
      0x8645a000  0x00001008  AcmE  0x9a3bf687  acme!DeviceControlDispatch
]] }, { "^VERIFIER%-LEAK allocations=2 bytes=4136 leaked%-tag=AcmE driver=acme.sys" })
  end)
end)
