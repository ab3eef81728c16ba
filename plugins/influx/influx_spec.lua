--- The exporter for InfluxDB escapes what its line protocol needs, and keeps the types of fields.
local export = require "tests.lua.support.export"

local has <const> = export.has

describe("the InfluxDB exporter", function()
  it("writes a line a tag and snapshot, with the snapshot's time", function()
    local text = export.write("influx", export.two_hosts())
    has(text, "poolsleuth_tag,host=SRV8,tag=LkaL,tag_hex=4c616b4c,pool=nonpaged "
      .. "bytes=512i,diff=1i,allocs_total=3i,frees_total=2i 1793491560")
    has(text, "poolsleuth_pool,host=SRV7,pool=nonpaged bytes=4096i,limit_bytes=8192i 1793491500")
  end)

  it("escapes blanks, commas and equal signs, and ends no value in a backslash", function()
    local document = { kind = "snapshot", data = export.snapshot {
      host = "a b,c=d", time = "2026-11-01T00:05:00",
      rows = { export.row("Irp ", "paged", { bytes = 1 }), export.row("x,=\\", "paged", { bytes = 2 }),
               export.row("a\\,b", "paged", { bytes = 3 }) } } }
    local text = export.write("influx", document)
    has(text, [[poolsleuth_tag,host=a\ b\,c\=d,tag=Irp\ ,tag_hex=20707249,pool=paged bytes=1i 1793491500]])
    has(text, [[poolsleuth_tag,host=a\ b\,c\=d,tag=x\,\=/,tag_hex=5c3d2c78,pool=paged bytes=2i 1793491500]])
    has(text, [[poolsleuth_tag,host=a\ b\,c\=d,tag=a/\,b,tag_hex=622c5c61,pool=paged bytes=3i 1793491500]])
  end)

  it("gives a field the same type whatever its value", function()
    local document = export.trend()
    local text = export.write("influx", document)
    assert(text:find("bytes_per_hour=1048576,bytes_per_hour_low=1000000,", 1, true), text)
    document.data.rows[1].slope_bytes_per_hour = 1048576.5
    assert((export.write("influx", document)):find("bytes_per_hour=1048576.5,", 1, true))
    assert(text:find("status=1i", 1, true), text)
  end)

  it("gives what has no time the time of the run", function()
    local before = os.time()
    local stamp = export.write("influx", export.verdict()):match "poolsleuth_run[^\n]* (%d+)\n"
    assert(math.tointeger(stamp) >= before and math.tointeger(stamp) <= os.time(), stamp)
  end)

  it("leaves out numbers that are none", function()
    local document = export.trend()
    document.data.rows[1].z = 0 / 0
    document.data.rows[1].low = -math.huge
    local text = export.write("influx", document)
    assert.is_nil(text:find("nan", 1, true))
    assert.is_nil(text:find("inf", 1, true))
    assert.is_nil(text:find("z=", 1, true))
  end)
end)
