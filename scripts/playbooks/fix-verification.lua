-- Did the fix help?  Snapshots from before it and from after it in, one word for each tag out.
local comparison = require "poolsleuth.comparison"
local finding    = require "poolsleuth.finding"
local groups     = require "poolsleuth.groups"
local outcome    = require "poolsleuth.outcome"
local playbook   = require "poolsleuth.playbook"
local rows       = require "poolsleuth.rows"
local shared     = require "poolsleuth.shared_arguments"
local steps      = require "poolsleuth.steps"
local verdict    = require "poolsleuth.verdict"

return playbook {
  name       = "fix-verification",
  summary    = "Tell whether a fix stopped a leak: FIXED, REDUCED or UNCHANGED, and what is left of it",
  about      = [[
Compares how fast each tag grew before a change with how fast it grows after it.  The two sides are two
folders, files or histories, BEFORE and AFTER; or any number of sources behind --before and --after; or one
series that --fixed-at TIME cuts where the fix was installed.

FIXED: nothing is left but noise.  REDUCED: it is slower, by that factor, but still leaks.  UNCHANGED: the
rates do not differ.  Each side needs three snapshots or more over half an hour; restarts do no harm.
Ends in 0 for FIXED, 1 for REDUCED and UNCHANGED, 2 for a leak that is new, 3 where it cannot be told.]],
  needs      = { "snapshots" },
  categories = { "leak", "comparison" },
  args       = shared.with({
    { name = "sources", type = "source", many = true, required = false, metavar = "BEFORE AFTER",
      about = "two sources; with --fixed-at any number" },
    { name = "earlier", flag = "--before", type = "source", many = true, greedy = true,
      metavar = "SOURCE", about = "snapshots from before the fix" },
    { name = "later", flag = "--after", type = "source", many = true, greedy = true,
      metavar = "SOURCE", about = "snapshots from after it" },
    { name = "fixed_at", flag = "--fixed-at", type = "string", metavar = "TIME",
      about = "when the fix was installed" },
    { name = "host", type = "string", flag = "--host", about = "only snapshots of this machine" },
    { name = "drivers", flag = "--drivers", type = "path", many = true, metavar = "DIR",
      about = "a folder of .sys files" },
    { name = "top", flag = "--top", type = "integer", default = 5, about = "how many tags to look into" },
    { name = "interval", type = "duration", flag = "--interval", about = "time between the snapshots" },
  }, "filter"),

  run = function(case, args)
    -- The two sides, each in its order.
    local before, after = groups.load(case, args)
    if args.drivers then case:load(args.drivers) end
    local limits  = verdict.with_thresholds(case.config.thresholds)
    local compare = comparison.new(before, after, limits)
    local wants   = rows.filter(args)

    local lack = compare:lacks()
    if lack then
      case:finding { verdict = "NOT-ENOUGH-DATA", confidence = "medium", evidence = { { text = lack } },
        next = steps.more_snapshots() }
      return
    end

    -- What became of each tag that grew.
    local outcomes = compare:outcomes(wants, args.top)
    for _, one in ipairs(outcomes) do case:finding(outcome.finding(case, compare, one)) end

    -- A fix may bring a leak of its own.
    for _, new in ipairs(compare:newcomers(wants)) do
      local found = finding.of_tag(case, after, new.row, new.word, new.confidence)
      found.title = "This tag grows only since the change."
      case:finding(found)
    end
    if #outcomes == 0 and #case.findings == 0 then
      case:finding { verdict = "NO-LEAK", confidence = "medium", evidence = {
        { text = "no tag grew before the change, and none does after it" } }, next = {} }
    end
  end,
}
