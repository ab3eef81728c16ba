-- A history of a machine whose clock was set back: what was taken in another order than that of its times
-- makes no restarts, and hides no leak.
local history = require "poolsleuth.history"
local pool    = require "poolsleuth.pool"
local shell   = require "tests.lua.support.shell"
local store   = require "poolsleuth.store"

local T0 <const>, EVERY <const>, HOUR <const> = 1790000000, 300, 3600

local paths = {}
local function new_history()
  local path = os.tmpname()
  os.remove(path)
  paths[#paths + 1] = path
  return assert(store.open(path))
end

local function snapshot(step, allocs)
  local function row(tag, allocs_of, diff)
    return { tag = tag, pool = "nonpaged", allocs = allocs_of, frees = allocs_of - diff, diff = diff,
      bytes = diff * 1024 }
  end
  return assert(pool.snapshot { origin = "poolmon -n", scope = "whole", rows = {
    row("Leak", allocs + 500 + step * 40, 400 + step * 30), row("Even", allocs + 900 + step * 7, 300),
    row("Busy", allocs + 700 + step * 90, 200), row("Rare", 60, 30) } })
end

-- Snapshots at the times that a function gives to each step.
local function record(h, count, time_of, allocs_of)
  assert(h:transaction(function()
    for i = 0, count - 1 do
      assert(h:record("A", snapshot(i, allocs_of and allocs_of(i) or 0), { time = time_of(i) }))
    end
    return true
  end))
end

local function restarts(series)
  local found = 0
  for i = 2, #series.entries do found = found + (series.trend:reboot_before(i) and 1 or 0) end
  return found
end

local function word(series, tag)
  for i, row in ipairs(series.trend:rows()) do
    if row.tag == tag then return assert(series.trend:judge(i)).word end
  end
end

describe("a history whose clock was set back", function()
  after_each(function()
    for _, path in ipairs(paths) do
      for _, suffix in ipairs { "", "-wal", "-shm" } do os.remove(path .. suffix) end
    end
    paths = {}
  end)

  for name, every in pairs { ["often"] = EVERY, ["once an hour"] = HOUR } do
    it("comes in the order of the counters, with snapshots " .. name, function()
      local h <close> = new_history()
      record(h, 48, function(i) return T0 + i * every - (i >= 24 and HOUR + 7 or 0) end)
      local series = assert(history.series(h, "A"))
      assert.equal(0, restarts(series))
      for i = 1, 48 do
        assert.equal(400 + (i - 1) * 30, series.entries[i].snapshot:rows()[1].diff)
        assert.is_false(series.entries[i].reboot)
        assert.equal(series.entries[i].time, series.times[i])
      end
      assert.equal("LEAK", word(series, "Leak"))
      assert.equal("NO-LEAK", word(series, "Even"))
      assert.equal(1, #series.problems)
      assert.matches("the clock was set back by about 1 h", series.problems[1])
    end)
  end

  it("leaves a restart a restart", function()
    local h <close> = new_history()
    record(h, 60, function(i) return T0 + i * EVERY end, function(i) return i < 30 and 50000 or 0 end)
    local series = assert(history.series(h, "A"))
    assert.equal(1, restarts(series))
    assert.same({}, series.problems)
    assert.is_true(series.entries[31].reboot)
  end)

  it("tells restarts alone to questions in SQL", function()
    local h <close> = new_history()
    record(h, 48, function(i) return T0 + i * EVERY - (i >= 24 and HOUR + 7 or 0) end)
    assert(h:transaction(function()
      for i = 0, 59 do
        assert(h:record("B", snapshot(i, i < 30 and 50000 or 0), { time = T0 + i * EVERY }))
      end
      return true
    end))
    local asked <const> = "SELECT host, time, reboot FROM snapshot WHERE reboot ORDER BY host, time"
    assert.is_true(#assert(h:sql(asked)) > 1)
    history.mark_clock_steps(h)
    assert.same({ { host = "B", time = T0 + 30 * EVERY, reboot = 1 } }, assert(h:sql(asked)))
    assert.same({ { n = 107 } }, assert(h:sql "SELECT count(*) AS n FROM snapshot WHERE reboot = 0"))
    history.mark_clock_steps(h)
    assert.equal(1, #assert(h:sql(asked)))
    assert.is_nil((h:sql "DELETE FROM clock_step"))
  end)

  it("does so where the command asks, and leaves the file as it was", function()
    local path
    do
      local h <close> = new_history()
      path = h:path()
      record(h, 48, function(i) return T0 + i * EVERY - (i >= 24 and HOUR or 0) end)
    end
    local result = shell.poolsleuth { "history", path, "--json", "--sql",
      "SELECT sum(reboot) AS restarts, count(*) AS n FROM snapshot" }
    assert.equal(0, result.status, result.err)
    assert.is_truthy(result.out:find('"restarts":%s*0'), result.out)
    local h <close> = assert(store.open(path))
    assert.is_true(#assert(h:sql "SELECT 1 FROM snapshot WHERE reboot") > 0)
  end)

  it("refuses an order that is none of neighbours, or of what is not there", function()
    local h <close> = new_history()
    record(h, 5, function(i) return T0 + i * EVERY end)
    local list = assert(h:snapshots "A")
    local ids = {}
    for i, one in ipairs(list) do ids[i] = one.id end
    local _, times = assert(h:trend("A", nil, nil, { order = { ids[3], ids[2] } }))
    assert.same({ T0, T0 + 2 * EVERY, T0 + EVERY, T0 + 3 * EVERY, T0 + 4 * EVERY }, times)
    local trend, message = h:trend("A", nil, nil, { order = { ids[4], ids[2] } })
    assert.is_nil(trend)
    assert.matches("others between them", message)
    trend, message = h:trend("A", nil, nil, { order = { 77 } })
    assert.is_nil(trend)
    assert.matches("1 snapshots are in an order, 0 of them are there", message)
    assert.error_matches(function() h:trend("A", nil, nil, { order = { 1 }, every = 60 }) end, "no `every`")
  end)

  it("tells the counts by which it is set right", function()
    local h <close> = new_history()
    record(h, 2, function(i) return T0 + i * EVERY end)
    assert(h:record("A", assert(pool.snapshot { origin = "x", rows = { { tag = "Blob", pool = "paged",
      bytes = 5 } } }), { time = T0 + 2 * EVERY }))
    local counts = assert(h:counts "A")
    assert.same({ 2160, 2297 }, { counts[1].allocs, counts[2].allocs })
    assert.is_nil(counts[3].allocs)
  end)
end)
