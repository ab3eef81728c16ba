--- Evidence of several machines: no two are compared, and the answer says which one it is about.
local case          = require "poolsleuth.case"
local cli           = require "tests.lua.support.shell"
local folders       = require "tests.lua.support.folder"
local hosts         = require "poolsleuth.hosts"
local json          = require "poolsleuth.json"
local machine_parts = require "poolsleuth.machine_parts"
local made_up       = require "poolsleuth.made_up"
local pool          = require "poolsleuth.pool"

local GIB <const>, HOUR <const> = 1 << 30, 3600

-- The rows of a machine after some hours of its run: each machine has its own pace in each tag.
local function rows_of(machine, hour)
  local rows = {}
  for i = 1, 20 do
    local pace = (i * 7919 * machine.seed) % 977 + 20
    local made = math.floor(((i * 104729 * machine.seed) % 90007 + hour * pace) * (machine.size or 1)) + 1000
    rows[i] = { ("T%03d"):format(i), made, math.floor(made * 0.98), 64 * (i % 5 + 1),
                pool = i % 2 == 0 and "paged" or nil }
  end
  local leaked = 100000 * (machine.size or 1) + (machine.leak or 0) * hour
  rows[#rows + 1] = { "LkaL", math.floor(leaked), 0, 4096 }
  return rows
end

-- An entry as a case has it.
local function entry(machine, hour, extra)
  extra = extra or {}
  local rows = {}
  for i, row in ipairs(rows_of(machine, extra.run_hour or hour)) do
    rows[i] = { tag = row[1], pool = row.pool or "nonpaged", allocs = row[2], frees = row[3],
                diff = row[2] - row[3], bytes = (row[2] - row[3]) * row[4], per_alloc = row[4] }
  end
  local memory = { physical_bytes = extra.ram, uptime_s = extra.uptime }
  local snapshot = assert(pool.snapshot { origin = "poolmon -n", scope = "whole", rows = rows,
    memory = memory, time = made_up.time(hour), host = extra.host })
  local path = extra.path or ("poolmon-%s-%07.3f.log"):format("x", hour)
  return { snapshot = snapshot, memory = snapshot:memory(), machine = machine,
           source = { path = path, sha256 = ("%s %s %s"):format(path, hour, machine.seed) } }
end

-- Every group is of one machine, and no machine is in two groups.
local function assert_apart(groups, count)
  local group_of = {}
  assert.equal(count, #groups)
  for _, group in ipairs(groups) do
    for _, one in ipairs(group.entries) do
      assert.equal(group.entries[1].machine, one.machine)
      assert.equal(group, group_of[one.machine] or group)
      group_of[one.machine] = group
    end
  end
end

local function of(entries) return machine_parts.of(entries, {}) end

local LEAKS <const>, OTHER <const> = { seed = 3, leak = 20000 }, { seed = 5 }
local LARGE <const>, YOUNG <const> = { seed = 3, size = 3, leak = 100 }, { seed = 3, size = 0.01 }

local function series(machine, count, extra)
  local list = {}
  for i = 1, count do
    local own = {}
    for name, value in pairs(extra or {}) do own[name] = value end
    list[i] = entry(machine, (extra and extra.from or 0) + i - 1, own)
  end
  return list
end

-- The snapshots of several series, by time as a folder has them.
local function mixed(...)
  local list = {}
  for _, one in ipairs { ... } do table.move(one, 1, #one, #list + 1, list) end
  table.sort(list, function(a, b) return a.snapshot:time() < b.snapshot:time() end)
  return list
end

describe("snapshots that nothing names", function()
  it("of one machine stay together", function()
    assert_apart(of(series(LEAKS, 20)), 1)
    assert_apart(of(series(LEAKS, 1)), 1)
    assert.same({}, of {})
  end)

  it("of two machines in one folder are told apart by what they count", function()
    assert_apart(of(mixed(series(LEAKS, 12), series(OTHER, 12, { from = 0.3 }))), 2)
  end)

  it("are told apart though one machine counts more of everything", function()
    assert_apart(of(mixed(series(LEAKS, 12), series(LARGE, 12, { from = 0.3 }))), 2)
    assert_apart(of(mixed(series(LEAKS, 12), series(YOUNG, 12, { from = 0.3 }))), 2)
    assert_apart(of(mixed(series(YOUNG, 12), series(LEAKS, 12, { from = 0.3 }))), 2)
  end)

  it("of three machines are told apart, one of them started late", function()
    assert_apart(of(mixed(series(LEAKS, 12), series(OTHER, 12, { from = 0.3 }),
      series({ seed = 11, size = 0.02 }, 8, { from = 4.1 }))), 3)
  end)

  it("show a single one of another machine among twenty", function()
    for _, at in ipairs { 0.5, 9.5, 18.5 } do
      local groups = of(mixed(series(LEAKS, 20), { entry({ seed = 7 }, at) }))
      assert_apart(groups, 2)
    end
  end)

  it("are told apart by memory", function()
    local groups = of(mixed(series(LEAKS, 3, { ram = 16 * GIB }),
      series(LARGE, 3, { from = 5, ram = 32 * GIB })))
    assert_apart(groups, 2)
    assert.equal("counts", groups[1].by)
  end)

  it("of a virtual machine that is given memory while it runs stay together", function()
    for _, memory in ipairs { { 4, 6, 5, 8, 16, 12 }, { 8, 8, 8, 16, 16, 16 } } do
      local list = series(LEAKS, #memory)
      for i, gib in ipairs(memory) do
        list[i] = entry(LEAKS, i, { ram = gib * GIB, path = list[i].source.path })
      end
      assert_apart(of(list), 1)
    end
  end)

  it("are told apart by memory though the first snapshot does not tell it", function()
    local first = entry(LEAKS, 0)
    local groups = of(mixed({ first }, series(LEAKS, 3, { from = 1, ram = 16 * GIB }),
      series(LARGE, 3, { from = 5, ram = 32 * GIB })))
    assert_apart(groups, 2)
  end)

  it("are told apart where no times are known and the counters contradict each other", function()
    local list = { entry(LEAKS, 1), entry(LEAKS, 2), entry(OTHER, 3), entry(OTHER, 4) }
    for i, one in ipairs(list) do
      one.snapshot = assert(pool.snapshot { origin = "poolmon -n", rows = one.snapshot:rows() })
      one.source.path = ("%d.log"):format(i)
    end
    assert_apart(of(list), 2)
  end)

  it("are told apart by boots that contradict each other", function()
    local list = {}
    for i = 1, 3 do
      list[i] = entry(LEAKS, i, { uptime = 100 * HOUR + i * HOUR })
      list[i + 3] = entry(LARGE, i + 3, { uptime = 900 * HOUR + i * HOUR })
    end
    assert_apart(of(list), 2)
  end)

  it("stay together over a restart", function()
    local list = series(LEAKS, 8)
    for i = 8, 15 do list[#list + 1] = entry(LEAKS, i, { run_hour = (i - 7) / 100 }) end
    assert_apart(of(list), 1)
    list = series(LEAKS, 8, { ram = 16 * GIB, uptime = 0 })
    for i, one in ipairs(list) do
      local restarted = i > 4
      list[i] = entry(LEAKS, i, { ram = 16 * GIB, uptime = (restarted and i - 4.5 or i + 90) * HOUR,
        run_hour = restarted and (i - 4.5) / 50 or i, path = one.source.path })
    end
    assert_apart(of(list), 1)
  end)

  it("stay together where a figure is wrong", function()
    local list = series(LEAKS, 12)
    for i, row in ipairs { "T007", "LkaL" } do
      local rows = list[4 * i].snapshot:rows()
      for _, one in ipairs(rows) do
        if one.tag == row then one.allocs, one.diff = one.allocs // 10, nil end
      end
      list[4 * i].snapshot = assert(pool.snapshot { origin = "poolmon -n", scope = "whole", rows = rows,
        time = list[4 * i].snapshot:time() })
    end
    assert_apart(of(list), 1)
  end)

  it("stay together where the clock was set back", function()
    local list = {}
    for i = 0, 11 do
      list[#list + 1] = entry(LEAKS, i < 6 and i / 4 or (i - 4) / 4 + 0.1, { run_hour = i / 4 })
    end
    assert_apart(of(list), 1)
  end)

  it("stay together where some have few of the tags, or counts in use alone", function()
    local list = series(LEAKS, 12)
    for i = 1, 12, 3 do
      local rows = {}
      for j, row in ipairs(list[i].snapshot:rows()) do
        if i == 4 or j > 15 then
          rows[#rows + 1] = { tag = row.tag, pool = row.pool, allocs = i ~= 4 and row.allocs or nil,
                              diff = row.diff, bytes = row.bytes }
        end
      end
      list[i].snapshot = assert(pool.snapshot { origin = "!poolused", scope = "part", rows = rows,
        time = list[i].snapshot:time() })
    end
    assert_apart(of(list), 1)
  end)

  it("are told apart in whatever order and at whatever distances", function()
    local random = 12345
    local function below(n)
      random = (random * 1103515245 + 12345) % (1 << 31)
      return (random >> 8) % n
    end
    for round = 1, 20 do
      local count, all = 2 + below(2), {}
      for i = 1, count do
        local seed = 1 + 2 * below(400) + 802 * i
        local machine = { seed = seed, size = 0.5 + below(30) / 10, leak = below(5000) }
        all[i] = series(machine, 6 + below(12), { from = below(100) / 37 + i / 1000 })
      end
      local ok, message = pcall(assert_apart, of(mixed(table.unpack(all))), count)
      assert(ok, ("round %d: %s"):format(round, tostring(message)))
    end
  end)
end)

describe("snapshots that name their machine", function()
  it("are of the same one whatever the case, and with its domain or without", function()
    local list = {}
    for i, name in ipairs { "SRV1", "srv1", "Srv1.corp.example", "SRV2" } do
      list[i] = entry(name == "SRV2" and OTHER or LEAKS, i, { host = name })
    end
    local groups = of(list)
    assert_apart(groups, 2)
    assert.equal("content", groups[1].by)
    assert.equal(3, #groups[1].entries)
  end)

  it("are never of another one, however well the counters go on", function()
    local groups = of { entry(LEAKS, 1, { host = "A" }), entry(LEAKS, 2, { host = "B" }) }
    assert.equal(2, #groups)
  end)

  it("take in those without a name where these go on from theirs, and no others", function()
    local groups = of(mixed(series(LEAKS, 3, { host = "SRV1" }), series(LEAKS, 3, { from = 3 })))
    assert_apart(groups, 1)
    groups = of(mixed(series(LEAKS, 6, { host = "SRV1" }), series(OTHER, 6, { from = 0.5 })))
    assert_apart(groups, 2)
    assert.equal("SRV1", groups[1].name)
    assert.equal("unnamed", groups[2].name)
  end)

  it("may do so by folders, below a common one, and where each root is a folder", function()
    local list = {}
    local paths = { "in/logs/web/a.log", "in/logs/web/b.log", "in/db/before/a.log", "in/db/after/b.log" }
    for i, path in ipairs(paths) do
      list[i] = entry(i < 3 and LEAKS or OTHER, i, { path = path })
    end
    local groups = machine_parts.of(list, { "in" })
    assert_apart(groups, 2)
    assert.same({ "db", "web", "folder" }, { groups[1].name, groups[2].name, groups[1].by })
    groups = machine_parts.of(list, { "in/logs/web/", "in/db" })
    assert.same({ "db", "web" }, { groups[1].name, groups[2].name })
  end)

  it("are one where folders or files sort the snapshots of one run", function()
    for _, shape in ipairs { "in/%s/%d.log", "in/%s-%d.log" } do
      for _, names in ipairs { { "before_update", "after_update" }, { "calm", "stormy" } } do
        local list = series(LEAKS, 8)
        for i, one in ipairs(list) do one.source.path = shape:format(names[i <= 4 and 1 or 2], i) end
        assert_apart(machine_parts.of(list, { "in" }), 1)
      end
    end
  end)

  it("are one where phases have a restart between them", function()
    local list = series(LEAKS, 8)
    for i = 5, 8 do list[i] = entry(LEAKS, i, { run_hour = (i - 4) / 100 }) end
    for i, one in ipairs(list) do
      one.source.path = ("in/%s/%d.log"):format(i <= 4 and "before-reboot" or "after-reboot", i)
    end
    assert_apart(machine_parts.of(list, { "in" }), 1)
  end)

  it("are one where files without times are not in order", function()
    local list = {}
    for i, hour in ipairs { 5, 2, 1, 7, 4, 0, 6, 3 } do
      list[i] = entry(LEAKS, hour)
      list[i].snapshot = assert(pool.snapshot { origin = "poolmon -n", rows = list[i].snapshot:rows() })
      list[i].source.path = ("%s.log"):format(("abcdefgh"):sub(i, i))
    end
    assert_apart(of(list), 1)
  end)

  it("may hold in their folder what is of another one", function()
    local list = mixed(series(LEAKS, 9), { entry({ seed = 7 }, 4.5) })
    for i, one in ipairs(list) do one.source.path = ("in/web/%02d.log"):format(i) end
    local groups = machine_parts.of(list, { "in" })
    assert_apart(groups, 2)
    assert.same({ "web", "web-2" }, { groups[1].name, groups[2].name })
  end)

  it("may do so by the names of their files", function()
    local list = {}
    for i = 1, 6 do
      local name = i % 2 == 0 and "poolmon-alpha-2026-11-01T%02d-00-00.log"
        or "beta_2026-11-01_%02d0000_pool.txt"
      list[i] = entry(i % 2 == 0 and LEAKS or OTHER, i, { path = name:format(i) })
    end
    local groups = of(list)
    assert_apart(groups, 2)
    assert.same({ "alpha", "beta", "file name" }, { groups[1].name, groups[2].name, groups[1].by })
    groups = of { entry(LEAKS, 1, { path = "SRV01.log" }), entry(OTHER, 2, { path = "SRV02.log" }) }
    assert.equal(2, #groups)
  end)

  it("do not do so by names that say when or what", function()
    for _, names in ipairs { { "before.log", "after.log" }, { "A.log", "B.log" }, { "one.txt", "two.txt" },
                             { "snap01.log", "snap02.log" }, { "monday/a.log", "tuesday/b.log" },
                             { "leak.log", "later-on.log" }, { "20261101/a.log", "20261102/b.log" } } do
      local list = {}
      for i, name in ipairs(names) do list[i] = entry(LEAKS, i, { path = "in/" .. name }) end
      local groups = machine_parts.of(list, { "in" })
      assert.equal(1, #groups, names[1])
    end
  end)
end)

describe("names of machines", function()
  it("are found in names of files", function()
    for path, name in pairs { ["a/poolmon-SRV1-2026-11-01T00-05-00.log"] = "SRV1",
                              ["WEB-01_20261101.txt"] = "WEB",
                              ["fs1.driverquery.csv"] = "fs1",
                              ["2026-11-01 lm mail2.txt"] = "mail2" } do
      assert.equal(name, hosts.in_name(path), path)
    end
    assert.is_nil(hosts.in_name "poolmon-2026-11-01T00-05-00.log")
    assert.is_nil(hosts.in_name "before.log")
  end)

  it("are the same in short and in full, but not those of two domains, nor addresses", function()
    assert.is_true(hosts.same("srv1.corp.example", "SRV1"))
    assert.is_true(hosts.same("\\\\SRV1", "srv1"))
    assert.is_false(hosts.same("srv1.one.example", "srv1.two.example"))
    assert.is_false(hosts.same("10.0.0.1", "10"))
    assert.is_false(hosts.same("srv1", "srv10"))
  end)
end)

-- Three machines in folders of their own, each with its own build of the driver.
local function fill(folder)
  for i = 0, 11 do
    for name, machine in pairs { leaky = LEAKS, healthy = OTHER, young = { seed = 11, size = 0.02 } } do
      local log = made_up.snapshot(i + machine.seed / 100, rows_of(machine, i))
      folder:write(("in/%s/%s"):format(name, log.name), log.text)
    end
  end
  return folder:path "in"
end

local function made_case(host)
  local made = { texts = {}, drivers = {}, options = { window = host and { host = host } } }
  for i = 0, 11 do
    for name, machine in pairs { leaky = LEAKS, healthy = OTHER } do
      local log = made_up.snapshot(i + machine.seed / 100, rows_of(machine, i))
      made.texts[#made.texts + 1] = { name = ("in/%s/%s"):format(name, log.name), text = log.text }
    end
  end
  for name, version in pairs { leaky = "2.0", healthy = "1.0" } do
    local driver = made_up.driver("acme.sys", { tag = "LkaL", version = version })
    driver.path, driver.sha256 = ("in/%s/drivers/acme.sys"):format(name), version
    made.drivers[#made.drivers + 1] = driver
  end
  local one = case.new(made)
  one.roots[1] = "in"
  return one
end

describe("a case of several machines", function()
  it("is about the one that looks worst, with its drivers alone", function()
    local made = made_case()
    assert.equal(12, #made.series.entries)
    assert.equal("leaky", made.about.name)
    assert.equal(1, #made.drivers:all())
    assert.equal("2.0", made.drivers:all()[1].file_version)
    assert.equal(2, #made.every_driver:all())
  end)

  it("is about the one that is asked for", function()
    local made = made_case "HEALTHY"
    assert.equal("in/healthy", made.series.entries[1].source.path:match "^in/%a+")
    assert.equal("1.0", made.drivers:all()[1].file_version)
  end)

  it("says which there are where one is asked for that is none of them", function()
    local ok, problem = pcall(function() return made_case("nobody").series end)
    assert.is_false(ok)
    assert.is_truthy(problem.message:find("healthy, leaky", 1, true))
  end)
end)

describe("a folder of three machines", function()
  it("gets one answer that says which machine it is about", function()
    local folder <close> = folders.new()
    local path = fill(folder)
    local about = "This is about leaky alone, the one that looks worst of 3 machines."
    for _, words in ipairs { { "investigate" }, { "find-leaking-driver" },
                             { "report", "--format", "text" } } do
      local result = cli.poolsleuth { words[1], path, table.unpack(words, 2) }
      assert.equal(2, result.status, words[1])
      assert.is_truthy(result.out:gsub("%s+", " "):find(about, 1, true), words[1])
      assert.is_truthy(result.out:find('LEAK tag="LkaL" pool=nonpaged host=leaky', 1, true), words[1])
      assert.is_truthy(result.out:find("--host healthy", 1, true), words[1])
      for line in (result.out:match "This is about.-\n\n"):gmatch "[^\n]+" do assert.is_true(#line <= 80) end
    end
  end)

  it("answers about another one when asked", function()
    local folder <close> = folders.new()
    local path = fill(folder)
    local result = cli.poolsleuth { "find-leaking-driver", path, "--host", "Healthy", "--json" }
    local data = json.decode(result.out).data
    assert.equal(0, result.status)
    assert.equal("healthy", data.machines.about)
    assert.is_true(data.machines.asked)
    assert.same({ "leaky", "young" }, { data.machines.others[1].name, data.machines.others[2].name })
    for _, finding in ipairs(data.findings) do assert.equal("healthy", finding.host) end
    result = cli.poolsleuth { "investigate", path, "--host", "nobody" }
    assert.equal(65, result.status)
    assert.is_truthy(result.err:find("healthy, leaky, young", 1, true))
  end)

  it("says what the others look like", function()
    local folder <close> = folders.new()
    local data = json.decode(cli.poolsleuth({ "investigate", fill(folder), "--json" }).out).data
    assert.is_false(data.machines.asked)
    for _, other in ipairs(data.machines.others) do
      assert.equal("NO-LEAK", other.verdict)
      assert.equal(12, other.snapshots)
    end
  end)
end)
