-- Answers as InfluxDB's line protocol, with times in seconds (influx write --precision s):
--
--     poolsleuth_tag,host=SRV7,tag=LkaL,tag_hex=4c616b4c,pool=nonpaged bytes=1075193856i 1793491500
local exporter = require "poolsleuth.exporter"
local measures = require "poolsleuth.measures"

-- Nothing escapes a backslash: at the end it would take the comma behind it along, and in front of a sign
-- that needs one some readers take the two for one and end the value there.
local function tag_value(text)
  local function slashes(run, sign) return ("/"):rep(#run) .. sign end
  return (measures.clean(text):gsub("(\\+)([,= ])", slashes):gsub("\\$", "/"):gsub("[,= ]", "\\%0"))
end

local function field(value)
  local mark = math.type(value.value) == "integer" and "i" or ""
  return ("%s=%s%s"):format(value.name, measures.digits(value), mark)
end

return exporter {
  name      = "influx",
  summary   = "InfluxDB's line protocol, a line for each tag and snapshot",
  about     = [[
poolsleuth show LOGS/ --format influx | influx write --bucket pool --precision s.  Whole numbers are integers;
a snapshot without a time gets the time of the run.  It is also what Telegraf's exec input takes
(data_format = "influx").]],
  kinds     = { "verdict", "trend", "snapshot", "snapshots" },
  extension = "influx",

  write = function(document)
    local lines = {}
    for _, group in ipairs(measures.of(document)) do
      local words, fields = { "poolsleuth_" .. group.subject }, {}
      for _, label in ipairs(group.labels) do
        if label[2] ~= "" then words[#words + 1] = label[1] .. "=" .. tag_value(label[2]) end
      end
      for i, value in ipairs(group.values) do fields[i] = field(value) end
      lines[#lines + 1] = ("%s %s %d\n"):format(table.concat(words, ","), table.concat(fields, ","),
        group.time or document.now)
    end
    return table.concat(lines)
  end,
}
