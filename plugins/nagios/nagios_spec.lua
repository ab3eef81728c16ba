--- The exporter for Nagios says its line, its performance data with thresholds, and ends in the right status.
local evidence = require "tests.lua.support.evidence"
local export = require "tests.lua.support.export"
local folders = require "tests.lua.support.folder"
local shell = require "tests.lua.support.shell"

local function filled(bytes, thresholds)
  return export.write("nagios", { kind = "snapshot", data = export.snapshot {
    host = "SRV7", memory = { nonpaged_bytes = bytes, nonpaged_limit_bytes = 1000 } } }, thresholds)
end

describe("the Nagios exporter", function()
  it("says the worst finding first, the others below", function()
    local text, status = export.write("nagios", export.verdict())
    assert.are.equal(2, status)
    local first, second = text:match "^([^\n]*)\n([^\n]*)\n$"
    assert(first:find('^POOLSLEUTH CRITICAL %- CRIT host=SRV7 tag="LkaL" pool=nonpaged ! rate=205MiB/h | '),
      first)
    assert.are.equal("OK host=SRV8", second)
  end)

  it("gives performance data with thresholds", function()
    local text = export.write("nagios", export.verdict())
    local data = text:match "| ([^\n]*)"
    assert.are.equal("'SRV7 LkaL nonpaged exhausted_in_seconds'=113400s;259200:;86400:", data)
    local trend, status = export.write("nagios", export.trend())
    assert.are.equal(2, status) -- the pool runs out in two hours
    assert.are.equal("'SRV7 nonpaged exhausted_in_seconds'=7200s;259200:;86400: "
      .. "'SRV7 LkaL nonpaged bytes_per_hour'=1048576", trend:match "| ([^\n]*)")
  end)

  local cases <const> = {
    { 800, 0, "OK" }, { 801, 1, "WARNING" }, { 900, 1, "WARNING" }, { 901, 2, "CRITICAL" },
  }
  for _, case in ipairs(cases) do
    it(("judges a pool that holds %d of 1000 bytes as %s"):format(case[1], case[3]), function()
      local text, status = filled(case[1])
      assert.are.equal(case[2], status)
      assert(text:find("^POOLSLEUTH " .. case[3] .. " %- "), text)
      assert(text:find(("'SRV7 nonpaged bytes'=%dB;800;900;0;1000"):format(case[1]), 1, true), text)
    end)
  end

  it("takes the site's thresholds", function()
    local text, status = filled(500, { nagios_warn_fill = 0.4, nagios_crit_fill = 0.6 })
    assert.are.equal(1, status)
    assert(text:find("=500B;400;600;0;1000", 1, true), text)
    local verdict = export.verdict()
    verdict.status = 1
    local _, sooner = export.write("nagios", verdict, { nagios_crit_hours = 48 })
    assert.are.equal(2, sooner)
  end)

  it("knows of four statuses, and says where evidence is missing", function()
    local document = export.verdict()
    document.data.findings, document.status, document.complete = {}, 3, false
    local text, status = export.write("nagios", document)
    assert.are.equal(3, status)
    assert.are.equal("POOLSLEUTH UNKNOWN - nothing was found (some of the evidence is missing)\n", text)
  end)

  it("quotes labels", function()
    local text = export.write("nagios", { kind = "snapshot", data = export.snapshot {
      host = "a'b=c|d", memory = { nonpaged_bytes = 5 } } })
    assert(text:find(" | 'a''b-c!d nonpaged bytes'=5B;;;0\n", 1, true), text)
    assert.are.equal(1, select(2, text:gsub("|", "")))
  end)

  it("ends the program in its status", function()
    local folder <close> = folders.new()
    local logs = evidence.logs(folder, 3)
    local leak = shell.poolsleuth { "find-leaking-driver", "--format", "nagios", table.unpack(logs) }
    assert.are.equal(2, leak.status, leak.err)
    assert(leak.out:find('^POOLSLEUTH CRITICAL %- LEAK tag="LkaL"'), leak.out)
    local quiet = folder:mkdir "quiet"
    for i = 1, 3 do
      local name = ("quiet/poolmon-2026-11-0%dT00-00-00.log"):format(i)
      folder:write(name, evidence.poolmon(evidence.rows(24 * i, false)))
    end
    local fine = shell.poolsleuth { "find-leaking-driver", "--format", "nagios", quiet }
    assert.are.equal(0, fine.status, fine.out .. fine.err)
    assert(fine.out:find("^POOLSLEUTH OK %- "), fine.out)
  end)
end)
