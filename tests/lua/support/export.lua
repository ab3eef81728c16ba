--- Documents for exporters, and what an exporter of plugins/ writes of them.
local exporter = require "poolsleuth.exporter"
local shelf    = require "poolsleuth.shelf"

local export = {}

--- An exporter of plugins/, opened.
-- @tparam string name
-- @treturn table
function export.load(name)
  local def = assert(shelf.load_named(("plugins/%s/%s.lua"):format(name, name)))
  def.open()
  return def
end

--- What the exporter makes of a document; the fields that a run adds are added here.
-- @tparam string name
-- @tparam table document `kind`, `data` …
-- @tparam[opt] table thresholds
-- @treturn string
-- @treturn int status
function export.write(name, document, thresholds)
  local full = { inputs = {}, problems = {}, complete = true, status = 0, title = "a test" }
  for field, value in pairs(document) do full[field] = value end
  return assert(exporter.write(export.load(name), full, { version = "1", thresholds = thresholds }))
end

--- The data of a snapshot.
-- @tparam table given `host`, `time`, `rows`, `memory`, `source`
-- @treturn table
function export.snapshot(given)
  return {
    host = given.host, time = given.time, time_source = given.time and "content", coverage = {}, totals = {},
    source = given.source or "a.log", memory = given.memory or {}, rows = given.rows or {},
  }
end

--- A row of a snapshot.
-- @tparam string tag printable
-- @tparam string pool
-- @tparam table numbers `bytes`, `allocs` …
-- @treturn table
function export.row(tag, pool, numbers)
  local row = { tag = tag, tag_hex = ("%08x"):format((string.unpack("<I4", tag))), pool = pool, flags = {} }
  for name, value in pairs(numbers) do row[name] = value end
  return row
end

--- Two snapshots of two hosts.
-- @treturn table a document
function export.two_hosts()
  return { kind = "snapshots", data = { snapshots = {
    export.snapshot {
      host = "SRV7", time = "2026-11-01T00:05:00",
      memory = { nonpaged_bytes = 4096, nonpaged_limit_bytes = 8192 },
      rows = {
        export.row("LkaL", "nonpaged", { bytes = 1075193856, allocs = -1, frees = 12, diff = 2099988 }),
        export.row("Irp ", "nonpaged", { bytes = 960, diff = 1 }),
      },
    },
    export.snapshot {
      host = "SRV8", time = "2026-11-01T00:06:00", memory = { nonpaged_bytes = 2048 },
      rows = { export.row("LkaL", "nonpaged", { bytes = 512, allocs = 3, frees = 2, diff = 1 }) },
    },
  } } }
end

--- A verdict over two hosts, worst first.
-- @treturn table a document
function export.verdict()
  return { kind = "verdict", status = 2, data = { playbook = "nightly", complete = true, findings = {
    { verdict = "CRIT", host = "SRV7", tag = "LkaL", tag_hex = "4c616b4c", pool = "nonpaged",
      rate_bytes_per_hour = 214958080, rate_low = 200000000.5, rate_high = 220000000, freed_ratio = 0.0025,
      share = 0.91, forecast = { limit_bytes = 1 << 34, hours = 31.5, low = 29, high = 33 },
      suspects = { { driver = "acmeflt.sys", score = 1 } }, victims = {}, evidence = {}, next = {},
      line = 'CRIT host=SRV7 tag="LkaL" pool=nonpaged | rate=205MiB/h' },
    { verdict = "OK", host = "SRV8", suspects = {}, victims = {}, evidence = {}, next = {},
      line = "OK host=SRV8" },
  } } }
end

--- A trend of one tag.
-- @treturn table a document
function export.trend()
  local pools = { { pool = "nonpaged", slope_bytes_per_hour = 2048, forecast = { hours = 2 } } }
  return { kind = "trend", status = 1, data = { host = "SRV7", snapshots = 9, pools = pools, rows = {
    { tag = "LkaL", tag_hex = "4c616b4c", pool = "nonpaged", verdict = "SUSPECT",
      slope_bytes_per_hour = 1048576, low = 1000000, high = 1100000, z = 4.5, p = 0.00001, freed_ratio = 0.5,
      monotone = 0.9, share = 0.4 },
  } } }
end

--- Demand a line.
-- @tparam string text
-- @tparam string line
function export.has(text, line)
  assert(("\n" .. text):find("\n" .. line .. "\n", 1, true), line .. " is not in:\n" .. text)
end

return export
