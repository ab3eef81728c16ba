-- The evidence package: run a playbook, and write what it found, why, and from what, as one page.
local arguments   = require "poolsleuth.arguments"
local command     = require "poolsleuth.command"
local redact      = require "poolsleuth.redact"
local report      = require "poolsleuth.report"
local report_data = require "poolsleuth.report_data"
local shared      = require "poolsleuth.shared_arguments"
local shelf       = require "poolsleuth.shelf"
local verdict     = require "poolsleuth.verdict"

local MAIN <const> = "investigate"

local function load_playbook(case, name)
  local host = case.options.host
  local path = shelf.find(host.folders, name)
  case:must(path, ("--playbook %s: there is none of that name; poolsleuth list shows them"):format(name))
  local def, broken, err = shelf.load_named(path)
  case:must(def, ("%s cannot be used: %s"):format(path, broken), err)
  case:must(def.kind == "playbook", ("--playbook %s: that is a %s"):format(name, def.kind))
  return def
end

-- What the playbook takes of what the report was given.
local function values_for(def, args)
  local given = {}
  for _, arg in ipairs(def.args) do given[arg.name] = args[arg.name] end
  return arguments.check(def, given)
end

local function redactor_for(case, args)
  if not args.redact and #args.hide == 0 then return nil end
  local redactor = redact.new()
  redactor:case(case, args.sources)
  local lists = { args.sources, args.drivers, args.symbols, args.roots, args.catalogs, { args.loaded } }
  for _, list in ipairs(lists) do
    for _, path in ipairs(list) do redactor:argument(path) end
  end
  for _, word in ipairs(args.hide) do redactor:word(word) end
  return redactor
end

local ARGUMENTS <const> = shared.with({}, "trust", "top", {
  { name = "playbook", flag = "--playbook", type = "string", metavar = "NAME",
    about = "the playbook that looks into the evidence" },
  { name = "redact", flag = "--redact", type = "boolean",
    about = "hide the names of hosts, users and folders" },
  { name = "hide", flag = "--hide", type = "string", many = true, metavar = "WORD",
    about = "hide this word too; means --redact" },
}, "evidence", "times", "window", "limits")

return command {
  name    = "report",
  summary = "Write what was found, why, and from what evidence, as one page",
  about   = [[
Runs investigate on the sources, or the playbook that --playbook names, and writes one HTML page that needs
nothing else: the verdict in a sentence, charts of the tags and of the pool against its limit, the drivers
with versions, signatures and call sites, how the answer came about, what was ruled out and by which playbook,
every source with its SHA-256, what to do next and how to undo it.

  poolsleuth report LOGS/ --drivers DRIVERS/ -o page.html
  poolsleuth report LOGS/ --drivers DRIVERS/ --redact -o ticket.md

The name that -o gives decides: .html, .md for a vendor's ticket, .json for programs.  Without it the page
goes to standard output, and text to a terminal.  --redact replaces host, user, domain and share names, SIDs
and the folders of sources, each by the same word everywhere; --hide adds words of yours.]],
  needs   = { "snapshots" },
  format  = "html",
  args    = ARGUMENTS,

  run = function(case, args)
    local def = load_playbook(case, args.playbook or MAIN)
    def.open()(case, case:must(values_for(def, args)))
    local found = report.document(def, case)
    local findings = verdict.sort(table.move(case.findings, 1, #case.findings, 1, {}))
    local data = report_data.of(case, { declared = ARGUMENTS, values = args }, found.data, findings)
    local host = data.period.host
    local title = host and "Pool memory report of " .. host or "Pool memory report"
    return { kind = "report", data = data, status = found.status, title = title,
             redactor = redactor_for(case, args) }
  end,
}
