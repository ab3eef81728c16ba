--- What playbooks share: the opening, watches, object arithmetic, importers, answers, commands filled in.
local case          = require "poolsleuth.case"
local consult       = require "poolsleuth.consult"
local folders       = require "tests.lua.support.folder"
local importers     = require "poolsleuth.importers"
local investigation = require "poolsleuth.investigation"
local knowledge     = require "poolsleuth.knowledge"
local made_up       = require "poolsleuth.made_up"
local moments       = require "poolsleuth.moments"
local objects       = require "poolsleuth.objects"
local steps         = require "poolsleuth.steps"
local verdict       = require "poolsleuth.verdict"

local function open(given, args)
  local made = case.new { texts = given.texts, drivers = given.drivers, config = given.config }
  for _, name in ipairs { "handles", "processes", "modules", "services" } do
    for _, item in ipairs(given[name] or {}) do table.insert(made[name], item) end
  end
  return investigation.open(made, args or {}), made
end

local function series(count)
  return made_up.series(count, 1, function(hour)
    return made_up.among(hour, { "Lk47", 5000 + 20000 * hour, 1000, 1024 },
      { "Flwr", 9000 + 40000 * hour, 1000, 256 }, { "Even", 90000 + 30 * hour, 80000, 48 })
  end)
end

describe("an investigation", function()
  it("watches tags: level, slope, what is freed, the word", function()
    local look = open { texts = series(10) }
    local watch = assert(look:watch "Lk47")
    assert.equal("LEAK", watch.word)
    assert.equal("high", watch.confidence)
    assert.equal(20000, watch.objects_per_hour)
    assert.near(20000 * 1024, watch.bytes_per_hour, 1)
    assert.equal(184000, watch.objects)
    assert.equal(0, watch.freed_ratio)
    assert.equal("SOME-LEAK", watch:word_for "SOME-LEAK")
    assert.equal(10, #watch:values())
    assert.is_nil(look:watch "Nope")
  end)

  it("says how one tag moves beside another, and which follow", function()
    local look = open { texts = series(10) }
    local leak, follower = look:watch "Lk47", look:watch "Flwr"
    local ratio, fraction = follower:ratio_to(leak)
    assert.near(2, ratio, 0.001)
    assert.equal("2:1", fraction)
    local followers = leak:followers { look:watch "Lk47", follower, look:watch "Even" }
    assert.equal(1, #followers)
    assert.equal("Flwr", followers[1].watch.tag)
  end)

  it("gives a lesser word where there is less evidence", function()
    local two = open { texts = series(2) }
    assert.equal("SUSPECT", two:watch("Lk47"):word_for "SOME-LEAK")
    local one = open { texts = { series(4)[4] } }
    assert.equal("HIGH", one:watch("Lk47", { many = 1000 }).word)
    assert.equal("NO-LEAK", one:watch("Even", { many = 1000000 }).word)
  end)

  it("judges objects by their number where that is asked", function()
    local look = open { texts = made_up.series(10, 1, function(hour)
      return made_up.among(hour, { "Even", 90000 + 400 * hour, 80000, 48 })
    end) }
    assert.equal("NO-LEAK", look:watch("Even").word)
    assert.equal("LEAK", look:watch("Even", { counts = true }).word)
    assert.equal("NO-LEAK", look:watch("Even", { counts = true, least = 100000 }).word)
    assert.equal("NO-LEAK", look:watch("Even").word)
  end)

  it("takes the site's thresholds before the rules", function()
    local look = open { texts = series(2), config = { thresholds = { many_handles = 7 } } }
    assert.equal(7, look:rule "many_handles")
    assert.equal(100, look:rule "handles_per_hour")
    assert.has_error(function() look:rule "nonsense" end)
    assert.has_error(function() look:watches "no such family" end)
  end)

  it("leaves out what is of another machine, and says so", function()
    local snapshot = made_up.snapshot(0, made_up.crowd(0))
    local look, made = open { texts = { snapshot }, handles = {
      { process = "a.exe", pid = 4, count = 9, host = "OTHER" }, { process = "b.exe", pid = 8, count = 3 } } }
    look.growth.last.snapshot = { host = function() return "HERE" end }
    assert.equal(1, #look:list "handles")
    assert.is_truthy(made.problems[#made.problems].text:find("OTHER", 1, true))
  end)

  it("names what runs of the drivers that knowledge has a row of", function()
    local look = open { texts = series(2), modules = { { name = "balloon.sys" }, { name = "acme.sys" } },
      services = { { name = "vmmemctl", path = "\\??\\C:\\drivers\\vmmemctl.sys", state = "Stopped" } } }
    local running = look:running "holders"
    assert.equal(1, #running)
    assert.equal("balloon driver", running[1].known.what)
  end)

  it("measures a case once, however many playbooks open it", function()
    local look, made = open { texts = series(3) }
    local before = #made.problems
    local again = investigation.open(made, { top = 3 })
    assert.equal(look.growth, again.growth)
    assert.equal(3, again.args.top)
    assert.equal(before, #made.problems)
    assert.equal("LEAK", again:watch("Lk47").word)
  end)

  it("works without any snapshot", function()
    local look = open { handles = { { process = "a.exe", pid = 4, count = 9 } } }
    assert.is_false(look:has_tags())
    assert.same({}, look:watches "tokens")
    assert.is_nil(look:fill "nonpaged")
    assert.has_error(function() look:need("snapshots", "loggers") end)
    assert.equal(look, look:need("snapshots", "handles"))
  end)
end)

describe("an answer", function()
  it("carries evidence with its place, facts, steps with undo", function()
    local look, made = open { texts = series(10) }
    look:about("USER-HANDLE-LEAK", look:watch "Lk47", { suspects = {}, steps = {} })
      :fact("process", "my svc.exe"):fact("nothing", nil)
      :cite({ source = { path = "handles.txt" }, line = 7 }, "%d handles", 12)
      :advise { "pool-hit" }:file()
    local found = made.findings[1]
    local line = verdict.line(found)
    assert.is_truthy(line:find('^USER%-HANDLE%-LEAK tag="Lk47" pool=nonpaged process="my svc.exe" rate='))
    assert.same({ text = "12 handles", source = "handles.txt", place = "line 7" },
      found.evidence[found.measured + 1])
    assert.equal("ed nt!poolhittag 0x37346b4c", found.next[1].command)
    assert.equal("ed nt!poolhittag 0", found.next[1].undo)
  end)

  it("that contradicts itself is of low confidence, and the report flags it", function()
    local look, made = open { texts = series(10) }
    look:answer("HIGH", "high"):contradict("%d is not %d", 1, 2):file()
    assert.equal("low", made.findings[1].confidence)
    assert.is_truthy(made.problems[#made.problems].text:find "^contradictory: 1 is not 2")
  end)
end)

describe("object arithmetic", function()
  local texts = made_up.series(10, 1, function(hour)
    return made_up.among(hour, { "Even", 90000 + 400 * hour, 80000, 48 })
  end)

  local function balance(handles, processes)
    local look = open { texts = texts, handles = handles, processes = processes }
    return objects.balance(look, look:watch("Even", { counts = true }))
  end

  local function events(count, hour)
    local time = made_up.time(hour)
    local list = { { process = "svc.exe", pid = 40, type = "Event", count = count, time = time } }
    for i = 1, 12 do
      list[i + 1] = { process = "q" .. i, pid = i, type = "Event", count = 10, time = time }
    end
    return list
  end

  it("compares with the objects at the time of the listing", function()
    local sum = balance(events(10000, 1))
    assert.equal(10400, sum.objects)
    assert.equal("user-handles", sum.cause)
    assert.equal("svc.exe", sum.leader.process)
    assert.equal(0, sum.gap_s)
  end)

  it("knows a driver's references, a mixture, and a contradiction", function()
    assert.equal("kernel-references", balance(events(100, 9)).cause)
    assert.equal("both", balance(events(9000, 9)).cause)
    assert.equal("contradiction", balance(events(900000, 9)).cause)
    assert.is_nil(balance({}))
  end)

  it("does not conclude from the list of a single process that there are no others", function()
    local alone = { { process = "svc.exe", pid = 40, type = "Event", count = 90, time = made_up.time(9) } }
    assert.equal("open", balance(alone).cause)
  end)

  it("names the process that gains handles, not the one that has most of them", function()
    local function at(hour, gainer)
      local list = events(9000, hour)
      list[#list + 1] = { process = "gains.exe", pid = 77, type = "Event", count = gainer,
                          time = made_up.time(hour) }
      return list
    end
    local both = at(0, 100)
    table.move(at(9, 4000), 1, 14, #both + 1, both)
    local sum = balance(both)
    assert.equal("gains.exe", sum.leader.process)
    assert.is_true(sum.gains)
    assert.near(3900 / 9, sum.leader.per_hour, 0.1)
  end)

  it("forgets processes that have ended since", function()
    local both = { { process = "gone.exe", pid = 5, type = "Event", count = 9000, time = made_up.time(0) } }
    table.move(events(10, 9), 1, 13, 2, both)
    local sum = balance(both)
    assert.equal(13, #sum.held.list)
    assert.equal(130, sum.handles)
  end)

  it("knows a process by its name with and without .exe", function()
    local both = made_up.processes(9, { { id = 40, name = "svc", handles = 9000 } })
    for _, process in ipairs(both) do process.source = { path = "Get-Process.txt" } end
    for i, process in ipairs(made_up.processes(9, { { id = 40, name = "svc.exe", handles = 9000 } })) do
      process.source, both[41 + i] = { path = "process_0_0.txt" }, process
    end
    local sum = balance(nil, both)
    assert.equal(41, #sum.held.list)
    assert.equal(15820, sum.handles)
  end)

  it("takes handles of all types as an upper bound, and counts none of them twice", function()
    local processes = made_up.processes(9)
    local told = {}
    for i, process in ipairs(processes) do
      told[i] = { process = process.name, pid = process.id, count = process.handles, of_process = true,
                  time = process.time }
    end
    local sum = balance(told, processes)
    assert.equal("all", sum.held.basis)
    assert.equal(6820, sum.handles)
    assert.equal("open", sum.cause)
  end)
end)

describe("moments", function()
  it("are told apart by time, and make rates only of times that are certain", function()
    local function item(count, time)
      return { name = "x", count = count, time = time, source = { path = "l" } }
    end
    local list = moments.of { item(9, 7200), item(1, 0), item(2, 0) }
    assert.equal(2, #list)
    local things = moments.follow(list, function(i) return i.name end, function(i) return i.count end)
    assert.equal(3, things[1].first)
    assert.equal(9, things[1].count)
    assert.near(3, things[1].per_hour, 0.001)
    local copied = moments.of { { name = "x", count = 1, source = { path = "a", mtime = 0 } },
                                { name = "x", count = 9, source = { path = "b", mtime = 7200 } } }
    local thing = moments.follow(copied, function(i) return i.name end, function(i) return i.count end)[1]
    assert.equal(8, thing.growth)
    assert.is_nil(thing.per_hour)
  end)
end)

describe("parts of one listing", function()
  local function name_of(item) return item.name end

  it("are joined where they name different things within an hour", function()
    local function in_file(path, name, mtime)
      return { name = name, source = { path = path, mtime = mtime } }
    end
    local items = { in_file("a", "x", 0), in_file("b", "y", 60), in_file("c", "x", 120) }
    local list = moments.of(items, name_of)
    assert.equal(2, #list)
    assert.equal(2, #list[1].items)
    assert.equal(3, #moments.of(items))
    assert.equal(2, #moments.of({ in_file("a", "x", 0), in_file("b", "y", 7200) }, name_of))
    assert.equal(3, moments.sum(list[1], function() return 1.5 end))
    assert.equal(0, moments.sum(nil, name_of))
  end)
end)

describe("importers", function()
  it("come in the order of how likely they are", function()
    local reference, release = "ObReferenceObjectByHandle", "ObfDereferenceObject"
    local look = open { texts = series(2), drivers = {
      made_up.driver("both.sys", { imports = { reference, release } }),
      made_up.driver("windows.sys", { imports = { reference }, company = "Microsoft Corporation" }),
      made_up.driver("keeps.sys", { imports = { reference } }),
      made_up.driver("other.sys", { imports = {} }) } }
    local apis = importers.pairs_of(look.knowledge, "Sema", "object references")
    local list = importers.suspects(importers.find(look.case, apis))
    local names = {}
    for i, suspect in ipairs(list) do names[i] = suspect.driver end
    assert.same({ "keeps.sys", "windows.sys", "both.sys" }, names)
    local known = { { driver = "both.sys", kind = "leak", cited = true, cause = "keeps", source = "x#1" } }
    assert.equal("both.sys", importers.suspects(importers.find(look.case, apis), known)[1].driver)
    known[1].cited = false
    assert.equal("keeps.sys", importers.suspects(importers.find(look.case, apis), known)[1].driver)
    assert.same({}, importers.find(look.case, {}))
    assert.same({}, importers.pairs_of(look.knowledge, "Sema"))
  end)
end)

describe("the words of playbooks", function()
  it("end in the status of what they say", function()
    local statuses <const> = {
      [2] = { "USER-HANDLE-LEAK", "KERNEL-REFERENCE-LEAK", "ZOMBIES", "TOKEN-LEAK", "SESSION-LEAK",
              "ETW-SESSION-LEAK", "HTTP-REFUSAL", "EXHAUSTED" },
      [1] = { "REGISTRY-BLOAT", "CACHE-UNTRIMMED", "NOT-POOL" },
      [0] = { "CACHE", "BY-DESIGN", "FIXED-DMA" },
    }
    for status, words in pairs(statuses) do
      for _, word in ipairs(words) do
        assert.equal(status, verdict.exit_status { { verdict = word } }, word)
        assert.equal(status > 0, verdict.accuses(word), word)
      end
    end
    assert.is_false(verdict.accuses "NOT-ENOUGH-DATA")
    assert.is_false(verdict.accuses "nonsense")
  end)
end)

describe("commands", function()
  local known = knowledge.load {}

  it("are filled in, at most four tags, and what is not known shows as such", function()
    local list = steps.named(known, { "xperf", "verifier", "watch-tag" },
      { tags = { "Aaaa", "Bb  ", "Cccc", "Dddd", "Eeee" }, tag = "Io  " })
    assert.is_truthy(list[1].command:find('-PoolTag "Aaaa+Bb  +Cccc+Dddd" ', 1, true))
    assert.equal("verifier /flags 0x8 /driver <driver>", list[2].command)
    assert.equal('poolmon "/iIo  " /b', list[3].command)
    assert.equal("verifier /reset", list[2].undo)
  end)

  it("keep what is not theirs, and refuse names that do not exist", function()
    assert.is_truthy(steps.named(known, { "safe-mode" })[1].command:find("{default}", 1, true))
    assert.has_error(function() steps.named(known, { "no-such-command" }) end)
    local own = { text = "call", command = "ring" }
    assert.equal("ring", steps.named(known, { own })[1].command)
  end)

  it("all name only placeholders that there are", function()
    for _, row in ipairs(known:entries "commands") do
      for name in (row.command .. (row.undo or "")):gmatch "{(%l[%l_]*)}" do
        local step = steps.named(known, { row.name })[1]
        local fits = name == "default" or not step.command:find("{" .. name .. "}", 1, true)
        assert.is_true(fits, row.name .. ": " .. name)
      end
    end
  end)
end)

describe("a playbook that asks another", function()
  local ASKS <const> = [[
local consult  = require "poolsleuth.consult"
local playbook = require "poolsleuth.playbook"
return playbook {
  name = "NAME", summary = "asks", args = playbook.evidence(),
  run = function(case, args)
    local found, message, status = consult.ask(case, "OTHER", args)
    case:finding { verdict = "HIGH", title = found and tostring(#found) or message, status = status }
  end,
}
]]
  local function asking(folder, name, other)
    folder:write(name .. ".lua", (ASKS:gsub("NAME", name):gsub("OTHER", other)))
  end

  local function ask(folder, name)
    local made = case.new { texts = series(10), options = { host = { folders = {
      { path = folder:path() }, { path = "scripts" } } } } }
    return assert(consult.ask(made, name)), made
  end

  it("gets its findings, apart from those of the case", function()
    local folder <close> = folders.new()
    asking(folder, "shop-check", "cache-or-leak")
    local found, made = ask(folder, "shop-check")
    assert.equal("1", found[1].title)
    assert.same({}, made.findings)
  end)

  it("learns why there are none", function()
    local folder <close> = folders.new()
    asking(folder, "shop-check", "no-such")
    assert.equal("there is no playbook 'no-such'", ask(folder, "shop-check")[1].title)
    asking(folder, "shop-check", "show")
    assert.is_truthy(ask(folder, "shop-check")[1].title:find("is no playbook", 1, true))
    asking(folder, "shop-check", "untagged-pool")
    local found = ask(folder, "shop-check")[1]
    assert.is_truthy(found.title:find("no dump", 1, true))
    assert.equal(65, found.status)
  end)

  it("does not go round in circles", function()
    local folder <close> = folders.new()
    asking(folder, "one", "two")
    asking(folder, "two", "one")
    local found, made = ask(folder, "one")
    assert.equal("1", found[1].title)
    assert.same({}, made.findings)
  end)
end)
