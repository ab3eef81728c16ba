-- When snapshots were taken, and in which order: what can be trusted and what is asked for.
local calendar = require "poolsleuth.calendar"
local case = require "poolsleuth.case"
local series = require "poolsleuth.series"
local text = require "poolsleuth.text"

local HEAD <const> = " Memory:33473120K Avail:20055132K  PageFlts:     5   InRam Krnl:10444K P:1843072K\n"
  .. " Commit:15035764K Limit:67027552K Peak:16677444K            Pool N:1023400K P:1955448K\n\n"
  .. " Tag  Type     Allocs         Frees    Diff   Bytes    Per Alloc\n\n"

local function log(name, step, mtime)
  local allocs = 1000 + 500 * step
  local row = (" Lk47 Nonp %d 0 %d %d 64\n File Paged %d %d 10 640 64\n"):format(
    allocs, allocs, allocs * 64, 5000 + 900 * step, 4990 + 900 * step)
  return { name = name, text = HEAD .. row, mtime = mtime }
end

local function build(texts, options)
  return case.new({ texts = texts, options = options }).series
end

local function names(found)
  local list = {}
  for i, entry in ipairs(found.entries) do list[i] = entry.source.path end
  return list
end

describe("a calendar", function()
  it("counts seconds from 1970", function()
    assert.are.equal(0, calendar.seconds(1970, 1, 1))
    assert.are.equal(951782400, calendar.seconds(2000, 2, 29))
    assert.are.equal(1793491500, calendar.seconds(2026, 11, 1, 0, 5))
    assert.are.equal(4102444799, calendar.seconds(2099, 12, 31, 23, 59, 59))
  end)

  it("agrees with the system's", function()
    for day = 0, 40000, 97 do
      local date = os.date("!*t", day * 86400 + 12345)
      assert.are.equal(day * 86400 + 12345,
        calendar.seconds(date.year, date.month, date.day, date.hour, date.min, date.sec))
    end
  end)

  it("knows what is no date", function()
    assert.is_nil(calendar.seconds(2026, 13, 1))
    assert.is_nil(calendar.seconds(2026, 2, 30))
    assert.is_nil(calendar.seconds(2026, 1, 1, 24))
  end)
end)

describe("the time in a name", function()
  local at <const> = 1793491500
  for name, wanted in pairs {
    ["poolmon-2026-11-01T00-05-00.log"] = at, ["logs/poolmon_20261101_000500.txt"] = at,
    ["2026.11.01_00.05.00_3.pool.csv"] = at, ["srv1 2026-11-01 00-05.log"] = at,
    ["poolmon.20261101.log"] = at - 300, ["poolsnap.log"] = false, ["build-12345678.log"] = false,
    ["C:\\logs\\poolmon-2026-11-01T00-05-00.log"] = at,
  } do
    it("is found or not in " .. name, function()
      assert.are.equal(wanted, series.time_of_name(name) or false)
    end)
  end
end)

describe("a series", function()
  it("is ordered by the times in names, whatever the order of the files", function()
    local found = build { log("p-2026-11-01T02-00-00.log", 2), log("p-2026-11-01T00-00-00.log", 0),
      log("p-2026-11-01T01-00-00.log", 1) }
    assert.are.same({ "p-2026-11-01T00-00-00.log", "p-2026-11-01T01-00-00.log", "p-2026-11-01T02-00-00.log" },
      names(found))
    assert.are.equal("file name", found.time_source)
    assert.are.equal(7200, found.span_s)
  end)

  it("trusts modification times that agree with the counters", function()
    local found = build { log("b", 1, 90000), log("a", 0, 80000) }
    assert.are.same({ "a", "b" }, names(found))
    assert.are.equal("modification time", found.time_source)
    assert.are.equal(10000, found.span_s)
  end)

  it("does not trust modification times within a minute, and asks", function()
    local found = build { log("b", 1, 80030), log("a", 0, 80000) }
    assert.are.same({ "a", "b" }, names(found))
    assert.is_nil(found.times)
    assert.is_truthy(found.problems[1]:find("--interval", 1, true))
  end)

  it("does not trust modification times against the counters", function()
    local found = build { log("late", 5, 10000), log("early", 0, 90000) }
    assert.are.same({ "early", "late" }, names(found))
    assert.is_nil(found.times)
    assert.is_truthy(found.problems[1]:find("contradict", 1, true))
  end)

  it("takes an interval that is given, in the order of the counters", function()
    local found = build({ log("b", 1, 80000), log("a", 0, 80000), log("c", 2, 80000) }, { interval = 600 })
    assert.are.same({ "a", "b", "c" }, names(found))
    assert.are.equal(1200, found.span_s)
  end)

  it("takes times that are given, one each", function()
    local found = build({ log("b", 1), log("a", 0) }, { times = { 5000, 1000 } })
    assert.are.same({ "a", "b" }, names(found))
    assert.are.same({ 1000, 5000 }, found.times)
  end)

  it("refuses times that do not fit the snapshots", function()
    local ok, err = pcall(build, { log("b", 1), log("a", 0) }, { times = { 5000 } })
    assert.is_false(ok)
    assert.are.equal(65, err.status)
  end)

  it("orders the snapshots of one file by their place, without rates", function()
    local one = log("both.log", 0, 80000)
    one.text = one.text .. "\n" .. log("", 1).text
    local found = build { one }
    assert.are.equal(2, #found.entries)
    assert.is_nil(found.times)
  end)
end)

describe("a time on the lines before a screen of poolmon", function()
  local function time_of(lines)
    local entries = build { { name = "poolmon.txt", text = lines .. log("x", 1).text } }.entries
    return entries[1].snapshot:time()
  end

  it("is read as scripts print it", function()
    local at = calendar.seconds(2026, 11, 15, 20, 5)
    for _, lines in ipairs {
      "Sun 11/15/2026 20:05:00.00\n", "==== 11/15/2026 20:05:00 ====\n", "Time: 2026-11-15 20:05:00\n",
      "Sun 11/15/2026 \n08:05 PM\n", "15.11.2026\n20:05\n", "[15-Nov-2026 20:05:00]\n",
      "\nSunday, November 15, 2026 8:05:00 PM\n\n\n",
      "The current date is: Sun 11/15/2026 \nThe current time is: 20:05:00.12 \n",
    } do
      assert.equal(at, time_of(lines), lines)
    end
  end)

  it("is none where it is of something else, or could be two", function()
    assert.is_nil(time_of "System Boot Time: 11/15/2026, 8:00:00 AM\n")
    assert.is_nil(time_of "08:05 PM\n")
    assert.is_nil(time_of "Sun 11/01/2026 20:05:00.00\n")
    local twice = assert(text.parse("11/01/2026 20:05:00\n" .. log("x", 1).text))
    local said = twice.problems[1]
    assert.equal("ambiguous", said.severity)
    assert.truthy(said.reason:find("day or its month first", 1, true))
  end)
end)
