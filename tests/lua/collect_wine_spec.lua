--- The collecting script under cmd.exe (wine's), with stand-ins for the programs of a server; what it leaves
-- goes whole into find-leaking-driver.
local folders = require "tests.lua.support.folder"
local json = require "poolsleuth.json"
local lfs = require "lfs"
local shell = require "tests.lua.support.shell"
local tree = require "tests.lua.support.tree"
local wine = require "tests.lua.support.wine"

local fixtures <const> = (os.getenv "POOLSLEUTH_FIXTURES" or lfs.currentdir() .. "/build/fixtures") .. "/demo"

local GERMAN <const> = '"Modulname","Anzeigename","Beschreibung","Treibertyp","Startmodus","Status",'
  .. '"Status","Beenden annehmen","Anhalten annehmen","Ausgelagerter Pool (Bytes)","Code(Bytes)",'
  .. '"BSS(Bytes)","Linkdatum","Pfad","Init(Bytes)"\r\n'
local ENGLISH <const> = '"Module Name","Display Name","Description","Driver Type","Start Mode","State",'
  .. '"Status","Accept Stop","Accept Pause","Paged Pool(bytes)","Code(bytes)","BSS(bytes)","Link Date",'
  .. '"Path","Init(bytes)"\r\n'

local function query_line(name, path)
  return ('"%s","%s, the filter","%s","Kernel ","System","Running","OK","TRUE","FALSE","4,096","61,440","0",'
    .. '"3/14/2026 9:26:53 AM","%s","4,096"\r\n'):format(name, name, name, path)
end

local function copy(from, to)
  assert.are.equal(0, shell.run({ "cp", from, to }).status)
end

-- Compiled once.
local function stand_ins()
  local place = (os.getenv "POOLSLEUTH_BUILD" or "build") .. "/stand-ins"
  if not lfs.attributes(place .. "/poolmon.exe") then
    assert.are.equal(0, shell.run({ "tests/make/server.sh", place }).status)
  end
  return place
end

-- A server: Windows in a folder with blanks and parentheses, drivers in two places, poolmon where asked.
local function new_server(options)
  local folder = folders.new()
  local windows = folder:mkdir "Windows (old)"
  local programs = stand_ins()
  assert.are.equal(0, shell.run({ "cp", "-r", programs .. "/System32", windows }).status)
  for _, name in ipairs { "grancach", "mirrorio", "nwaudit", "oldport", "qlqueue" } do
    copy(("%s/drivers/%s.sys"):format(fixtures, name), windows .. "/System32/drivers/")
  end
  local place = folder:mkdir "Program Files (x86)/Acme & Co/acme store"
  copy(fixtures .. "/drivers/acmeflt.sys", place)
  folder:write("query.csv", (options.query or ENGLISH)
    .. query_line("mirrorio", wine.path(windows .. "/System32/drivers/mirrorio.sys"))
    .. query_line("acmeflt", "\\??\\" .. wine.path(place .. "/acmeflt.sys"))
    .. query_line("dump_disk", "\\SystemRoot\\System32\\drivers\\dump_disk.sys"))
  folder:mkdir "bin"
  copy(wine.cmd(), folder:path "bin/cmd.exe")
  folder:mkdir "scripts"
  if options.poolmon ~= false then
    folder:mkdir(options.poolmon or "scripts")
    copy(programs .. "/poolmon.exe", folder:path(options.poolmon or "scripts"))
  end
  if options.without then os.remove(windows .. "/System32/" .. options.without) end
  return folder
end

-- What the console of the server knows; then the script with its words, and its exit status.
local function run(folder, words, env)
  local function set(name, path) return ('set "%s=%s"\r\n'):format(name, wine.path(folder:path(path))) end
  folder:write("console.cmd", "@echo off\r\n" .. set("SystemRoot", "Windows (old)") .. set("PATH", "bin")
    .. set("ProgramFiles(x86)", "Program Files (x86)") .. set("ProgramFiles", "Program Files")
    .. set("SystemDrive", "drive") .. set("STANDIN_CALLS", "calls.txt") .. set("STANDIN_QUERY", "query.csv")
    .. ('set "STANDIN_LOGS=%s"\r\n'):format(wine.path(fixtures))
    .. ('"%s" %s\r\n'):format(wine.path(folder:path "scripts/collect.cmd"), words or ""))
  local result = wine.run({ "cmd", "/c", wine.path(folder:path "console.cmd") }, { env = env })
  result.files = tree.files(folder:path "evidence (1) & co")
  for i, path in ipairs(result.files) do result.files[i] = path:match "evidence %(1%) & co/(.*)$" end
  table.sort(result.files)
  local calls = io.open(folder:path "calls.txt", "rb")
  result.calls = calls and calls:read "a" or ""
  if calls then calls:close() end
  return result
end

-- A script for eight snapshots, or for as long as the words say.
local function write_script(folder, ...)
  local result = shell.poolsleuth { "collect", "--folder", wine.path(folder:path "evidence (1) & co"),
    "--interval", "6h", "-o", folder:path "scripts/collect.cmd", table.unpack(select("#", ...) > 0
    and { ... } or { "--for", "42h" }) }
  assert.are.equal(0, result.status, result.err)
end

local function count(list, pattern)
  local n = 0
  for _, item in ipairs(list) do if item:find(pattern) then n = n + 1 end end
  return n
end

local DATED <const> = "%-2026%-11%-0[12]T%d%d%-05%-00Z%."

local function test(name, body)
  it(name, function()
    if not wine.is_here() then pending "wine or its compiler is not here" return end
    if os.getenv "POOLSLEUTH_PRELOAD" then pending "nothing of ours runs in wine" return end
    if not lfs.attributes(fixtures) then pending "the demo is not built" return end
    body()
  end)
end

describe("the collecting script under cmd.exe", function()
  test("leaves a folder that find-leaking-driver takes whole", function()
    local folder <close> = new_server {}
    write_script(folder)
    local result = run(folder)
    assert.are.equal(0, result.status, result.out .. result.err)
    assert.are.equal(8, count(result.files, "^poolmon" .. DATED .. "log$"), table.concat(result.files, "\n"))
    assert.are.equal(8, count(result.files, "^counters" .. DATED .. "csv$"))
    assert.are.equal(8, count(result.files, "^handles" .. DATED .. "csv$"))
    assert.are.equal(1, count(result.files, "^driverquery" .. DATED .. "csv$"))
    assert.are.equal(2, count(result.files, "^fltmc%-%l+" .. DATED .. "txt$"))
    assert.are.equal(5, count(result.files, "^drivers/%w+%.sys$"), table.concat(result.files, "\n"))
    assert.are.equal(1, count(result.files, "^drivers/acme store/acmeflt%.sys$"))
    assert.are.equal(8 * 3 + 1 + 2 + 6, #result.files, table.concat(result.files, "\n"))

    local answer = shell.poolsleuth { "find-leaking-driver", folder:path "evidence (1) & co" }
    assert.are.equal(2, answer.status, answer.err)
    local verdict = answer.out:match "^[^\n]+"
    assert(verdict:find('^LEAK tag="LkaL" .* driver=acmeflt.sys version=1.2.3'), answer.out)
    assert(answer.out:find("it is loaded", 1, true), answer.out)
    assert.are.equal("", answer.err)

    -- Not one remark on any file of it: all are understood.
    local strict = shell.poolsleuth { "find-leaking-driver", folder:path "evidence (1) & co", "--strict",
      "--json" }
    assert.are.equal(2, strict.status, strict.err)
    local document = json.decode(strict.out)
    assert.are.equal(#result.files, #document.inputs)
    for _, input in ipairs(document.inputs) do assert.are.same({}, input.problems, input.path) end
  end)

  test("names the drivers in a language that it does not know", function()
    local folder <close> = new_server { query = GERMAN }
    write_script(folder, "--for", "6h")
    local result = run(folder)
    assert.are.equal(1, count(result.files, "^drivers/acme store/acmeflt%.sys$"), result.out .. result.err)
  end)

  test("waits between snapshots and says what to do at the end", function()
    local folder <close> = new_server {}
    write_script(folder, "--for", "6h")
    local result = run(folder)
    assert.are.equal(1, select(2, result.calls:gsub("ping|%-n|21601|127%.0%.0%.1\n", "")), result.calls)
    assert(result.out:find("poolsleuth find-leaking-driver FOLDER", 1, true), result.out)
    local undo = run(folder, "undo")
    assert.are.equal(0, undo.status)
    assert(undo.out:find('rd /s /q "', 1, true), undo.out)
  end)

  for _, place in ipairs {
    "Program Files (x86)/Windows Kits/10/Tools/10.0.22621.0/x64",
    "Program Files (x86)/Windows Kits/8.1/Tools/x64",
    "drive/WinDDK/7600.16385.1/tools/other/AMD64", "Program Files/Support Tools", "bin",
  } do
    test("finds poolmon in " .. place, function()
      local folder <close> = new_server { poolmon = place }
      write_script(folder, "--for", "6h")
      local result = run(folder)
      assert.are.equal(0, result.status, result.out .. result.err)
      assert.are.equal(2, count(result.files, "^poolmon" .. DATED .. "log$"))
    end)
  end

  test("goes without PowerShell where there is none", function()
    local folder <close> = new_server { without = "WindowsPowerShell/v1.0/powershell.exe" }
    write_script(folder, "--for", "6h")
    local result = run(folder)
    assert.are.equal(0, result.status, result.out .. result.err)
    assert.are.equal(2, count(result.files, "^poolmon%-2026%-11%-0[12]T%d%d%-05%-00%.log$"),
      table.concat(result.files, "\n"))
    assert.are.equal(2, count(result.files, "^counters%-"), table.concat(result.files, "\n"))
    assert.are.equal(0, count(result.files, "^handles%-"))
    assert(result.calls:find("typeperf|\\Memory\\Pool Nonpaged Bytes|", 1, true), result.calls)
  end)
end)

describe("the scheduled form", function()
  test("makes a task, takes one snapshot a run, and removes the task after the last", function()
    local folder <close> = new_server {}
    write_script(folder, "--task", "--for", "42h")
    local result = run(folder)
    assert.are.equal(0, result.status, result.out .. result.err)
    assert.are.equal(1, count(result.files, "^poolmon"))
    assert(result.calls:find("schtasks|/create|/tn|poolsleuth snapshots|/tr|'", 1, true), result.calls)
    assert(result.calls:find("' snapshot 8|/sc|minute|/mo|360|/ru|SYSTEM\n", 1, true), result.calls)
    for number = 2, 8 do
      local one_more = run(folder, "snapshot 8")
      assert.are.equal(0, one_more.status, one_more.out .. one_more.err)
      assert.are.equal(number, count(one_more.files, "^poolmon" .. DATED .. "log$"))
      local deleted = select(2, one_more.calls:gsub("schtasks|/delete|/tn|poolsleuth snapshots|/f\n", ""))
      assert.are.equal(number == 8 and 2 or 1, deleted, one_more.calls)
    end
  end)

  test("counts the snapshots of an earlier run", function()
    local folder <close> = new_server {}
    write_script(folder, "--for", "6h")
    run(folder)
    write_script(folder, "--task", "--for", "42h")
    local result = run(folder)
    assert(result.calls:find("' snapshot 10|/sc", 1, true), result.calls)
  end)

  test("says so where there can be no task", function()
    local folder <close> = new_server {}
    write_script(folder, "--task", "--for", "42h")
    local result = run(folder, nil, { STANDIN_FAIL = "schtasks" })
    assert.are.equal(4, result.status, result.out)
    assert(result.out:find("Without --task", 1, true), result.out)
  end)
end)

describe("the collecting script refuses", function()
  test("a word that means nothing", function()
    local folder <close> = new_server {}
    write_script(folder)
    local result = run(folder, "snapshots")
    assert.are.equal(87, result.status)
    assert.are.same({}, result.files)
    assert.are.equal("", result.calls)
  end)

  test("to run without the rights of an administrator, and writes nothing", function()
    local folder <close> = new_server {}
    write_script(folder)
    local result = run(folder, nil, { STANDIN_FAIL = "fltmc" })
    assert.are.equal(5, result.status)
    assert(result.out:find("administrator", 1, true), result.out)
    assert.are.same({}, result.files)
  end)

  test("to run without poolmon, and says what to do", function()
    local folder <close> = new_server { poolmon = false }
    write_script(folder)
    local result = run(folder)
    assert.are.equal(2, result.status)
    assert(result.out:find("poolsleuth collect --powershell", 1, true), result.out)
    assert.are.same({}, result.files)
  end)

  test("a folder that cannot be made", function()
    local folder <close> = new_server {}
    write_script(folder)
    folder:write("evidence (1) & co", "a file of that name")
    local result = run(folder)
    assert.are.equal(3, result.status, result.out)
    assert(result.out:find("cannot be written to", 1, true), result.out)
  end)

  test("a disk without room", function()
    local folder <close> = new_server {}
    write_script(folder)
    local bytes = folder:read "scripts/collect.cmd":gsub("need_kb/1024%+count%*2%+200", "2000000000")
    folder:write("scripts/collect.cmd", bytes)
    local result = run(folder)
    assert.are.equal(112, result.status, result.out)
    assert(result.out:find("Only %d+ MB are free"), result.out)
    assert.are.same({}, result.files)
  end)

  test("to go on when the first snapshot fails", function()
    local folder <close> = new_server {}
    write_script(folder)
    local result = run(folder, nil, { STANDIN_FAIL = "poolmon" })
    assert.are.equal(1, result.status, result.out)
    assert(result.out:find("No snapshot was taken", 1, true), result.out)
  end)
end)
