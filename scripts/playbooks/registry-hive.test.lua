-- Every verdict that registry-hive can give, each on the smallest evidence that earns it.
local made_up = require "poolsleuth.made_up"

local MIB <const> = 1 << 20

-- The registry's tag holding so many blocks of 4 KiB, with so many more each hour.
local function registry(blocks, more)
  return function(hour)
    return made_up.among(hour, { "CM31", blocks + 900 + more * hour, 900, 4096, pool = "paged" })
  end
end

local function hives(software, ntuser)
  return {
    { path = "C:\\Windows\\System32\\config\\SYSTEM", bytes = 24 * MIB },
    { path = "C:\\Windows\\System32\\config\\SOFTWARE", bytes = software * MIB },
    { path = "C:\\Users\\anna\\NTUSER.DAT", bytes = (ntuser or 8) * MIB },
  }
end

return {
  {
    name = "one hive is far too large: REGISTRY-BLOAT",
    evidence = { texts = { made_up.snapshot(0, registry(300000, 0)(0)) }, hives = hives(900) },
    expect = { "^REGISTRY%-BLOAT hive=.*SOFTWARE.* size=900MiB", "confidence=high" }, status = 1,
  },
  {
    name = "contradictory: a huge hive, yet hardly any pool",
    evidence = { texts = { made_up.snapshot(0, registry(1000, 0)(0)) }, hives = hives(900) },
    expect = { "^REGISTRY%-BLOAT .*confidence=low" },
  },
  {
    name = "much pool, and as large as the hives: BY-DESIGN",
    evidence = { texts = made_up.series(4, 1, registry(140000, 0)), hives = hives(280, 120) },
    expect = { '^BY%-DESIGN tag="CM31" pool=paged registry=547MiB hives=424MiB' }, status = 0,
  },
  {
    name = "it grows and the hives do not explain it: LEAK",
    evidence = { texts = made_up.series(10, 1, registry(20000, 4000)), hives = hives(40) },
    expect = { '^LEAK tag="CM31" pool=paged', "hives=72MiB" }, status = 2,
  },
  {
    name = "two snapshots of that: SUSPECT at most",
    evidence = { texts = made_up.series(2, 1, registry(20000, 8000)), hives = hives(12) },
    expect = { '^SUSPECT tag="CM31"' }, status = 1,
  },
  {
    name = "one snapshot of much pool that the hives do not explain: HIGH",
    evidence = { texts = { made_up.snapshot(0, registry(200000, 0)(0)) }, hives = hives(40) },
    expect = { '^HIGH tag="CM31"' }, status = 1,
  },
  {
    name = "much pool, and nobody measured the hives: NOT-ENOUGH-DATA",
    evidence = { texts = { made_up.snapshot(0, registry(200000, 0)(0)) } },
    expect = { "^NOT%-ENOUGH%-DATA" }, status = 3,
  },
  {
    name = "no tag of the registry", evidence = { texts = { made_up.snapshot(0, made_up.crowd(0)) } },
    expect = { "^NOT%-ENOUGH%-DATA" },
  },
  {
    name = "a healthy server",
    evidence = { texts = made_up.series(10, 1, registry(20000, 0)), hives = hives(60) },
    expect = { "^NO%-LEAK" }, status = 0,
  },
  { name = "nothing at all", status = 65 },
}
