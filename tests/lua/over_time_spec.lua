-- What time does to a series, through the command line: restarts, wraps, clocks, missing nights, machines.
local evidence = require "tests.lua.support.evidence"
local folders  = require "tests.lua.support.folder"
local json     = require "poolsleuth.json"
local shell    = require "tests.lua.support.shell"

local function answer(words)
  words[#words + 1] = "--json"
  local result = shell.poolsleuth(words)
  assert(result.out ~= "", result.err)
  return assert(json.decode(result.out)), result.status
end

local function row_of(document, tag)
  for _, row in ipairs(document.data.rows) do
    if row.tag == tag then return row end
  end
end

local function said(document, text)
  for _, problem in ipairs(document.problems) do
    if problem.text:find(text, 1, true) then return true end
  end
  return false
end

-- Logs named by their times; step(i) gives the rows of the i-th and its time of day in minutes.
local function write(folder, count, step, day)
  local paths = {}
  for i = 1, count do
    local rows, minutes = step(i)
    local name = ("logs/poolmon-2026-%s-%02dT%02d-%02d-00.log"):format(day or "11",
      1 + minutes // 1440, minutes // 60 % 24, minutes % 60)
    paths[i] = folder:write(name, evidence.poolmon(rows))
  end
  return paths
end

local function with_leak(hour, since)
  local rows = evidence.rows(hour, false)
  for _, row in ipairs(since and rows or {}) do
    local held = row.allocs - row.frees
    row.frees = 1000 * (hour - since)
    row.allocs = held + row.frees
  end
  rows[#rows + 1] = { tag = "LkaL", pool = "Nonp", each = 512, frees = 12,
    allocs = 2100 + (hour - (since or 0)) * 42000 }
  return rows
end

describe("a series", function()
  it("of a leak with a restart is judged run by run", function()
    local folder <close> = folders.new()
    write(folder, 24, function(i) return with_leak(i, i > 12 and 12 or nil), i * 60 end)
    local document, status = answer { "trend", folder:path "logs" }
    local leak = row_of(document, "LkaL")
    assert.equal("LEAK", leak.verdict)
    assert.is_true(math.abs(leak.slope_bytes_per_hour - 42000 * 512) < 1)
    assert.equal(1, #document.data.restarts)
    assert.equal("2026-11-01T13:00:00", document.data.restarts[1].time)
    assert.is_true(said(document, "restarted 1 times"))
    assert.equal(2, status)
  end)

  it("whose 32-bit counters wrap is one run", function()
    local folder <close> = folders.new()
    write(folder, 12, function(i)
      local rows = evidence.rows(i, false)
      for _, row in ipairs(rows) do
        if row.tag == "Irp " then
          row.allocs, row.frees = (4294000000 + 300000 * i) % (1 << 32), (4293990000 + 300000 * i) % (1 << 32)
        end
      end
      rows[#rows + 1] = with_leak(i)[6]
      return rows, i * 60
    end)
    local document = answer { "trend", folder:path "logs" }
    assert.equal("LEAK", row_of(document, "LkaL").verdict)
    assert.equal(0, #document.data.restarts)
  end)

  it("over the end of summer time goes by its counters", function()
    local folder <close> = folders.new()
    -- Every 20 minutes; at 3:00 the clock goes back to 2:00, five minutes off the marks before.
    write(folder, 30, function(i)
      local minutes = i * 20
      return with_leak(i), minutes < 180 and minutes or minutes - 60 + 5
    end)
    local document = answer { "trend", folder:path "logs" }
    local leak = row_of(document, "LkaL")
    assert.equal("LEAK", leak.verdict)
    assert.equal(1, leak.monotone)
    assert.equal(0, #document.data.restarts)
    assert.is_true(said(document, "the clock was set back"))
    assert.is_true(math.abs(leak.slope_bytes_per_hour / (3 * 42000 * 512) - 1) < 0.02)
  end)

  it("over the beginning of summer time keeps its rate", function()
    local folder <close> = folders.new()
    write(folder, 24, function(i) return with_leak(i), i * 60 + (i > 2 and 60 or 0) end, "03")
    local leak = row_of((answer { "trend", folder:path "logs" }), "LkaL")
    assert.equal("LEAK", leak.verdict)
    assert.is_true(math.abs(leak.slope_bytes_per_hour / (42000 * 512) - 1) < 0.02)
  end)

  it("with two snapshots in one second puts these in the order of their counters", function()
    local folder <close> = folders.new()
    write(folder, 12, function(i) return with_leak(i), i * 60 end)
    folder:write("logs/a-2026-11-01T12-00-00.log", evidence.poolmon(with_leak(13)))
    local document = answer { "trend", folder:path "logs" }
    assert.equal(13, document.data.snapshots)
    assert.equal(1, row_of(document, "LkaL").monotone)
    assert.equal(0, #document.data.restarts)
  end)

  it("is cut to the time that was asked for", function()
    local folder <close> = folders.new()
    write(folder, 24, function(i) return with_leak(i), i * 60 end)
    local logs = folder:path "logs"
    assert.equal(7, (answer { "trend", logs, "--since", "6h" }).data.snapshots)
    assert.equal(7, (answer { "trend", logs, "--since", "2026-11-01T06:00", "--until", "2026-11-01T12:00" })
      .data.snapshots)
    local result = shell.poolsleuth { "trend", logs, "--since", "2027-01-01" }
    assert.equal(65, result.status)
    assert.is_truthy(result.err:find("there are some from 2026-11-01 01:00:00", 1, true))
    assert.equal(64, shell.poolsleuth({ "trend", logs, "--since", "whenever" }).status)
  end)

  it("of several machines is told apart by their folders", function()
    local folder <close> = folders.new()
    for i = 1, 12 do
      local name = ("poolmon-2026-11-01T%02d-00-00.log"):format(i)
      folder:write("in/srv1/" .. name, evidence.poolmon(with_leak(i)))
      folder:write("in/srv2/" .. name, evidence.poolmon(evidence.rows(i + 2, false)))
    end
    local document = answer { "trend", folder:path "in" }
    assert.is_true(said(document, "2 machines (srv1, srv2), told apart by their folders: this is about srv1"))
    assert.equal(12, document.data.snapshots)
    document = answer { "trend", folder:path "in", "--host", "SRV1" }
    assert.equal(12, document.data.snapshots)
    assert.equal("LEAK", row_of(document, "LkaL").verdict)
    assert.equal(0, shell.poolsleuth({ "trend", folder:path "in", "--host", "srv2" }).status)
    assert.equal(65, shell.poolsleuth({ "trend", folder:path "in", "--host", "srv3" }).status)
  end)

  it("without times has no rates, and says so", function()
    local folder <close> = folders.new()
    for i = 1, 8 do folder:write(("logs/log%d.txt"):format(i), evidence.poolmon(with_leak(i)), 1700000000) end
    local document = answer { "trend", folder:path "logs" }
    assert.equal(json.null, row_of(document, "LkaL").slope_bytes_per_hour)
    assert.is_true(said(document, "no rates are given"))
    document = answer { "trend", folder:path "logs", "--interval", "1h" }
    assert.is_true(math.abs(row_of(document, "LkaL").slope_bytes_per_hour - 42000 * 512) < 1)
  end)
end)

describe("trend", function()
  -- Six tags at one for one, one at two for one, as a filter that never gives back its contexts makes them.
  local function pinned(folder)
    write(folder, 12, function(i)
      local rows = evidence.rows(i, false)
      local held = 5000 + 900 * i + (i * i * 37) % 400
      rows[#rows + 1] = { tag = "WciF", pool = "Paged", each = 1024, allocs = held, frees = 0 }
      for _, tag in ipairs { "NtfC", "NtFC", "FMfc", "FOCX", "IoNm", "File" } do
        for at, row in ipairs(rows) do
          if row.tag == tag then table.remove(rows, at) end
        end
        rows[#rows + 1] = { tag = tag, pool = "Paged", each = 400, allocs = 90000 + 5000 * i + held,
          frees = 90000 + 5000 * i }
      end
      rows[#rows + 1] = { tag = "Ntf2", pool = "Paged", each = 200, frees = 70000 + 9000 * i,
        allocs = 70000 + 9000 * i + 2 * held - i // 7 }
      return rows, i * 60
    end)
  end

  it("names the source among tags in lock-step, and what follows it", function()
    local folder <close> = folders.new()
    pinned(folder)
    local document, status = answer { "trend", folder:path "logs" }
    assert.equal("LEAK", row_of(document, "WciF").verdict)
    assert.equal(json.null, row_of(document, "WciF").lockstep)
    for _, tag in ipairs { "NtfC", "NtFC", "FMfc", "FOCX", "IoNm", "File" } do
      local lockstep = row_of(document, tag).lockstep
      assert.equal("WciF", lockstep.with)
      assert.equal("1.000", ("%.3f"):format(lockstep.ratio))
      assert.equal("SUSPECT", row_of(document, tag).verdict)
    end
    local twice = row_of(document, "Ntf2").lockstep
    assert.equal("WciF", twice.with)
    assert.is_true(math.abs(twice.ratio - 2) < 0.01)
    assert.equal(2, status)
    local text = shell.poolsleuth({ "trend", folder:path "logs" }).out
    assert.is_truthy(text:find('"FMfc" follows "WciF", 1.000 for one', 1, true))
    local _, leaks = text:gsub("LEAK +\"", "")
    local _, victims = text:gsub("victim +\"", "")
    assert.same({ 1, 7 }, { leaks, victims })
  end)

  it("ends in the status of its worst word", function()
    local folder <close> = folders.new()
    write(folder, 12, function(i) return evidence.rows(i, false), i * 60 end)
    assert.equal(0, shell.poolsleuth({ "trend", folder:path "logs" }).status)
    assert.equal(3, shell.poolsleuth({ "trend", folder:path "logs/poolmon-2026-11-01T01-00-00.log" }).status)
    assert.equal(66, shell.poolsleuth({ "trend", folder:path "none" }).status)
    local two = { "trend", folder:write("a.log", evidence.poolmon(with_leak(1))),
      folder:write("b.log", evidence.poolmon(with_leak(9))), "--interval", "1h" }
    assert.equal(1, shell.poolsleuth(two).status)
  end)

  it("fits into 80 columns", function()
    local folder <close> = folders.new()
    pinned(folder)
    for _, name in ipairs { "trend", "forecast" } do
      local words = { name, folder:path "logs", "--limit", "4G" }
      local out = shell.poolsleuth(words, { env = { COLUMNS = "80" } }).out
      for line in out:gmatch "[^\n]+" do assert.is_true(utf8.len(line) <= 80, line) end
    end
  end)
end)

describe("nightly", function()
  local function nights(folder, host, from, to, make)
    for night = from, to do
      local bytes = evidence.poolmon(make(night))
      folder:write(("%s/poolmon-2026-11-%02dT02-00-00.log"):format(host, night), bytes)
    end
  end

  it("gives one line a machine, the worst first, and its status", function()
    local folder <close> = folders.new()
    nights(folder, "fleet/calm", 1, 10, function(night) return evidence.rows(night * 24, false) end)
    nights(folder, "fleet/leaky", 1, 10, function(night) return evidence.rows(night * 4, "LkaL") end)
    nights(folder, "fleet/silent", 1, 7, function(night) return evidence.rows(night * 24, false) end)
    nights(folder, "fleet/young", 9, 10, function(night) return evidence.rows(night * 24, false) end)
    local result = shell.poolsleuth { "nightly", folder:path "fleet" }
    local lines = {}
    for line in result.out:gmatch "[^\n]+" do lines[#lines + 1] = line end
    assert.is_truthy(lines[1]:find '^WARN tag="LkaL" pool=nonpaged host=leaky reason=leak')
    assert.is_truthy(lines[2]:find "^WARN host=silent reason=no%-snapshot late=72h")
    assert.is_truthy(lines[3]:find "^NOT%-ENOUGH%-DATA host=young")
    assert.is_truthy(lines[4]:find "^OK host=calm nights=7")
    assert.equal(1, result.status)
    assert.equal(2, shell.poolsleuth({ "nightly", folder:path "fleet", "--limit", "6G" }).status)
    assert.equal(0, shell.poolsleuth({ "nightly", folder:path "fleet", "--host", "calm" }).status)
    assert.equal(65, shell.poolsleuth({ "nightly", folder:path "fleet", "--host", "nobody" }).status)
    assert.equal(64, shell.poolsleuth({ "nightly", folder:path "fleet", "--at", "whenever" }).status)
  end)
end)
