-- The history: what goes in comes out again, in order, whatever happens in between.
local pool  = require "poolsleuth.pool"
local store = require "poolsleuth.store"

local DAY <const> = 86400
local T0 <const> = 1790000000

local paths = {}
local function new_path()
  local path = os.tmpname()
  os.remove(path)
  paths[#paths + 1] = path
  return path
end

local function remove_all()
  for _, path in ipairs(paths) do
    for _, suffix in ipairs { "", "-wal", "-shm" } do os.remove(path .. suffix) end
  end
  paths = {}
end

local function snapshot(step, more)
  local given = {
    origin = "poolmon -n", scope = "whole", memory = { nonpaged_bytes = 1 << 30 },
    rows = {
      { tag = "Leak", pool = "nonpaged", allocs = 1000 + step * 10, frees = 100 + step,
        diff = 900 + step * 9, bytes = (900 + step * 9) * 64, per_alloc = 64, line = 5 },
      { tag = "Even", pool = "paged", allocs = 50, frees = 20, diff = 30, bytes = 4096, line = 6 },
    },
  }
  for name, value in pairs(more or {}) do given[name] = value end
  return assert(pool.snapshot(given))
end

local function fill(h, host, count, every)
  assert(h:transaction(function()
    for i = 1, count do assert(h:record(host, snapshot(i), { time = T0 + i * (every or 300) })) end
  end))
end

describe("the history", function()
  after_each(remove_all)

  it("keeps a snapshot and gives it back", function()
    local h <close> = assert(store.open(new_path()))
    local given = snapshot(3, { host = "SRV01" })
    assert.equal("added", h:record("srv01", given, { time = T0, time_source = "file name",
      source = "a/b.log", sha256 = ("0"):rep(64), line = 7 }))
    local list = assert(h:snapshots "SRV01")
    assert.equal(1, #list)
    assert.same({ T0, "file name", "poolmon -n", "a/b.log", ("0"):rep(64), 7, 2, false },
      { list[1].time, list[1].time_source, list[1].origin, list[1].source, list[1].sha256, list[1].line,
        list[1].rows, list[1].reboot })
    local loaded = assert(h:load(list[1].id))
    assert.same(given:rows(), loaded:rows())
    assert.same(given:memory(), loaded:memory())
    assert.same({ "poolmon -n", "whole", "SRV01", T0 },
      { loaded:origin(), loaded:scope(), loaded:host(), loaded:time() })
  end)

  it("takes the same snapshot once, and two of one second both", function()
    local h <close> = assert(store.open(new_path()))
    assert.equal("added", h:record("A", snapshot(1), { time = T0 }))
    assert.equal("known", h:record("a", snapshot(1), { time = T0, source = "a copy" }))
    assert.equal("added", h:record("A", snapshot(2), { time = T0 }))
    assert.equal("added", h:record("B", snapshot(1), { time = T0 }))
    assert.equal("added", h:record("A", snapshot(1), { time = T0 + 1 }))
    assert.same({ { "A", 3 }, { "B", 1 } },
      (function()
        local out = {}
        for i, host in ipairs(assert(h:hosts())) do out[i] = { host.name, host.snapshots } end
        return out
      end)())
  end)

  it("puts late snapshots where they belong", function()
    local h <close> = assert(store.open(new_path()))
    local order = {}
    for i = 1, 700 do order[i] = i end
    local seed = 12345
    for i = #order, 2, -1 do
      seed = (seed * 1103515245 + 12345) & 0x7fffffff
      local k = (seed >> 8) % i + 1
      order[i], order[k] = order[k], order[i]
    end
    assert(h:transaction(function()
      for _, i in ipairs(order) do assert(h:record("A", snapshot(i), { time = T0 + i * 60 })) end
    end))
    local list = assert(h:snapshots "A")
    assert.equal(700, #list)
    for i, entry in ipairs(list) do
      assert.equal(T0 + i * 60, entry.time)
      assert.is_false(entry.reboot)
      if i % 50 == 0 then assert.equal(1000 + i * 10, assert(h:load(entry.id)):rows()[1].allocs) end
    end
  end)

  it("marks restarts, wherever they come from", function()
    local h <close> = assert(store.open(new_path()))
    for _, i in ipairs { 1, 2, 3 } do h:record("A", snapshot(500 + i), { time = T0 + i }) end
    for _, i in ipairs { 6, 7 } do h:record("A", snapshot(i), { time = T0 + i }) end
    local function reboots()
      local out = {}
      for _, entry in ipairs(assert(h:snapshots "A")) do
        if entry.reboot then out[#out + 1] = entry.time - T0 end
      end
      return out
    end
    assert.same({ 6 }, reboots())
    h:record("A", snapshot(4), { time = T0 + 4 })
    assert.same({ 4 }, reboots())
  end)

  it("counts a wrap as no restart", function()
    local h <close> = assert(store.open(new_path()))
    local function near(value)
      return snapshot(0, { rows = { { tag = "Wrap", pool = "paged", allocs = value, frees = 5, diff = 7,
        bytes = 7 * 64 } } })
    end
    h:record("A", near((1 << 32) - 100), { time = T0 })
    h:record("A", near(50), { time = T0 + 60 })
    local list = assert(h:snapshots "A")
    assert.same({ false, false }, { list[1].reboot, list[2].reboot })
    assert.equal(150, assert(h:growth("A")).rows[1].d_allocs)
  end)

  it("tells growth and trend of a range", function()
    local h <close> = assert(store.open(new_path()))
    fill(h, "A", 600)
    local grown = assert(h:growth("A", T0 + 300, T0 + 300 * 101))
    assert.same({ "Leak", 100 * 9 * 64, 900 * 64 // 1 },
      { grown.rows[1].tag, grown.rows[1].d_bytes, 900 * 64 })
    assert.equal(30000, grown.after - grown.before)
    local trend, times = assert(h:trend "A")
    assert.equal(600, #times)
    local row = trend:rows()[1]
    assert.equal("Leak", row.tag)
    assert.equal(599 * 9 * 64, row.growth)
    assert.near(9 * 64 * 12, row.slope, 1)
    local _, fewer = assert(h:trend("A", nil, nil, { every = 3600 }))
    assert.equal(50, #fewer)
  end)

  it("keeps nothing of a transaction that fails", function()
    local h <close> = assert(store.open(new_path()))
    assert.has_error(function() h:transaction(function()
      h:record("A", snapshot(1), { time = T0 })
      error "stop"
    end) end)
    local none, message = h:transaction(function()
      h:record("A", snapshot(1), { time = T0 })
      return nil, "no"
    end)
    assert.is_nil(none)
    assert.equal("no", message)
    assert.same({}, h:hosts())
    assert.equal("added", h:record("A", snapshot(1), { time = T0 }))
  end)

  it("follows a host to its new name", function()
    local h <close> = assert(store.open(new_path()))
    fill(h, "OLD", 5)
    h:record("NEW", snapshot(9), { time = T0 + 10 * DAY })
    h:record("NEW", snapshot(1), { time = T0 + 300 })
    assert(h:rename_host("old", "NEW"))
    local hosts = assert(h:hosts())
    assert.equal(1, #hosts)
    assert.same({ "NEW", 6, { "OLD" } }, { hosts[1].name, hosts[1].snapshots, hosts[1].aliases })
    assert.equal(6, #assert(h:snapshots "OLD"))
    assert.equal("known", h:record("OLD", snapshot(2), { time = T0 + 600 }))
    assert(h:rename_host("NEW", "NEWER"))
    assert.same({ "NEW", "OLD" }, assert(h:hosts())[1].aliases)
    assert.is_nil((h:rename_host("nobody", "X")))
  end)

  it("rolls days up, and keeps them when snapshots go", function()
    local h <close> = assert(store.open(new_path()))
    local midnight = T0 // DAY * DAY
    assert(h:transaction(function()
      for i = 0, 3 * 24 - 1 do assert(h:record("A", snapshot(i), { time = midnight + i * 3600 })) end
    end))
    local days = assert(h:days("A", "Leak"))
    assert.equal(3, #days)
    for i, day in ipairs(days) do
      assert.same({ midnight // DAY + i - 1, "nonpaged", 24 }, { day.day, day.pool, day.n })
      assert.equal((900 + (i - 1) * 24 * 9) * 64, day.first_bytes)
      assert.equal(day.first_bytes + 23 * 9 * 64, day.last_bytes)
      assert.same({ day.first_bytes, day.last_bytes }, { day.least_bytes, day.most_bytes })
      assert.near(9 * 64, day.slope, 0.001)
    end
    assert.equal(48, assert(h:prune { before = midnight + 2 * DAY }))
    assert.equal(24, #assert(h:snapshots "A"))
    assert.same(days, h:days("A", "Leak"))
    assert.is_true(h:check())
    local slopes = assert(h:slopes "A")
    assert.same({ "Leak", 24 }, { slopes[1].tag, slopes[1].n })
    assert.near(9 * 64, slopes[1].slope, 0.001)
    assert.equal("added", h:record("A", snapshot(5), { time = midnight + 2 * DAY + 1 }))
    assert.equal(25, assert(h:days("A", "Leak"))[3].n)
  end)

  it("takes a slope within runs of the machine alone", function()
    local h <close> = assert(store.open(new_path()))
    for i = 1, 8 do
      h:record("A", snapshot(i > 4 and i - 4 or i + 1000), { time = T0 + i * 3600 })
    end
    local slopes = assert(h:slopes "A")
    assert.near(9 * 64, slopes[1].slope, 0.001)
  end)

  it("cuts the front off a reel", function()
    local h <close> = assert(store.open(new_path()))
    fill(h, "A", 100)
    fill(h, "B", 10)
    assert.equal(50, assert(h:prune { before = T0 + 51 * 300, host = "A" }))
    local list = assert(h:snapshots "A")
    assert.same({ 50, T0 + 51 * 300 }, { #list, list[1].time })
    assert.equal(1000 + 51 * 10, assert(h:load(list[1].id)):rows()[1].allocs)
    assert.equal(10, #assert(h:snapshots "B"))
    assert.is_true(h:check())
  end)

  it("joins what was written one by one", function()
    local h <close> = assert(store.open(new_path()))
    for i = 5, 1, -1 do h:record("A", snapshot(i), { time = T0 + i }) end
    assert(h:vacuum())
    assert.is_true(h:check())
    local list = assert(h:snapshots "A")
    for i = 1, 5 do assert.equal(1000 + i * 10, assert(h:load(list[i].id)):rows()[1].allocs) end
  end)

  it("tells which drivers changed", function()
    local h <close> = assert(store.open(new_path()))
    local function driver(name, version) return { name = name, version = version, path = "C:\\" .. name } end
    assert(h:record_drivers("A", T0 + 2 * DAY, { driver("a.sys", "2"), driver("c.sys", "1") }))
    assert(h:record_drivers("A", T0, { driver("a.sys", "1"), driver("b.sys", "1") }))
    assert(h:record_drivers("A", T0 + DAY, { driver("B.SYS", "1"), driver("a.sys", "1") }))
    local function told(changes)
      local out = {}
      for i, c in ipairs(changes) do
        out[i] = { (c.time - T0) // DAY, c.name, c.before and c.before.version, c.after and c.after.version }
      end
      return out
    end
    local changes = assert(h:driver_changes "A")
    assert.same({ { 2, "a.sys", "1", "2" }, { 2, "B.SYS", "1" }, { 2, "c.sys", nil, "1" } }, told(changes))
    assert.same(changes, h:driver_changes("A", T0 + 2 * DAY))
    assert.same({}, h:driver_changes("A", nil, T0 + DAY))
  end)

  it("keeps processes", function()
    local h <close> = assert(store.open(new_path()))
    assert(h:record_processes("A", T0, { { name = "svc.exe", pid = 4, handles = 100 }, { name = "x.exe" } }))
    assert(h:record_processes("A", T0 + 60,
      { { name = "svc.exe", pid = 4, handles = 150, paged_bytes = 1 } }))
    assert.same({ { time = T0, name = "svc.exe", pid = 4, handles = 100 }, { time = T0, name = "x.exe" },
      { time = T0 + 60, name = "svc.exe", pid = 4, handles = 150, paged_bytes = 1 } }, h:processes "A")
    assert.equal(1, #assert(h:processes("A", T0 + 1)))
  end)

  it("finds damage", function()
    local path = new_path()
    do
      local h <close> = assert(store.open(path))
      fill(h, "A", 400)
    end
    local file <close> = assert(io.open(path, "r+b"))
    local size = file:seek "end"
    file:seek("set", size - 20000)
    file:write(("\xA5"):rep(64))
    file:close()
    local h <close> = assert(store.open(path))
    local sound, message, info = h:check()
    assert.is_nil(sound)
    assert.is_string(message)
    assert(#info.problems >= 1)
  end)

  it("stops a question without end where the asker says so, and answers the next", function()
    local h <close> = assert(store.open(new_path()))
    fill(h, "A", 2)
    local calls, total = {}, nil
    local rows, message, err = h:sql("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) "
      .. "SELECT count(*) FROM n", nil, { progress = function(done, all)
        calls[#calls + 1], total = done, all
        return #calls < 3
      end })
    assert.is_nil(rows)
    assert.equal("SQL: stopped", message)
    assert.equal("cancelled", err.code)
    assert.same({ { 1, 2, 3 }, 0 }, { calls, total })
    assert.same({ { n = 2 } }, h:sql "SELECT count(*) AS n FROM snapshot")
    assert.has_error(function()
      h:sql("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n", nil,
        { progress = function() error("enough", 0) end })
    end, "enough")
  end)

  it("answers in SQL, and cannot be written to", function()
    local h <close> = assert(store.open(new_path()))
    fill(h, "A", 400)
    fill(h, "B", 3)
    assert(h:record_drivers("A", T0, { { name = "a.sys", version = "1" } }))
    assert.same({ { n = 806 } }, h:sql "SELECT count(*) AS n FROM pool_sample")
    local rows = assert(h:sql([[SELECT host, time, tag, tag_hex, pool, session, allocs, frees, diff, bytes
      FROM pool_sample WHERE host = ? AND tag = 'Leak' AND time BETWEEN ? AND ? ORDER BY time]],
      { "A", T0 + 300 * 300, T0 + 301 * 300 }))
    assert.same({ { host = "A", time = T0 + 300 * 300, tag = "Leak", tag_hex = "6b61654c", pool = "nonpaged",
      allocs = 4000, frees = 400, diff = 3600, bytes = 3600 * 64 }, { host = "A", time = T0 + 301 * 300,
      tag = "Leak", tag_hex = "6b61654c", pool = "nonpaged", allocs = 4010, frees = 401, diff = 3609,
      bytes = 3609 * 64 } }, rows)
    assert.same({ { n = 3 } },
      h:sql("SELECT count(*) AS n FROM snapshot WHERE host = 'B' AND time > ?", { T0 }))
    assert.same({ { least = 909 * 64 } },
      h:sql "SELECT min(first_bytes) AS least FROM day WHERE tag = 'Leak' AND host = 'A'")
    assert.same({ { name = "a.sys" } }, h:sql "SELECT name FROM driver")
    for _, query in ipairs { "DELETE FROM snapshots", "DROP TABLE reels", "ATTACH 'x' AS y", "SELECT", "",
                             "VACUUM", "VACUUM INTO 'never.db'",
                             "PRAGMA user_version = 9", "SELECT 1; SELECT 2",
                             "SELECT load_extension('x')" } do
      assert.is_nil((h:sql(query)), query)
    end
    assert.is_true(h:check())
  end)

  it("goes out as JSON Lines and comes back the same", function()
    local h <close> = assert(store.open(new_path()))
    fill(h, "A", 30)
    assert(h:record("B, the \"second\"", snapshot(1, { host = "b\n\226\130\172", rows = {
      { tag = "\1\2\255x", pool = "paged", session = 3, allocs = 1 << 40, note = "a \"note\"\t\\" },
      { tag = "Odd", pool = "nonpaged", session = "all", bytes = -5 } } }),
      { time = T0, time_source = "given", source = "c:\\x", sha256 = ("a"):rep(64), line = 3 }))
    local path = new_path()
    do
      local file <close> = assert(io.open(path, "wb"))
      assert(h:export(file, "jsonl"))
    end
    local other <close> = assert(store.open(new_path()))
    assert.same({ lines = 31, snapshots = 31, added = 31 }, other:import(path))
    assert.same({ lines = 31, snapshots = 31, added = 0 }, other:import(path))
    assert.same({ lines = 31, snapshots = 31, added = 0 }, h:import(path))
    for _, host in ipairs(assert(h:hosts())) do
      local list, copies = assert(h:snapshots(host.name)), assert(other:snapshots(host.name))
      for i, told in ipairs(list) do
        local a, b = assert(h:load(told.id)), assert(other:load(copies[i].id))
        assert.same({ a:rows(), a:memory(), a:host(), a:origin(), a:scope(), told.time_source, told.source,
          told.line }, { b:rows(), b:memory(), b:host(), b:origin(), b:scope(), copies[i].time_source,
          copies[i].source, copies[i].line })
      end
    end
  end)

  it("goes out as CSV and comes back with its numbers", function()
    local h <close> = assert(store.open(new_path()))
    fill(h, 'A "quoted", host', 30)
    h:record("B", snapshot(1, { rows = { { tag = 'a,"b', pool = "paged", session = "all", bytes = 7 } } }),
      { time = T0 })
    local path = new_path()
    do
      local file <close> = assert(io.open(path, "wb"))
      assert(h:export(file, "csv"))
    end
    local other <close> = assert(store.open(new_path()))
    assert.same({ lines = 62, snapshots = 31, added = 31 }, other:import(path))
    local query <const> = [[SELECT host, time, tag_hex, pool, session, allocs, frees, diff, bytes
      FROM pool_sample ORDER BY 1, 2, 3]]
    assert.same(h:sql(query), other:sql(query))
    assert.equal("whole", assert(other:load(other:snapshots("B")[1].id)):scope())
  end)

  it("imports all of a file or nothing, and says which line is wrong", function()
    local h <close> = assert(store.open(new_path()))
    local head <const> = "host,time,tag,pool,bytes\nA,1,Leak,paged,5\n"
    for _, case in ipairs {
      { head .. "A,2,Leak,paged,x\n", "line 3: a number" },
      { head .. "A,2,Leak,other,1\n", "line 3: its tag" },
      { head .. "A,two,Leak,paged,1\n", "line 3: its time" }, { "a,b\n", "line 1: its columns" },
      { head .. 'A,2,"Lea', "line 3: a quote" }, { "{\"host\":", "line 1: it is no JSON" },
      { '{"host":"A","time":1,"rows":[{"pool":"paged"}]}', "line 1: a row" },
      { '{"host":"A","rows":[]}', "line 1: it has no time" }, { '{"x":' .. ("["):rep(100), "line 1" },
    } do
      local path = new_path()
      local file <close> = assert(io.open(path, "wb"))
      file:write(case[1])
      file:close()
      local none, message = h:import(path)
      assert.is_nil(none)
      assert.matches(case[2], message, 1, true)
      assert.same({}, h:hosts())
    end
  end)

  it("says what it cannot do", function()
    local h <close> = assert(store.open(new_path()))
    local none, message, info = h:record("A", snapshot(1))
    assert.is_nil(none)
    assert.matches("no time", message)
    assert.equal("format", info.code)
    assert.is_nil((h:snapshots "nobody"))
    h:close()
    assert.has_error(function() h:hosts() end)
  end)

  it("refuses files that are none of its own", function()
    local path = new_path()
    local file <close> = assert(io.open(path, "w"))
    file:write(("no database "):rep(100))
    file:close()
    local none, message, info = store.open(path)
    assert.is_nil(none)
    assert.matches("is no history", message)
    assert.equal("format", info.code)
  end)
end)
