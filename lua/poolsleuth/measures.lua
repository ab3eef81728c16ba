--- Measures: the numbers of a document as named values of labelled subjects, for exporters.
-- @module poolsleuth.measures
local calendar = require "poolsleuth.calendar"
local format   = require "poolsleuth.format"
local verdict  = require "poolsleuth.verdict"

local measures = {}

-- Each subject's values: name in the document, name of the measure, type, what it is.
local SUBJECTS <const> = {
  run = {
    { "status", "status", "gauge", "Worst verdict of the run: 0 fine, 1 warning, 2 critical, 3 unknown" },
    { "complete", "complete", "gauge", "1 where every input was read whole, else 0" },
    { "findings", "findings", "gauge", "Findings of the run" },
    { "problems", "problems", "gauge", "Lines and sources of the run that were not understood" },
  },
  snapshot = {
    { "time_s", "time_seconds", "gauge", "When the snapshot was taken, in seconds since 1970" },
    { "uptime_s", "uptime_seconds", "gauge", "How long the system had been up" },
    { "rows", "rows", "gauge", "Rows of the snapshot" },
  },
  memory = {
    { "physical_bytes", "physical_bytes", "gauge", "Physical memory" },
    { "available_bytes", "available_bytes", "gauge", "Available physical memory" },
    { "commit_bytes", "commit_bytes", "gauge", "Committed memory" },
    { "commit_limit_bytes", "commit_limit_bytes", "gauge", "Limit of committed memory" },
  },
  pool = {
    { "bytes", "bytes", "gauge", "Bytes of a kernel pool" },
    { "limit_bytes", "limit_bytes", "gauge", "Limit of a kernel pool" },
  },
  tag = {
    { "bytes", "bytes", "gauge", "Bytes in use by a pool tag" },
    { "diff", "diff", "gauge", "Allocations in use by a pool tag" },
    { "allocs", "allocs_total", "counter", "Allocations made with a pool tag since the boot" },
    { "frees", "frees_total", "counter", "Allocations with a pool tag that were freed since the boot" },
  },
  growth = {
    { "rate", "bytes_per_hour", "gauge", "Growth of a pool tag, or of a pool" },
    { "low", "bytes_per_hour_low", "gauge", "Lower end of the interval of the growth" },
    { "high", "bytes_per_hour_high", "gauge", "Upper end of the interval of the growth" },
    { "z", "z", "gauge", "How clear the trend is, in standard deviations" },
    { "freed_ratio", "freed_ratio", "gauge", "Frees for each allocation of a pool tag" },
    { "share", "share", "gauge", "A pool tag's share of its pool's growth" },
    { "exhausted_in_s", "exhausted_in_seconds", "gauge", "Until the pool runs out at this rate" },
  },
  finding = {
    { "status", "status", "gauge", "A finding's verdict: 0 fine, 1 warning, 2 critical, 3 unknown" },
  },
}

--- The seconds since 1970 of a time as documents have it.
-- @tparam ?string text "2026-11-01T00:05:00"
-- @treturn ?int
function measures.seconds(text)
  local parts = { (text or ""):match "^(%d+)-(%d+)-(%d+)[T ](%d+):(%d+):(%d+)" }
  for i, digits in ipairs(parts) do parts[i] = math.tointeger(digits) end
  return #parts == 6 and calendar.seconds(table.unpack(parts)) or nil
end

local function is_finite(value)
  return type(value) == "number" and value == value and math.abs(value) ~= math.huge
end

-- These have a fraction and all others are whole, for stores that tell the two apart.
local FRACTIONS <const> = {
  rate = true, low = true, high = true, z = true, freed_ratio = true, share = true,
}

-- One subject with those of its numbers that are known.
local function add(list, subject, labels, numbers, time)
  local group = { subject = subject, labels = labels, time = time, values = {} }
  for _, value in ipairs(SUBJECTS[subject]) do
    local number = numbers[value[1]]
    if is_finite(number) then
      number = FRACTIONS[value[1]] and number + 0.0 or math.tointeger(number // 1) or number
      group.values[#group.values + 1] = { name = value[2], value = number, type = value[3], help = value[4] }
    end
  end
  if #group.values > 0 then list[#list + 1] = group end
end

-- Labels as pairs in a fixed order, without those that are unknown.
local ORDER <const> = {
  "host", "source", "playbook", "tag", "tag_hex", "pool", "session", "verdict", "driver",
}

local function labels_of(known)
  local labels = {}
  for _, name in ipairs(ORDER) do
    if known[name] ~= nil then labels[#labels + 1] = { name, tostring(known[name]) } end
  end
  return labels
end

local function add_snapshot(list, data, place)
  local time, memory = measures.seconds(data.time), data.memory or {}
  local function labels(more)
    return labels_of(setmetatable(more, { __index = { host = data.host, source = place } }))
  end
  add(list, "snapshot", labels {}, { time_s = time, uptime_s = data.uptime_s, rows = #data.rows }, time)
  add(list, "memory", labels {}, memory, time)
  for _, pool in ipairs { "nonpaged", "paged" } do
    add(list, "pool", labels { pool = pool },
      { bytes = memory[pool .. "_bytes"], limit_bytes = memory[pool .. "_limit_bytes"] }, time)
  end
  for _, row in ipairs(data.rows) do
    add(list, "tag", labels { tag = row.tag, tag_hex = row.tag_hex, pool = row.pool, session = row.session },
      row, time)
  end
end

-- The growth of a tag, and the word for it, from a finding or from a row of a trend.
local function add_judged(list, row, known)
  local forecast = row.forecast or {}
  local tag = { host = row.host or known.host, tag = row.tag, tag_hex = row.tag_hex, pool = row.pool }
  if row.pool then
    add(list, "growth", labels_of(tag), {
      rate = row.rate_bytes_per_hour or row.slope_bytes_per_hour, low = row.rate_low or row.low,
      high = row.rate_high or row.high, z = row.z, freed_ratio = row.freed_ratio, share = row.share,
      exhausted_in_s = forecast.hours and forecast.hours * 3600,
    })
  end
  if not row.verdict then return end
  tag.playbook, tag.verdict = known.playbook, row.verdict
  tag.driver = row.suspects and row.suspects[1] and row.suspects[1].driver
  add(list, "finding", labels_of(tag), { status = verdict.exit_status { row } })
end

local function add_run(list, document, rows)
  local data = document.data
  local known = { host = data.host or document.host, playbook = data.playbook }
  local problems = #(document.problems or {})
  for _, input in ipairs(document.inputs or {}) do problems = problems + #(input.problems or {}) end
  add(list, "run", labels_of(known), {
    status = document.status, findings = #rows, problems = problems,
    complete = document.complete == false and 0 or 1,
  })
  for _, row in ipairs(data.pools or {}) do add_judged(list, row, known) end
  for _, row in ipairs(rows) do add_judged(list, row, known) end
end

--- The kinds of documents that have measures.
measures.KINDS = { "verdict", "trend", "snapshot", "snapshots" }

--- What a document measures.
-- @tparam table document as an exporter gets it
-- @treturn {table,...} subjects in the document's order, each `subject` ("run", "snapshot", "memory", "pool",
--   "tag", "growth", "finding"), `labels` (pairs of name and text), `time` (seconds since 1970, or nil)
--   and `values`: each `name`, `value`, `type` ("gauge" or "counter") and `help`
function measures.of(document)
  local list, data = {}, document.data
  if document.kind == "snapshot" then add_snapshot(list, data) end
  for _, snapshot in ipairs(document.kind == "snapshots" and data.snapshots or {}) do
    local unnamed = snapshot.host == nil and #data.snapshots > 1
    add_snapshot(list, snapshot, unnamed and snapshot.source or nil)
  end
  if document.kind == "verdict" then add_run(list, document, data.findings) end
  if document.kind == "trend" then add_run(list, document, data.rows) end
  return list
end

local function row_line(row)
  local words = { row.verdict or "-" }
  if row.host then words[2] = "host=" .. row.host end
  if row.tag then words[#words + 1] = "tag=" .. format.quote(row.tag) end
  if row.pool then words[#words + 1] = "pool=" .. row.pool end
  if row.slope_bytes_per_hour then words[#words + 1] = "rate=" .. format.rate(row.slope_bytes_per_hour) end
  return table.concat(words, " ")
end

local function snapshot_line(snapshot)
  local words, memory = { snapshot.host or snapshot.source or "snapshot" }, snapshot.memory or {}
  for _, pool in ipairs { "nonpaged", "paged" } do
    local bytes, limit = memory[pool .. "_bytes"], memory[pool .. "_limit_bytes"]
    local share = bytes and limit and limit > 0 and (" (%.0f%%)"):format(100 * bytes / limit) or ""
    if bytes then words[#words + 1] = pool .. "=" .. format.bytes(bytes):gsub(" ", "") .. share end
  end
  return table.concat(words, " ")
end

--- A document in a line for each finding, row of a trend or snapshot.
-- @tparam table document as an exporter gets it
-- @treturn {string,...}
function measures.lines(document)
  local lines, data = {}, document.data
  for _, finding in ipairs(data.findings or {}) do lines[#lines + 1] = finding.line or row_line(finding) end
  if document.kind == "trend" then
    for _, row in ipairs(data.rows) do lines[#lines + 1] = row_line(row) end
  end
  local snapshots = document.kind == "snapshots" and data.snapshots or {}
  for _, snapshot in ipairs(document.kind == "snapshot" and { data } or snapshots) do
    lines[#lines + 1] = snapshot_line(snapshot)
  end
  return lines
end

--- A number with all its digits; 64-bit counters are unsigned.
-- @tparam table value of @{of}
-- @treturn string
function measures.digits(value)
  local number = value.value
  if math.type(number) == "integer" then
    return value.type == "counter" and format.unsigned(number) or ("%d"):format(number)
  end
  local text = ("%.14g"):format(number)
  return tonumber(text) == number and text or ("%.17g"):format(number)
end

--- Text that is UTF-8 and has no control characters; other bytes become "?", hidden ones ".".
-- @tparam string text
-- @treturn string
function measures.clean(text)
  if not utf8.len(text) then text = text:gsub("[\x80-\xff]", "?") end
  return format.clean((text:gsub("%c", "?")))
end

return measures
