--- Two poolmon snapshots of a large server: LkaL holds half of a nonpaged pool of 2.2 GiB and grows.
-- Usage: lua5.4 snapshots.lua OUTDIR
local here <const> = arg[0]:match "^(.*)/[^/]*$" or "."
package.path = here .. "/../?.lua;" .. package.path
local poolmon = require "poolmon"

local out <const> = assert(arg[1], "usage: snapshots.lua OUTDIR")
local KIB <const>, MIB <const>, GIB <const> = 1 << 10, 1 << 20, 1 << 30

-- {tag, pool, bytes each, in use first, in use then, freed first, freed then}
local rows <const> = {
  { "LkaL", "Nonp", 1024, 1093011, 1301740, 1204, 1391 },
  { "Cont", "Nonp", 262144, 1228, 1228, 6, 6 },
  { "EtwB", "Nonp", 65552, 1320, 1320, 40, 40 },
  { "MmCm", "Nonp", 131072, 420, 420, 0, 0 },
  { "File", "Nonp", 400, 141006, 141890, 90187201, 94301552 },
  { "Even", "Nonp", 128, 96310, 96277, 71400112, 75120031 },
  { "Thre", "Nonp", 1536, 5120, 5088, 2201441, 2290310 },
  { "Irp ", "Nonp", 704, 4410, 4422, 818001772, 852001911 },
  { "Mdl ", "Nonp", 160, 3910, 3897, 40117210, 42331870 },
  { "NtxF", "Nonp", 368, 120331, 121010, 8120443, 8499128 },
  { "MmSt", "Paged", 1184, 410221, 411870, 7120331, 7440102 },
  { "CM31", "Paged", 4096, 30110, 30114, 0, 0 },
  { "NtfF", "Paged", 1600, 98110, 98420, 4210331, 4402977 },
  { "FMfn", "Paged", 560, 140220, 139870, 81204411, 84710220 },
  { "Toke", "Paged", 1856, 6120, 6131, 3120977, 3260100 },
}

local function snapshot(index)
  local list, total = {}, { Nonp = 0, Paged = 0 }
  for i, r in ipairs(rows) do
    local use, freed = r[3 + index], r[5 + index]
    list[i] = { tag = r[1], pool = r[2], allocs = use + freed, frees = freed, bytes = use * r[3] }
    total[r[2]] = total[r[2]] + list[i].bytes
  end
  local nonpaged, paged = total.Nonp + 190 * MIB & ~4095, total.Paged + 120 * MIB & ~4095
  local commit = 61 * GIB + nonpaged + paged
  return {
    physical = 256 * GIB - 640 * KIB, available = 256 * GIB - commit, faults = 812004411 + index * 31000000,
    commit = commit, commit_limit = 272 * GIB - 640 * KIB, commit_peak = commit + 2 * GIB,
    nonpaged = nonpaged, paged = paged, resident_kernel = 18420 * KIB, resident_paged = paged * 7 // 8,
    rows = list,
  }
end

poolmon.write(out .. "/poolmon-2026-03-02T08-00-00.log", poolmon.text(snapshot(1)))
poolmon.write(out .. "/poolmon-2026-03-02T20-00-00.log", poolmon.text(snapshot(2)))
