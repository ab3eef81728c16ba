--- The automation is well-formed, and its very lines do what the page says: on a good night, without news,
-- with a damaged snapshot, with a full disk, while another run holds the history.
local evidence = require "tests.lua.support.evidence"
local folders = require "tests.lua.support.folder"
local shell = require "tests.lua.support.shell"
local tree = require "tests.lua.support.tree"

local HERE <const> = "plugins/automation/"
local UNITS <const> = { "poolsleuth-record.service", "poolsleuth-record.timer", "poolsleuth-nightly.service",
                        "poolsleuth-nightly.timer" }
local HOUR <const> = 3600

-- The sections of a unit: name to key to a list of values.
local function unit(name)
  local sections, current = {}, nil
  for line in tree.read(HERE .. name):gmatch "([^\n]*)\n" do
    local section = line:match "^%[(%a+)%]$"
    local key, value = line:match "^(%a+)=(.*)$"
    if section then
      current = {}
      sections[section] = current
    elseif key then
      current[key] = current[key] or {}
      table.insert(current[key], value)
    else
      assert(line == "" or line:find "^#", name .. ": " .. line)
    end
  end
  return sections
end

-- A field of a crontab's time: *, n, n-m, and steps and lists of them.
local function fits(field, least, most)
  for part in (field .. ","):gmatch "([^,]*)," do
    local range, step = part:match "^([^/]+)/(%d+)$"
    range = range or part
    local from, to = range:match "^(%d+)%-(%d+)$"
    from = from or range:match "^%d+$"
    if range ~= "*" then
      if not from then return false end
      if tonumber(from) < least or tonumber(to or from) > most then return false end
    end
    if step and tonumber(step) == 0 then return false end
  end
  return true
end

local LIMITS <const> = { { 0, 59 }, { 0, 23 }, { 1, 31 }, { 1, 12 }, { 0, 7 } }

-- The lines of the crontab: its settings, and its jobs, each user and command.
local function crontab()
  local settings, jobs = {}, {}
  for line in tree.read(HERE .. "poolsleuth.cron"):gmatch "([^\n]*)\n" do
    local name, value = line:match "^([%u_]+)=(.*)$"
    if name then
      settings[name] = value
    elseif line ~= "" and not line:find "^#" then
      local fields, rest = {}, line
      for i = 1, 6 do
        local word, after = rest:match "^(%S+)%s+(.*)$"
        fields[i], rest = assert(word, line), after
      end
      for i, limits in ipairs(LIMITS) do assert(fits(fields[i], limits[1], limits[2]), line) end
      assert.is_nil(rest:find("%", 1, true), "cron takes % for the end of a line: " .. line)
      jobs[#jobs + 1] = { user = fields[6], command = rest }
    end
  end
  return settings, jobs
end

-- A night's place: a share with logs of a machine, a state folder, and the program by its name.
local function place(nights)
  local folder = folders.new()
  folder:mkdir "srv/SRV7"
  folder:mkdir "state/poolsleuth"
  folder:mkdir "bin"
  shell.run { "ln", "-s", shell.program, folder:path "bin/poolsleuth" }
  local last = os.time() // HOUR * HOUR
  for hour = 0, nights * 24 - 1, 4 do
    local time = last - (nights * 24 - hour) * HOUR
    folder:write(("srv/SRV7/poolmon-%s.log"):format(os.date("!%Y-%m-%dT%H-%M-%S", time)),
      evidence.poolmon(evidence.rows(hour)))
  end
  return folder
end

-- The line as it stands, on the test's own folders.
local function run(folder, command, limits)
  command = command:gsub("/srv/poolsleuth", folder:path "srv"):gsub("/var/lib", folder:path "state")
    :gsub("%%S", folder:path "state"):gsub("^/usr/local/bin/", "")
  return shell.run({ "sh", "-c", (limits or "") .. command }, { limit = 120, env = {
    PATH = folder:path "bin" .. ":" .. os.getenv "PATH", XDG_STATE_HOME = folder:path "state",
    XDG_CACHE_HOME = folder:path "cache", HOME = "/nonexistent", XDG_DATA_HOME = false,
    XDG_CONFIG_HOME = false, LUA_PATH = false, LUA_CPATH = false } })
end

local function job(pattern)
  local _, jobs = crontab()
  for _, each in ipairs(jobs) do
    if each.command:find(pattern) then return each.command end
  end
  error(pattern)
end

describe("the units", function()
  it("are oneshot services with timers that make up for a night that was slept through", function()
    for _, what in ipairs { "record", "nightly" } do
      local service = unit("poolsleuth-" .. what .. ".service")
      local timer = unit("poolsleuth-" .. what .. ".timer")
      assert.are.same({ "oneshot" }, service.Service.Type)
      assert.are.same({ "poolsleuth" }, service.Service.User)
      assert.are.same({ "yes" }, service.Service.NoNewPrivileges)
      assert.are.same({ "strict" }, service.Service.ProtectSystem)
      assert.are.same({ "yes" }, service.Service.PrivateNetwork)
      assert.are.same({ "true" }, timer.Timer.Persistent)
      assert.are.same({ "timers.target" }, timer.Install.WantedBy)
    end
  end)

  it("satisfy systemd-analyze, and are as closed as they say", function()
    if not shell.find "systemd-analyze" then
      return pending "systemd-analyze is not here"
    end
    local folder <close> = folders.new()
    local words = { "systemd-analyze", "verify", "--man=no" }
    for _, name in ipairs(UNITS) do
      local text = tree.read(HERE .. name):gsub("/usr/local/bin/poolsleuth", "/bin/true")
      words[#words + 1] = folder:write(name, text)
    end
    local verified = shell.run(words)
    assert.are.equal(0, verified.status, verified.err)
    assert.are.equal("", verified.err)
    for _, what in ipairs { "record", "nightly" } do
      local path = folder:path("poolsleuth-" .. what .. ".service")
      local judged = shell.run { "systemd-analyze", "security", "--offline=true", "--threshold=15", path }
      assert.are.equal(0, judged.status, judged.out)
    end
    local timer = unit "poolsleuth-record.timer"
    local calendar = shell.run { "systemd-analyze", "calendar", timer.Timer.OnCalendar[1] }
    assert.are.equal(0, calendar.status, calendar.err)
  end)

  it("run what cron runs", function()
    local _, jobs = crontab()
    local said = {}
    for _, each in ipairs(jobs) do said[#said + 1] = each.command:match "^(.-)%s*>" or each.command end
    local all = table.concat(said, "\n") .. "\n"
    for _, what in ipairs { "record", "nightly" } do
      for _, line in ipairs(unit("poolsleuth-" .. what .. ".service").Service.ExecStart) do
        line = line:gsub("^/usr/local/bin/", ""):gsub("%%S", "/var/lib")
        assert(all:find(line .. "\n", 1, true), line)
      end
    end
  end)
end)

describe("the crontab", function()
  it("is well-formed, names its user and ends in a line", function()
    local settings, jobs = crontab()
    assert.are.equal("/var/lib", settings.XDG_STATE_HOME)
    assert(settings.MAILTO and settings.PATH)
    assert.are.equal(4, #jobs)
    for _, each in ipairs(jobs) do assert.are.equal("poolsleuth", each.user) end
    assert(tree.read(HERE .. "poolsleuth.cron"):find "\n$")
  end)
end)

describe("a night", function()
  it("is recorded in silence, and told with its verdict in every form", function()
    local folder <close> = place(9)
    local recorded = run(folder, job "record")
    assert.are.equal(0, recorded.status, recorded.out .. recorded.err)
    assert.are.equal("", recorded.out .. recorded.err)
    assert(folder:read "state/poolsleuth/history.db":find "^SQLite format 3")
    for _, line in ipairs(unit("poolsleuth-nightly.service").Service.ExecStart) do
      local result = run(folder, line)
      assert(result.status <= 3, line .. ": " .. result.status .. result.err)
    end
    local metrics = folder:read "state/poolsleuth/nightly.prom"
    assert(metrics:find("# TYPE poolsleuth_finding_status gauge", 1, true), metrics)
    assert(folder:read("state/poolsleuth/nightly.html"):find("SRV7", 1, true))
    local told = run(folder, job "nightly.txt")
    local kept = folder:read "state/poolsleuth/nightly.txt"
    assert(kept:find("SRV7", 1, true), kept)
    assert(told.out == kept or told.out == "", told.out)
  end)

  it("without a new snapshot says so, and changes nothing", function()
    local folder <close> = place(2)
    assert.are.equal(0, run(folder, job "record").status)
    local before = folder:read "state/poolsleuth/history.db"
    local again = run(folder, unit("poolsleuth-record.service").Service.ExecStart[1])
    assert.are.equal(3, again.status, again.err)
    assert.are.equal(before, folder:read "state/poolsleuth/history.db")
    assert(#run(folder, job "record").out > 0)
  end)

  it("with a damaged snapshot names it, and records the others", function()
    local folder <close> = place(2)
    local text = evidence.poolmon(evidence.rows(1)):gsub("(LkaL Nonp +%d+)", "%1 99")
    folder:write("srv/SRV7/poolmon-2026-01-01T00-00-00.log", text)
    local result = run(folder, unit("poolsleuth-record.service").Service.ExecStart[1])
    assert.are.equal(1, result.status, result.out .. result.err)
    assert((result.out .. result.err):find("poolmon-2026-01-01T00-00-00.log", 1, true), result.out)
    assert.are.equal(1, (run(folder, unit("poolsleuth-record.service").Service.ExecStart[1])).status)
  end)

  it("with a full disk says so; the next run takes it up", function()
    local folder <close> = place(2)
    local full = run(folder, unit("poolsleuth-record.service").Service.ExecStart[1], "ulimit -f 4; ")
    assert.are.equal(74, full.status, full.out .. full.err)
    assert(#full.err > 0)
    local next_run = run(folder, unit("poolsleuth-record.service").Service.ExecStart[1])
    assert.are.equal(0, next_run.status, next_run.out .. next_run.err)
    assert.are.equal(3, run(folder, unit("poolsleuth-record.service").Service.ExecStart[1]).status)
  end)

  it("while another run holds the history says so; the next run takes it up", function()
    local folder <close> = place(1)
    local line = unit("poolsleuth-record.service").Service.ExecStart[1]
    assert.are.equal(0, run(folder, line).status)
    folder:write("srv/SRV8/poolmon-2026-11-01T00-00-00.log", evidence.poolmon(evidence.rows(0)))
    local held <close> = assert(require("poolsleuth.store").open(folder:path "state/poolsleuth/history.db"))
    local locked
    assert(held:transaction(function() locked = run(folder, line) return true end))
    assert.are.equal(74, locked.status, locked.out .. locked.err)
    assert(locked.err:find("history.db", 1, true) or locked.err:find "lock", locked.err)
    assert.are.equal(0, run(folder, line).status)
    assert.are.equal(3, run(folder, line).status)
  end)
end)
