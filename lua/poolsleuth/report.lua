--- Reports: from what a script gave back to a document, and from a document to bytes.
-- @module poolsleuth.report
local format   = require "poolsleuth.format"
local severity = require "poolsleuth.severity"

local report = {}

--- The output formats.
report.FORMATS = { "text", "json", "csv", "markdown", "html" }

-- A tag as JSON and views have it: printable characters, and its value.
local function with_tag(object)
  local copied = {}
  for name, value in pairs(object) do copied[name] = value end
  if type(copied.tag) == "string" and copied.tag_hex == nil then
    copied.tag_hex = format.tag_hex(copied.tag)
    copied.tag = format.tag_text(copied.tag)
  end
  return copied
end

-- Only what the document promises; a script may keep more in its findings for itself.
local SUSPECT_FIELDS <const> = {
  "driver", "path", "file_version", "company", "signature", "score", "reasons",
}

local function plain_suspect(suspect)
  local plain = {}
  for _, name in ipairs(SUSPECT_FIELDS) do plain[name] = suspect[name] end
  return plain
end

local function victims_of(finding)
  local victims = {}
  for i, victim in ipairs(finding.victims or {}) do
    victims[i] = type(victim) == "table" and with_tag(victim)
      or #victim == 4 and format.tag_text(victim) or victim
  end
  return victims
end

local FINDING_FIELDS <const> = {
  "verdict", "tag", "pool", "rate_bytes_per_hour", "rate_low", "rate_high", "freed_ratio", "share", "bytes",
  "forecast", "confidence", "title", "host", "statistics", "playbook", "also",
}

local function finding_data(finding)
  local verdict = require "poolsleuth.verdict"
  local data = {}
  for _, name in ipairs(FINDING_FIELDS) do data[name] = finding[name] end
  data = with_tag(data)
  data.suspects, data.evidence, data.next = {}, {}, {}
  for i, suspect in ipairs(finding.suspects or {}) do data.suspects[i] = plain_suspect(suspect) end
  for i, item in ipairs(finding.evidence or {}) do
    data.evidence[i] = type(item) == "table" and item or { text = item }
  end
  for i, item in ipairs(finding.next or {}) do
    data.next[i] = type(item) == "table" and item or { text = item }
  end
  data.victims = victims_of(finding)
  data.facts = finding.facts or {}
  data.line = verdict.line(finding)
  return data
end

-- What a playbook found becomes a document, worst first.
local function verdict_document(def, case)
  local verdict = require "poolsleuth.verdict"
  local findings = verdict.sort(table.move(case.findings, 1, #case.findings, 1, {}))
  local data = { playbook = def.name, findings = {}, investigation = case.investigated,
                 machines = require("poolsleuth.about").data(case) }
  for i, finding in ipairs(findings) do data.findings[i] = finding_data(finding) end
  return { kind = "verdict", view = case.options and case.options.view, data = data,
           status = verdict.exit_status(findings) }
end

local function input_data(input)
  local problems = {}
  for i, problem in ipairs(input.problems or {}) do
    problems[i] = { severity = problem.severity, line = problem.line, offset = problem.offset,
                    text = problem.reason or problem.text, quote = problem.reason and problem.text or nil,
                    source = input.path }
  end
  return { path = input.path, kind = input.kind, sha256 = input.sha256, complete = input.complete ~= false,
           problems = problems }
end

-- The host that all snapshots of the case are of, or that the answer is about; nil where they name none.
local function only_host(case)
  local host, chosen = nil, rawget(case, "about")
  if chosen and #chosen.parts > 1 then return not chosen.unnamed and chosen.name or nil end
  for _, entry in ipairs(case.snapshots or {}) do
    local own = entry.snapshot:host()
    if own == nil or (host and own:lower() ~= host:lower()) then return nil end
    host = own
  end
  return host
end

--- The document of a run.
-- @tparam table def the script
-- @tparam table case
-- @tparam ?table result what run returned: a command's document
-- @treturn table `kind`, `data`, `inputs`, `problems`, `complete`, `status`, `title`, `host`
function report.document(def, case, result)
  local document = result
  if document == nil and def.kind == "playbook" then document = verdict_document(def, case) end
  if type(document) ~= "table" or type(document.kind) ~= "string" or type(document.data) ~= "table" then
    error(("%s '%s' returned no document { kind =, data = }"):format(def.kind, def.name), 0)
  end
  document.inputs, document.problems, document.complete = {}, {}, true
  for i, input in ipairs(case.inputs or {}) do
    document.inputs[i] = input_data(input)
    document.complete = document.complete and document.inputs[i].complete
  end
  for i, problem in ipairs(case.problems or {}) do
    document.problems[i] = problem
    if severity.is_missing(problem.severity) then document.complete = false end
  end
  if document.kind == "verdict" then document.data.complete = document.complete end
  document.title = document.title or "poolsleuth " .. def.name
  document.status = document.status or 0
  document.host = document.host or only_host(case)
  if document.redactor then document.redactor:document(document) end
  return document
end

local function all_problems(document)
  local all = {}
  for _, input in ipairs(document.inputs) do
    for _, problem in ipairs(input.problems) do all[#all + 1] = problem end
  end
  return table.move(document.problems, 1, #document.problems, #all + 1, all)
end

local function add_blocks(document, options)
  document.format = options.format
  local blocks = require("poolsleuth.view." .. (document.view or document.kind))(document.data, document)
  local problems = all_problems(document)
  if #problems > 0 and options.format ~= "csv" and not document.verbatim then
    local trailing = require "poolsleuth.view.problems"(problems)
    table.move(trailing, 1, #trailing, #blocks + 1, blocks)
  end
  document.blocks = {}
  for _, block in ipairs(blocks) do
    local wanted = (block.only == nil or block.only == options.format) and block.except ~= options.format
    if wanted then document.blocks[#document.blocks + 1] = block end
  end
end

--- Render a document.
-- @tparam table document
-- @tparam table options `format`, `width`, `color`, `version`; `exporter` in place of a format, with the
--   site's `thresholds`
-- @treturn[1] string
-- @treturn[1] ?int the exit status, where an exporter has its own
-- @treturn[2] nil
-- @treturn[2] string why this format does not fit
-- @treturn[2] ?table `code`
function report.render(document, options)
  if options.exporter then
    return require("poolsleuth.exporter").write(options.exporter, document, options)
  end
  if options.format ~= "json" then add_blocks(document, options) end
  if options.format == "csv" then
    local has_table = false
    for _, block in ipairs(document.blocks) do has_table = has_table or block.type == "table" end
    if not has_table then return nil, "there is no table in this answer; csv does not fit, json does" end
  end
  return require("poolsleuth.render." .. options.format)(document, options)
end

return report
