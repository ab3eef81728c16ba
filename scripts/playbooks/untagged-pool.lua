-- Who allocates without a tag?  From a dump to the loaded module, which need not be on any disk.
local belongings = require "poolsleuth.belongings"
local finding    = require "poolsleuth.finding"
local growth     = require "poolsleuth.growth"
local playbook   = require "poolsleuth.playbook"
local shared     = require "poolsleuth.shared_arguments"
local triage     = require "poolsleuth.triage"
local untagged   = require "poolsleuth.untagged"
local verdict    = require "poolsleuth.verdict"

return playbook {
  name       = "untagged-pool",
  summary    = "Name the loaded module that allocates pool without a tag, from a dump",
  about      = [[
Memory that was asked for with ExAllocatePool stands under the tag "None" with everybody else's.
This takes the steps that an expert takes in a debugger: how full the pools are (!vm), how much of them
is untagged (!poolused), where ExAllocatePool lies (x), and whose import address table in memory holds
it.  Modules count that are on no disk and those that gave their import descriptors back.
Drivers that are given tell which of them is among the files.]],
  needs      = { "dump" },
  categories = { "leak", "dump" },
  args       = shared.with({
    { name = "sources", type = "source", many = true, required = true,
      about = "a kernel dump or an image of memory, maybe folders of drivers" },
  }, "drivers"),

  run = function(case, args)
    case.options.symbols = args.symbols
    case:load(args.sources)
    if args.drivers then case:load(args.drivers) end
    local dumps = belongings.list(case, "dumps")
    case:need("dump", #dumps > 0)
    local entry = dumps[#dumps]

    -- !vm and !poolused: how full the pools are, and how much of them has no tag.
    local limits = verdict.with_thresholds(case.config.thresholds)
    local moved  = growth.measure(case.series)
    triage.check(case, moved)
    if #moved.rows == 0 then
      return case:finding { verdict = "NOT-ENOUGH-DATA", confidence = "high",
        evidence = { { text = "the dump tells no pool tags; why is said below", source = entry.path } } }
    end
    local row = untagged.row(moved)
    if not row or (row.share or 0) < limits.high_share then
      return case:finding { verdict = "NO-LEAK", tag = untagged.TAG, pool = row and row.pool,
        share = row and row.share, confidence = "medium", evidence = {
          { text = "little or no memory is untagged", source = entry.path } } }
    end

    -- x nt!ExAllocatePool and a look into each import table: who can have asked for it.
    local users, unread = untagged.importers(entry.dump, case.knowledge)
    local word = moved.count > 1 and row.growth > 0 and "SUSPECT" or "HIGH"
    local found = finding.of_tag(case, moved, row, word, "medium")
    untagged.accuse(found, users, unread)
    found.measured = #found.evidence
    for _, item in ipairs(untagged.evidence(case, entry, users, unread)) do
      table.insert(found.evidence, item)
    end
    found.told = #found.evidence
    for i, step in ipairs(untagged.steps(entry, users)) do table.insert(found.next, i, step) end
    case:finding(found)
  end,
}
