--- Fleets and inventories: which versions a machine had, what leaks where, and what parts those that leak.
local case      = require "poolsleuth.case"
local fleet     = require "poolsleuth.fleet"
local history   = require "poolsleuth.history"
local inventory = require "poolsleuth.inventory"
local pool      = require "poolsleuth.pool"
local store     = require "poolsleuth.store"
local verdict   = require "poolsleuth.verdict"

local T0 <const>, HOUR <const> = 1790000000, 3600

-- A history with one machine: leaks by hour 10, when a driver was updated.
local function recorded(path)
  local h = assert(store.open(path))
  assert(h:transaction(function()
    for hour = 0, 20 do
      local kept = 9000 + 30000 * math.max(0, hour - 10)
      assert(h:record("SRV01", assert(pool.snapshot { origin = "poolmon -n", scope = "whole",
        memory = { nonpaged_bytes = 1 << 30 }, rows = { { tag = "AcLk", pool = "nonpaged", allocs = 90 + kept,
          frees = 90, diff = kept, bytes = kept * 1024, per_alloc = 1024 } } }), { time = T0 + hour * HOUR }))
    end
  end))
  local function inventory_of(version)
    return { { name = "acme.sys", version = version }, { name = "nic.sys", version = "1.0" } }
  end
  assert(h:record_drivers("SRV01", T0, inventory_of "1.9.0"))
  assert(h:record_drivers("SRV01", T0 + 10 * HOUR, inventory_of "1.10.0"))
  return h
end

describe("versions", function()
  it("are compared number by number", function()
    for _, one in ipairs { { "1.9", "1.10" }, { "10.0.26100.1", "10.0.26100.20" }, { "2", "2.0.1" },
                           { "1.2.3.0 (x)", "1.2.4" } } do
      assert.equal(-1, inventory.compare(one[1], one[2]))
      assert.equal(1, inventory.compare(one[2], one[1]))
    end
    assert.equal(0, inventory.compare("1.2", "1.2.0"))
  end)
end)

describe("a fleet", function()
  it("is one machine of a history, before and after its update", function()
    local path = os.tmpname()
    os.remove(path)
    local h <close> = recorded(path)
    local made = case.new {}
    local machine = { host = "SRV01", history = h, series = assert(history.series(h, "SRV01", {})) }
    local spans = inventory.spans(made, machine, {}, true)
    assert.equal(2, #spans)
    assert.same({ "1.9.0", "1.10.0", "1.0" },
      { spans[1].versions["acme.sys"], spans[2].versions["acme.sys"], spans[2].versions["nic.sys"] })
    local leaks = fleet.leaks(spans, verdict.with_thresholds())
    assert.same({ 1, "AcLk", 1, spans[2] }, { #leaks, leaks[1].tag, leaks[1].count, leaks[1].span })
    local parts = fleet.parts(spans, leaks[1])
    assert.equal(1, #parts)
    assert.same({ "acme.sys", "1.10.0", "1.9.0", 0, 2 },
      { parts[1].driver, parts[1].first_bad, parts[1].last, parts[1].wrong, parts[1].count })
    for _, suffix in ipairs { "", "-wal", "-shm" } do os.remove(path .. suffix) end
  end)

  it("is parted by the version that fits most machines, in either direction", function()
    local spans, leak = {}, { rows = {} }
    local function add(version, leaks)
      local span = { growth = {}, versions = { ["a.sys"] = version, ["same.sys"] = "1" } }
      spans[#spans + 1] = span
      leak.rows[span] = leaks and {} or nil
    end
    for _ = 1, 5 do add("1.0", true) end
    for _ = 1, 4 do add("2.0", false) end
    local fixed = fleet.parts(spans, leak)
    assert.same({ 1, "2.0", 0 }, { #fixed, fixed[1].fixed_in, fixed[1].wrong })
    add("2.0", true)
    assert.equal(1, fleet.parts(spans, leak)[1].wrong)
    spans[#spans + 1] = { versions = { ["a.sys"] = "0.1" } } -- too short to be measured
    assert.equal(10, fleet.parts(spans, leak)[1].count)
  end)
end)
