--- investigate: one page for whatever there is, that an engineer would sign.
local folders = require "tests.lua.support.folder"
local json    = require "poolsleuth.json"
local made_up = require "poolsleuth.made_up"
local schema  = require "tests.lua.support.schema"
local servers = require "tests.lua.support.servers"
local shell   = require "tests.lua.support.shell"

local WIDTH <const>, MOST_LINES <const> = 80, 110
local fixtures = os.getenv "POOLSLEUTH_FIXTURES" or "build/fixtures"

local function investigate(words, options)
  return shell.poolsleuth({ "investigate", table.unpack(words) }, options)
end

-- The data of the answer, which keeps its shape.
local function data_of(words)
  local result = investigate { "--json", table.unpack(words) }
  local decoded = assert(json.decode(result.out), result.err)
  assert.is_nil(schema.check(decoded, "verdict"))
  return decoded.data, result.status
end

-- Lines that may be longer: the verdict's own, commands, and paths that cannot be broken.
local function may_be_long(line)
  return line:find "^[%u-]+ [%w-]+=" or line:find "^       %S" or line:find "/"
end

-- One page: it fits, says why and what next, and says nothing twice.
local function assert_page(result)
  local lines, seen = 0, {}
  for line in result.out:gmatch "(.-)\n" do
    lines = lines + 1
    local fits = utf8.len(line) <= WIDTH or may_be_long(line)
    assert.is_truthy(fits, line)
    if line:find "^       %S" and not line:find "undo:" then
      assert.is_nil(seen[line], line)
      seen[line] = true
    end
  end
  assert.is_true(lines <= MOST_LINES, lines .. " lines")
  assert.is_truthy(result.out:find("\nWhy\n", 1, true), result.out)
  assert.is_truthy(result.out:find("\nAsked: ", 1, true), result.out)
end

local function says(text, ...)
  for _, pattern in ipairs { ... } do
    assert.is_truthy(text:find(pattern), pattern .. " is not in:\n" .. text)
  end
end

local function write_all(folder, texts)
  for _, text in ipairs(texts) do folder:write(text.name, text.text) end
end

-- The paste of the second story: nonpaged pool is full, and much of it has no tag.
local PASTE <const> = made_up.vm { nonpaged_bytes = 125476 << 10, nonpaged_limit_bytes = 127944 << 10,
  paged_bytes = 88076 << 10, paged_limit_bytes = 155648 << 10 } .. [[
********** 3 pool allocations have failed **********

2: kd> !poolused /t2 2
   Sorting by NonPaged Pool Consumed

  Pool Used:
            NonPaged            Paged
 Tag    Allocs     Used    Allocs     Used
 None   246479 50827424         0        0  call to ExAllocatePool
 MmCm     1198 18462512         0        0  Calls made to MmAllocateContiguousMemory , Binary: nt!mm
]]

describe("investigate", function()
  it("names the driver of the first story, and how to be sure", function()
    local result = investigate { fixtures .. "/story1" }
    assert_page(result)
    assert.equal(1, result.status)
    says(result.out, '\nSUSPECT tag="LkaL" .*driver=dkshadow%.sys', "poolsleuth collect", "poolmon /iLkaL",
      "ed nt!poolhittag 0x4c616b4c", "logman create counter", "verifier /reset", "nwaudit%.sys")
  end)

  it("says of the second story that the pool is used up, and how to find who has no tag", function()
    local result = investigate({ "-" }, { input = PASTE })
    assert_page(result)
    assert.equal(2, result.status)
    says(result.out, '\nEXHAUSTED tag="None" pool=nonpaged', "x nt!ExAllocatePool", "0x656e6f4e",
      "%-PoolTag None", "wpr %-pooltag None", "bcdedit /deletevalue")
  end)

  it("names the driver of the second story from its dump", function()
    local result = investigate { fixtures .. "/dumps/story2.dmp" }
    assert_page(result)
    says(result.out, 'tag="None" pool=nonpaged .*driver=[^\n]*{7C1E9A52', "import address table",
      "save%-module", "Windows build 3790")
  end)

  it("says of the third story what decides, and with the handles beside it names the process", function()
    local folder <close> = folders.new()
    folder:write("even.log", made_up.snapshot(0, { { "Even", 51231806, 50633533, 48, diff = 684922 },
      { "CcSc", 900000, 840000, 512 }, { "Ntfx", 90000, 50000, 400 } }).text)
    folder:write("httperr1.log", "#Software: Microsoft HTTP API 2.0\n#Version: 1.0\n"
      .. "#Date: 2026-11-01 00:00:10\n#Fields: date time c-ip c-port s-ip s-port cs-version cs-method "
      .. "cs-uri sc-status s-siteid s-reason s-queuename\n"
      .. "2026-11-01 00:05:09 - - - - - - - - - 3_Connections_Refused -\n")
    local result = investigate { folder:path "even.log" }
    assert_page(result)
    says(result.out, '\nHIGH tag="Even"', "handle%.exe %-accepteula %-a", "gflags /ko /t Even",
      "contradicts itself")

    local processes = { "Handles  NPM(K)    PM(K)      WS(K)     CPU(s)     Id  SI ProcessName",
      "-------  ------    -----      -----     ------     --  -- -----------" }
    for i = 1, 14 do
      processes[#processes + 1] = ("%7d      12     9000      12000       1.00 %6d   0 quiet%d"):format(
        200, 4 * i, i)
    end
    processes[#processes + 1] = " 684977      12     9000      12000       1.00   4444   0 w3wp"
    folder:write("processes.txt", table.concat(processes, "\n") .. "\n")
    result = investigate { folder:path "" }
    assert_page(result)
    says(result.out, 'tag="Even" pool=nonpaged .*process=w3wp', "Connections_Refused")
  end)

  it("makes one story of a folder of everything", function()
    local folder <close> = folders.new()
    shell.run { "cp", "-r", fixtures .. "/demo/.", folder:path "" }
    folder:write("notes.txt", "The server was slow on Monday.\n")
    folder:write("junk.bin", ("\1\2\3\255"):rep(500))
    local result = investigate { folder:path "" }
    assert_page(result)
    assert.equal(2, result.status)
    says(result.out, '\nLEAK tag="LkaL" .*driver=acmeflt%.sys.*confidence=high', "by find%-leaking%-driver",
      "Ruled out", "notes%.txt")
    local data = data_of { folder:path "" }
    assert.equal("LEAK", data.findings[1].verdict)
    assert.equal("find-leaking-driver", data.findings[1].playbook)
    for i = 2, #data.findings do assert.not_equal("LEAK", data.findings[i].verdict) end
    assert.is_true(#data.investigation.playbooks > 10)
    local page = investigate { folder:path "", "--format", "html" }
    says(page.out, "<!DOCTYPE html>", "acmeflt%.sys", "Ruled out")
  end)

  it("accuses nobody on servers that are well", function()
    for _, name in ipairs { "healthy", "file_server" } do
      local folder <close> = folders.new()
      write_all(folder, servers[name]().texts)
      local result = investigate { folder:path "" }
      assert_page(result)
      assert.equal(0, result.status, result.out)
      says(result.out, "\nNO%-LEAK ")
    end
  end)

  it("goes on where a playbook fails, and says so", function()
    local folder <close> = folders.new()
    folder:write("scripts/broken.lua", 'return require "poolsleuth.playbook" { name = "broken", '
      .. 'summary = "x", run = function() error "it has a mistake" end }')
    folder:write("scripts/unreadable.lua", "return {")
    write_all(folder, servers.healthy().texts)
    local result = investigate { folder:path "", "--scripts", folder:path "scripts" }
    assert.equal(0, result.status, result.err)
    says(result.out, "Playbooks that failed", "broken failed: .*it has a mistake", "unreadable failed: ")
  end)

  it("calls no server well where the playbook that looks at every tag fails", function()
    local folder <close> = folders.new()
    folder:write("scripts/find-leaking-driver.lua", 'return require "poolsleuth.playbook" { '
      .. 'name = "find-leaking-driver", summary = "x", run = function() error "it has a mistake" end }')
    write_all(folder, servers.healthy().texts)
    local result = investigate { folder:path "", "--scripts", folder:path "scripts" }
    assert.equal(3, result.status, result.err)
    says(result.out, "\nNOT%-ENOUGH%-DATA ", "find%-leaking%-driver failed:%s+.*it has a mistake")
    assert.is_nil(result.out:find "NO%-LEAK")
  end)

  it("asks the shop's playbooks too, and only those that --only selects", function()
    local folder <close> = folders.new()
    folder:write("scripts/shop.lua", [[
return require "poolsleuth.playbook" { name = "shop", summary = "The shop's own rule",
  categories = { "shop" }, args = require("poolsleuth.playbook").evidence(),
  run = function(case, args)
    local look = require("poolsleuth.investigation").open(case, args)
    look:answer("HIGH", "high"):say("the shop does not like it"):file()
  end }]])
    write_all(folder, servers.healthy().texts)
    local words = { folder:path "", "--scripts", folder:path "scripts" }
    local data, status = data_of(words)
    assert.equal(1, status)
    assert.equal("shop", data.findings[1].playbook)
    data = data_of { "--only", "shop or cache-*", table.unpack(words) }
    local asked = {}
    for _, part in ipairs(data.investigation.playbooks) do asked[#asked + 1] = part.name end
    assert.same({ "cache-or-leak", "shop" }, asked)
    assert.equal(65, investigate({ "--only", "shop and", table.unpack(words) }).status)
  end)

  it("ends in 65 where nothing was understood, in 66 where nothing was found", function()
    local folder <close> = folders.new()
    folder:write("notes.txt", "The server was slow on Monday.\n")
    assert.equal(65, investigate({ folder:path "notes.txt" }).status)
    assert.equal(66, investigate({ folder:path "none.log" }).status)
  end)
end)
