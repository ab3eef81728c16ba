-- Every verdict that token-logon can give, each on the smallest evidence that earns it.
local made_up = require "poolsleuth.made_up"

-- 3,000 tokens an hour stay, with what they bring along; of logon sessions as many as `logons` says.
local function keeping(logons)
  return function(hour)
    local kept, busy = 3000 * hour, math.floor(40000 * hour)
    return made_up.among(hour, { "Toke", 90000 + kept + busy, 88000 + busy, 1456 },
      { "SeTd", 90000 + kept + busy, 88000 + busy, 192 }, { "SeLs", 900 + logons * hour, 800, 288 })
  end
end

local function handles(holder, count, hour)
  local list = {}
  for i = 1, 12 do
    list[i] = { process = ("quiet%02d.exe"):format(i), pid = 8 * i, type = "Token", count = 3 * i }
  end
  list[13] = { process = holder, pid = 812, type = "Token", count = count }
  for _, item in ipairs(list) do item.time = made_up.time(hour or 9) end
  return list
end

local series = made_up.series(10, 1, keeping(0))
local takes = made_up.driver("acmeid.sys", { imports = { "PsReferencePrimaryToken" } })

return {
  {
    name = "a service keeps the tokens of its callers: TOKEN-LEAK",
    evidence = { texts = series, handles = handles("acmesvc.exe", 28500) },
    expect = { '^TOKEN%-LEAK tag="Toke" pool=nonpaged per%-logon=', "holder=user%-handles",
      "process=acmesvc.exe pid=812 handles=28500" }, status = 2,
  },
  {
    name = "every logon leaves its tokens behind",
    evidence = { texts = made_up.series(10, 1, keeping(3000)), handles = handles("lsass.exe", 28500) },
    expect = { "^TOKEN%-LEAK .*per%-logon=1.00 .*process=lsass.exe" },
  },
  {
    name = "handles do not explain the tokens: a driver references them",
    evidence = { texts = series, handles = handles("acmesvc.exe", 200), drivers = { takes } },
    expect = { "^TOKEN%-LEAK .*holder=kernel%-references", "driver=acmeid.sys" }, reject = { "process=" },
  },
  {
    name = "no handles: who keeps them is open",
    evidence = { texts = series }, expect = { "^TOKEN%-LEAK .*holder=open" },
    reject = { "process=", "driver=" },
  },
  {
    name = "two snapshots: SUSPECT at most",
    evidence = { texts = made_up.series(2, 1, keeping(0)), handles = handles("acmesvc.exe", 4800, 1) },
    expect = { '^SUSPECT tag="Toke"', "process=acmesvc.exe" }, status = 1,
  },
  {
    name = "one snapshot: HIGH at most",
    evidence = { texts = { made_up.snapshot(0, { { "Toke", 9000000, 8900000, 1456 } }) } },
    expect = { '^HIGH tag="Toke"' }, status = 1,
  },
  {
    name = "contradictory: far more handles than tokens",
    evidence = { texts = series, handles = handles("acmesvc.exe", 9000000) },
    expect = { "^TOKEN%-LEAK .*holder=contradiction .*confidence=low" }, reject = { "process=" },
  },
  {
    name = "a healthy server",
    evidence = { texts = made_up.series(10, 1, function(hour)
      local busy = math.floor(40000 * hour)
      return made_up.among(hour, { "Toke", 90000 + busy, 88000 + busy + hour % 3 * 30, 1456 })
    end) },
    expect = { "^NO%-LEAK" }, status = 0,
  },
  {
    name = "too little: no such tag", evidence = { texts = { made_up.snapshot(0, made_up.crowd(0)) } },
    expect = { "^NOT%-ENOUGH%-DATA" }, status = 3,
  },
  { name = "no snapshots at all", evidence = { handles = handles("acmesvc.exe", 5) }, status = 65 },
}
