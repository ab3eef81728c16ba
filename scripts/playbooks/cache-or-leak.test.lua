-- Every verdict that cache-or-leak can give, each on the smallest evidence that earns it.
local made_up = require "poolsleuth.made_up"

local GIB <const> = 1 << 30

-- Blocks of 4 KiB of a cache at each hour, and free memory in tenths of a GiB, of 16.
local function cache(blocks, free)
  return made_up.series(#blocks, 1, function(hour, i)
    return made_up.among(hour, { "MmSt", 900000 + blocks[i] + 90000 * (i - 1), 900000 + 90000 * (i - 1), 4096,
      pool = "paged" }), { physical_bytes = 16 * GIB, available_bytes = free[i] * GIB // 10 }
  end)
end

local STEADY <const> = { 90, 90, 90, 89, 90, 90, 91, 90, 90, 90 }
local SHORT <const>  = { 90, 90, 90, 90, 60, 12, 10, 10, 60, 90 }

local function rising(from, step)
  local blocks = {}
  for i = 1, 10 do blocks[i] = from + step * i end
  return blocks
end

return {
  {
    name = "it gives way when memory gets short: CACHE",
    evidence = { texts = cache({ 100000, 120000, 140000, 150000, 155000, 120000, 60000, 50000, 55000, 60000 },
      SHORT) },
    expect = { '^CACHE tag="MmSt" pool=paged elastic=yes' }, status = 0,
  },
  {
    name = "it has filled, and memory was never short: CACHE, not tested",
    evidence = { texts = cache({ 20000, 80000, 99000, 100000, 100010, 100000, 100020, 100000, 100010,
      100005 }, STEADY) },
    expect = { '^CACHE tag="MmSt" pool=paged elastic=untested' }, status = 0,
  },
  {
    name = "it grows, and memory was never short: GROWING-CACHE at most",
    evidence = { texts = cache(rising(80000, 6000), STEADY) },
    expect = { '^GROWING%-CACHE tag="MmSt" pool=paged elastic=untested' }, status = 1,
  },
  {
    name = "it grows on while memory is short: LEAK",
    evidence = { texts = cache(rising(80000, 6000), SHORT) },
    expect = { '^LEAK tag="MmSt" pool=paged elastic=no' }, status = 2,
  },
  {
    name = "it stays where it is while memory is short: CACHE-UNTRIMMED",
    evidence = { texts = cache({ 100000, 100010, 100000, 100020, 100000, 100010, 100000, 100020, 100000,
      100010 }, SHORT) },
    expect = { '^CACHE%-UNTRIMMED tag="MmSt" pool=paged elastic=no' }, status = 1,
  },
  {
    name = "contradictory: it gave way once, and not the next time",
    evidence = { texts = cache({ 150000, 150000, 90000, 90000, 95000, 96000, 96000, 96000, 96000, 96000 },
      { 90, 90, 12, 90, 90, 90, 12, 12, 90, 90 }) },
    expect = { "^CACHE .*elastic=yes.*confidence=low" },
  },
  {
    name = "too little: one snapshot", evidence = { texts = { cache({ 100000 }, STEADY)[1] } },
    expect = { "^NOT%-ENOUGH%-DATA" }, status = 3,
  },
  {
    name = "a tag of one's own choice", evidence = { texts = cache(rising(800, 6), STEADY) },
    args = { tag = "MmSt" }, expect = { 'tag="MmSt"' },
  },
  {
    name = "a healthy server: a small cache",
    evidence = { texts = made_up.series(10, 1, function(hour)
      return made_up.among(hour, { "MmSt", 9000, 8000, 4096, pool = "paged" },
        { "Othr", 90000, 80000, 4096, pool = "paged" })
    end) },
    expect = { "^NO%-LEAK" }, status = 0,
  },
  { name = "nothing at all", status = 65 },
}
