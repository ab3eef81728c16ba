-- The poolmon table of a snapshot, sorted and filtered, with what its numbers cover.
local command = require "poolsleuth.command"
local lists   = require "poolsleuth.lists"
local remarks = require "poolsleuth.remarks"
local rows    = require "poolsleuth.rows"
local site    = require "poolsleuth.site"

local function has_readable(inputs)
  for _, input in ipairs(inputs) do
    if input.lines or input.kind == "pe" then return true end
  end
  return false
end

-- Which list to show: the one that was asked for, or the most telling where there is no table of tags.
local function choose_list(case, args)
  local present = lists.present(case)
  if args.list then
    if lists.has(case, args.list) then return args.list end
    case:must(nil, ("no %s in any of the sources"):format(args.list), { code = "format" })
  end
  local chosen = present[1]
  for _, entry in ipairs(case.snapshots) do
    if entry.snapshot:origin() ~= "!poolfind" then chosen = nil end
  end
  for _, kind in ipairs(present) do
    local told = kind == chosen or (chosen == nil and kind == "modules") or
      (chosen == "verifier" and kind == "blocks")
    if not told then case:problem { text = ("there are %s too: --list %s shows them"):format(kind, kind) } end
  end
  return chosen
end

return command {
  name    = "show",
  summary = "Show the pool tags of a snapshot, as poolmon does",
  about   = [[
Reads poolmon screens and logs, !poolused and !vm, and shows each snapshot
that they hold.  Tags stand in quotes, because blanks in them count.

The sort keys are poolmon's: -b bytes (the default), -d allocations in use,
-a allocations, -f frees, -m bytes per allocation, -t tag.  --tag and -x take
* and ?; a tag of fewer than four characters ends in blanks.

--by driver adds up the rows of each owner, as far as a tag file, the source's
own column, the knowledge or the call sites of drivers among the sources tell it.

Lists are shown where there is no table of tags, or with --list: blocks of pool
(!pool, !poolfind), modules (lm, driverquery, fltmc, sc query), processes
(memsnap, tasklist, Get-Process, !process 0 0, counters), handles (handle -a, -s,
!handle), marks of an exhausted pool (httperr.log), events (wevtutil, Get-WinEvent,
the Event Viewer), loggers (logman, tracelog, xperf), files (sigcheck), hives of
the registry, services (sc, reg), drivers under Driver Verifier.]],
  needs   = { "snapshots" },
  args    = {
    { name = "sources", type = "source", metavar = "SOURCE", many = true,
      about = "files, folders, globs, or -" },
    { name = "host", type = "string", flag = "--host", about = "of a history: the machine" },
    { name = "by_bytes", type = "boolean", flag = "-b", about = "sort by bytes (default)" },
    { name = "by_diff", type = "boolean", flag = "-d", about = "sort by allocations in use" },
    { name = "by_allocs", type = "boolean", flag = "-a", about = "sort by allocations" },
    { name = "by_frees", type = "boolean", flag = "-f", about = "sort by frees" },
    { name = "by_per_alloc", type = "boolean", flag = "-m", about = "sort by bytes per allocation" },
    { name = "by_tag", type = "boolean", flag = "-t", about = "sort by tag" },
    { name = "paged", type = "boolean", flag = "--paged", about = "paged pool only" },
    { name = "nonpaged", type = "boolean", flag = "--nonpaged", about = "nonpaged pool only" },
    { name = "tags", type = "glob", flag = "--tag", many = true, about = "only tags like this" },
    { name = "exclude", type = "glob", flag = "-x", many = true, about = "no tags like this" },
    { name = "match", type = "regex", flag = "--match", about = "only rows whose tag, note or owner match" },
    { name = "top", type = "integer", flag = "--top", about = "only the first N rows" },
    { name = "by", type = "string", flag = "--by", choices = { "tag", "driver" }, default = "tag",
      about = "one row a tag, or one a driver" },
    { name = "drivers", type = "source", flag = "--drivers", metavar = "DIR", many = true,
      about = "drivers that may own tags" },
    { name = "symbols", type = "path", flag = "--symbols", many = true, metavar = "DIR",
      about = "folders with the PDB of a dump's kernel" },
    { name = "list", type = "string", flag = "--list",
      choices = { "verifier", "blocks", "handles", "processes", "marks", "events", "loggers", "files",
                  "hives", "modules", "services" },
      about = "show what the sources list besides tags" },
    { name = "problems", type = "boolean", flag = "--problems",
      about = "list every line that was not understood, and why, in place of the tables" },
  },

  run = function(case, args)
    case.options.symbols = args.symbols
    case.options.window = { host = args.host }
    case:load(args.sources)
    site.take_newest(case)
    if args.problems then
      case:need("sources", has_readable(case.inputs))
      return { kind = "problems", view = "problem_list", verbatim = true, data = remarks.data(case) }
    end
    local list = choose_list(case, args)
    if list then return { kind = list, data = lists.data(case, list) } end
    if #case.snapshots == 0 and not case.failed and not case.unrecognised then
      local driver = case.driver_paths[1]
      local message = driver and driver .. ": is a driver; poolsleuth driver shows it"
        or table.concat(args.sources, ", ") .. ": no snapshots in it"
      case:must(nil, message, { code = "format" })
    end
    case:need("snapshots", #case.snapshots > 0)
    case:load(args.drivers)
    local shown = {}
    for i, entry in ipairs(rows.joined(case)) do shown[i] = rows.snapshot(case, entry, args) end
    if #shown == 1 then return { kind = "snapshot", data = shown[1] } end
    return { kind = "snapshots", data = { snapshots = shown } }
  end,
}
