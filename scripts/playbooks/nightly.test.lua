-- Every verdict that nightly can give, each on one machine with a snapshot a night.

local HEAD = [[
 Memory:16468560K Avail:12072536K  PageFlts:468600648   InRam Krnl:56708K P:950888K
 Commit:4100436K Limit:17517136K Peak:11685564K            Pool N:%dK P:983564K

 Tag  Type     Allocs         Frees    Diff   Bytes    Per Alloc
]]
local ROW = " %-4s Nonp  %12d %12d %10d %14d %8d"

-- The snapshot of a night at half past two, from rows of { tag, allocs, frees, bytes per allocation }.
local function snapshot(night, rows)
  local lines, total = {}, 0
  for _, row in ipairs(rows) do
    local diff = row[2] - row[3]
    total = total + diff * row[4]
    lines[#lines + 1] = ROW:format(row[1], row[2], row[3], diff, diff * row[4], row[4])
  end
  return {
    name = ("poolmon-2026-11-%02dT02-30-00.log"):format(night),
    text = "\n" .. HEAD:format(total // 1024) .. "\n" .. table.concat(lines, "\n") .. "\n",
  }
end

-- Ten nights, or those that are not left out, of a crowd that wobbles and what moving(night) adds.
local function nights(moving, options)
  options = options or {}
  local texts = {}
  for night = options.from or 1, 10 do
    local rows = moving and moving(night) or {}
    local since = options.restart and night >= options.restart and options.restart or 0
    rows[#rows + 1] = { "Thre", 90000 + 700 * (night - since), 88000 + 700 * (night - since), 2048 }
    rows[#rows + 1] = { "File", 2500000 + 90000 * (night - since) + night % 3 * 40,
      2400000 + 90000 * (night - since), 400 }
    if not (options.without and options.without[night]) then texts[#texts + 1] = snapshot(night, rows) end
  end
  return { texts = texts }
end

local function steady(each)
  return function(night) return { { "Lk47", 5000 + each * night, 100, 1024 } } end
end

-- Little every night, much in the tenth.
local function burst(night)
  return { { "Brst", 50000 + 90 * night + (night == 10 and 60000 or 0), 20 * (night % 4), 1024 } }
end

local guilty = {
  path = "drivers/acmeflt.sys", machine = "x64", file_version = "1.2.3.0",
  version = { CompanyName = "Acme Inc." }, imports = {},
  sites = { { api = "ExAllocatePoolWithTag", role = "allocates", rva = 0x1a40, function_rva = 0x1a00,
    tag = "Lk47", pool = "nonpaged", size = 1000, argument = 2, confidence = "high", via = {} } },
}

local function with_driver(evidence)
  evidence.drivers = { guilty }
  return evidence
end

return {
  {
    name = "nights like all others: OK",
    evidence = nights(),
    expect = { "^OK host=unnamed nights=7" },
    status = 0,
  },
  {
    name = "one night that grew far more than the others: WARN, with what is usual",
    evidence = nights(burst),
    expect = { '^WARN tag="Brst" pool=nonpaged host=unnamed reason=rate%-change tonight=%+58.7MiB',
      "baseline=%d" },
    status = 1,
  },
  {
    name = "a tag that no night before had: WARN",
    evidence = nights(function(night) return night == 10 and { { "NewT", 90000, 10, 1024 } } or {} end),
    expect = { '^WARN tag="NewT" pool=nonpaged host=unnamed reason=new%-tag tonight=%+87.9MiB' },
    status = 1,
  },
  {
    name = "a tag that grows all week, with weeks left: WARN, and the driver",
    evidence = with_driver(nights(steady(40000))),
    expect = { '^WARN tag="Lk47" pool=nonpaged host=unnamed reason=leak',
      "driver=acmeflt.sys version=1.2.3" },
    status = 1,
  },
  {
    name = "one that ends within a week: CRIT",
    evidence = with_driver(nights(steady(2000000))), args = { limit = { "32G" } },
    expect = { '^CRIT tag="Lk47" pool=nonpaged host=unnamed reason=leak', "exhausted%-in=%d+h" },
    status = 2,
  },
  {
    name = "a pool that is nearly full: CRIT, whatever grew",
    evidence = nights(), args = { limit = { "nonpaged=50M" } },
    expect = { "^CRIT pool=nonpaged host=unnamed reason=pool%-full fill=8%d%%" },
    status = 2,
  },
  {
    name = "two nights only: NOT-ENOUGH-DATA",
    evidence = nights(nil, { from = 9 }),
    expect = { "^NOT%-ENOUGH%-DATA host=unnamed nights=0" },
    status = 3,
  },
  {
    name = "nights without a snapshot are left out and counted: OK",
    evidence = nights(nil, { without = { [4] = true, [5] = true } }),
    expect = { "^OK host=unnamed nights=5 missing=2" },
    status = 0,
  },
  {
    name = "no snapshot of tonight: WARN",
    evidence = nights(), args = { at = "2026-11-13T05:30" },
    expect = { "^WARN host=unnamed reason=no%-snapshot late=75h nights=7" },
    status = 1,
  },
  {
    name = "a cache that swings back to what it had is not worth a word: OK",
    evidence = nights(function(night)
      local held = ({ 90, 91, 90, 92, 40, 41, 40, 41, 40, 91 })[night] * 1000
      return { { "Swng", 900000 * night + held, 900000 * night, 1024 } }
    end),
    expect = { "^OK host=unnamed nights=7" },
    status = 0,
  },
  {
    name = "a restart in the night is no growth: OK",
    evidence = nights(nil, { restart = 10 }),
    expect = { "^OK host=unnamed" },
    status = 0,
  },
}
