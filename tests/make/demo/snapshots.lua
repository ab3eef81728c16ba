--- Eight poolmon snapshots over two days: a leak (LkaL) among caches, noise and larger constant tags.
-- Usage: lua5.4 snapshots.lua OUTDIR
local here <const> = arg[0]:match "^(.*)/[^/]*$" or "."
package.path = here .. "/../?.lua;" .. package.path
local lcg = require "lcg"
local poolmon = require "poolmon"

local out <const> = assert(arg[1], "usage: snapshots.lua OUTDIR")
local random = lcg(20261101)

local KIB <const>, MIB <const>, GIB <const> = 1 << 10, 1 << 20, 1 << 30
local COUNT <const>, HOURS <const> = 8, 6 -- snapshots, and the time between two

-- Tags of Windows as every machine shows them, nonpaged then paged: names only, sizes are made up.
local NONPAGED <const> = [[
AcpA AcpD AcpB AcpF AcpI AcpM AcpR AcpS AfdB AfdC AfdE AfdP AfdX AleD AlIn AlMs ArbA AtmA AuxL BTHu CcSc
CcVa CcPL CcBm CcWq CPnp Cngb DEag DmpS DvSc ECP. EtwR EtwD EtwG EtwS EtwC Etwr EtwP ExCp ExWl FIcs FIPc
FMcr FMfl FMic FMis FMla FMng FMrl FMsd FMtn FSfc FSim HalD HidC HidP HTab Icp. InIn Io.. IoSB IoUs IoWI
Irpt KSce KTMR Lfs. Lock MmAd MmCd MmDT MmFw MmHn MmIn MmLd MmPb MmPe MmPr MmRl MmSi MmSd MmVd Muta NDnd
NDpb NDpp NDdt NDam NDmo NDoa NDrs NSIk NbL0 NtfM NtxF Ntxc ObDi PcDm PcIc PFXM Pccr PoOh Port PpDf PpEE
Proc PsTp RaDA RaEW RaRS RfFI Rslk RxSc ScC1 ScPC ScsB SeTl Sema Smb2 SmSt StDa TCPc TcpE TcpL TcTW Thre
TSmp Tmkt TunL UdpA UdpE UsbC UsbD UsbH Vadl VadS VdCt Vpb. WfpC WfpE WfpH Wmip XHCI]]
local PAGED <const> = [[
AlPo AlRe ArbL CIcr CM.. CM16 CM25 CMAl CMDc CMNb CMSb CMVw Dfb. DfsD DxgK EtwU FIvp FMea FOCX FLex FSro
Gdrt Gh05 Gla1 Gtmp IoNm IoPs IopV KeyD LBxx LSwi LpcM MmAc MmSm MPsc NtFB NtFs Ntf0 Ntfd NtfC Ntfo ObHd
ObNm ObSc Pp.. PpRL Qpcr RxM2 SeAt SeLs SePr SeTd Sedr Secp SrOI Toke Usqm Ustm Uspi VoSm Wnf. WmiG]]

local function words(text) return text:gmatch "%S+" end

local rows = {} -- what a tag does: allocs and frees at the start, and per interval

-- A tag whose use wavers around a level.
local function noise(tag, pool)
  tag = tag:gsub("%.", " ")
  local size = ({ 48, 64, 96, 128, 160, 208, 304, 512, 1040, 2064, 4096 })[random(1, 11)]
  local level = random(20, 3600)
  local traffic = random(0, 3) == 0 and 0 or random(1, 40) * level // 10
  rows[#rows + 1] = {
    tag = tag, pool = pool, size = size, frees = traffic * random(20, 300),
    use = function() return level + (traffic > 0 and random(-level // 25, level // 25) or 0) end,
    traffic = traffic,
  }
end

-- A tag that stays as it is, to the byte.
local function constant(tag, pool, size, count)
  local function use() return count end
  rows[#rows + 1] = { tag = tag, pool = pool, size = size, frees = 0, traffic = 0, use = use }
end

-- A cache: it rises towards a level, quickly at first, and is trimmed now and then.
local function cache(tag, pool, size, from, to)
  rows[#rows + 1] = {
    tag = tag, pool = pool, size = size, frees = to * 7, traffic = to // 3,
    use = function(i)
      local left = (to - from) * (0.42 ^ (i - 1))
      return math.floor(to - left) + random(-to // 200, to // 200)
    end,
  }
end

for tag in words(NONPAGED) do noise(tag, "Nonp") end
for tag in words(PAGED) do noise(tag, "Paged") end

constant("GrCb", "Nonp", MIB, 9830)
constant("GrIx", "Nonp", 126976, 2)
constant("EtwB", "Nonp", 65552, 4610)
constant("Cont", "Nonp", 262144, 310)
constant("KSPC", "Nonp", 4096, 8200)
constant("MmPh", "Nonp", 32 * MIB, 1)
constant("MrIo", "Nonp", 65536, 4)
constant("QlQe", "Nonp", 80, 2)
constant("OpRq", "Nonp", 256, 12)
constant("Ddk ", "Nonp", 528, 4)
constant("NwAu", "Paged", 98304, 1)
constant("AcMp", "Nonp", 4112, 8)
cache("MmSt", "Paged", 1184, 310000, 590000)
cache("CM31", "Paged", 4096, 24000, 31000)
cache("FMfn", "Paged", 560, 260000, 498000)
cache("NtfF", "Paged", 1600, 70000, 124000)
cache("Ntff", "Paged", 432, 110000, 204000)
cache("AcNm", "Paged", 560, 60000, 61000)
cache("File", "Nonp", 400, 96000, 121000)
cache("MmCa", "Nonp", 320, 140000, 410000)
cache("Ntfx", "Nonp", 368, 90000, 380000)
cache("MmCi", "Nonp", 560, 61000, 255000)
cache("QlPk", "Nonp", 1552, 1200, 4096)
cache("Even", "Nonp", 128, 91000, 93000)
cache("Irp ", "Nonp", 704, 5900, 6400)
cache("Mdl ", "Nonp", 160, 4100, 4300)
cache("SeSd", "Paged", 352, 61000, 66000)
cache("SeAl", "Paged", 96, 410, 430)

-- The leak: three frees for each thousand allocations.  One stream list (FMsl) hangs on each context that
-- leaks; those of other streams come and go beside it.
local LEAK_SIZE <const> = 4080
local leaked = { allocs = 84000, frees = 252 }
local victim_frees = 40210774
local leak_rates <const> = { 219, 198, 226, 205, 222, 200, 214 } -- MiB an hour, interval after interval

local function step_leak(i)
  if i > 1 then
    local kept = leak_rates[i - 1] * HOURS * MIB // LEAK_SIZE
    local frees = kept * 3 // 997
    leaked.allocs, leaked.frees = leaked.allocs + kept + frees, leaked.frees + frees
    victim_frees = victim_frees + random(5100000, 5600000)
  end
end

local function row_of(r, i)
  local use = r.use(i)
  if i > 1 and r.traffic > 0 then r.frees = r.frees + r.traffic * HOURS + random(0, r.traffic) end
  -- Allocations never fall: what left since the last snapshot was freed.
  if r.allocs and r.frees + use < r.allocs then r.frees = r.allocs - use end
  r.allocs = r.frees + use
  return { tag = r.tag, pool = r.pool, allocs = r.allocs, frees = r.frees, bytes = use * r.size }
end

local function sum(list, pool)
  local total = 0
  for _, row in ipairs(list) do if row.pool == pool then total = total + row.bytes end end
  return total
end

do -- a tag stands once for a pool
  local seen = { ["LkaL Nonp"] = true, ["FMsl Nonp"] = true }
  for _, r in ipairs(rows) do
    local key = r.tag .. " " .. r.pool
    assert(not seen[key] and #r.tag == 4, key)
    seen[key] = true
  end
end

local function snapshot(i)
  local list = {}
  for _, r in ipairs(rows) do list[#list + 1] = row_of(r, i) end
  step_leak(i)
  local in_use = leaked.allocs - leaked.frees
  list[#list + 1] = { tag = "LkaL", pool = "Nonp", allocs = leaked.allocs, frees = leaked.frees,
                      bytes = in_use * LEAK_SIZE }
  local lists = in_use + 36120
  list[#list + 1] = { tag = "FMsl", pool = "Nonp", allocs = victim_frees + lists, frees = victim_frees,
                      bytes = lists * 208 }
  -- Pages that no tag accounts for: a fixed part, and what rounding to pages adds.
  local nonpaged = (sum(list, "Nonp") * 1012 // 1000 + 160 * MIB) & ~4095
  local paged = (sum(list, "Paged") * 1020 // 1000 + 45 * MIB) & ~4095
  local processes = 9216 * MIB + random(-60, 60) * MIB - paged
  local commit = nonpaged + paged + processes
  return {
    physical = 36 * GIB - 272 * KIB, available = 36 * GIB - nonpaged - paged - processes,
    faults = 918400122 + i * 6120000 + random(0, 99999),
    commit = commit, commit_limit = 40 * GIB - 272 * KIB, commit_peak = commit + 700 * MIB,
    nonpaged = nonpaged, paged = paged, resident_kernel = 21208 * KIB, resident_paged = paged * 9 // 10,
    rows = list,
  }
end

for i = 1, COUNT do
  local hour = (i - 1) * HOURS
  local name = ("%s/poolmon-2026-11-%02dT%02d-05-00.log"):format(out, 1 + hour // 24, hour % 24)
  poolmon.write(name, poolmon.text(snapshot(i)))
end

-- What driverquery /v /fo csv lists, as far as the demo's drivers go.
local loaded = { '"Module Name","Display Name","Driver Type","Link Date"' }
for _, module in ipairs {
  { "acmeflt", "Acme stream filter", "File System " }, { "grancach", "Granite Block Cache", "Kernel " },
  { "mirrorio", "Mirror I/O", "Kernel " }, { "nwaudit", "Northwatch Audit", "Kernel " },
  { "oldport", "Old Port", "Kernel " }, { "qlqueue", "Quill Packet Queue", "Kernel " },
  { "fltmgr", "FltMgr", "File System " }, { "Ntfs", "Ntfs", "File System " },
  { "tcpip", "TCP/IP", "Kernel " },
} do
  loaded[#loaded + 1] = ('"%s","%s","%s","3/14/2026 9:26:53 AM"'):format(module[1], module[2], module[3])
end
loaded[#loaded + 1] = ""
poolmon.write(out .. "/loaded.csv", table.concat(loaded, "\r\n"))
