-- Every verdict that wfp-nbl can give, each on the smallest evidence that earns it.
local made_up = require "poolsleuth.made_up"

-- Tags that each gain so many blocks an hour; what else there is of the network churns.
local function gaining(per_hour)
  return function(hour)
    local busy = math.floor(700000 * hour)
    local rows = {}
    for _, tag in ipairs { "Nbuf", "NDnd", "AfdB" } do
      local more = math.floor((per_hour[tag] or 0) * hour)
      rows[#rows + 1] = { tag, 3000000 + busy + more, 2996000 + busy, 640 }
    end
    for _, tag in ipairs { "Fecf", "Wfpn", "Acrl" } do
      if per_hour[tag] then
        rows[#rows + 1] = { tag, 3000 + math.floor(per_hour[tag] * hour), 100, 336 }
      end
    end
    return made_up.among(hour, table.unpack(rows))
  end
end

local function series(per_hour, count) return made_up.series(count or 10, 1, gaining(per_hour)) end

local acmenet = made_up.driver("acmenet.sys",
  { imports = { "FwpsCalloutRegister1", "FwpsAcquireClassifyHandle0" } })
local tidynet = made_up.driver("tidynet.sys", { company = "Tidy Ltd.",
  imports = { "FwpsCalloutRegister1", "FwpsAcquireClassifyHandle0", "FwpsReleaseClassifyHandle0" } })
local windows = made_up.driver("mpsdrv.sys",
  { imports = { "FwpsCalloutRegister2" }, company = "Microsoft Corporation" })

return {
  {
    name = "classify contexts are never freed, and one callout never releases any: NBL-HELD-BY-CALLOUT",
    evidence = { texts = series { Fecf = 60000 }, drivers = { acmenet, tidynet, windows } },
    expect = { '^NBL%-HELD%-BY%-CALLOUT tag="Fecf" pool=nonpaged callouts=acmenet.sys,tidynet.sys',
      "driver=acmenet.sys" }, status = 2,
  },
  {
    name = "network buffers pile up, no socket does, and there is a callout of another maker",
    evidence = { texts = series { Nbuf = 60000 }, drivers = { tidynet, windows } },
    expect = { '^NBL%-HELD%-BY%-CALLOUT tag="Nbuf" .*callouts=tidynet.sys' },
  },
  {
    name = "network buffers pile up, and nobody knows the callouts: SUSPECT",
    evidence = { texts = series { Nbuf = 60000, NDnd = 60000 } },
    expect = { '^SUSPECT tag="N%w+"' }, reject = { "driver=" }, status = 1,
  },
  {
    name = "sockets pile up with them: SUSPECT, a program rather than a callout",
    evidence = { texts = series { Nbuf = 60000, AfdB = 30000 }, drivers = { acmenet } },
    expect = { '^SUSPECT tag="Nbuf"' }, status = 1,
  },
  {
    name = "contradictory: memory of callouts, and sockets beside it",
    evidence = { texts = series { Fecf = 60000, AfdB = 30000 }, drivers = { acmenet } },
    expect = { '^NBL%-HELD%-BY%-CALLOUT tag="Fecf" .*confidence=low' },
  },
  {
    name = "two snapshots: SUSPECT at most", evidence = { texts = series({ Fecf = 90000 }, 2) },
    expect = { '^SUSPECT tag="Fecf"' }, status = 1,
  },
  {
    name = "one snapshot: HIGH at most",
    evidence = { texts = { made_up.snapshot(9, gaining { Fecf = 90000 }(9)) } },
    expect = { '^HIGH tag="Fecf"' }, status = 1,
  },
  {
    name = "a healthy server", evidence = { texts = series {}, drivers = { acmenet, windows } },
    expect = { "^NO%-LEAK" }, status = 0,
  },
  {
    name = "too little: no tag of network buffers",
    evidence = { texts = { made_up.snapshot(0, made_up.crowd(0)) } },
    expect = { "^NOT%-ENOUGH%-DATA" }, status = 3,
  },
  { name = "nothing at all", status = 65 },
}
