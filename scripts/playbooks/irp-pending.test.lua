-- Every verdict that irp-pending can give, each on the smallest evidence that earns it.
local made_up = require "poolsleuth.made_up"

-- Requests that come and go, and rows whose blocks stay: { tag, an hour, bytes }.
local function piling(...)
  local stays = { ... }
  return function(hour)
    local busy = math.floor(300000 * hour)
    local rows, named = {}, {}
    for _, one in ipairs(stays) do
      rows[#rows + 1] = { one[1], 9000 + math.floor(one[2] * hour), 40, one[3] }
      named[one[1]] = true
    end
    for _, tag in ipairs { "Irp ", "AfdB" } do
      if not named[tag] then rows[#rows + 1] = { tag, 900000 + busy, 899000 + busy, 496 } end
    end
    return made_up.among(hour, table.unpack(rows))
  end
end

local function series(...) return made_up.series(10, 1, piling(...)) end

local keeps = made_up.driver("acmesplit.sys", { imports = { "IoAllocateIrp" } })
local frees = made_up.driver("tidy.sys",
  { imports = { "IoAllocateIrp", "IoFreeIrp" }, company = "Tidy Ltd." })

return {
  {
    name = "nothing of pipes or sockets piles up, and a driver never frees a request: IRP-PENDING",
    evidence = { texts = series { "Irp ", 40000, 496 }, drivers = { frees, keeps } },
    expect = { '^IRP%-PENDING tag="Irp " pool=nonpaged cause=driver .*driver=acmesplit.sys' }, status = 2,
  },
  {
    name = "pipes that nobody reads fill beside it: a program",
    evidence = { texts = series({ "Irp ", 40000, 496 }, { "NpFr", 40000, 256 }), drivers = { keeps } },
    expect = { '^IRP%-PENDING tag="Irp " .*cause=unread%-pipe' }, reject = { "driver=" },
  },
  {
    name = "sockets pile up beside it: a program",
    evidence = { texts = series({ "Irp ", 40000, 496 }, { "AfdB", 20000, 4096 }), drivers = { keeps } },
    expect = { '^IRP%-PENDING tag="AfdB" .*cause=unread%-socket with="?Irp' }, reject = { "driver=" },
  },
  {
    name = "contradictory: pipes and sockets both pile up",
    evidence = { texts = series({ "Irp ", 40000, 496 }, { "AfdB", 20000, 4096 }, { "NpFr", 9000, 4096 }) },
    expect = { "^IRP%-PENDING .*cause=open .*confidence=low" },
  },
  {
    name = "work items pile up with a private tag, which the name of a service makes",
    evidence = { texts = series({ "IoWI", 60000, 96 }, { "acme", 60000, 256 }), services = {
      { name = "acmebus2", type = "kernel driver", path = "system32\\drivers\\acmebus2.sys" } } },
    expect = { '^IRP%-PENDING tag="acme" pool=nonpaged cause=work%-items with=IoWI service=acmebus2' },
  },
  {
    name = "a small part of the growth, and mostly freed again: it may be the load, SUSPECT",
    evidence = { texts = made_up.series(10, 1, function(hour)
      return made_up.among(hour, { "LkaL", 9000 + math.floor(90000 * hour), 3, 1024 },
        { "Irp ", 90000 + math.floor(46000 * hour), 89000 + math.floor(40000 * hour), 496 })
    end) },
    expect = { '^SUSPECT tag="Irp " pool=nonpaged' }, status = 1,
  },
  {
    name = "two snapshots: SUSPECT at most",
    evidence = { texts = made_up.series(2, 1, piling { "Irp ", 90000, 496 }) },
    expect = { '^SUSPECT tag="Irp " pool=nonpaged cause=driver' }, reject = { "driver=" }, status = 1,
  },
  {
    name = "one snapshot: HIGH at most",
    evidence = { texts = { made_up.snapshot(9, piling { "Irp ", 90000, 496 }(9)) } },
    expect = { '^HIGH tag="Irp "' }, status = 1,
  },
  {
    name = "a healthy server", evidence = { texts = series(), drivers = { keeps } },
    expect = { "^NO%-LEAK" }, status = 0,
  },
  {
    name = "too little: no tag of requests", evidence = { texts = { made_up.snapshot(0, made_up.crowd(0)) } },
    expect = { "^NOT%-ENOUGH%-DATA" }, status = 3,
  },
  { name = "nothing at all", status = 65 },
}
