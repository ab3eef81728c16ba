-- What can this dump answer, what does its pool look like, and what is to be done next?
local belongings = require "poolsleuth.belongings"
local dump_view  = require "poolsleuth.dump_view"
local finding    = require "poolsleuth.finding"
local growth     = require "poolsleuth.growth"
local playbook   = require "poolsleuth.playbook"
local shared     = require "poolsleuth.shared_arguments"
local triage     = require "poolsleuth.triage"
local verdict    = require "poolsleuth.verdict"

return playbook {
  name       = "dump-triage",
  summary    = "Say what a dump can answer, what its pool looks like, and what to do next",
  about      = [[
The first look at a crash dump or an image of memory: what it is and what is missing of it, the bug
check, how full the pools are and which tags stand out, with the drivers that may hold them, read from
memory too.  Each answer ends in exact commands.]],
  needs      = { "dump" },
  categories = { "triage", "dump" },
  args       = shared.with({
    { name = "sources", type = "source", many = true, required = true,
      about = "dumps or images of memory, maybe folders of drivers" },
  }, "drivers", "top"),

  run = function(case, args)
    case.options.symbols = args.symbols
    case:load(args.sources)
    if args.drivers then case:load(args.drivers) end
    local dumps = belongings.list(case, "dumps")
    case:need("dump", #dumps > 0)
    local entry = dumps[#dumps]

    -- How full are the pools, and which tags stand out?
    local limits   = verdict.with_thresholds(case.config.thresholds)
    local moved    = growth.measure(case.series)
    local has_tags = #moved.rows > 0
    triage.check(case, moved)
    for _, high in ipairs(has_tags and triage.high(case, moved, limits, args.top) or {}) do
      case:finding(finding.of_tag(case, moved, high.row, high.word, "low", high))
    end

    -- What the dump is goes with the worst finding; without any it is the answer.
    local worst = verdict.sort(case.findings)[1]
    if not worst then
      worst = { verdict = has_tags and "NO-LEAK" or "NOT-ENOUGH-DATA", confidence = "low",
                evidence = has_tags and triage.summary(moved, case) or {}, next = {} }
      case:finding(worst)
    end
    local told = dump_view.evidence(entry)
    for i, item in ipairs(told) do table.insert(worst.evidence, i, item) end
    worst.measured, worst.told = 0, #told
    for i, step in ipairs(dump_view.steps(entry, has_tags)) do table.insert(worst.next, i, step) end
  end,
}
