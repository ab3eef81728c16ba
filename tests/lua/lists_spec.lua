--- What texts list besides tags: documents of such lists, and what they are worth in a verdict.
local case     = require "poolsleuth.case"
local evidence = require "tests.lua.support.evidence"
local folders  = require "tests.lua.support.folder"
local image    = require "tests.lua.support.image"
local json     = require "poolsleuth.json"
local loaded   = require "poolsleuth.loaded"
local schema   = require "tests.lua.support.schema"
local shell    = require "tests.lua.support.shell"
local text     = require "poolsleuth.text"
local totals   = require "poolsleuth.totals"

local FIXTURES <const> = "tests/fixtures/text/"

local function document(words)
  words[#words + 1] = "--json"
  local result = shell.poolsleuth(words)
  assert.equal(0, result.status, result.err)
  return assert(json.decode(result.out))
end

local function keeps(kind, words)
  local decoded = document(words)
  assert.is_nil(schema.check(decoded, kind))
  return decoded.data
end


describe("a list", function()
  it("of blocks is shown with their sums", function()
    local data = keeps("blocks", { "show", FIXTURES .. "poolfind_old.txt" })
    assert.equal(6, #data.blocks)
    assert.equal("0x8a400000", data.blocks[1].address)
    assert.equal("4c616b4c", data.blocks[1].tag_hex)
    assert.equal(4, data.tags[1].diff)
    assert.equal(0x2000 + 0xc0 + 0x60 + 0x100, data.tags[1].bytes)
    assert.equal("paged", data.tags[2].pool)
    assert.equal(5, #document({ "show", FIXTURES .. "pool_page.txt" }).data.tags)
  end)

  it("of modules is shown with what is known of each", function()
    local data = keeps("modules", { "show", FIXTURES .. "lm_v.txt" })
    assert.equal("0xfffff80031c00000", data.modules[1].base)
    assert.equal(0x559da7a0, data.modules[1].timestamp)
    assert.equal(json.null, data.modules[1].altitude)
    assert.is_true(data.modules[3].unloaded)
    data = keeps("modules", { "show", FIXTURES .. "fltmc.txt" })
    assert.equal("385250.5", data.modules[3].altitude)
    assert.equal(4, data.modules[3].instances)
  end)

  it("of processes is shown, and on demand beside a table of totals", function()
    assert.equal(4, #keeps("processes", { "show", FIXTURES .. "memsnap.txt" }).processes)
    local beside = keeps("processes", { "show", "--list", "processes", FIXTURES .. "typeperf.csv" })
    assert.equal(21200, beside.processes[2].handles)
    assert.equal(3, #keeps("snapshots", { "show", FIXTURES .. "typeperf.csv" }).snapshots)
    local none = shell.poolsleuth { "show", "--list", "blocks", FIXTURES .. "memsnap.txt" }
    assert.equal(65, none.status)
  end)

  it("of verified drivers is shown with their outstanding allocations", function()
    local data = keeps("verifier", { "show", FIXTURES .. "verifier_new.txt" })
    assert.equal("lka.sys", data.drivers[1].driver)
    assert.equal(0x1058, data.drivers[1].nonpaged_bytes)
    assert.equal(json.null, data.drivers[1].loads)
    assert.equal(3, #data.blocks)
    assert.equal("lka!GetNecessaryObjects", data.blocks[3].caller)
  end)

  it("of handles is shown, the processes' own counts apart", function()
    local data = keeps("handles", { "show", FIXTURES .. "handle_all.txt" })
    assert.equal(9, #data.handles)
    assert.equal("acme agent.exe", data.handles[5].process)
    assert.equal(3, data.handles[5].count)
    local listed = case.new {}:load { FIXTURES .. "handle_kd.txt" }
    assert.equal(4, #listed.handles)
    assert.is_true(listed.handles[4].of_process)
    assert.is_nil(listed.handles[4].type)
    assert.equal(4, listed.handles[4].count)
    assert.equal(0x1018, listed.handles[4].pid)
    assert.equal(3, #keeps("handles", { "show", FIXTURES .. "handle_kd.txt" }).handles)
    assert.equal(5, #keeps("processes", { "show", FIXTURES .. "process_list.txt" }).processes)
  end)

  it("of events is shown with their moments and parameters", function()
    local data = keeps("events", { "show", FIXTURES .. "events_xml.xml" })
    assert.equal(4, #data.events)
    assert.equal(2004, data.events[3].id)
    assert.equal("2026-11-01T02:05:00Z", (data.events[3].time:gsub("Z?$", "Z")))
    assert.is_true(data.events[3].zoned)
    local parameter = data.events[3].parameters[2]
    assert.same({ "Name", "acmesvc.exe" }, { parameter.name, parameter.value })
    assert.equal(json.null, data.events[4].time)
    local evtx <close> = folders.new()
    evtx:write("x.evtx", "ElfFile\0" .. ("\0"):rep(70000))
    local refused = shell.poolsleuth { "show", evtx:path "x.evtx" }
    assert.equal(65, refused.status)
    assert.is_truthy(refused.err:find("evtxexport x.evtx", 1, true))
    assert.is_truthy(refused.err:find("wevtutil qe x.evtx", 1, true))
  end)

  it("of services, loggers, hives or files is shown", function()
    assert.equal("npacme", keeps("services", { "show", "--list", "services", FIXTURES .. "sc_qc.txt" })
      .services[1].name)
    assert.equal(268435456, keeps("loggers", { "show", FIXTURES .. "wmitrace_bufdump.txt" })
      .loggers[3].nonpaged_bytes)
    assert.equal(94371840, keeps("hives", { "show", FIXTURES .. "hives_dir.txt" }).hives[1].bytes)
    assert.equal("Unsigned", keeps("files", { "show", FIXTURES .. "sigcheck.csv" }).files[2].verified)
  end)

  it("keeps what every field of an item is called in C in its documents", function()
    for _, kind in ipairs(text.KINDS) do
      local shape = schema.kinds[kind.name][kind.name].of
      for _, name in ipairs(kind.fields) do assert.is_truthy(shape[name], kind.name .. "." .. name) end
    end
  end)

  it("is a table for people, in every format", function()
    local names = { "verifier_old.txt", "pool_page.txt", "lm_v.txt", "memsnap.txt", "typeperf.csv",
                    "handle_all.txt", "events_wevtutil.txt", "wmitrace_bufdump.txt", "hives_dir.txt",
                    "sigcheck.csv", "reg_query.txt" }
    for _, name in ipairs(names) do
      for _, format in ipairs { "text", "markdown", "html", "csv" } do
        local result = shell.poolsleuth { "show", FIXTURES .. name, "--format", format }
        assert.equal(0, result.status, name .. " " .. format .. ": " .. result.err)
        assert.is_true(#result.out > 60)
      end
    end
  end)
end)

describe("what is loaded", function()
  local function records()
    return { { name = "lka.sys" }, { name = "other.sys" }, { name = "gone.sys" } }
  end

  it("is told by a whole list, by name and by state", function()
    local list = records()
    loaded.mark(list, text.parse('"Module Name","Display Name","State","Path"\n'
      .. '"lka","Lka","Running","C:\\x\\lka.sys"\n"gone","G","Stopped","C:\\x\\gone.sys"\n').modules)
    assert.is_true(list[1].loaded)
    assert.is_false(list[2].loaded)
    assert.is_false(list[3].loaded)
  end)

  it("stays unknown where a list is of a few", function()
    local list = records()
    local part = "start    end        module name\n80010000 80012320   lka    (deferred)\n"
    loaded.mark(list, text.parse(part).modules)
    assert.is_true(list[1].loaded)
    assert.is_nil(list[2].loaded)
    loaded.mark(list, text.parse(part .. "80100000 80200000   nt    (pdb symbols)\n").modules)
    assert.is_false(list[2].loaded)
  end)

  it("is told by time stamp and size, and another build is said", function()
    local list = { { name = "renamed.sys", driver = { timestamp = 0x559da7a0, image_size = 0x12000 } },
                   { name = "lka.sys", driver = { timestamp = 0x11111111, image_size = 0x12000 } } }
    local lm = "start    end        module name\n80010000 80022000   lka    (deferred)\n"
      .. "    Timestamp:        Wed Jul  8 15:43:44 2015 (559DA7A0)\n    ImageSize:        00012000\n"
    loaded.mark(list, text.parse(lm).modules)
    assert.is_true(list[1].loaded)
    assert.is_true(list[2].loaded)
    assert.is_true(list[2].other_build)
    assert.is_false(list[1].other_build)
  end)
end)

local function verifier_text(count)
  local lines = { "kd> !verifier 3 zeta.sys", "Driver Verification List", "",
                  "  MODULE: 0x84226b28 zeta.sys (Loaded)",
                  "    Pool Allocation Statistics: ( NonPagedPool / PagedPool )",
                  ("      Current Pool Allocations: ( 0x%08x / 0x00000000 )"):format(count),
                  "    Pool Allocations:" }
  for i = 1, count do
    local row = "      0x%08x  0x00000200  LkaL  0x9a3bf6ac  zeta!Make"
    lines[#lines + 1] = row:format(0x80000000 + i * 4096)
  end
  return table.concat(lines, "\n") .. "\n"
end

describe("the verdict", function()
  it("names the driver whose allocations Driver Verifier lists, over one that only passes the tag", function()
    local folder <close> = folders.new()
    local logs = evidence.logs(folder, 9)
    folder:write("drivers/acme.sys", image.with_tag "LkaL")
    folder:write("verifier.txt", verifier_text(12))
    local words = { "find-leaking-driver", folder:path "drivers", folder:path "verifier.txt" }
    table.move(logs, 1, #logs, #words + 1, words)
    words[#words + 1] = "--json"
    local decoded = json.decode(shell.poolsleuth(words).out)
    local found = decoded.data.findings[1]
    assert.equal("LkaL", found.tag)
    local reasons = {}
    for _, suspect in ipairs(found.suspects) do
      reasons[suspect.driver] = table.concat(suspect.reasons, "; ")
    end
    local wanted = "Driver Verifier lists 12 allocations of this tag (6.0 KiB)"
    assert.is_truthy(reasons["zeta.sys"]:find(wanted, 1, true))
    assert.is_truthy(reasons["acme.sys"])
  end)

  it("is not changed by a log of counters, which is told beside it", function()
    local folder <close> = folders.new()
    local logs = evidence.logs(folder, 9)
    local function line_of(words)
      local decoded = json.decode(shell.poolsleuth(words).out)
      return decoded.data.findings[1].line, decoded.data.findings[1].evidence
    end
    local words = { "find-leaking-driver", "--json", table.unpack(logs) }
    local before = line_of(words)
    local counters = { '"(PDH-CSV 4.0) (UTC)(0)","\\\\SRV\\Memory\\Pool Nonpaged Bytes"' }
    for hour = 0, 8 do
      local row = '"11/01/2026 %02d:05:30.000","%d"'
      counters[#counters + 1] = row:format(hour, 1000000000 + hour * 215040000)
    end
    words[#words + 1] = folder:write("counters.csv", table.concat(counters, "\r\n") .. "\r\n")
    local after, told = line_of(words)
    assert.equal(before, after)
    local said = false
    for _, item in ipairs(told) do
      said = said or item.text:find("counters: nonpaged pool as a whole", 1, true) ~= nil
    end
    assert.is_true(said)
  end)

  it("of counters alone is that they name no tag", function()
    local result = shell.poolsleuth { "find-leaking-driver", "--json", FIXTURES .. "typeperf.csv" }
    assert.equal(3, result.status)
    local found = json.decode(result.out).data.findings[1]
    assert.equal("NOT-ENOUGH-DATA", found.verdict)
    local wanted = "nonpaged pool as a whole went from 999.4 MiB to 1.4 GiB"
    assert.is_truthy(found.evidence[1].text:find(wanted, 1, true))
  end)
end)

describe("tables of two pools in one text", function()
  it("are one moment, and no series in which a tag stays as large as it is", function()
    local result = shell.poolsleuth { "find-leaking-driver", FIXTURES .. "tags_caption.md", "--json" }
    assert.equal(1, result.status, result.err)
    local finding = json.decode(result.out).data.findings[1]
    assert.equal("HIGH", finding.verdict)
    assert.is_truthy(finding.evidence[1].text:find("^holds "), finding.evidence[1].text)
  end)
end)

describe("totals", function()
  it("are compared where they overlap in time, on one machine", function()
    local bytes = assert(io.open(FIXTURES .. "typeperf.csv", "rb")):read "a"
    local of = case.new { texts = { { name = "c.csv", text = bytes } } }
    local first = 1793491500
    assert.equal(1468006400 - 1047961600, totals.evidence(of, "nonpaged").growth_bytes)
    assert.equal(1258291200 - 1047961600, totals.evidence(of, "nonpaged", first, first + 700).growth_bytes)
    assert.is_nil(totals.evidence(of, "nonpaged", first + 5000, first + 9000))
    assert.is_nil(totals.evidence(of, "nonpaged", nil, nil, "OTHER"))
    assert.equal(6, #of.processes)
  end)
end)
