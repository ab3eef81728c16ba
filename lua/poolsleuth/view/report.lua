--- The view of a report: the verdict first, then what it rests on, then what to do.
-- @module poolsleuth.view.report
local format        = require "poolsleuth.format"
local headline      = require "poolsleuth.headline"
local json          = require "poolsleuth.json"
local reasoning     = require "poolsleuth.report_reasoning"
local sources       = require "poolsleuth.sources"
local verdict_style = require "poolsleuth.view.verdict_style"

local known <const> = json.known

local SOON <const> = 72 -- hours

local function heading(blocks, text, level)
  blocks[#blocks + 1] = { type = "heading", text = text, level = level or 2 }
end

local function paragraph(blocks, text, style)
  blocks[#blocks + 1] = { type = "paragraph", text = text, style = style }
end

local function list(value) return known(value) or {} end

local function clock(text) return (text:gsub("T", " "):gsub(":00$", "")) end

local function add_tiles(blocks, data)
  local finding, period = data.findings[1], data.period
  local items = {}
  local function add(label, value, note, style)
    items[#items + 1] = { label = label, value = value, note = note, style = style }
  end
  local rate = finding and known(finding.rate_bytes_per_hour)
  if rate and rate > 0 then
    local low, high = known(finding.rate_low), known(finding.rate_high)
    local range = low and high and format.rate_range(low, high)
    local first, last, unit = (range or ""):match "^(.-)%.%.(.-)(%a+/h)$"
    add("Growth", headline.size(rate) .. "/h",
      first and first ~= last and ("%s to %s %s"):format(first, last, unit) or nil)
  end
  local ahead = finding and known(finding.forecast)
  if ahead and known(ahead.hours) then
    local range, basis = headline.range(ahead), known(ahead.basis)
    local note = range and basis and range .. ", " .. basis or range or basis
    add("Used up in", headline.time(ahead.hours), note, ahead.hours < SOON and "bad" or nil)
  end
  if finding and known(finding.share) then
    add(period.snapshots > 1 and "Share of the growth" or "Share of the pool", format.percent(finding.share),
      known(finding.pool) and "of " .. finding.pool .. " pool" or nil)
  end
  if finding and known(finding.freed_ratio) then
    add("Freed again", format.percent(finding.freed_ratio), "of its allocations")
  end
  if finding and known(finding.confidence) then add("Confidence", finding.confidence) end
  local span = known(period.span_s)
  add("Snapshots", format.count(period.snapshots), span and period.snapshots > 1 and "over "
    .. format.span(span) or nil)
  blocks[#blocks + 1] = { type = "tiles", items = items }
end

local function add_when(blocks, data)
  local period, parts = data.period, {}
  if known(period.host) then parts[#parts + 1] = "Host " .. period.host end
  local from, to = known(period.from), known(period.to)
  if from and to and from ~= to then
    parts[#parts + 1] = ("evidence from %s to %s"):format(clock(from), clock(to))
  elseif from then
    parts[#parts + 1] = "evidence of " .. clock(from)
  end
  parts[#parts + 1] = ("written %s UTC by %s"):format(clock(data.generated), data.playbook)
  paragraph(blocks, table.concat(parts, "; "):gsub("^%l", string.upper) .. ".", "dim")
end

local function add_charts(blocks, data)
  local charts = list(data.charts)
  if #charts == 0 then return end
  heading(blocks, "Charts")
  for _, chart in ipairs(charts) do blocks[#blocks + 1] = chart end
end

-- A ticket has no use for the folders of the sources: their names and hashes tell them apart.
local function namer(document)
  local short = {}
  for _, input in ipairs(document.format == "markdown" and document.inputs or {}) do
    short[input.path] = sources.basename(input.path)
  end
  return function(path) return short[path] or path end
end

local function evidence_columns(name_of)
  return {
    { key = "text", name = "Finding", kind = "prose", flex = true, at_least = 30 },
    { key = "source", name = "Source", optional = true, empty = "", flex = true, at_least = 16,
      get = function(row) return name_of(known(row.source)) end },
    { key = "place", name = "Place", optional = true, empty = "", kind = "short" },
  }
end

-- A terminal is too narrow for tables of sentences: there they are lists.
local function add_prose(blocks, block, text_of)
  local items = {}
  for i, row in ipairs(block.rows) do items[i] = text_of(row) end
  block.except = "text"
  blocks[#blocks + 1] = block
  blocks[#blocks + 1] = { type = "list", only = "text", items = items }
end

local function evidence_text(evidence)
  local source, place = known(evidence.source), known(evidence.place)
  if not source then return evidence.text end
  return ("%s [%s%s]"):format(evidence.text, source, place and ", " .. place or "")
end

local function add_finding(blocks, finding, number, total, name_of)
  if total > 1 then
    blocks[#blocks + 1] = { type = "verdict", line = finding.line, style = verdict_style.of(finding.verdict) }
  end
  if known(finding.title) then paragraph(blocks, finding.title) end
  local facts = {}
  for i, fact in ipairs(list(finding.facts)) do facts[i] = { fact.name, tostring(fact.value) } end
  if #facts > 0 then blocks[#blocks + 1] = { type = "facts", rows = facts } end
  if #list(finding.evidence) > 0 then
    add_prose(blocks, { type = "table", columns = evidence_columns(name_of), rows = finding.evidence,
      label = ("Evidence of finding %d"):format(number) }, evidence_text)
  end
end

local function add_evidence(blocks, data, name_of)
  heading(blocks, "Evidence")
  local accused, shown = {}, 0
  for i, finding in ipairs(data.findings) do
    if i == 1 or reasoning.accuses(finding.verdict) then accused[#accused + 1] = finding end
  end
  for i, finding in ipairs(accused) do
    add_finding(blocks, finding, i, #accused, name_of)
    shown = shown + 1
  end
  if shown == 0 then paragraph(blocks, "Nothing was found.") end
end

local LOCKSTEP <const> = {
  { key = "tag", name = "Tag", kind = "tag", heads_row = true }, { key = "pool", name = "Pool" },
  { key = "source_tag", name = "Follows", kind = "tag" },
  { name = "Ratio", align = "right", get = function(row) return ("%.3f : 1"):format(row.ratio) end,
    key = "ratio" },
  { key = "growth_bytes", name = "Grew by", kind = "bytes" },
  { key = "rate_bytes_per_hour", name = "An hour", kind = "rate" },
  { key = "freed_ratio", name = "Freed", kind = "percent" },
}

local function add_lockstep(blocks, data)
  if #list(data.lockstep) == 0 then return end
  heading(blocks, "Tags in lock-step")
  paragraph(blocks, "These grow allocation for allocation with the accused tag.  They are downstream of it: "
    .. "when it is fixed they stop too.")
  blocks[#blocks + 1] = { type = "table", columns = LOCKSTEP, rows = data.lockstep,
    label = "Tags in lock-step" }
end

local DRIVERS <const> = {
  { key = "driver", name = "Driver", heads_row = true }, { key = "tag", name = "Tag", kind = "tag",
    optional = true },
  { key = "file_version", name = "Version" },
  { key = "company", name = "Company", flex = true, at_least = 10 },
  { key = "signature", name = "Signature", optional = true, flex = true, at_least = 10 },
  { key = "loaded", name = "Loaded", optional = true,
    get = function(row)
      local loaded = known(row.loaded)
      if loaded == nil then return nil end
      return loaded and "yes" or "no"
    end },
  { key = "site_count", name = "Call sites", kind = "count" },
  { key = "score", name = "Score", align = "right",
    get = function(row) return known(row.score) and ("%.2f"):format(row.score) end },
}

local SITES <const> = {
  { key = "rva", name = "RVA", kind = "hex", heads_row = true }, { key = "api", name = "Function called" },
  { key = "tag", name = "Tag", kind = "tag" }, { key = "pool", name = "Pool" },
  { key = "size", name = "Bytes", kind = "count" }, { key = "function", name = "In function", kind = "hex" },
  { key = "confidence", name = "Confidence" },
}

local function driver_facts(driver, name_of)
  local rows = {}
  local function add(name, value)
    if known(value) then rows[#rows + 1] = { name, value } end
  end
  add("Description", driver.description)
  add("Product", driver.product)
  add("Signed by", driver.signer)
  add("Linked", known(driver.timestamp) and format.time(driver.timestamp) .. " UTC")
  add("SHA-256", driver.sha256)
  add("File", name_of(driver.path))
  return rows
end

local function add_driver(blocks, driver, name_of)
  heading(blocks, driver.driver, 3)
  local facts = driver_facts(driver, name_of)
  if #facts > 0 then blocks[#blocks + 1] = { type = "facts", rows = facts } end
  blocks[#blocks + 1] = { type = "list", items = driver.reasons }
  if #driver.sites > 0 then
    blocks[#blocks + 1] = { type = "table", columns = SITES, rows = driver.sites,
      label = "Call sites of " .. driver.driver }
    if driver.site_count > #driver.sites then
      paragraph(blocks, ("%d of %d call sites are shown."):format(#driver.sites, driver.site_count), "dim")
    end
  end
end

local MOST_IN_FULL <const> = 3

local CHANGES <const> = {
  { key = "driver", name = "Driver", heads_row = true },
  { key = "time", name = "Seen", kind = "short", get = function(row) return clock(row.time) end },
  { key = "before", name = "Before", empty = "none" }, { key = "after", name = "After", empty = "none" },
  { key = "accused", name = "Accused", get = function(row) return row.accused and "yes" or "no" end },
}

local function add_changes(blocks, data)
  if #list(data.driver_changes) == 0 then return end
  heading(blocks, "Drivers that changed meanwhile")
  blocks[#blocks + 1] = { type = "table", columns = CHANGES, rows = data.driver_changes,
    label = "Drivers that changed meanwhile" }
end

local function add_drivers(blocks, data, name_of)
  local drivers = list(data.drivers)
  if #drivers == 0 then return end
  heading(blocks, "Drivers")
  blocks[#blocks + 1] = { type = "table", columns = DRIVERS, rows = drivers, label = "Drivers" }
  for i, driver in ipairs(drivers) do
    if i <= MOST_IN_FULL then add_driver(blocks, driver, name_of) end
  end
end

local RULED_OUT <const> = {
  { key = "tag", name = "Tag", kind = "tag", heads_row = true }, { key = "pool", name = "Pool" },
  { key = "bytes", name = "Holds", kind = "bytes" },
  { key = "growth_bytes", name = "Grew by", kind = "bytes", optional = true },
  { key = "verdict", name = "Verdict", kind = "short" },
  { key = "text", name = "Why not", kind = "prose", flex = true, at_least = 24 },
}

local function ruled_out_text(row)
  return ("%s %s, %s: %s"):format(format.quote(row.tag), row.pool, row.verdict, known(row.text) or "")
end

local function add_reasoning(blocks, data)
  heading(blocks, "How this answer came about")
  blocks[#blocks + 1] = { type = "list", ordered = true, items = list(data.reasoning) }
  if #list(data.ruled_out) == 0 then return end
  heading(blocks, "Looked at and not accused", 3)
  add_prose(blocks, { type = "table", columns = RULED_OUT, rows = data.ruled_out,
    label = "Looked at and not accused" }, ruled_out_text)
end

local function add_next(blocks, data)
  local items, seen = {}, {}
  local accused = data.findings[1] and reasoning.accuses(data.findings[1].verdict)
  for _, finding in ipairs(data.findings) do
    for _, step in ipairs(list(finding.next)) do
      local key = step.text .. (known(step.command) or "")
      if not seen[key] and reasoning.accuses(finding.verdict) == accused then
        seen[key] = true
        items[#items + 1] = { text = step.text, command = known(step.command), undo = known(step.undo) }
      end
    end
  end
  if #items == 0 then return end
  heading(blocks, "What to do next")
  blocks[#blocks + 1] = { type = "steps", items = items }
end

local function input_columns(name_of)
  return {
    { key = "path", name = "Source", heads_row = true, flex = true, at_least = 20,
      get = function(row) return name_of(row.path) end },
      { key = "kind", name = "Kind" },
    { name = "Whole", key = "complete", get = function(row) return row.complete and "yes" or "no" end },
    { key = "sha256", name = "SHA-256", kind = "hash", flex = true, at_least = 16 },
  }
end

-- Drivers that nobody accuses are counted; a folder may hold thousands.
local function shown_inputs(data, inputs)
  local accused, shown, left = {}, {}, 0
  for _, driver in ipairs(list(data.drivers)) do accused[known(driver.path) or ""] = true end
  for _, input in ipairs(inputs) do
    if input.kind ~= "pe" or accused[input.path] or not input.complete then
      shown[#shown + 1] = input
    else
      left = left + 1
    end
  end
  return shown, left
end

local function input_text(input)
  return { text = ("%s, %s, %s"):format(input.path, input.kind or "unknown",
    input.complete and "whole" or "not whole"),
           style = not input.complete and "warn" or nil,
           items = known(input.sha256) and { "SHA-256 " .. input.sha256 } or nil }
end

local function add_inputs(blocks, data, inputs, name_of)
  heading(blocks, "Raw evidence")
  local shown, left = shown_inputs(data, inputs)
  add_prose(blocks, { type = "table", columns = input_columns(name_of), rows = shown, label = "Raw evidence",
    style = function(row) return not row.complete and "warn" or nil end,
    empty = "None but what was given inline." }, input_text)
  if left > 0 then
    paragraph(blocks, ("And %s other driver file%s, each with its SHA-256 in the JSON form of this report.")
      :format(format.count(left), left == 1 and "" or "s"), "dim")
  end
end

return function(data, document)
  local blocks = { { type = "table", only = "csv", columns = require "poolsleuth.view.verdict_columns",
                     rows = data.findings } }
  local name_of = namer(document)
  add_when(blocks, data)
  blocks[#blocks + 1] = { type = "verdict", line = known(data.line) or "NOT-ENOUGH-DATA",
    sentence = data.headline,
                          style = verdict_style.of(known(data.verdict)) }
  add_tiles(blocks, data)
  blocks[#blocks + 1] = { type = "contents", only = "html" }
  add_charts(blocks, data)
  add_evidence(blocks, data, name_of)
  add_lockstep(blocks, data)
  add_drivers(blocks, data, name_of)
  add_changes(blocks, data)
  add_reasoning(blocks, data)
  add_next(blocks, data)
  add_inputs(blocks, data, document.inputs, name_of)
  heading(blocks, "Make this report again")
  blocks[#blocks + 1] = { type = "code", text = data.reproduce }
  return blocks
end
