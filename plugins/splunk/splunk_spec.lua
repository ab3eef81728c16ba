--- The exporter for Splunk writes one JSON object a line, that loses nothing.
local export = require "tests.lua.support.export"
local json = require "poolsleuth.json"

local function events(document)
  local list = {}
  for line in export.write("splunk", document):gmatch "([^\n]*)\n" do
    list[#list + 1] = assert(json.decode(line))
  end
  return list
end

describe("the Splunk exporter", function()
  it("writes an event a snapshot and a tag, each with its host and time", function()
    local list = events(export.two_hosts())
    assert.are.equal(5, #list)
    assert.are.same({ "poolsleuth:snapshot", "SRV7", 1793491500, 4096 },
      { list[1].sourcetype, list[1].host, list[1].time, list[1].event.memory.nonpaged_bytes })
    assert.are.same({ "poolsleuth:tag", "SRV8", 1793491560, "LkaL", 512 },
      { list[5].sourcetype, list[5].host, list[5].time, list[5].event.tag, list[5].event.bytes })
  end)

  it("keeps 64 bits, and leaves out what is unknown or empty", function()
    local list = events(export.two_hosts())
    assert.are.equal("18446744073709551615", tostring(list[2].event.allocs))
    assert.is_nil(list[3].event.allocs)
    assert.is_nil(list[3].event.flags)
  end)

  it("escapes whatever a name holds", function()
    local list = events { kind = "snapshot", data = export.snapshot { host = 'a"\\\n\xFF', rows = {} } }
    assert.are.equal('a"\\\n\u{FFFD}', list[1].host)
  end)

  it("writes an event a finding with its line and its playbook, and one a row of a trend", function()
    local list = events(export.verdict())
    assert.are.equal(2, #list)
    assert.are.same({ "poolsleuth:finding", "SRV7", "nightly", "CRIT", "acmeflt.sys" },
      { list[1].sourcetype, list[1].host, list[1].event.playbook, list[1].event.verdict,
        list[1].event.suspects[1].driver })
    local trend = events(export.trend())
    assert.are.same({ "poolsleuth:trend", "SRV7", 1048576 },
      { trend[1].sourcetype, trend[1].host, trend[1].event.slope_bytes_per_hour })
  end)
end)
