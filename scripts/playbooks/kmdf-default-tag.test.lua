-- Every verdict that kmdf-default-tag can give, each on the smallest evidence that earns it.
local made_up = require "poolsleuth.made_up"

local function leaking(tag)
  return function(hour) return made_up.among(hour, { tag, 9000 + math.floor(30000 * hour), 40, 256 }) end
end

local function service(name, more)
  local item = { name = name, type = "kernel driver", state = "running",
                 path = ("\\SystemRoot\\System32\\drivers\\%s.sys"):format(name) }
  for key, value in pairs(more or {}) do item[key] = value end
  return item
end

local crowd = { service "Tcpip", service "NDIS", service "WdFilter", service "disk" }
local function among(...)
  local list = table.move(crowd, 1, #crowd, 1, {})
  return table.move({ ... }, 1, select("#", ...), #list + 1, list)
end

-- A framework driver that leaves its tag to the framework, and one that has its own.
local frame = made_up.driver("acmebus.sys", { imports = { "WdfVersionBind" } })
frame.sites = { { api = "WdfDriverCreate", role = "allocates", rva = 0x1a40, function_rva = 0x1a00,
  reason = "made from the name of the service", confidence = "low", via = {} } }
local own = made_up.driver("acmebus.sys", { tag = "AcB1", imports = { "WdfVersionBind" } })
local texts = made_up.series(10, 1, leaking "acme")

return {
  {
    name = "a service's name makes the tag, and its driver has none of its own: KMDF-DEFAULT",
    evidence = { texts = texts, services = among(service "acmebus"), drivers = { frame } },
    expect = { '^KMDF%-DEFAULT tag="acme" pool=nonpaged service=acmebus ', "driver=acmebus.sys version=" },
    status = 2,
  },
  {
    name = "the same without the driver's file",
    evidence = { texts = texts, services = among(service "acmebus") },
    expect = { '^KMDF%-DEFAULT tag="acme" .*service=acmebus .*driver=acmebus.sys' },
  },
  {
    name = "two services make it: both are listed, none is named",
    evidence = { texts = texts, services = among(service "acmebus", service "acmeaudio") },
    expect = { "^KMDF%-DEFAULT .*services=acmeaudio,acmebus .*candidates=2" }, reject = { "driver=" },
  },
  {
    name = "of two the one that has no tag of its own",
    evidence = { texts = texts, services = among(service "acmebus", service "acmeaudio"),
      drivers = { frame } },
    expect = { "^KMDF%-DEFAULT .*driver=acmebus.sys" },
  },
  {
    name = "a leading wdf does not count",
    evidence = { texts = texts, services = among(service "WdfAcme01") , drivers = {} },
    expect = { '^KMDF%-DEFAULT tag="acme" .*service=WdfAcme01' },
  },
  {
    name = "programs make no pool tags",
    evidence = { texts = texts, services = among(service("acmesvc", { type = "own process" })) },
    expect = { "^NO%-LEAK" }, status = 0,
  },
  {
    name = "contradictory: the service's driver has a tag of its own",
    evidence = { texts = texts, services = among(service "acmebus"), drivers = { own } },
    expect = { '^SUSPECT tag="acme" .*confidence=low' }, reject = { "driver=" }, status = 1,
  },
  {
    name = "a tag that is known is not made of a name",
    evidence = { texts = made_up.series(10, 1, leaking "Even"), services = among(service "EvenFlow") },
    expect = { "^NO%-LEAK" },
  },
  {
    name = "two snapshots: SUSPECT at most",
    evidence = { texts = made_up.series(2, 1, leaking "acme"), services = among(service "acmebus") },
    expect = { '^SUSPECT tag="acme" .*service=acmebus' }, status = 1,
  },
  {
    name = "one snapshot: HIGH at most",
    evidence = { texts = { made_up.snapshot(9, leaking "acme"(9)) }, services = among(service "acmebus") },
    expect = { '^HIGH tag="acme" .*service=acmebus' }, status = 1,
  },
  {
    name = "a tag that is asked for, though it is quiet",
    evidence = { texts = texts, services = among(service "Thrdx") }, args = { tag = "Thrd" },
    expect = { 'tag="Thrd" .*service=Thrdx' },
  },
  {
    name = "too little: nobody listed the services", evidence = { texts = texts },
    expect = { "^NOT%-ENOUGH%-DATA" }, status = 3,
  },
  {
    name = "a healthy server",
    evidence = { texts = made_up.series(10, 1, made_up.crowd), services = among(service "acmebus") },
    expect = { "^NO%-LEAK" }, status = 0,
  },
  { name = "nothing at all", status = 65 },
}
