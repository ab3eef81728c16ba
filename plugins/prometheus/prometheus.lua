-- Answers in Prometheus' text format, for the textfile collectors of node_exporter and windows_exporter:
--
--     # HELP poolsleuth_tag_bytes Bytes in use by a pool tag
--     # TYPE poolsleuth_tag_bytes gauge
--     poolsleuth_tag_bytes{host="SRV7",tag="LkaL",tag_hex="4c616b4c",pool="nonpaged"} 1075193856
--
-- The collectors refuse times, so a series has one sample, the newest; when that was is a metric of its own.
local exporter = require "poolsleuth.exporter"
local measures = require "poolsleuth.measures"

local ESCAPES <const> = { ["\\"] = "\\\\", ['"'] = '\\"' }

local function labels_text(labels)
  local pairs_text = {}
  for i, label in ipairs(labels) do
    pairs_text[i] = ('%s="%s"'):format(label[1], (measures.clean(label[2]):gsub('[\\"]', ESCAPES)))
  end
  return #pairs_text > 0 and "{" .. table.concat(pairs_text, ",") .. "}" or ""
end

-- Metrics by name, each with its series; of a series the newest sample stays.
local function collect(document)
  local names, metrics = {}, {}
  for _, group in ipairs(measures.of(document)) do
    local labels, time = labels_text(group.labels), group.time or math.mininteger
    for _, value in ipairs(group.values) do
      local name = ("poolsleuth_%s_%s"):format(group.subject, value.name)
      local metric = metrics[name] or { help = value.help, type = value.type, series = {} }
      if not metrics[name] then names[#names + 1], metrics[name] = name, metric end
      local held = metric.series[labels]
      if not held or time >= held.time then
        metric.series[labels] = { time = time, digits = measures.digits(value) }
      end
    end
  end
  table.sort(names)
  return names, metrics
end

return exporter {
  name      = "prometheus",
  summary   = "Prometheus' text format, for a textfile collector",
  about     = [[
poolsleuth show LOGS/ --top 50 -o /var/lib/node_exporter/poolsleuth.prom: the file takes the place of the
last one in a moment, and may hold many hosts.  An alert worth having:
poolsleuth_growth_exhausted_in_seconds < 86400.]],
  kinds     = { "verdict", "trend", "snapshot", "snapshots" },
  extension = "prom",

  write = function(document)
    local names, metrics = collect(document)
    local out = {}
    for _, name in ipairs(names) do
      local metric, lines = metrics[name], {}
      out[#out + 1] = ("# HELP %s %s\n# TYPE %s %s\n"):format(name, metric.help, name, metric.type)
      for labels, sample in pairs(metric.series) do
        lines[#lines + 1] = ("%s%s %s\n"):format(name, labels, sample.digits)
      end
      table.sort(lines)
      out[#out + 1] = table.concat(lines)
    end
    return table.concat(out)
  end,
}
