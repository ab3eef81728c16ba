-- The history through the command line: what goes in, what comes out, and what goes wrong.
local evidence = require "tests.lua.support.evidence"
local folders  = require "tests.lua.support.folder"
local image    = require "tests.lua.support.image"
local json     = require "poolsleuth.json"
local shell    = require "tests.lua.support.shell"
local store    = require "poolsleuth.store"

local function run(folder, words, options)
  words[#words + 1] = "--history"
  words[#words + 1] = folder:path "history.db"
  options = options or {}
  options.env = options.env or {}
  options.env.XDG_CACHE_HOME = folder:path "cache"
  return shell.poolsleuth(words, options)
end

local function answer(folder, words, options)
  words[#words + 1] = "--json"
  local result = run(folder, words, options)
  assert(result.out ~= "", result.err)
  return assert(json.decode(result.out)), result.status
end

local function hosts(folder)
  local found = {}
  for _, host in ipairs((answer(folder, { "history" })).data.hosts) do found[host.name] = host.snapshots end
  return found
end

local function log(folder, name, rows, mtime)
  return folder:write(name, evidence.poolmon(rows), mtime)
end

-- A snapshot a night of one machine.
local function nights(folder, host, from, to, make)
  for night = from, to do
    log(folder, ("%s/poolmon-2026-11-%02dT02-00-00.log"):format(host, night), make(night))
  end
end

local function calm(night) return evidence.rows(night * 24, false) end
local function leaky(night) return evidence.rows(night * 4, "LkaL") end

describe("record", function()
  it("keeps snapshots, and keeps none twice", function()
    local folder <close> = folders.new()
    evidence.logs(folder, 5)
    local document, status = answer(folder, { "record", folder:path(), "--host", "SRV1" })
    assert.equal(0, status)
    assert.equal(5, document.data.added)
    assert.same({ { name = "file name", snapshots = 5 } }, document.data.time_sources)
    assert.equal("2026-11-01T04:05:00", document.data.hosts[1].last)
    local bytes = folder:read "history.db"
    document, status = answer(folder, { "record", folder:path "*.log", "--host", "srv1" })
    assert.equal(3, status)
    assert.equal(0, document.data.added)
    assert.equal(5, document.data.known)
    assert.equal(#bytes, #folder:read "history.db")
    assert.same({ SRV1 = 5 }, hosts(folder))
    assert.is_truthy(run(folder, { "record", folder:path "*.log", "--host", "srv1" }).out
      :find("nothing is new", 1, true))
  end)

  it("takes the machine from the folder below the source, and the time from wherever it is", function()
    local folder <close> = folders.new()
    nights(folder, "in/alpha", 1, 2, calm)
    nights(folder, "in/beta/logs", 3, 3, calm)
    log(folder, "in/alpha/poolmon.log", calm(9), 1700000000)
    local document = answer(folder, { "record", folder:path "in" })
    assert.same({ alpha = 3, beta = 1 }, hosts(folder))
    assert.same({ { name = "file name", snapshots = 3 }, { name = "modification time", snapshots = 1 } },
      document.data.time_sources)
  end)

  it("does not date copied files by their modification times", function()
    local folder <close> = folders.new()
    for i = 1, 3 do log(folder, ("in/log%d.txt"):format(i), calm(i), 1700000000 + i) end
    local document, status = answer(folder, { "record", folder:path "in", "--host", "a" })
    assert.equal(1, status)
    assert.equal(0, document.data.added)
    assert.equal(3, document.data.refused)
    document, status = answer(folder, { "record", folder:path "in", "--host", "a",
      "--time", "2026-11-01T01:00", "--time", "2026-11-01T02:00", "--time", "2026-11-01T03:00" })
    assert.equal(0, status)
    assert.equal(3, document.data.added)
    assert.equal("2026-11-01T01:00:00", document.data.hosts[1].first)
  end)

  it("keeps two snapshots of one second apart", function()
    local folder <close> = folders.new()
    log(folder, "in/a-2026-11-01T02-00-00.log", calm(1))
    log(folder, "in/b-2026-11-01T02-00-00.log", calm(2))
    local document, status = answer(folder, { "record", folder:path "in", "--host", "a" })
    assert.equal(0, status)
    assert.equal(2, document.data.added)
    assert.same({ a = 2 }, hosts(folder))
  end)

  it("says what is damaged, and keeps the rest", function()
    local folder <close> = folders.new()
    nights(folder, "in/alpha", 1, 3, calm)
    local bad = evidence.poolmon(calm(4)):gsub("(CM31 Paged)[^\r\n]+", "%1 97x4 zz (   0)  yy")
    folder:write("in/alpha/poolmon-2026-11-04T02-00-00.log", bad)
    local result = run(folder, { "record", folder:path "in" })
    assert.equal(1, result.status)
    assert.is_truthy(result.out:find("poolmon-2026-11-04", 1, true))
    assert.is_true(hosts(folder).alpha >= 3)
  end)

  it("says that there is nothing to record", function()
    local folder <close> = folders.new()
    folder:write("in/readme.txt", "nothing of the kind\n")
    assert.equal(65, run(folder, { "record", folder:path "in" }).status)
    assert.equal(66, run(folder, { "record", folder:path "none" }).status)
    assert.equal(64, run(folder, { "record" }).status)
  end)

  it("keeps the drivers as an inventory, and lists of processes", function()
    local folder <close> = folders.new()
    nights(folder, "in", 1, 2, calm)
    folder:write("in/drivers/acme.sys", image.with_tag "LkaL")
    folder:write("in/processes-2026-11-01T02-00-00.csv",
      '"Name","SI","Handles","VM","WS","PM","NPM","Path","Id","Threads"\r\n'
      .. '"lkasvc","0","10200","1","1","1","1","C:\\lkasvc.exe","1120","x"\r\n')
    local document, status = answer(folder, { "record", folder:path "in", "--host", "a" })
    assert.equal(0, status)
    assert.equal(1, document.data.hosts[1].drivers)
    assert.equal(1, document.data.hosts[1].processes)
  end)

  it("loses nothing to a full disk", function()
    local folder <close> = folders.new()
    nights(folder, "in/a", 1, 9, calm)
    assert.equal(0, run(folder, { "record", folder:path "in" }).status)
    for i = 1, 40 do
      local rows = calm(i)
      for n = 1, 200 do
        rows[#rows + 1] = { tag = ("X%03d"):format(n), pool = "Nonp", frees = i * n % 97,
          allocs = 1000 + i * n * 7919 % 10007, each = 16 * (1 + n % 9) }
      end
      log(folder, ("more/b/poolmon-2026-10-%02dT%02d-00-00.log"):format(1 + i // 24, i % 24), rows)
    end
    local room = #folder:read "history.db" // 1024 + 8
    local command = ("ulimit -f %d; exec %s record %s --history %s"):format(room * 2,
      shell.quote(shell.program), shell.quote(folder:path "more"), shell.quote(folder:path "history.db"))
    local words = { "sh", "-c", command }
    local result = shell.run(words, { env = { HOME = "/nonexistent" } })
    assert.equal(74, result.status)
    assert.is_truthy(result.err:find("full disk", 1, true))
    assert.same({ a = 9 }, hosts(folder))
    assert.equal(0, run(folder, { "history", "--check" }).status)
    assert.equal(0, run(folder, { "record", folder:path "more" }).status)
    assert.same({ a = 9, b = 40 }, hosts(folder))
  end)

  it("says that another program holds the history, and loses nothing", function()
    local folder <close> = folders.new()
    nights(folder, "in/a", 1, 2, calm)
    assert.equal(0, run(folder, { "record", folder:path "in" }).status)
    nights(folder, "in/a", 3, 4, calm)
    folder:write("config/poolsleuth/config.lua", "return { thresholds = { history_wait_s = 0.2 } }\n")
    local env = { env = { XDG_CONFIG_HOME = folder:path "config" } }
    local held, result = assert(store.open(folder:path "history.db")), nil
    held:transaction(function() result = run(folder, { "record", folder:path "in" }, env) end)
    held:close()
    assert.equal(74, result.status)
    assert.is_truthy(result.err:find("another program", 1, true))
    assert.same({ a = 2 }, hosts(folder))
    assert.equal(0, run(folder, { "record", folder:path "in" }).status)
    assert.same({ a = 4 }, hosts(folder))
  end)

  it("says that it cannot write where the history lies", function()
    local folder <close> = folders.new()
    nights(folder, "in/a", 1, 2, calm)
    folder:write("history.db", "this is no history, and it is to stay as it is\n")
    local result = run(folder, { "record", folder:path "in" })
    assert.equal(65, result.status)
    assert.equal("this is no history, and it is to stay as it is\n", folder:read "history.db")
    result = shell.poolsleuth { "record", folder:path "in", "--history", folder:path "in/a" }
    assert.is_true(result.status == 74 or result.status == 65)
  end)
end)

describe("a history", function()
  local function filled()
    local folder = folders.new()
    nights(folder, "in/calm", 1, 10, calm)
    nights(folder, "in/leaky", 1, 10, leaky)
    assert(run(folder, { "record", folder:path "in" }).status == 0)
    return folder
  end

  it("is a source of trend, forecast, diff, show and find-leaking-driver", function()
    local folder <close> = filled()
    local db = folder:path "history.db"
    local files = answer(folder, { "trend", folder:path "in/leaky" })
    local document, status = answer(folder, { "trend", db, "--host", "LEAKY" })
    assert.equal(2, status)
    assert.equal("LEAK", document.data.rows[1].verdict)
    assert.equal(files.data.rows[1].slope_bytes_per_hour, document.data.rows[1].slope_bytes_per_hour)
    assert.equal(files.data.rows[1].growth_bytes, document.data.rows[1].growth_bytes)
    assert.same(files.data.rows[1].course, document.data.rows[1].course)
    assert.equal(2, run(folder, { "trend", "--host", "leaky" }).status)
    assert.equal(64, run(folder, { "trend" }).status)
    document = answer(folder, { "trend", db, "--host", "leaky", "--since", "4d" })
    assert.equal(5, document.data.snapshots)
    document = answer(folder, { "forecast", db, "--host", "leaky", "--limit", "20G" })
    assert.equal("the limit that was given", document.data.rows[1].basis)
    document = answer(folder, { "diff", "yesterday", "last", "--host", "leaky" })
    assert.equal(86400, document.data.interval_s)
    assert.equal(4 * 420000 * 512, document.data.rows[1].d_bytes)
    document = answer(folder, { "diff", db, db, "--host", "leaky" })
    assert.equal(9 * 86400, document.data.interval_s)
    document = answer(folder, { "show", db, "--host", "leaky" })
    assert.equal("2026-11-10T02:00:00", document.data.time)
    document, status = answer(folder, { "find-leaking-driver", db, "--host", "leaky" })
    assert.equal(2, status)
    assert.equal("LkaL", document.data.findings[1].tag)
  end)

  it("wants to be told which machine, of several", function()
    local folder <close> = filled()
    local result = run(folder, { "trend", folder:path "history.db" })
    assert.equal(64, result.status)
    assert.is_truthy(result.err:find("say --host with one of calm, leaky", 1, true))
    assert.equal(65, run(folder, { "trend", folder:path "history.db", "--host", "nobody" }).status)
  end)

  it("gives nightly its machines, and knows a renamed one", function()
    local folder <close> = filled()
    local result = run(folder, { "nightly" })
    assert.equal(1, result.status)
    assert.is_truthy(result.out:find '^WARN tag="LkaL" pool=nonpaged host=leaky reason=leak')
    assert.is_truthy(result.out:find "\nOK host=calm nights=7")
    assert.equal(0, run(folder, { "history", "--rename", "calm", "quiet" }).status)
    nights(folder, "more/calm", 11, 11, calm)
    nights(folder, "more/leaky", 11, 11, leaky)
    assert.equal(0, run(folder, { "record", folder:path "more" }).status)
    assert.same({ quiet = 11, leaky = 11 }, hosts(folder))
    result = run(folder, { "nightly", "--host", "calm" })
    assert.is_truthy(result.out:find "^OK host=quiet nights=7")
    assert.equal(66, shell.poolsleuth({ "nightly", "--history", folder:path "none.db" }).status)
  end)

  it("tells nightly of a driver's new version", function()
    local folder <close> = filled()
    folder:write("old/acme.sys", image.with_tag "LkaL")
    folder:write("new/acme.sys", image.with_tag "Othr")
    assert.equal(0, run(folder, { "record", folder:path "old", "--host", "calm",
      "--time", "2026-11-08" }).status)
    assert.equal(0, run(folder, { "record", folder:path "new", "--host", "calm",
      "--time", "2026-11-09T12:00" }).status)
    local result = run(folder, { "nightly", "--host", "calm" })
    assert.is_truthy(result.out:find "^WARN host=calm reason=new%-driver changed=acme.sys")
    assert.equal(0, run(folder, { "nightly", "--host", "calm", "--ignore-drivers" }).status)
  end)

  it("is checked, pruned, vacuumed and asked", function()
    local folder <close> = filled()
    local document, status = answer(folder, { "history", "--check", "--keep", "3d", "--vacuum" })
    assert.equal(0, status)
    assert.equal("keep", document.data.actions[1].action)
    assert.equal(12, document.data.actions[1].removed)
    assert.same({}, document.data.actions[2].problems)
    assert.same({ calm = 4, leaky = 4 }, hosts(folder))
    local rows = run(folder, { "history", "--sql",
      "SELECT host, count(DISTINCT time) AS nights FROM pool_sample GROUP BY host", "--csv" }).out
    assert.equal("host,nights\r\ncalm,4\r\nleaky,4\r\n", rows)
    assert.is_true(run(folder, { "history", "--sql", "DELETE FROM host" }).status ~= 0)
    assert.equal(64, run(folder, { "history", "--rename", "calm" }).status)
    assert.same({ calm = 4, leaky = 4 }, hosts(folder))
  end)

  it("that is damaged says so", function()
    local folder <close> = filled()
    local bytes = folder:read "history.db"
    folder:write("history.db", bytes:sub(1, #bytes // 2) .. ("\0"):rep(#bytes - #bytes // 2))
    assert.is_true(run(folder, { "history", "--check" }).status ~= 0)
    for _, name in ipairs { "trend", "forecast", "show" } do
      local result = run(folder, { name, folder:path "history.db", "--host", "calm" })
      assert.is_true(result.status == 65 or result.status == 74, name .. ": " .. result.err)
      assert.is_nil(result.err:find("internal error", 1, true))
    end
  end)

  it("goes out as text and comes back", function()
    local folder <close> = filled()
    for _, form in ipairs { "csv", "jsonl" } do
      local out, back = folder:path("out." .. form), folder:path("back-" .. form .. ".db")
      assert.equal(0, run(folder, { "history", "--export", form, "-o", out }).status)
      assert.equal(folder:read("out." .. form), run(folder, { "history", "--export", form }).out)
      assert.equal(0, shell.poolsleuth({ "history", "--import", out, "--history", back }).status)
      assert.equal(0, shell.poolsleuth({ "history", "--import", out, "--history", back }).status)
      local again = shell.poolsleuth { "history", "--export", form, "--history", back }
      assert.equal(folder:read("out." .. form), again.out)
    end
    assert.equal(74, run(folder, { "history", "--export", "csv", "-o", folder:path "none/out.csv" }).status)
  end)
end)

describe("fix-verification", function()
  local function series(folder, name, from, per_hour)
    for hour = from, from + 9 do
      local rows = evidence.rows(hour, false)
      rows[#rows + 1] = { tag = "LkaL", pool = "Nonp", each = 512, frees = 0,
        allocs = 5000000 + hour * per_hour }
      log(folder, ("%s/poolmon-2026-11-01T%02d-00-00.log"):format(name, hour), rows)
    end
  end

  it("takes two folders, two groups, or one series and a time", function()
    local folder <close> = folders.new()
    series(folder, "before", 0, 40000)
    series(folder, "after", 10, 5000)
    local before, after = folder:path "before", folder:path "after"
    local forms = {
      { before, after }, { "--before", before, "--after", after },
      { "--before", before .. "/poolmon-2026-11-01T00-00-00.log", before, "--after", after },
      { before, after, "--fixed-at", "2026-11-01T10:00" },
    }
    for _, words in ipairs(forms) do
      local result = shell.poolsleuth { "fix-verification", table.unpack(words) }
      assert.equal(1, result.status)
      local line = '^REDUCED tag="LkaL" pool=nonpaged factor=8%.0x residual=2%.44MiB/h'
      assert.is_truthy(result.out:find(line), result.out)
    end
    assert.equal(64, shell.poolsleuth({ "fix-verification", before }).status)
    assert.equal(64, shell.poolsleuth({ "fix-verification", "--before", before }).status)
    assert.equal(66, shell.poolsleuth({ "fix-verification", before, folder:path "none" }).status)
  end)
end)

describe("correlate", function()
  it("tells by how much a process is ahead of the tag", function()
    local folder <close> = folders.new()
    local handles, at = {}, 1000
    for hour = -2, 23 do
      at = at + (hour * hour * 7919 + hour * 31) % 613
      handles[hour] = at
    end
    for hour = 0, 23 do
      local rows = evidence.rows(hour, false)
      rows[#rows + 1] = { tag = "Even", pool = "Nonp", each = 128, frees = 5000 * hour,
        allocs = 5000 * hour + 3 * handles[hour - 2] }
      local stamp = ("2026-11-01T%02d-05-00"):format(hour)
      log(folder, ("in/poolmon-%s.log"):format(stamp), rows)
      folder:write(("in/processes-%s.csv"):format(stamp),
        '"Name","SI","Handles","VM","WS","PM","NPM","Path","Id","Threads"\r\n'
        .. ('"early","0","%d","1","1","1","1","C:\\e.exe","77","x"\r\n'):format(handles[hour]))
    end
    local document = answer(folder, { "correlate", "Even", folder:path "in" })
    local process = document.data.processes[1]
    assert.equal("early", process.name)
    assert.equal(7200, process.lead_s)
    assert.equal("0.333", ("%.3f"):format(process.ratio))
    local text = run(folder, { "correlate", "Even", folder:path "in" }).out
    assert.is_truthy(text:find("120min before", 1, true) or text:find("2h before", 1, true))
  end)

  it("finds the process whose handles go along, the tag and the driver", function()
    local folder <close> = folders.new()
    local held = 10000
    for hour = 0, 23 do
      held = held + (hour >= 8 and 2000 + (hour * hour * 7919) % 1500 or 0)
      local rows = evidence.rows(hour, false)
      rows[#rows + 1] = { tag = "Even", pool = "Nonp", each = 128, frees = 5000 * hour,
        allocs = 5000 * hour + held }
      rows[#rows + 1] = { tag = "Twic", pool = "Nonp", each = 64, frees = 5000 * hour,
        allocs = 5000 * hour + 2 * held }
      local stamp = ("2026-11-01T%02d-05-00"):format(hour)
      log(folder, ("in/poolmon-%s.log"):format(stamp), rows)
      folder:write(("in/processes-%s.csv"):format(stamp),
        '"Name","SI","Handles","VM","WS","PM","NPM","Path","Id","Threads"\r\n'
        .. ('"lkasvc","0","%d","1","1","1","1","C:\\lka.exe","1120","x"\r\n'):format(held + 200)
        .. ('"other","0","%d","1","1","1","1","C:\\o.exe","44","x"\r\n'):format(300 + hour * 7 % 5))
    end
    folder:write("old/acme.sys", image.with_tag "LkaL")
    folder:write("new/acme.sys", image.with_tag "Even")
    local document, status = answer(folder, { "correlate", "Even", folder:path "in",
      "--drivers-before", folder:path "old", "--drivers-after", folder:path "new" })
    assert.equal(0, status)
    assert.equal("2026-11-01T07:05:00", document.data.began)
    assert.equal(1, #document.data.processes)
    assert.equal("lkasvc", document.data.processes[1].name)
    assert.equal(1120, document.data.processes[1].id)
    assert.equal("1.000", ("%.3f"):format(document.data.processes[1].ratio))
    assert.equal("Twic", document.data.tags[1].tag)
    assert.equal("2.000", ("%.3f"):format(document.data.tags[1].ratio))
    assert.equal("acme.sys", document.data.drivers[1].name)

    run(folder, { "record", folder:path "in", "--host", "a" })
    run(folder, { "record", folder:path "old", "--host", "a", "--time", "2026-11-01T00:00" })
    run(folder, { "record", folder:path "new", "--host", "a", "--time", "2026-11-01T06:30" })
    document = answer(folder, { "correlate", "Even" })
    assert.equal("lkasvc", document.data.processes[1].name)
    assert.equal("acme.sys", document.data.drivers[#document.data.drivers].name)
    assert.equal(-2100, document.data.drivers[1].apart_s)
    assert.equal(65, run(folder, { "correlate", "None" }).status)
  end)
end)

describe("a history that is named", function()
  it("is listed as it is a source of every other command", function()
    local folder <close> = folders.new()
    nights(folder, "in/a b", 1, 6, leaky)
    run(folder, { "record", folder:path "in" })
    local path = folder:path "history.db"
    local listed = shell.poolsleuth { "history", path, "--json" }
    assert.equal("a b", json.decode(listed.out).data.hosts[1].name)
    local nightly = json.decode(shell.poolsleuth({ "nightly", path, "--json" }).out)
    assert.equal(("poolsleuth find-leaking-driver %s DRIVERS --host 'a b'"):format(path),
      nightly.data.findings[1].next[1].command)
    assert.equal(2, shell.poolsleuth({ "find-leaking-driver", path, "--host", "a b" }).status)
  end)

  it("is not recorded into another: it is exported and taken in", function()
    local folder <close> = folders.new()
    nights(folder, "in/a", 1, 2, calm)
    run(folder, { "record", folder:path "in" })
    local said = shell.poolsleuth { "record", folder:path "history.db", "--history", folder:path "other.db" }
    assert.equal(65, said.status)
    assert.is_truthy(said.err:find("history --import takes that in", 1, true))
  end)

  it("whose making was cut short says that it is empty, and is made at the next run", function()
    local folder <close> = folders.new()
    nights(folder, "in/a", 1, 3, calm)
    local command = ("ulimit -f 32; exec %s record %s --history %s"):format(shell.quote(shell.program),
      shell.quote(folder:path "in"), shell.quote(folder:path "history.db"))
    assert.equal(74, shell.run({ "sh", "-c", command }).status)
    local said = run(folder, { "history" })
    assert.equal(65, said.status)
    assert.is_truthy(said.err:find("is empty: nothing was recorded in it yet", 1, true))
    assert.equal(3, (answer(folder, { "record", folder:path "in" })).data.added)
    assert.equal(0, run(folder, { "history", "--check" }).status)
  end)
end)
