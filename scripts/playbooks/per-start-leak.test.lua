-- Every verdict that per-start-leak can give, each on the smallest evidence that earns it.
local made_up = require "poolsleuth.made_up"

-- How many processes had been started by an hour: none at night, many by day.
local STARTS <const> = { 0, 40, 400, 900, 1000, 1020, 1700, 1750, 2500, 2600, 2610, 3400 }

-- A tag of which so many blocks stay for each start, and so many an hour whatever starts.
local function leaking(tag, size, per_start, per_hour, starts)
  return function(hour, i)
    local started = (starts or STARTS)[i]
    local stay = math.floor(per_start * started + (per_hour or 0) * hour)
    return made_up.among(hour, { "Proc", 9000 + started, 8900 + started, 2688 },
      { tag, 4000 + stay, 30, size })
  end
end

local function series(...) return made_up.series(12, 1, leaking(...)) end

-- The rows without process objects.
local function blind(rows_at)
  return function(hour, i)
    local rows = rows_at(hour, i)
    for n = #rows, 1, -1 do if rows[n][1] == "Proc" then table.remove(rows, n) end end
    return rows
  end
end

local even = {}
for i = 1, 12 do even[i] = 100 * i end

-- The same starts an hour, seen at uneven times.
local function unevenly(tag, size, per_start)
  local texts = {}
  for i, hour in ipairs { 0, 1, 2, 10, 11, 12, 34, 35, 36, 58, 59, 60 } do
    texts[i] = made_up.snapshot(hour, leaking(tag, size, per_start, 0, { [i] = 100 * hour })(hour, i))
  end
  return texts
end

local notified = made_up.driver("acmewatch.sys", { imports = { "PsSetCreateProcessNotifyRoutineEx" },
  tag = "AcPr" })

-- Events of starts, as the security log has them.
local function events()
  local list = {}
  for i, started in ipairs(STARTS) do
    for n = 1, started // 10 - (STARTS[i - 1] or 0) // 10 do
      list[#list + 1] = { id = 4688, provider = "Microsoft-Windows-Security-Auditing",
                          time = made_up.time(i - 1) - n }
    end
  end
  return list
end

return {
  {
    name = "two blocks stay for each process: PER-START-LEAK, and the driver that is told of starts",
    evidence = { texts = series("AcPr", 4096, 2), drivers = { notified } },
    expect = { '^PER%-START%-LEAK tag="AcPr" pool=nonpaged bytes=8192 per=process blocks=2.00 starts=3400',
      "driver=acmewatch.sys" }, status = 2,
  },
  {
    name = "a hash table for each container, whatever else starts",
    evidence = { texts = series("UlHT", 262144, 0.05) },
    expect = { '^PER%-START%-LEAK tag="UlHT" pool=nonpaged bytes=262144 per=container .*driver=http.sys' },
  },
  {
    name = "events of starts count where there are no process objects",
    evidence = { texts = made_up.series(12, 1, blind(leaking("AcPr", 65536, 1))), events = events() },
    expect = { "^PER%-START%-LEAK .*bytes=655360 per=process blocks=10.00 starts=340" },
  },
  {
    name = "two snapshots and the number of starts: SUSPECT at most",
    evidence = { texts = made_up.series(2, 1, leaking("AcPr", 262144, 1, 0, { 0, 400 })) },
    args = { starts = 400, what = "backup" },
    expect = { '^SUSPECT tag="AcPr" .*bytes=262144 per=backup blocks=1.00 starts=400' }, status = 1,
  },
  {
    name = "contradictory: more starts are said than processes were started",
    evidence = { texts = series("AcPr", 4096, 3) }, args = { starts = 10200 },
    expect = { "^PER%-START%-LEAK .*confidence=low" },
  },
  {
    name = "it follows the clock and not the starts",
    evidence = { texts = series("AcPr", 4096, 0, 3000) }, expect = { "^NO%-LEAK" }, status = 0,
  },
  {
    name = "even starts that were looked at unevenly are as even: not to be told apart",
    evidence = { texts = unevenly("AcPr", 65536, 2.4) }, expect = { "^NO%-LEAK" },
  },
  {
    name = "starts as even as the clock, and no whole number of blocks: not to be told apart",
    evidence = { texts = series("AcPr", 65536, 2.4, 0, even) }, expect = { "^NO%-LEAK" },
  },
  {
    name = "too little: it grows, and nothing counts starts",
    evidence = { texts = made_up.series(12, 1, blind(leaking("AcPr", 65536, 1))) },
    expect = { "^NOT%-ENOUGH%-DATA" }, status = 3,
  },
  {
    name = "a healthy server", evidence = { texts = series("AcPr", 4096, 0) }, expect = { "^NO%-LEAK" },
    status = 0,
  },
  { name = "nothing at all", status = 65 },
}
