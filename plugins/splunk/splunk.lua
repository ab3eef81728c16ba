-- Answers as events of Splunk's HTTP event collector, one JSON object a line:
--
--     {"time":1793491500,"host":"SRV7","source":"poolsleuth","sourcetype":"poolsleuth:tag",
--      "event":{"bytes":1075193856,"tag":"LkaL",…}}
--
-- A file of them can be monitored as well: INDEXED_EXTRACTIONS = json, TIMESTAMP_FIELDS = time.
local exporter = require "poolsleuth.exporter"
local json     = require "poolsleuth.json"
local measures = require "poolsleuth.measures"

local function event_line(what, event, host, time)
  for name, value in pairs(event) do
    if type(value) == "table" and next(value) == nil then event[name] = nil end
  end
  for _, name in ipairs { "allocs", "frees", "per_alloc" } do -- 64 bits, unsigned
    if math.type(event[name]) == "integer" then event[name] = json.unsigned(event[name]) end
  end
  local shape = json.object "time host source sourcetype event"
  return json.encode({ time = time, host = host or "unknown", source = "poolsleuth",
                       sourcetype = "poolsleuth:" .. what, event = event }, shape) .. "\n"
end

local function add_snapshot(lines, snapshot, now)
  local rows, time = snapshot.rows, measures.seconds(snapshot.time) or now
  snapshot.rows = nil
  lines[#lines + 1] = event_line("snapshot", snapshot, snapshot.host, time)
  for _, row in ipairs(rows) do lines[#lines + 1] = event_line("tag", row, snapshot.host, time) end
end

return exporter {
  name    = "splunk",
  summary = "JSON lines for Splunk, an event for each finding or tag",
  about   = [[
poolsleuth nightly --format splunk, sent to services/collector/event.  Search with
sourcetype=poolsleuth:finding event.verdict=CRIT; what is unknown is not there, never 0.]],
  kinds   = { "verdict", "trend", "snapshot", "snapshots" },

  write = function(document)
    local lines, data = {}, document.data
    for _, finding in ipairs(data.findings or {}) do
      finding.playbook, finding.complete = data.playbook, document.complete
      lines[#lines + 1] = event_line("finding", finding, finding.host or document.host, document.now)
    end
    if document.kind == "trend" then
      local host = data.host or document.host
      for _, row in ipairs(data.rows) do
        lines[#lines + 1] = event_line("trend", row, row.host or host, document.now)
      end
    end
    if document.kind == "snapshot" then add_snapshot(lines, data, document.now) end
    for _, snapshot in ipairs(document.kind == "snapshots" and data.snapshots or {}) do
      add_snapshot(lines, snapshot, document.now)
    end
    return table.concat(lines)
  end,
}
