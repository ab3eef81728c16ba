-- poolsleuth.statistics: the numbers of worked examples, and what a script may rely on.
local pool       = require "poolsleuth.pool"
local statistics = require "poolsleuth.statistics"
local verdict    = require "poolsleuth.verdict"

local A <const> = { 1024, 1030, 1041, 1038, 1052, 1063, 1060, 1075, 1079, 1090, 1101, 1097, 1112, 1120, 1131,
  1129, 1140, 1155, 1150, 1162, 1171, 1180, 1178, 1193 }
local E <const> = { 50, 52, 51, 49, 50, 53, 50, 48, 51, 52, 80, 82, 79, 81, 83, 80, 82, 81, 79, 84 }
local F <const> = { 1000, 1100, 1200, 1300, 1400, 150, 260, 350, 455, 560 }
local RUNS <const> = { 0, 0, 0, 0, 0, 1, 1, 1, 1, 1 }

local function near(wanted, got)
  assert.is_true(math.abs(got - wanted) <= 6e-7, ("%.9g is not %.9g"):format(got, wanted))
end

local function hours(count)
  local times = {}
  for i = 1, count do times[i] = (i - 1) * 3600 end
  return times
end

describe("statistics of a series", function()
  it("come out to the digits of the worked examples", function()
    local kendall, sen = statistics.mann_kendall(A), statistics.theil_sen(A)
    near(264, kendall.s)
    near(6.523558, kendall.z)
    near(0.956522, kendall.tau)
    near(1, kendall.correction)
    near(7.366029, sen.slope)
    near(1023.509569, sen.intercept)
    near(7.1, sen.low)
    near(7.6, sen.high)
    assert.equal(276, sen.pairs)
    local line = statistics.ols(A)
    near(7.363043, line.slope)
    near(0.121593, line.error)
    local change = statistics.pettitt(E)
    near(-100, change.u)
    assert.equal(10, change.after)
    assert.equal(12, statistics.page_hinkley(E, 1, 30))
    assert.is_nil(statistics.page_hinkley(A, 100, 30))
    local minima = statistics.window_minima(A, 4)
    assert.same({ 6, 5, 5, 0 }, { minima.windows, minima.steps, minima.rises, minima.falls })
    local ahead = statistics.forecast(A, nil, 4096)
    near(394.116272, ahead.eta)
    near(381.983128, ahead.low)
    near(408.883348, ahead.high)
  end)

  it("compare phases with phases", function()
    local values = {}
    for i = 0, 23 do values[i + 1] = ({ 100, 140, 220, 260, 200, 120 })[i % 6 + 1] + 12 * (i // 6) end
    local found = statistics.seasonal(values, 6)
    near(36, found.s)
    near(4.853627, found.z)
    near(2, found.slope)
    assert.equal(6, found.period)
  end)

  it("never compare across a restart", function()
    near(3.290897, statistics.mann_kendall(F, { runs = RUNS }).z)
    near(100, statistics.theil_sen(F, nil, { runs = RUNS }).slope)
    near(-68.125, statistics.theil_sen(F).slope)
  end)

  it("widen the variance of what lingers, and never narrow it", function()
    local lingers = {}
    for i = 1, 60 do lingers[i] = math.sin(i / 4) end
    assert.is_true(statistics.mann_kendall(lingers, { correction = "hamed-rao" }).correction > 2)
    local swings = {}
    for i = 1, 60 do swings[i] = (-1) ^ i end
    assert.equal(1, statistics.mann_kendall(swings, { correction = "hamed-rao" }).correction)
  end)

  it("refuse what is no series", function()
    assert.has_error(function() statistics.mann_kendall { 1, "two", 3 } end, "value 2 is no number")
    assert.has_error(function() statistics.theil_sen({ 1, 2 }, { 1 }) end)
    local nothing, message, err = statistics.theil_sen({ 1, 2, 3 }, { 0, 2, 1 })
    assert.is_nil(nothing)
    assert.equal("time falls at point 3", message)
    assert.equal("format", err.code)
    assert.is_nil((statistics.mann_kendall { 1, 0 / 0 }))
  end)

  it("tell lock-step by its ratio and by what it leaves", function()
    local found = statistics.lockstep({ 1, 3, 4, 9 }, { 2, 6, 8, 18 })
    near(2, found.ratio)
    near(0, found.residual)
    assert.equal(3, found.steps)
    assert.is_nil(statistics.lockstep({ 1, 2 }, { 1, 2 }))
  end)

  it("can be had value by value", function()
    local seen = statistics.online { delta = 2, lambda = 60 }
    for i, value in ipairs(A) do seen:add(i - 1, value) end
    local result = seen:result()
    assert.equal(24, result.count)
    near(7.363043, result.line.slope)
    near(264, result.trend.s)
    near(7.366029, result.slope.slope)
    assert.equal(8, result.alarm_at)
    for i = 24, 9999 do seen:add(i, 1200 + i) end
    result = seen:result()
    assert.is_true(result.kept <= 256 and result.stride >= 32)
    assert.is_true(math.abs(result.slope.slope - 1) < 0.01)
    assert.is_nil(statistics.online():result().mean)
  end)

  it("borne many at once ask more of each", function()
    assert.equal(0.001, statistics.discovery_limit({ 0.5, 0.001, 0.9, 0.02 }, 0.01))
    assert.equal(0, statistics.discovery_limit({ 0.5, 0.4, 0.9 }, 0.01))
  end)
end)

describe("a judgement", function()
  local function leak(step)
    local values = {}
    for i = 0, 47 do values[i + 1] = 1e8 + step * i + (i * 7919 % 13) * 1e4 end
    return values
  end

  it("gives the word with every number that made it", function()
    local judged = statistics.judge(leak(1e6), hours(48))
    assert.equal("LEAK", judged.word)
    assert.equal("high", judged.confidence)
    assert.is_true(#judged.reason > 10)
    assert.is_true(math.abs(judged.slope * 3600 - 1e6) < 1e4)
    assert.is_true(judged.low <= judged.slope and judged.slope <= judged.high)
    assert.is_true(judged.trend.z > 5 and judged.drift.z > 5 and judged.p < 1e-6)
    assert.is_true(judged.floor_share > 0.9 and judged.minima.rises == judged.minima.steps)
    assert.is_true(judged.early > 0 and judged.late > 0)
    for _, name in ipairs { "growth", "relative", "late_growth", "step_fit", "bend_fit", "points" } do
      assert.is_number(judged[name])
    end
    assert.is_number(judged.change.after)
  end)

  it("goes by the thresholds that are given", function()
    assert.equal("NO-LEAK", statistics.judge(leak(1e3), hours(48)).word)
    assert.equal("NO-LEAK", statistics.judge(leak(1e6), hours(48),
      { thresholds = { min_growth_bytes = 1e9 } }).word)
    assert.has_error(function() statistics.judge(leak(1e6), hours(48), { thresholds = { fading = "x" } }) end)
  end)

  it("uses only words of the one list", function()
    for _, word in ipairs { "LEAK", "SUSPECT", "GROWING-CACHE", "PLATEAU", "BURST", "LOAD", "NO-LEAK",
                            "NOT-ENOUGH-DATA" } do
      assert.is_true(verdict.is_word(word), word)
    end
    assert.equal("NOT-ENOUGH-DATA", statistics.judge({ 1 }).word)
  end)

  it("of a row of a trend can be made anew by other thresholds", function()
    local snapshots, times = {}, hours(10)
    for i = 1, 10 do
      snapshots[i] = pool.snapshot { origin = "test", scope = "whole", rows = {
        { tag = "LkaL", pool = "nonpaged", allocs = 1000 * i, frees = 0, diff = 1000 * i,
          bytes = 512000 * i } } }
    end
    local trend = assert(pool.trend(snapshots, times))
    local row = trend:rows()[1]
    assert.equal("LEAK", row.judged.word)
    assert.equal("NO-LEAK", trend:judge(1, { min_growth_bytes = 1e9 }).word)
    assert.equal("LEAK", trend:judge(1, {}).word)
    assert.has_error(function() trend:judge(2, {}) end)
    local tested = trend:tested()
    assert.equal(1, tested)
    local strict = assert(pool.trend(snapshots, times, { min_growth_bytes = 1e9 }))
    assert.equal("NO-LEAK", strict:rows()[1].judged.word)
  end)
end)
