-- Which driver leaks?  Snapshots and a folder of drivers in, a name with its reasons out.
local finding  = require "poolsleuth.finding"
local growth   = require "poolsleuth.growth"
local playbook = require "poolsleuth.playbook"
local shared   = require "poolsleuth.shared_arguments"
local steps    = require "poolsleuth.steps"
local triage   = require "poolsleuth.triage"
local trust    = require "poolsleuth.trust"
local verdict  = require "poolsleuth.verdict"
local window   = require "poolsleuth.window"

return playbook {
  name       = "find-leaking-driver",
  summary    = "Name the driver behind the pool tag that grows, how sure that is, and what to do next",
  about      = [[
Give two or more poolmon logs, or a pasted !poolused, and a folder of drivers.  The tags are ranked by
growth; caches, tags that are large by design and tags that merely follow another are set aside; the
drivers that really pass the tag to a pool call are named with version and company.
One snapshot gives HIGH at most, two give SUSPECT: eight over a day or more make a full verdict.]],
  needs      = { "snapshots" },
  categories = { "leak", "triage" },
  args       = shared.with({
    { name = "sources", type = "source", many = true, required = true,
      about = "poolmon logs, !poolused and !vm text, a history, folders of drivers" },
  }, "drivers", "loaded", "trust", "top", "times", "window", "limits"),

  run = function(case, args)
    case.options.interval, case.options.times = args.interval, args.time
    case.options.symbols, case.options.window, case.options.machine = args.symbols, window.of(args), args
    trust.load(case, args)
    case:load(args.sources)
    if args.drivers then case:load(args.drivers) end
    if args.loaded then case:load { args.loaded } end

    -- Order the snapshots and see what they are worth.
    case:need("snapshots", #case.series.entries > 0)
    local limits = verdict.with_thresholds(case.config.thresholds)
    local moved  = growth.measure(case.series)
    triage.check(case, moved)

    if moved.count == 1 then
      -- One moment shows what is big, never what grows.
      for _, high in ipairs(triage.high(case, moved, limits, args.top)) do
        case:finding(finding.of_tag(case, moved, high.row, high.word, "low", high))
      end
    else
      -- Judge each tag that grew; among tags in lock-step keep the one that is not freed.
      local grown = triage.grown(case, moved, limits, args.top)
      for _, suspect in ipairs(grown) do
        case:finding(finding.of_tag(case, moved, suspect.row, suspect.word, suspect.confidence, suspect))
      end
      -- Say why the biggest tags are not accused.
      for _, big in ipairs(triage.constant(case, moved, limits, grown)) do
        case:finding(finding.of_tag(case, moved, big.row, big.word, "medium", big))
      end
    end

    if #case.findings == 0 then
      local short  = moved.span_s and moved.span_s < limits.short_span_s
      local enough = #moved.rows > 0 and moved.count > 2 and not short
      case:finding { verdict = enough and "NO-LEAK" or "NOT-ENOUGH-DATA", confidence = "medium",
        evidence = triage.summary(moved, case), suspects = {}, victims = {}, next = steps.more_snapshots() }
    end
  end,
}
