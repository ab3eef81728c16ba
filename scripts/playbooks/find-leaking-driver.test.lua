-- Every verdict that find-leaking-driver can give, each on the smallest evidence that earns it.

local ROW = " %-4s %-5s %12d %12d %10d %14d %8d"
local HEAD = [[
 Memory:16468560K Avail:12072536K  PageFlts:468600648   InRam Krnl:56708K P:950888K
 Commit:4100436K Limit:17517136K Peak:11685564K            Pool N:%dK P:983564K

 Tag  Type     Allocs         Frees    Diff   Bytes    Per Alloc
]]

-- A poolmon -n snapshot from rows of { tag, allocs, frees, bytes per allocation }.
local function snapshot(hour, rows)
  local lines, total = {}, 0
  for _, row in ipairs(rows) do
    local diff = row[2] - row[3]
    total = total + diff * row[4]
    lines[#lines + 1] = ROW:format(row[1], "Nonp", row[2], row[3], diff, diff * row[4], row[4])
  end
  return {
    name = ("poolmon-2026-11-%02dT%02d-00-00.log"):format(1 + hour // 24, hour % 24),
    text = "\n" .. HEAD:format(total // 1000) .. "\n" .. table.concat(lines, "\n") .. "\n",
  }
end

-- count snapshots, an hour apart, with the rows that moving(hour) gives beside a steady crowd.
local function series(count, moving)
  local texts = {}
  for i = 1, count do
    local hour = i - 1
    local rows = moving(hour)
    rows[#rows + 1] = { "Thre", 90000 + 700 * hour, 88000 + 700 * hour, 2048 }
    rows[#rows + 1] = { "File", 2500000 + 90000 * hour, 2400000 + 90000 * hour, 400 }
    texts[i] = snapshot(hour, rows)
  end
  return texts
end

local function leaking(hour)
  return { { "Lk47", 5000 + 20000 * hour, 1000 + 50 * hour, 1024 } }
end

local guilty = {
  path = "drivers/acmeflt.sys", machine = "x64", file_version = "1.2.3.0",
  version = { CompanyName = "Acme Inc.", FileDescription = "Acme filter" }, imports = {},
  sites = { { api = "ExAllocatePoolWithTag", role = "allocates", rva = 0x1a40, function_rva = 0x1a00,
    tag = "Lk47", pool = "nonpaged", size = 1000, argument = 2, confidence = "high", via = {} } },
}
local innocent = { path = "drivers/other.sys", machine = "x64", version = {}, imports = {}, sites = {} }

return {
  {
    name = "ten snapshots of a tag that is never freed, and its driver: LEAK",
    evidence = { texts = series(10, leaking), drivers = { innocent, guilty } },
    expect = { '^LEAK tag="Lk47" pool=nonpaged rate=', "driver=acmeflt.sys version=1.2.3",
      'company="Acme Inc."', "confidence=high" },
  },
  {
    name = "a filter's tag and a larger one that NTFS keeps for the same files: the filter's is the source",
    evidence = { texts = series(10, function(hour)
      return { { "Lk47", 5000 + 40000 * hour, 1000, 96 }, { "NtFC", 5000 + 40000 * hour, 1000, 320 } }
    end), drivers = { guilty } },
    expect = { '^LEAK tag="Lk47"', "driver=acmeflt.sys" }, reject = { 'LEAK tag="NtFC"' },
  },
  {
    name = "five snapshots of it: LEAK, but with medium confidence",
    evidence = { texts = series(5, leaking), drivers = { guilty } },
    expect = { '^LEAK tag="Lk47"', "driver=acmeflt.sys", "confidence=medium" },
  },
  {
    name = "two snapshots of it: SUSPECT at most",
    evidence = { texts = series(2, leaking), drivers = { guilty } },
    expect = { '^SUSPECT tag="Lk47"', "driver=acmeflt.sys", "confidence=low" },
  },
  {
    name = "one snapshot of it: HIGH at most",
    evidence = { texts = { snapshot(0, { { "Lk47", 9000000, 100, 1024 }, { "File", 90000, 80000, 400 } }) },
      drivers = { guilty } },
    expect = { '^HIGH tag="Lk47"', "driver=acmeflt.sys", "confidence=low" },
  },
  {
    name = "one snapshot in which nothing stands out: NOT-ENOUGH-DATA",
    evidence = { texts = { snapshot(0, {
      { "Aaaa", 90, 80, 400 }, { "Bbbb", 90, 80, 400 }, { "Cccc", 90, 80, 400 }, { "Dddd", 90, 80, 400 },
      { "Eeee", 90, 80, 400 }, { "Ffff", 90, 80, 400 }, { "Gggg", 90, 80, 400 } }) } },
    expect = { "^NOT%-ENOUGH%-DATA" },
  },
  {
    name = "a day in which nothing grows: NO-LEAK",
    evidence = { texts = series(10, function() return {} end) },
    expect = { "^NO%-LEAK" },
  },
  {
    name = "a cache that fills ever more slowly: GROWING-CACHE",
    evidence = { texts = series(12, function(hour)
      local kept = math.floor(100000 * (1 - 0.75 ^ hour))
      return { { "Fill", 900000 + 800000 * hour, 900000 + 800000 * hour - kept, 512 } }
    end) },
    expect = { '^GROWING%-CACHE tag="Fill"' },
  },
  {
    name = "a cache that has filled: PLATEAU",
    evidence = { texts = series(12, function(hour)
      local kept = 90000 - 80000 // (1 + hour * hour) + hour
      return { { "Full", 900000 + 800000 * hour, 900000 + 800000 * hour - kept, 512 } }
    end) },
    expect = { '^PLATEAU tag="Full"' },
  },
  {
    name = "one jump: BURST",
    evidence = { texts = series(6, function(hour)
      local kept = hour < 3 and 1000 or 90000
      return { { "Jump", 900000 + 800000 * hour, 900000 + 800000 * hour - kept, 512 } }
    end) },
    expect = { '^BURST tag="Jump"' },
  },
  {
    name = "up and down: LOAD",
    evidence = { texts = series(9, function(hour)
      local kept = ({ 5000, 60000, 9000, 70000, 4000, 66000, 8000, 30000, 40000 })[hour + 1]
      return { { "Busy", 900000 + 800000 * hour, 900000 + 800000 * hour - kept, 512 } }
    end) },
    expect = { '^LOAD tag="Busy"' },
  },
  {
    name = "a large constant tag beside the leak is RESERVED, not accused",
    evidence = { texts = series(10, function(hour)
      local rows = leaking(hour)
      rows[2] = { "EtwB", 6394, 4056, 698960 }
      return rows
    end), drivers = { guilty } },
    expect = { '^LEAK tag="Lk47"', '\nRESERVED tag="EtwB"' },
  },
  {
    name = "a tag that follows the leak one for one is its victim",
    evidence = { texts = series(10, function(hour)
      local rows = leaking(hour)
      rows[2] = { "Flwr", 8000 + 40000 * hour, 4000 + 20050 * hour, 2048 }
      return rows
    end), drivers = { guilty } },
    expect = { '^LEAK tag="Lk47"' },
    reject = { 'LEAK tag="Flwr"' },
  },
}
