-- Which limit a pool meets first: given, said by the evidence, or by the table of versions.
local case     = require "poolsleuth.case"
local forecast = require "poolsleuth.forecast"
local limits   = require "poolsleuth.limits"

local MiB <const>, GiB <const> = 1 << 20, 1 << 30

local function nearest(args, pool, memory, used)
  return limits.new(case.new(), args):of(pool, memory or {}, used or 0)[1]
end

local function complaint(args)
  local _, problem = pcall(limits.new, case.new(), args)
  return type(problem) == "table" and problem.status == 64 and problem.message or nil
end

describe("the limit of a pool", function()
  it("is the given one before all others", function()
    local found = nearest({ limit = { "4GiB" } }, "paged", { paged_bytes = GiB, paged_limit_bytes = 9 * GiB })
    assert.equal(4 * GiB, found.limit_bytes)
    assert.equal(3 * GiB, found.room_bytes)
    assert.equal("the limit that was given", found.basis)
    local of_pools = { limit = { "nonpaged=256M", "paged=350M" } }
    assert.equal(256 * MiB, nearest(of_pools, "nonpaged").limit_bytes)
    assert.equal(350 * MiB, nearest(of_pools, "paged").limit_bytes)
  end)

  it("is what the evidence says of its own machine before the table's", function()
    local found = nearest({ windows = "2003", bits = 32 }, "paged",
      { paged_bytes = 100 * MiB, paged_limit_bytes = 178 * MiB })
    assert.equal(178 * MiB, found.limit_bytes)
    assert.equal("the pool's own limit", found.basis)
  end)

  -- Version, bits, memory, /3GB, pool: bytes.  By hand from Microsoft's table and the reference.
  local machines <const> = {
    { "2000", nil, 4 * GiB, false, "paged", 350 * MiB },
    { "XP", 32, 512 * MiB, false, "nonpaged", 512 * MiB * 21 // 100 },
    { "XP", 32, 64 * MiB, false, "nonpaged", 32 * MiB },
    { "Windows Server 2003", 32, 4 * GiB, false, "nonpaged", 256 * MiB },
    { "2003", 32, 4 * GiB, true, "nonpaged", 128 * MiB },
    { "2003", 32, 4 * GiB, true, "paged", 158 * MiB },
    { "2003", 32, 4 * GiB, false, "paged", 530 * MiB },
    { "XP x64", nil, 10 * GiB, false, "nonpaged", 4 * GiB },
    { "Vista", 64, 10 * GiB, false, "nonpaged", 4 * GiB },
    { "2008", 64, 8 * GiB, false, "nonpaged", 6 * GiB },
    { "7", 32, 2 * GiB, false, "nonpaged", 3 * GiB // 2 },
    { "7", 32, 16 * GiB, false, "nonpaged", 2 * GiB },
    { "7", 32, 16 * GiB, true, "nonpaged", 1 * GiB },
    { "Server 2008 R2", nil, 256 * GiB, false, "nonpaged", 128 * GiB },
    { "2012", nil, 64 * GiB, false, "nonpaged", 64 * GiB },
    { "2012", nil, 64 * GiB, false, "paged", 384 * GiB },
    { "2012 R2", nil, 64 * GiB, false, "paged", 15872 * GiB },
    { "Windows 11", nil, 16 * GiB, false, "nonpaged", 16 * GiB },
    { "2025", nil, 32 * GiB, false, "nonpaged", 32 * GiB },
    { "19045", 64, 32 * GiB, false, "nonpaged", 32 * GiB },
    { "10.0.17763", 64, 8 * GiB, false, "nonpaged", 8 * GiB },
  }
  for _, machine in ipairs(machines) do
    local version, bits, ram, large, pool, bytes = table.unpack(machine, 1, 6)
    it(("of %s pool of %s, %s bits, %d MiB%s"):format(pool, version, bits or "its own", ram // MiB,
      large and ", /3GB" or ""), function()
      local found = nearest({ windows = version, bits = bits, ram = ram, large_user_space = large }, pool)
      assert.equal(bytes, found.limit_bytes)
      assert.is_truthy(found.basis:find "^the limit of Windows")
      assert.is_string(found.source)
    end)
  end

  it("follows the registry where Windows does", function()
    local xp = { windows = "XP", bits = 32, ram = 2 * GiB, registry = { "PagedPoolSize=0x0C800000" } }
    assert.equal(200 * MiB, nearest(xp, "paged").limit_bytes)
    xp.registry = { "PagedPoolSize=0xFFFFFFFF" }
    assert.equal(490 * MiB, nearest(xp, "paged").limit_bytes)
    local seven = { windows = "7", bits = 32, ram = 4 * GiB, registry = { "NonPagedPoolLimit=512M" } }
    assert.equal(512 * MiB, nearest(seven, "nonpaged").limit_bytes)
    seven.bits = 64
    assert.equal(3 * GiB, nearest(seven, "nonpaged").limit_bytes)
  end)

  it("is unknown for a version that nobody names", function()
    assert.is_nil(nearest({}, "paged"))
    assert.is_nil(limits.build_of "Longhorn")
  end)

  it("gives way to free memory and free commit where these end first", function()
    local memory = { nonpaged_bytes = GiB, nonpaged_limit_bytes = 8 * GiB, available_bytes = 2 * GiB,
      physical_bytes = 16 * GiB, commit_bytes = 20 * GiB, commit_limit_bytes = 21 * GiB }
    local list = limits.of_evidence:of("nonpaged", memory)
    assert.equal("free commit", list[1].basis)
    assert.equal("free physical memory", list[2].basis)
    assert.equal("the pool's own limit", list[3].basis)
  end)

  it("complains of what it cannot use", function()
    assert.is_truthy(complaint { limit = { "lots" } })
    assert.is_truthy(complaint { limit = { "swap=4G" } })
    assert.is_truthy(complaint { windows = "Longhorn" })
    assert.is_truthy(complaint { bits = 16 })
    assert.is_truthy(complaint { registry = { "PagedPool=7" } })
    assert.is_truthy(complaint { registry = { "PagedPoolSize" } })
  end)
end)

describe("a forecast", function()
  local memory <const> = { nonpaged_bytes = GiB, nonpaged_limit_bytes = 3 * GiB }

  it("divides what is left by the rate, and by the ends of its interval", function()
    local found = forecast.of({ pool = "nonpaged", slope = 64 * MiB, low = 32 * MiB, high = 128 * MiB },
      memory)
    assert.equal(32, found.hours)
    assert.equal(16, found.low)
    assert.equal(64, found.high)
  end)

  it("has no later end where the rate may be nothing, and none at all without growth", function()
    local found = forecast.of({ pool = "nonpaged", slope = 64 * MiB, low = -1, high = 128 * MiB }, memory)
    assert.equal(16, found.low)
    assert.is_nil(found.high)
    assert.is_nil(forecast.of({ pool = "nonpaged", slope = 0 }, memory))
    assert.is_nil(forecast.of({ pool = "nonpaged", slope = 1 }, {}))
  end)
end)
