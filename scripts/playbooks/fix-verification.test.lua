-- Every verdict that fix-verification can give: one series, cut at noon of the second day.

local HEAD = [[
 Memory:16468560K Avail:12072536K  PageFlts:468600648   InRam Krnl:56708K P:950888K
 Commit:4100436K Limit:17517136K Peak:11685564K            Pool N:%dK P:983564K

 Tag  Type     Allocs         Frees    Diff   Bytes    Per Alloc
]]
local ROW = " %-4s Nonp  %12d %12d %10d %14d %8d"

local function snapshot(hour, rows)
  local lines, total = {}, 0
  for _, row in ipairs(rows) do
    local diff = row[2] - row[3]
    total = total + diff * row[4]
    lines[#lines + 1] = ROW:format(row[1], row[2], row[3], diff, diff * row[4], row[4])
  end
  return {
    name = ("poolmon-2026-11-%02dT%02d-00-00.log"):format(1 + hour // 24, hour % 24),
    text = "\n" .. HEAD:format(total // 1000) .. "\n" .. table.concat(lines, "\n") .. "\n",
  }
end

-- A number that looks like noise and is the same in every run: -1 to 1.
local function noise(hour)
  local wild = math.sin(hour * 12.9898) * 43758.5453
  return 2 * (wild - math.floor(wild)) - 1
end

-- Twelve snapshots before the change and twelve after it, an hour apart.  A tag allocates so many blocks an
-- hour of which so many are freed; noise is in blocks.
local function story(per_hour_before, per_hour_after, options)
  options = options or {}
  local texts, allocs, frees = {}, 500000, 100000
  for hour = 0, (options.hours or 24) - 1 do
    local after = hour >= 12
    allocs = allocs + 100000
    frees = frees + 100000 - (after and per_hour_after or per_hour_before)
    local jitter = math.floor(noise(hour) * (after and options.noise or 0))
    local rows = { { "Thre", 90000 + 700 * hour, 88000 + 700 * hour, 2048 } }
    if not (after and options.gone) then
      rows[2] = { options.tag or "Lk47", allocs + jitter, frees, 1024 }
    end
    local new = after and 30000 * (hour - 11) or 0
    if options.newcomer then rows[#rows + 1] = { "New1", 9000 + new, 0, 512 } end
    texts[hour + 1] = snapshot(hour, rows)
  end
  return { texts = texts }
end

local noon = { fixed_at = "2026-11-01T12:00" }

return {
  {
    name = "a leak that stopped: FIXED, with its error",
    evidence = story(20000, 0, { noise = 500 }), args = noon,
    expect = { '^FIXED tag="Lk47" pool=nonpaged residual=', "residual%-error=%d", "before=19%.5MiB/h" },
    status = 0,
  },
  {
    name = "a tag that is gone altogether: FIXED",
    evidence = story(20000, 0, { gone = true }), args = noon,
    expect = { '^FIXED tag="Lk47" pool=nonpaged residual=0B/h residual%-error=0B/h' },
    status = 0,
  },
  {
    name = "a leak that is slower but there: REDUCED by its factor, with what is left",
    evidence = story(20000, 2469, { noise = 50 }), args = noon,
    expect = { '^REDUCED tag="Lk47" pool=nonpaged factor=8%.%dx residual=2%.%d+MiB/h residual%-error=' },
    status = 1,
  },
  {
    name = "the same rate before and after: UNCHANGED",
    evidence = story(20000, 20000, { noise = 500 }), args = noon,
    expect = { '^UNCHANGED tag="Lk47" pool=nonpaged residual=' },
    status = 1,
  },
  {
    name = "a fix that made it worse: UNCHANGED too",
    evidence = story(20000, 40000), args = noon,
    expect = { '^UNCHANGED tag="Lk47"' },
    status = 1,
  },
  {
    name = "two snapshots after the change: NOT-ENOUGH-DATA",
    evidence = story(20000, 0, { hours = 14 }), args = noon,
    expect = { "^NOT%-ENOUGH%-DATA" },
    status = 3,
  },
  {
    name = "noise that could hide half of the leak: NOT-ENOUGH-DATA",
    evidence = story(20000, 0, { noise = 120000 }), args = noon,
    expect = { '^NOT%-ENOUGH%-DATA tag="Lk47" pool=nonpaged residual=' },
    status = 3,
  },
  {
    name = "nothing that grew, before or after: NO-LEAK",
    evidence = story(0, 0), args = noon,
    expect = { "^NO%-LEAK" },
    status = 0,
  },
  {
    name = "a fix with a leak of its own: FIXED, but LEAK",
    evidence = story(20000, 0, { newcomer = true }), args = noon,
    expect = { '^LEAK tag="New1" pool=nonpaged', '\nFIXED tag="Lk47"' },
    status = 2,
  },
}
