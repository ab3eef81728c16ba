--- The exporter for Prometheus keeps to its text format, whatever the names are; promtool agrees.
local evidence = require "tests.lua.support.evidence"
local export = require "tests.lua.support.export"
local folders = require "tests.lua.support.folder"
local shell = require "tests.lua.support.shell"

local function lines_of(text)
  local lines = {}
  for line in text:gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
  return lines
end

local has <const> = export.has

local function promtool(text)
  if not shell.find "promtool" then return pending "promtool is not here" end
  local checked = shell.run({ "promtool", "check", "metrics" }, { input = text })
  assert.are.equal(0, checked.status, checked.out .. checked.err .. text)
end

describe("the Prometheus exporter", function()
  it("writes one file for many hosts, counters apart from gauges", function()
    local text = export.write("prometheus", export.two_hosts())
    has(text, 'poolsleuth_tag_bytes{host="SRV7",tag="LkaL",tag_hex="4c616b4c",pool="nonpaged"} 1075193856')
    has(text, 'poolsleuth_tag_bytes{host="SRV8",tag="LkaL",tag_hex="4c616b4c",pool="nonpaged"} 512')
    has(text, 'poolsleuth_tag_bytes{host="SRV7",tag="Irp ",tag_hex="20707249",pool="nonpaged"} 960')
    has(text, 'poolsleuth_pool_limit_bytes{host="SRV7",pool="nonpaged"} 8192')
    has(text, 'poolsleuth_snapshot_time_seconds{host="SRV7"} 1793491500')
    has(text, "# TYPE poolsleuth_tag_bytes gauge")
    has(text, "# TYPE poolsleuth_tag_allocs_total counter")
  end)

  it("keeps all 64 bits of a counter, and leaves out what is unknown", function()
    local text = export.write("prometheus", export.two_hosts())
    has(text, 'poolsleuth_tag_allocs_total{host="SRV7",tag="LkaL",tag_hex="4c616b4c",pool="nonpaged"} '
      .. "18446744073709551615")
    assert.is_nil(text:find 'allocs_total{host="SRV7",tag="Irp ')
  end)

  it("says HELP and TYPE of each metric once, before its samples, always in the same order", function()
    local text = export.write("prometheus", export.two_hosts())
    local reversed = export.two_hosts()
    local list = reversed.data.snapshots
    list[1], list[2] = list[2], list[1]
    assert.are.equal(text, (export.write("prometheus", reversed)))
    local helped, typed, current = {}, {}, nil
    for _, line in ipairs(lines_of(text)) do
      local what, name = line:match "^# (%u+) (%S+)"
      if what == "HELP" then
        assert.is_nil(helped[name], name)
        helped[name], current = true, name
      elseif what == "TYPE" then
        assert.is_nil(typed[name], name)
        typed[name] = true
      else
        assert.are.equal(current, line:match "^[%w_]+")
        assert.is_true(typed[current])
      end
    end
  end)

  it("escapes quotes, backslashes, ends of lines and bytes that are no UTF-8", function()
    local document = { kind = "snapshot", data = export.snapshot { host = 'a"b\\c\nd\xFF', rows = {
      export.row('"\\{}', "paged", { bytes = 1 }) } } }
    local text = export.write("prometheus", document)
    has(text, [[poolsleuth_tag_bytes{host="a\"b\\c?d?",tag="\"\\{}",tag_hex="7d7b5c22",pool="paged"} 1]])
  end)

  it("keeps the newest of several snapshots of a host", function()
    local rows = { export.row("LkaL", "paged", { bytes = 2 }) }
    local older = { export.row("LkaL", "paged", { bytes = 1 }) }
    local text = export.write("prometheus", { kind = "snapshots", data = { snapshots = {
      export.snapshot { host = "A", time = "2026-11-01T00:06:00", rows = rows },
      export.snapshot { host = "A", time = "2026-11-01T00:05:00", rows = older },
    } } })
    has(text, 'poolsleuth_tag_bytes{host="A",tag="LkaL",tag_hex="4c616b4c",pool="paged"} 2')
    assert.are.equal(1, select(2, text:gsub("\npoolsleuth_tag_bytes", "")))
  end)

  it("gives verdicts, their rates and when the pool runs out", function()
    local text = export.write("prometheus", export.verdict())
    has(text, 'poolsleuth_run_status{playbook="nightly"} 2')
    has(text, 'poolsleuth_run_complete{playbook="nightly"} 1')
    has(text, 'poolsleuth_finding_status{host="SRV7",playbook="nightly",tag="LkaL",tag_hex="4c616b4c",'
      .. 'pool="nonpaged",verdict="CRIT",driver="acmeflt.sys"} 2')
    has(text, 'poolsleuth_finding_status{host="SRV8",playbook="nightly",verdict="OK"} 0')
    has(text, 'poolsleuth_growth_bytes_per_hour_low{host="SRV7",tag="LkaL",tag_hex="4c616b4c",'
      .. 'pool="nonpaged"} 200000000.5')
    has(text, 'poolsleuth_growth_exhausted_in_seconds{host="SRV7",tag="LkaL",tag_hex="4c616b4c",'
      .. 'pool="nonpaged"} 113400')
  end)

  it("gives trends", function()
    local text = export.write("prometheus", export.trend())
    has(text, 'poolsleuth_growth_z{host="SRV7",tag="LkaL",tag_hex="4c616b4c",pool="nonpaged"} 4.5')
    has(text, 'poolsleuth_finding_status{host="SRV7",tag="LkaL",tag_hex="4c616b4c",pool="nonpaged",'
      .. 'verdict="SUSPECT"} 1')
    has(text, 'poolsleuth_growth_exhausted_in_seconds{host="SRV7",pool="nonpaged"} 7200')
  end)

  it("satisfies promtool", function()
    promtool(export.write("prometheus", export.two_hosts()) .. export.write("prometheus", export.verdict()))
  end)

  it("is chosen by the file's ending, for a command and for a playbook", function()
    local folder <close> = folders.new()
    local logs = evidence.logs(folder, 3)
    local result = shell.poolsleuth { "show", logs[1], "-o", folder:path "pool.prom" }
    assert.are.equal(0, result.status, result.err)
    local text = folder:read "pool.prom"
    assert(text:find('# TYPE poolsleuth_tag_bytes gauge\npoolsleuth_tag_bytes{tag="', 1, true), text)
    local found = shell.poolsleuth { "find-leaking-driver", "-o", folder:path "f.prom", table.unpack(logs) }
    assert.are.equal(2, found.status, found.err)
    assert(folder:read("f.prom"):find('poolsleuth_run_status{playbook="find-leaking-driver"} 2', 1, true))
  end)
end)
