-- Answers as a check of Nagios, Icinga, Checkmk …: a line, its performance data, the exit status.
--
--     POOLSLEUTH CRITICAL - LEAK tag="LkaL" pool=nonpaged … | 'LkaL nonpaged bytes_per_hour'=214958080
local exporter = require "poolsleuth.exporter"
local measures = require "poolsleuth.measures"

local WORDS <const>, BADNESS <const> = { [0] = "OK", "WARNING", "CRITICAL", "UNKNOWN" }, { [0] = 0, 2, 3, 1 }
local LABELS <const> = { host = true, source = true, tag = true, pool = true }

local function plain(text) return (measures.clean(text):gsub("|", "!")) end

-- 'label'=value;warn;crit;min;max
local function datum(group, value, form, ...)
  local words = {}
  for _, label in ipairs(group.labels) do
    if LABELS[label[1]] then words[#words + 1] = label[2] end
  end
  local label = plain(table.concat(words, " ") .. " " .. value.name):gsub("=", "-"):gsub("'", "''")
  return ("'%s'=%s%s"):format(label, measures.digits(value), form:format(...))
end

-- The performance data of a subject, and the status that it asks for.
local function judge(group, limits)
  local held = {}
  for _, value in ipairs(group.values) do held[value.name] = value end
  if held.exhausted_in_seconds then
    local left, warn, crit = held.exhausted_in_seconds, limits("warn_hours", 72), limits("crit_hours", 24)
    return datum(group, left, "s;%d:;%d:", warn * 3600 // 1, crit * 3600 // 1),
      left.value < crit * 3600 and 2 or left.value < warn * 3600 and 1 or 0
  end
  if held.bytes_per_hour then return datum(group, held.bytes_per_hour, ""), 0 end
  if group.subject ~= "pool" or not held.bytes then return nil, 0 end
  if not held.limit_bytes then return datum(group, held.bytes, "B;;;0"), 0 end
  local limit = held.limit_bytes.value
  local warn, crit = limit * limits("warn_fill", 0.8) // 1, limit * limits("crit_fill", 0.9) // 1
  return datum(group, held.bytes, "B;%d;%d;0;%d", warn, crit, limit),
    held.bytes.value > crit and 2 or held.bytes.value > warn and 1 or 0
end

return exporter {
  name    = "nagios",
  summary = "A check's line with performance data, for Nagios, Icinga and Checkmk",
  about   = [[
poolsleuth nightly --format nagios.  It ends in 0 OK, 1 WARNING, 2 CRITICAL or 3 UNKNOWN: the answer's own
status, or worse where a pool fills its limit or runs out soon.  The thresholds nagios_warn_fill (0.8),
nagios_crit_fill (0.9), nagios_warn_hours (72) and nagios_crit_hours (24) of the site's configuration say
when.]],
  kinds   = { "verdict", "trend", "snapshot", "snapshots" },

  write = function(document)
    local function limits(name, default) return document.thresholds["nagios_" .. name] or default end
    local status, data = document.status, {}
    for _, group in ipairs(measures.of(document)) do
      local text, own = judge(group, limits)
      data[#data + 1] = text
      if BADNESS[own] > (BADNESS[status] or 1) then status = own end
    end
    local lines = measures.lines(document)
    local first = table.remove(lines, 1) or "nothing was found"
    if not document.complete then first = first .. " (some of the evidence is missing)" end
    local perf = #data > 0 and " | " .. table.concat(data, " ") or ""
    table.insert(lines, 1, ("POOLSLEUTH %s - %s%s"):format(WORDS[status] or "UNKNOWN", plain(first), perf))
    for i = 2, #lines do lines[i] = plain(lines[i]) end
    return table.concat(lines, "\n") .. "\n", WORDS[status] and status or 3
  end,
}
