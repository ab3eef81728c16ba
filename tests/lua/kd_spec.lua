--- The debugger's words on dumps: a known story typed in, forms that people type, and what is said when a
-- dump cannot tell.
local dump       = require "poolsleuth.dump"
local expression = require "poolsleuth.kd.expression"
local format     = require "poolsleuth.format"
local json       = require "poolsleuth.json"
local kd         = require "poolsleuth.kd"
local lfs        = require "lfs"
local pe         = require "poolsleuth.pe"
local prompt     = require "poolsleuth.kd.prompt"
local schema     = require "tests.lua.support.schema"
local shell      = require "tests.lua.support.shell"
local split      = require "poolsleuth.kd.split"
local text       = require "poolsleuth.text"

local FIXTURES <const> = os.getenv "POOLSLEUTH_FIXTURES" or "build/fixtures"
local STORY <const> = FIXTURES .. "/dumps/story2.dmp"
local GUID <const> = "{7C1E9A52-4D0B-4F3E-9B61-2A5D80C7F3E4}"

-- A test of the story's machine; skipped where it could not be built.
local function on_story(name, check)
  it(name, function()
    if not lfs.attributes(STORY) then pending "the dump is not built: clang is missing" return end
    local opened <close> = assert(dump.open(STORY))
    check(kd.new(opened, { path = STORY, knowledge = require("poolsleuth.knowledge").load {} }), opened)
  end)
end

-- What one command answers, as text.
local function ask(session, line)
  local said = {}
  for _, answer in ipairs(session:run(line)) do said[#said + 1] = table.concat(answer.lines, "\n") end
  return table.concat(said, "\n")
end

local function has(session, line, ...)
  local said = ask(session, line)
  for _, wanted in ipairs { ... } do
    assert(said:find(wanted, 1, true), ("%s: '%s' is not in:\n%s"):format(line, wanted, said))
  end
  return said
end

describe("a line of commands", function()
  it("is split at semicolons, but not in quotes", function()
    assert.same({ "!vm", '.echo "a;b"', "lm" }, split.commands '!vm; .echo "a;b" ;lm;')
    assert.same({ "lm" }, split.commands "lm * and a remark; !vm" and split.commands "lm; * a remark; !vm")
    assert.same({}, split.commands "  ")
  end)

  it("may bring prompts along", function()
    for _, line in ipairs { "2: kd> !vm", "kd> !vm", "lkd> !vm", "0: kd:x86> !vm", "16: kd> 2: kd> !vm",
                            "0:000> !vm", "  3: Kd>!vm" } do
      assert.same({ "!vm" }, split.commands(line))
    end
  end)

  it("has words that stand close to their arguments", function()
    local known = { s = 1, lm = 1, dd = 1, ["!poolused"] = 1, x = 1, ["!lmi"] = 1 }
    assert.same({ "s", "-d 1 2" }, { split.word("s-d 1 2", known) })
    assert.same({ "lm", "vm nt" }, { split.word("lmvm nt", known) })
    assert.same({ "!poolused", "2" }, { split.word("!poolused2", known) })
    assert.same({ "!poolused", " /t2 2" }, { split.word("!POOLUSED /t2 2", known) })
    assert.same({ "?", "1+1" }, { split.word("?1+1", known) })
    assert.same({ "dd", "/c1 nt" }, { split.word("dd/c1 nt", known) })
  end)
end)

describe("an expression", function()
  local modules = { { name = "ntoskrnl.exe", base = 0xfffff80000000000, size = 0x1000 } }
  local function session(bits)
    local opened = { modules = function() return modules end, symbol = function() return nil end,
                     exports = function() return { { name = "Foo", address = modules[1].base + 16 } } end,
                     publics = function() return {} end, facts = function() return { bits = bits } end,
                     read = function() return "\1\0\0\0\0\0\0\0" end }
    return kd.new(opened, {})
  end

  it("is hexadecimal unless it says otherwise", function()
    local s = session(64)
    for given, wanted in pairs {
      ["10"] = 16, ["0n10"] = 10, ["0x10"] = 16, ["0t10"] = 8, ["0y11"] = 3, ["1+2*3"] = 7, ["(1+2)*3"] = 9,
      ["-1"] = -1, ["~0"] = -1, ["fffff800`00000000"] = 0xfffff80000000000, ["10 / 4"] = 4, ["10 % 3"] = 1,
      ["nt!Foo+4"] = modules[1].base + 20, ["nt"] = modules[1].base, ["poi(nt)"] = 1, ["by(nt)"] = 1,
    } do
      assert.same({ given, wanted }, { given, (expression.only(s, given)) })
    end
  end)

  it("takes the sign of 32 bits along", function()
    assert.equal(0xffffffffe0894d1f, (expression.only(session(32), "e0894d1f")))
  end)

  it("that is none says why", function()
    local s = session(64)
    for given, why in pairs { ["nosuch"] = "no number, module or symbol", ["1/0"] = "division by zero",
                              ["(1"] = "a ) is missing", ["foo!Bar"] = "no module 'foo'",
                              ["nt!Bar"] = "no symbol 'nt!Bar'", ["1 2"] = "left over",
                              [("("):rep(200)] = "nested too deeply" } do
      local value, message = expression.only(s, given)
      assert.is_nil(value)
      assert(message:find(why, 1, true), message)
    end
  end)
end)

describe("the story of the untagged leak", function()
  on_story("is told by what an engineer types, one by one", function(session)
    has(session, "2: kd> !vm", "Physical Memory:          851420   (   3405680 Kb)",
      "NonPagedPool Usage:        31369   (    125476 Kb)",
      "NonPagedPool Max:          31986   (    127944 Kb)",
      "Excessive NonPaged Pool Usage")
    local said = has(session, "2: kd> !poolused /t2 2", "Sorting by NonPaged Pool Consumed", " MmCm ")
    assert(said:find " None +246479 +50827424 ", said)
    assert.is_nil(said:find(" CM31", 1, true))
    has(session, "2: kd> x nt!ExAllocatePool", "e0894d1f", "nt!ExAllocatePool")
    said = has(session, "2: kd> !for_each_module s-d @#Base @#End e0894d1f", "e0894d1f e0828e04 e089b708")
    local slot = said:match "^(%x+)  e0894d1f"
    has(session, "dps " .. slot, slot .. "  e0894d1f nt!ExAllocatePool", "e0828e04 nt!_wcsnicmp",
      "e089b708 nt!ExFreePoolWithTag", "e083e30a nt!KeInitializeEvent")
    has(session, "!lmi " .. slot, "Module: " .. GUID, "Base Address: f50b3000",
      "Image Name: " .. GUID .. ".sys")
    has(session, "!dh f50b3000", "Import Address Table Directory", "machine (i386)")
  end)

  on_story("is read back by the readers of text", function(session)
    local log = {}
    for _, command in ipairs { "!vm", "!poolused 2", "lm" } do
      log[#log + 1] = "2: kd> " .. command
      log[#log + 1] = ask(session, command)
    end
    local parsed = assert(text.parse(table.concat(log, "\n") .. "\n"))
    local snapshot, memory, rows = session:snapshot(), {}, {}
    for _, read in ipairs(parsed.snapshots) do
      for name, value in pairs(read:memory()) do memory[name] = value end
      for _, row in ipairs(read:rows()) do rows[row.tag .. row.pool] = row end
    end
    for _, name in ipairs { "nonpaged_bytes", "nonpaged_limit_bytes", "paged_bytes", "paged_limit_bytes",
                            "physical_bytes", "available_bytes", "commit_bytes", "commit_limit_bytes" } do
      assert.equal(snapshot:memory()[name], memory[name])
    end
    for _, row in ipairs(snapshot:rows()) do
      local read = rows[format.plain_tag(row.tag) .. row.pool]
      if row.bytes > 0 then
        assert.same({ row.tag, row.diff, row.bytes }, { row.tag, read.diff, read.bytes })
      end
    end
    local found = {}
    for _, module in ipairs(parsed.modules) do found[module.name] = module end
    assert.equal(0xf50b3000, found[GUID].base & 0xffffffff)
    assert.is_true(found["kmixer.sys"].unloaded)
  end)

  on_story("is read back in its verbose form too", function(session)
    local parsed = assert(text.parse("2: kd> !poolused 3\n" .. ask(session, "!poolused 3") .. "\n"))
    local rows = {}
    for _, row in ipairs(parsed.snapshots[1]:rows()) do rows[row.tag .. row.pool] = row end
    for _, row in ipairs(session:snapshot():rows()) do
      local read = rows[format.plain_tag(row.tag) .. row.pool]
      if row.bytes > 0 then
        assert.same({ row.allocs, row.frees, row.bytes }, { read.allocs, read.frees, read.bytes })
      end
    end
  end)

  on_story("ends with the module written back, and read as a driver", function(session, opened)
    local path = os.tmpname()
    has(session, "save-module f50b3000 " .. path, GUID)
    local file <close> = assert(io.open(path, "rb"))
    local driver = assert(pe.parse(file:read "a"))
    os.remove(path)
    local names = {}
    for _, import in ipairs(driver.imports) do names[import.name] = true end
    assert.is_true(names.ExAllocatePool)
    assert.equal("untagged", driver.sites[1].role)
    assert.equal(opened:image(0xfffffffff50b3000).timestamp, driver.timestamp)
  end)

  it("is told by the playbook alone", function()
    if not lfs.attributes(STORY) then pending "the dump is not built: clang is missing" return end
    local result = shell.poolsleuth { "untagged-pool", STORY }
    assert.equal(1, result.status)
    assert(result.out:find('HIGH tag="None" pool=nonpaged', 1, true), result.out)
    assert(result.out:find("driver=" .. GUID .. ".sys confidence=high", 1, true), result.out)
    assert(result.out:find("loaded at f50b3000, holds", 1, true), result.out)
    assert(result.out:find("is in memory only", 1, true), result.out)
    result = shell.poolsleuth { "find-leaking-driver", STORY }
    assert(result.out:find("driver=" .. GUID .. ".sys", 1, true), result.out)
  end)
end)

describe("words", function()
  on_story("show memory", function(session)
    has(session, "db f50b3000 L10", "f50b3000  4d 5a ", "-", "  MZ")
    has(session, "dd f50b3000 L1", "f50b3000  00785a4d")
    has(session, "dq f50b3000 L1", "f50b3000  ")
    has(session, "da f50b3000+4d", "program")
    has(session, "dw f50b3000 f50b3003", "f50b3000  5a4d 0078")
  end)

  on_story("name addresses and numbers", function(session)
    has(session, "ln nt!ExAllocatePool+3", "(e0894d1f)   nt!ExAllocatePool+0x3")
    has(session, "? nt!ExAllocatePool - nt", "00094d1f")
    has(session, ".formats 41424344", "DCBA", "1094861636")
    has(session, "what f50b3010", GUID .. ".sys")
    has(session, "!pte f50b3000", "PTE at", "valid", "physical address")
    has(session, ".echo hello", "hello")
  end)

  on_story("list modules in each way", function(session)
    has(session, "lmvm " .. GUID, "f50b3000 f50bb000", "Image name: " .. GUID .. ".sys", "Timestamp:")
    has(session, "lm a f50b4000", GUID)
    has(session, "lm m k*", "keeps", "kmixer.sys")
    has(session, "lm m nosuch", "No module matches")
    has(session, "!for_each_module .echo @#ModuleName @#Base @#End @#Size @#ImageName", "nt 0xe0800000",
      "hal.dll")
    has(session, "imports keeps", "nt!")
    has(session, "lmDvmnt", "Image name: ntoskrnl.exe")
    assert.equal("nt", (ask(session, "lm1m n*")))
    has(session, "lm t n", "hal.dll          ")
    has(session, "lmf m f*", "drivers\\filter.sys")
    has(session, "lmu", "no user modules")
    local by_name = has(session, "lmsm", "filter")
    assert(by_name:find "filter.*keeps.* nt ", by_name)
    assert.is_nil(ask(session, "lm l"):find("Unloaded", 1, true))
    has(session, "!for_each_module .echo @#MappedImageName @#SymbolFileName @#SymbolType",
      "\\system32\\hal.dll hal.dll 4")
    has(session, "x /D /f nt!ExAllocatePool", "e0894d1f")
  end)

  on_story("show the parts of a module's headers that options ask for", function(session)
    local said = has(session, "!dh -i f50b3000", "IMPORTS OF " .. GUID, "e0894d1f nt!ExAllocatePool")
    assert.is_nil(said:find("SECTION HEADER", 1, true))
    has(session, "!dh -e nt", "EXPORTS OF ntoskrnl.exe", "e0894d1f  ExAllocatePool")
    has(session, "!dh -e f50b3000", "exports nothing by name")
    has(session, "!dh -s -f nt", "SECTION HEADER #1", "FILE HEADER VALUES")
  end)

  on_story("tell of each paged pool, and what the totals lack", function(session)
    has(session, "!vm", "PagedPool 0 Usage:         15257", "PagedPool 4 Usage:",
      "Not known from this dump: failed allocations", "ntkrpamp.pdb {")
  end)

  on_story("pick processes", function(session)
    local all = has(session, "!process 0 0", "NT ACTIVE PROCESS DUMP", "smss.exe", "leaksvc.exe")
    local address = all:match "PROCESS (%x+)[^\n]*Cid: 08a0"
    for _, line in ipairs { "!process 8a0", ("!process %s 1"):format(address), "!process 0 0 leak*",
                            "!process 0 0 LEAKSVC.EXE" } do
      assert.is_nil(has(session, line, "leaksvc.exe", "5242880"):find("smss", 1, true))
    end
    has(session, "!process 0 0 none.exe", "no process of the list is meant")
    has(session, "!object " .. address, "single objects are not told")
  end)

  on_story("that a script brings along do no harm", function(session)
    has(session, ".reload /f", "--symbols DIR", "ntkrpamp.pdb")
    has(session, ".logopen c:\\x.txt", "No log is written")
    has(session, ".time", "2008-12-09 11:40:00")
    assert.equal("", ask(session, ".symopt+ 10"))
    has(session, ".formats 5", "Binary:  00000000 00000000 00000000 00000101")
  end)

  it("say what the parameters of a bug check mean", function()
    local opened = { modules = function() return {} end, near = function() return nil end,
      problems = function() return {} end, snapshot = function() return nil, "none" end,
      facts = function()
        return { bits = 64, bugcheck = { code = 0x10000019, name = "BAD_POOL_HEADER",
                                         parameters = { 0x20, 0x10, 0, 0 } } }
      end }
    local said = ask(kd.new(opened, {}), "!analyze -v")
    for _, wanted in ipairs { "Arg1: 0000000000000020, what is wrong: the size in a pool header is wrong",
                              "Arg2: 0000000000000010, the pool entry that is looked at" } do
      assert(said:find(wanted, 1, true), said)
    end
    local known = require "poolsleuth.kd.bugchecks"
    for code, told in pairs(known) do
      assert.is_true(#told <= 4 and math.type(code) == "integer")
      for _, text_of in pairs(told.kinds or {}) do assert.is_string(text_of) end
    end
  end)

  on_story("search", function(session)
    has(session, 's -a nt L?a0000 "ExAllocatePool"', "ExAllocatePool")
    has(session, "s-b f50b3000 L1000 4d 5a", "f50b3000  4d 5a")
    local said = has(session, "s -d 0 L?ffffffff e0894d1f", "e0894d1f e0828e04")
    assert(said:find "^%x%x%x%x%x%x%x%x%x%x  ", said)
  end)

  on_story("tell of big blocks", function(session)
    local said = has(session, "!poolfind None", "tag None, size 0x3000, nonpaged pool")
    local at = said:match "(%x+) : tag None"
    has(session, "!pool " .. at .. "+10", "*" .. at .. " : large page allocation, tag is None")
    has(session, "what " .. at, 'tag "None"')
    has(session, "!pool nt", "is in no block that is known", "it is in no page of small blocks")
    has(session, "!poolfind toolong", "a tag of one to four characters")
  end)

  on_story("pick tags", function(session)
    local said = has(session, "!poolused 4 CM*", "Sorting by Paged Pool Consumed", "CM31")
    assert.is_nil(said:find("None", 1, true))
    has(session, "!poolused 0 Zzzz", "No tag matches")
    has(session, "!poolused", "Sorting by Tag", "TOTAL")
    has(session, "!poolused 8", "session pool")
  end)

  on_story("fail with their cause", function(session)
    has(session, "nosuchword", "no word 'nosuchword'")
    has(session, "dd 10 L4", "the memory at 00000010 is ")
    has(session, "!pte 10", "00000010 is not mapped")
    has(session, "x nosuch!Foo", "no module 'nosuch' is loaded")
    has(session, "x nt!NoSuch", "no symbol 'nt!NoSuch'")
    has(session, "!lmi 10", "no loaded module holds 00000010")
    has(session, "s -d 10 L4 1", "nothing of that range can be read")
    has(session, "s -z 10 L4 1", "s -z is not known")
    has(session, "dd nt L?10000000000", "too many")
    has(session, "dd nt L10000000", "write L?")
    has(session, "!for_each_module", "a command is missing")
    has(session, "save-module nt", "takes a module and the file")
    has(session, "save-module nt /nowhere/at/all.sys", "/nowhere/at/all.sys: ")
  end)

  on_story("converse at a prompt", function(session)
    local input, output = io.tmpfile(), io.tmpfile()
    input:write "? 1+1\n\nq\n? 2+2\n"
    input:seek "set"
    prompt.run(session, { input = input, output = output })
    output:seek "set"
    local said = output:read "a"
    local _, count = said:gsub("Evaluate expression: 2 = 00000002", "")
    assert.equal(2, count)
    assert.is_nil(said:find("= 00000004", 1, true))
    input:close()
    output:close()
  end)
end)

describe("a dump as a source", function()
  local function built(name)
    local path = FIXTURES .. "/dumps/" .. name
    return lfs.attributes(path) and path
  end

  it("shows its tags as a log does, whatever container it has", function()
    if not built "win11.lime" then pending "the dumps are not built: clang is missing" return end
    local symbols = FIXTURES .. "/dumps/kernels"
    for _, name in ipairs { "story2.dmp", "xp.dmp", "win7.dmp", "win11.dmp", "arm64.dmp", "vista.raw",
                            "win10.vmem", "win11.lime", "server2025.elf" } do
      local result = shell.poolsleuth { "show", built(name), "--symbols", symbols, "--top", "3", "--json" }
      assert.equal(0, result.status)
      local data = json.decode(result.out).data
      assert.same({ name, "whole", 3 }, { name, data.scope, #data.rows })
      assert.equal(name == "story2.dmp" and "None" or "LkaL", data.rows[1].tag)
    end
  end)

  it("without a header, a PDB or totals still names the tag that holds most, and its driver", function()
    if not built "server2025.elf" then pending "the dumps are not built: clang is missing" return end
    for _, name in ipairs { "server2025.elf", "win11.lime", "win10.dmp" } do
      local result = shell.poolsleuth { "find-leaking-driver", built(name) }
      assert(result.out:find('^HIGH tag="LkaL" pool=nonpaged [^\n]*driver=filter.sys'), result.out)
    end
  end)

  it("that is small tells its totals in triage", function()
    local small = built "mini.dmp"
    if not small then pending "the dumps are not built: clang is missing" return end
    local result = shell.poolsleuth { "dump-triage", small }
    assert.equal(3, result.status)
    local said = result.out:gsub("%s+", " ")
    assert(said:find("its totals: nonpaged pool 2.7 MiB, paged pool 2.2 MiB, committed 16.9 MiB", 1, true),
      said)
    assert(said:find("!vm; !process 0 0; !verifier", 1, true), said)
  end)

  it("is compared with another, and accuses a driver with another", function()
    local one, other = built "win7.dmp", built "win11.dmp"
    if not one then pending "the dumps are not built: clang is missing" return end
    local result = shell.poolsleuth { "diff", one, one, "--json" }
    assert.equal(0, result.status)
    assert.equal(0, #json.decode(result.out).data.rows)
    result = shell.poolsleuth { "find-leaking-driver", one, other, "--json" }
    assert.is_true(result.status <= 3)
    assert.equal(2, #json.decode(result.out).inputs)
  end)

  it("names a driver that is on no disk, by the addresses that a tag's blocks hold", function()
    local one = built "win7.dmp"
    if not one then pending "the dumps are not built: clang is missing" return end
    for _, playbook in ipairs { "dump-triage", "find-leaking-driver" } do
      local result = shell.poolsleuth { playbook, one, "--json" }
      local finding = json.decode(result.out).data.findings[1]
      assert.same({ "LkaL", "filter.sys" }, { finding.tag, finding.suspects[1].driver })
      local reasons = table.concat(finding.suspects[1].reasons, "; ")
      assert(reasons:find("2 of 2 big blocks", 1, true), reasons)
      assert(reasons:find("it was read in memory", 1, true), reasons)
    end
  end)
end)

describe("kd", function()
  it("answers as one document", function()
    if not lfs.attributes(STORY) then pending "the dump is not built: clang is missing" return end
    local result = shell.poolsleuth { "kd", STORY, "--json", "-c",
      "!vm; !poolused /t2 2; x nt!ExAllocatePool; !for_each_module s-d @#Base @#End e0894d1f;"
      .. "dps f50b8058 L2; !lmi f50b3000; lm; vertarget; !pte f50b3000; what f50b3000; ? 10;"
      .. "db nt L4; !dh keeps; .bugcheck; nosuch" }
    assert.equal(0, result.status)
    local decoded = assert(json.decode(result.out))
    assert.is_nil(schema.check(decoded, "dump"))
    local commands = decoded.data.commands
    assert.equal(15, #commands)
    assert.equal(128487424, commands[1].vm.nonpaged_bytes)
    assert.equal("None", commands[2].poolused[1].tag)
    assert.equal("0xffffffffe0894d1f", commands[3].symbols[1].address)
    assert.equal("no word 'nosuch': ? lists those that there are", commands[15].error)
  end)

  it("takes commands from standard input", function()
    if not lfs.attributes(STORY) then pending "the dump is not built: clang is missing" return end
    local result = shell.poolsleuth({ "kd", STORY },
      { input = "2: kd> !lmi nt\n.echo done\nq\n.echo more\n" })
    assert(result.out:find("Image Name: ntoskrnl.exe", 1, true), result.out)
    assert(result.out:find("done", 1, true))
    assert.is_nil(result.out:find("more", 1, true))
  end)

  it("finds the kernel's PDB in a folder, and names the one that it wants", function()
    if not lfs.attributes(STORY) then pending "the dump is not built: clang is missing" return end
    local result = shell.poolsleuth { "kd", STORY, "--symbols", FIXTURES .. "/dumps/kernels", "-c",
      "vertarget; x nt!PoolTrackTable" }
    assert(result.out:find("ntkrpamp.pdb.-, loaded"), result.out)
    result = shell.poolsleuth { "kd", STORY, "--symbols", "tests/lua", "-c", ".echo on" }
    local said = result.out:gsub("%s+", " ")
    assert(said:find("ntkrpamp.pdb {", 1, true) and said:find("is not in tests/lua", 1, true), said)
  end)

  it("says what is no dump", function()
    local result = shell.poolsleuth { "kd", "Makefile", "-c", "!vm" }
    assert.equal(65, result.status)
    assert.equal(66, shell.poolsleuth({ "kd", "nowhere.dmp", "-c", "!vm" }).status)
  end)

  it("tells of the real triage dump what it has, and that it is short", function()
    local corpus = os.getenv "POOLSLEUTH_CORPUS"
    local path = corpus and corpus .. "/dumps/rizin_triage_x64.dmp"
    if not path or not lfs.attributes(path) then pending "the corpus is not here" return end
    local result = shell.poolsleuth { "kd", path, "-c", "vertarget; .bugcheck; lm; !poolused; x nt!Foo" }
    for _, wanted in ipairs { "Kernel Version 19041", "16 procs", "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED",
        "amdppm", "its header wants 1669397", "a triage dump holds no tag tables",
        "the exports of nt are not in the dump" } do
      assert(result.out:find(wanted, 1, true), wanted)
    end
    result = shell.poolsleuth { "dump-triage", path }
    assert.equal(3, result.status)
    assert(result.out:find("151 loaded modules", 1, true))
  end)
end)
