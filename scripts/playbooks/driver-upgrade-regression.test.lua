-- Every verdict that driver-upgrade-regression can give, each on the smallest evidence that earns it.
local made_up = require "poolsleuth.made_up"

local ROOT <const> = "fleet"

local function rows(per_hour)
  return function(hour)
    return made_up.among(hour, { "AcLk", 9000 + math.floor(per_hour * hour), 30, 1024 })
  end
end

-- A machine with snapshots and drivers in its own folder: { host, leaks an hour, versions by driver }.
local function machine(evidence, host, per_hour, versions, count)
  for _, text in ipairs(made_up.series(count or 9, 1, rows(per_hour))) do
    text.name = ("%s/%s/%s"):format(ROOT, host, text.name)
    table.insert(evidence.texts, text)
  end
  for name, version in pairs(versions) do
    local driver = made_up.driver(name, { version = version, tag = name == "acme.sys" and "AcLk" or "Othr" })
    driver.path = ("%s/%s/drivers/%s"):format(ROOT, host, name)
    table.insert(evidence.drivers, driver)
  end
end

local function fleet(...)
  local evidence = { texts = {}, drivers = {} }
  for i, one in ipairs { ... } do machine(evidence, ("SRV%02d"):format(i), table.unpack(one)) end
  return evidence
end

local LEAK <const> = 30000
local old = { ["acme.sys"] = "1.3.9", ["nic.sys"] = "7.0" }
local new = { ["acme.sys"] = "1.10.0", ["nic.sys"] = "7.0" }
local args = { sources = { ROOT } }

-- One machine whose drivers were listed twice, with an update between them.
local function one_machine()
  local texts = made_up.series(20, 1, function(hour)
    return made_up.among(hour, { "AcLk", 9000 + LEAK * math.max(0, math.floor(hour) - 10), 30, 1024 })
  end)
  local function listed(hour, version)
    return { name = "acme.sys", path = "acme.sys", version = version, time = made_up.time(hour) }
  end
  return { texts = texts, modules = { listed(0, "1.3.9"), listed(10, "1.10.0") } }
end

return {
  {
    name = "all machines with the new version leak, none with the old one: REGRESSION",
    evidence = fleet({ LEAK, new }, { LEAK, new }, { LEAK, new }, { 0, old }, { 0, old }, { 0, old }),
    args = args,
    expect = { '^REGRESSION tag="AcLk" pool=nonpaged first%-bad=1.10.0 n=3/3 before=0/3 ',
      "driver=acme.sys .*confidence=high" }, status = 2,
  },
  {
    name = "two drivers have other versions there: the one that uses the tag",
    evidence = fleet({ LEAK, { ["acme.sys"] = "2.0", ["nic.sys"] = "8.0" } },
      { 0, { ["acme.sys"] = "1.0", ["nic.sys"] = "7.0" } }), args = args,
    expect = { "^REGRESSION .*first%-bad=2.0 n=1/1 before=0/1 .*driver=acme.sys .*confidence=medium" },
  },
  {
    name = "one machine, before and after an update", evidence = one_machine(),
    expect = { "^REGRESSION .*first%-bad=1.10.0 n=1/1 before=0/1 .*driver=acme.sys" },
  },
  {
    name = "two drivers part them, and neither is known to use the tag: SUSPECT, both",
    evidence = fleet({ LEAK, { ["nic.sys"] = "8.0", ["gpu.sys"] = "2" } },
      { 0, { ["nic.sys"] = "7.0", ["gpu.sys"] = "1" } }), args = args,
    expect = { "^SUSPECT .*candidates=2 confidence=low" }, reject = { "driver=" }, status = 1,
  },
  {
    name = "the newer version is the good one", evidence = fleet({ LEAK, old }, { LEAK, old }, { 0, new }),
    args = args, expect = { "^SUSPECT .*fixed%-in=1.10.0" },
  },
  {
    name = "contradictory: one of eight does not fit",
    evidence = fleet({ LEAK, new }, { LEAK, new }, { LEAK, new }, { 0, new }, { 0, old }, { 0, old },
      { 0, old }, { 0, old }), args = args,
    expect = { "^SUSPECT .*first%-bad=1.10.0 n=3/4 before=0/4 .*confidence=low" },
  },
  {
    name = "too little: the versions are the same everywhere",
    evidence = fleet({ LEAK, new }, { LEAK, new }, { 0, new }), args = args,
    expect = { "^NOT%-ENOUGH%-DATA" }, status = 3,
  },
  {
    name = "too little: nobody listed the drivers", evidence = fleet({ LEAK, {} }, { 0, {} }), args = args,
    expect = { "^NOT%-ENOUGH%-DATA" },
  },
  {
    name = "too little: two snapshots of each", evidence = fleet({ LEAK, new, 2 }, { 0, old, 2 }),
    args = args, expect = { "^NOT%-ENOUGH%-DATA" },
  },
  {
    name = "healthy machines", evidence = fleet({ 0, new }, { 0, old }), args = args,
    expect = { "^NO%-LEAK" }, status = 0,
  },
}
