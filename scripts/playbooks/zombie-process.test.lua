-- Every verdict that zombie-process can give, each on the smallest evidence that earns it.
local made_up = require "poolsleuth.made_up"

-- 200 processes start in an hour; of 100 none is let go.
local function keeping(hour)
  return made_up.among(hour, { "Proc", 400 + 200 * hour, 200 + 100 * hour, 2688 })
end

local function handles(holder, count)
  local list = {}
  for i = 1, 12 do
    list[i] = { process = ("quiet%02d.exe"):format(i), pid = 8 * i, type = "Process", count = i }
  end
  list[13] = { process = holder, pid = 1508, type = "Process", count = count }
  for _, item in ipairs(list) do item.time = made_up.time(12) end
  return list
end

local leaky = made_up.driver("acmewatch.sys", { imports = { "PsLookupProcessByProcessId" } })
local series = made_up.series(13, 1, keeping)

return {
  {
    name = "processes end and stay, and a service has handles to them: ZOMBIES",
    evidence = { texts = series, processes = made_up.processes(12), handles = handles("netprofm.exe", 1360) },
    expect = { '^ZOMBIES tag="Proc" pool=nonpaged count=1360 per%-start=0.50 holder=user%-handles',
      "process=netprofm.exe pid=1508 handles=1360" }, reject = { "driver=" }, status = 2,
  },
  {
    name = "nobody has handles to them: references of a driver",
    evidence = { texts = series, processes = made_up.processes(12), handles = handles("svc.exe", 13),
      drivers = { leaky } },
    expect = { "^ZOMBIES .*holder=kernel%-references .*driver=acmewatch.sys" }, reject = { "process=" },
  },
  {
    name = "no handles: who holds them is open",
    evidence = { texts = series, processes = made_up.processes(12) },
    expect = { "^ZOMBIES .*count=1360 .*holder=" },
  },
  {
    name = "two snapshots: SUSPECT at most",
    evidence = { texts = { series[1], series[13] }, processes = made_up.processes(12) },
    expect = { '^SUSPECT tag="Proc"', "count=1360" }, status = 1,
  },
  {
    name = "one snapshot: HIGH at most",
    evidence = { texts = { series[13] }, processes = made_up.processes(12) },
    expect = { '^HIGH tag="Proc"', "count=1360" }, reject = { "per%-start" }, status = 1,
  },
  {
    name = "contradictory: more processes live than there are objects",
    evidence = { texts = { series[1] }, processes = made_up.processes(0, nil, 900) },
    expect = { "^NOT%-ENOUGH%-DATA .*confidence=low" }, status = 3,
  },
  {
    name = "a healthy server",
    evidence = { texts = made_up.series(10, 1, function(hour)
      return made_up.among(hour, { "Proc", 400 + 200 * hour, 340 + 200 * hour, 2688 })
    end), processes = made_up.processes(9) },
    expect = { "^NO%-LEAK" }, status = 0,
  },
  {
    name = "too little: nobody counted the processes that live",
    evidence = { texts = series }, expect = { "^NOT%-ENOUGH%-DATA" }, status = 3,
  },
  {
    name = "too little: no such tag",
    evidence = { texts = { made_up.snapshot(0, made_up.crowd(0)) }, processes = made_up.processes(0) },
    expect = { "^NOT%-ENOUGH%-DATA" },
  },
  { name = "nothing at all", status = 65 },
}
