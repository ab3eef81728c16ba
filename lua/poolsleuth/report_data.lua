--- The evidence package of a case: what the report says beside the findings.
-- @module poolsleuth.report_data
local chart_data  = require "poolsleuth.chart_data"
local companions  = require "poolsleuth.companions"
local empty_pools = require "poolsleuth.empty_pools"
local format      = require "poolsleuth.format"
local growth      = require "poolsleuth.growth"
local headline    = require "poolsleuth.headline"
local json        = require "poolsleuth.json"
local reasoning   = require "poolsleuth.report_reasoning"
local script      = require "poolsleuth.script"
local system      = require "poolsleuth.system"

local report_data = {}

local MOST_DRIVERS <const>, MOST_SITES <const> = 8, 12

local function row_of(moved, tag, pool)
  for _, row in ipairs(moved and moved.rows or {}) do
    if row.tag == tag and row.pool == pool and not row.session then return row end
  end
end

local function tag_fields(tag)
  return format.tag_text(tag), format.tag_hex(tag)
end

-- The tags that follow another, with the ratio of their allocations.
local function lockstep_of(findings, moved)
  local list = json.array {}
  for _, finding in ipairs(findings) do
    for _, victim in ipairs(finding.victims or {}) do
      if type(victim) == "table" and victim.ratio then
        local row = row_of(moved, victim.tag, victim.pool)
        local one = { pool = victim.pool, ratio = victim.ratio, growth_bytes = row and row.growth,
                      rate_bytes_per_hour = row and row.slope, freed_ratio = row and row.freed_ratio }
        one.tag, one.tag_hex = tag_fields(victim.tag)
        one.source_tag, one.source_tag_hex = tag_fields(finding.tag)
        list[#list + 1] = one
      end
    end
  end
  return list
end

local function sites_of(suspect)
  local sites = json.array {}
  for i, site in ipairs(suspect.sites or {}) do
    if i <= MOST_SITES then
      sites[i] = { api = site.api, rva = site.rva, pool = site.pool, size = site.size,
                   confidence = site.confidence,
                   ["function"] = site.function_rva ~= 0 and site.function_rva or nil }
      if site.tag then sites[i].tag, sites[i].tag_hex = tag_fields(site.tag) end
    end
  end
  return sites
end

-- The signature that tells most: an embedded one before those of catalogs.
local function signer_of(driver)
  for _, signature in ipairs(driver and driver.signatures or {}) do
    if signature.signer then return signature.signer end
  end
end

-- Builds that repeat have a hash, or nothing, where others have the time.
local function link_time(driver)
  local time = driver.timestamp
  return not driver.reproducible and time and time > 0 and time or nil
end

local function driver_of(suspect, finding)
  local record = suspect.record
  local driver = record and record.driver
  local version = record and record.version or {}
  local one = {
    driver = suspect.driver, path = suspect.path, file_version = suspect.file_version,
    company = suspect.company, product = version.product, description = version.description,
    signature = suspect.signature,
    signer = signer_of(driver) or suspect.signer,
    sha256 = record and record.sha256, machine = record and record.machine,
    timestamp = driver and link_time(driver), loaded = suspect.loaded,
    score = suspect.score, verdict = finding.verdict, pool = finding.pool,
    reasons = json.array(table.move(suspect.reasons or {}, 1, #(suspect.reasons or {}), 1, {})),
    site_count = #(suspect.sites or {}), sites = sites_of(suspect),
  }
  if finding.tag then one.tag, one.tag_hex = tag_fields(finding.tag) end
  return one
end

local function drivers_of(findings)
  local list, seen = json.array {}, {}
  for _, finding in ipairs(findings) do
    for _, suspect in ipairs(finding.suspects or {}) do
      local key = suspect.driver .. (suspect.path or "") .. (finding.tag or "")
      if #list < MOST_DRIVERS and not seen[key] then
        seen[key] = true
        list[#list + 1] = driver_of(suspect, finding)
      end
    end
  end
  return list
end

-- How a value is written so that it is read as the same.
local written = {
  time = function(value) return format.time(value, "T") end,
  duration = function(value) return ("%gs"):format(value) end,
}

-- What hides names does not name them again.
local NOT_REPEATED <const> = { sources = true, playbook = true, redact = true, hide = true }

-- The words that make this report again.
local function command_of(given, playbook)
  local words, values = { "poolsleuth", "report" }, given.values
  for _, path in ipairs(values.sources) do words[#words + 1] = format.shell_word(path) end
  for _, arg in ipairs(given.declared) do
    local value, write = values[arg.name], written[arg.type] or tostring
    local flag = script.flags(arg)[1]
    if NOT_REPEATED[arg.name] or value == arg.default then value = nil end
    for _, item in ipairs(type(value) == "table" and value or { value or nil }) do
      words[#words + 1] = item == true and flag or flag .. " " .. format.shell_word(write(item))
    end
  end
  words[#words + 1] = "--playbook " .. playbook
  return table.concat(words, " ")
end

local LARGEST_HASHED <const> = 8 << 30

-- Copies have the hash of the driver that stands for them; dumps are hashed here, if that takes no hour.
local function hash_inputs(case)
  for _, record in ipairs(#case.driver_paths > 0 and case.drivers:all() or {}) do
    for _, path in ipairs(record.paths or {}) do
      local input = case.by_path[path]
      if input then input.sha256 = input.sha256 or record.sha256 end
    end
  end
  for _, input in ipairs(case.inputs) do
    local readable = not input.sha256 and input.path ~= "-" and (input.size or math.huge) <= LARGEST_HASHED
    if readable and not system.interrupted() then input.sha256 = system.sha256(input.path) end
  end
end

-- A build that repeats itself says what time it is.
local function now()
  return math.tointeger(tonumber(os.getenv "SOURCE_DATE_EPOCH" or "")) or os.time()
end

local function period_of(case)
  local series = case.series
  local first, last = series.entries[1], series.entries[#series.entries]
  return {
    snapshots = #series.entries, from = first and series.times and format.time(first.time, "T") or nil,
    to = last and series.times and format.time(last.time, "T") or nil, span_s = series.span_s,
    time_source = series.time_source, host = series.host,
  }
end

local MOST_CHANGES <const> = 20

-- A side of a change; builds of one version are told apart by their hash.
local function build_of(side, other)
  if not side then return nil end
  local hash = side.sha256 and "SHA-256 " .. side.sha256:sub(1, 12)
  local same = other and other.version == side.version
  return same and side.version and hash and ("%s, %s"):format(side.version, hash) or side.version or hash
end

-- A driver that only lies elsewhere now is the same.
local function is_moved(change)
  local before, after = change.before, change.after
  return before and after and before.sha256 ~= nil and before.sha256 == after.sha256
end

-- Drivers that were exchanged meanwhile, those of the accused first.
local function changes_of(case, findings)
  local list, accused = json.array {}, {}
  if #case.histories == 0 or not case.series.times or not case.series.host then return list end
  for _, finding in ipairs(findings) do
    for _, suspect in ipairs(finding.suspects or {}) do accused[suspect.driver:lower()] = true end
  end
  for _, change in ipairs(companions.driver_changes(case, {})) do
    local one = { driver = change.name, time = change.time, accused = accused[change.name:lower()] == true,
                  before = build_of(change.before, change.after),
                    after = build_of(change.after, change.before) }
    if not is_moved(change) then list[#list + 1] = one end
  end
  table.sort(list, function(a, b)
    if a.accused ~= b.accused then return a.accused end
    if a.time ~= b.time then return a.time < b.time end
    return a.driver < b.driver
  end)
  while #list > MOST_CHANGES do list[#list] = nil end
  return list
end

-- The change of an accused driver stands in every chart that has its time.
local function mark_changes(charts, changes)
  for _, chart in ipairs(charts) do
    local times = chart.times
    for _, change in ipairs(times and chart.marks and changes or {}) do
      if change.accused and change.time >= times[1] and change.time <= times[#times] then
        chart.marks[#chart.marks + 1] = { time = change.time, text = ("%s %s"):format(change.driver,
          change.after and "exchanged" or "removed") }
      end
    end
  end
  for _, change in ipairs(changes) do change.time = format.time(change.time, "T") end
  return charts
end

--- What the report says of a case.
-- @tparam Case case that a playbook has looked into
-- @tparam table given the report's arguments: `declared`, and their `values` by name
-- @tparam table verdict the data of the playbook's document of kind "verdict"
-- @tparam {table,...} findings the case's own, in the same order
-- @treturn table the data of a document of kind "report"
function report_data.of(case, given, verdict, findings)
  hash_inputs(case)
  local moved = #case.series.entries > 0 and growth.measure(case.series) or nil
  local worst, changes = verdict.findings[1], changes_of(case, findings)
  local charts = moved and chart_data.of(case.series, moved, findings) or json.array {}
  return {
    playbook = verdict.playbook, generated = format.time(now(), "T"),
    headline = headline.of(worst, verdict.complete),
    verdict = worst and worst.verdict, line = worst and worst.line,
    period = period_of(case), findings = verdict.findings,
    charts = mark_changes(empty_pools.mark_charts(case, charts), changes),
    lockstep = lockstep_of(findings, moved), drivers = drivers_of(findings), driver_changes = changes,
    reasoning = reasoning.steps(case, moved, findings), ruled_out = reasoning.ruled_out(moved, findings),
    investigation = verdict.investigation, machines = verdict.machines,
    reproduce = command_of(given, verdict.playbook),
  }
end

return report_data
