-- Some machines leak and others do not, or one since an update: since which version of which driver?
local fleet         = require "poolsleuth.fleet"
local format        = require "poolsleuth.format"
local importers     = require "poolsleuth.importers"
local inventory     = require "poolsleuth.inventory"
local investigation = require "poolsleuth.investigation"
local machines      = require "poolsleuth.machines"
local playbook      = require "poolsleuth.playbook"
local shared        = require "poolsleuth.shared_arguments"
local verdict       = require "poolsleuth.verdict"

-- The drivers whose versions part the machines best; of several that do so, those that use the tag.
local function parting(case, spans, leak, most_wrong)
  local list, using, users = {}, {}, {}
  for _, user in ipairs(case.drivers:with_tag(leak.tag)) do users[user.record.name:lower()] = true end
  for _, one in ipairs(fleet.parts(spans, leak)) do
    local fits = one.bad > 0 and one.good > 0 and one.wrong <= most_wrong * (one.bad + one.good)
    if fits and (not list[1] or one.wrong == list[1].wrong) then
      list[#list + 1], using[#using + 1] = one, users[one.driver] and one or nil
    end
  end
  return using[1] and using or list
end

return playbook {
  name       = "driver-upgrade-regression",
  summary    = "Find the version of a driver since which machines leak: of many, or of one over time",
  about      = [[
Of each machine it takes the snapshots and the versions of the drivers: from a history, or from a folder for
each machine with its drivers or what sigcheck -c says of them.  A machine whose drivers changed counts before
and after.  The driver whose versions part those that leak from the others is named, with the first such.]],
  needs      = { "snapshots", "drivers" },
  categories = { "leak", "fleet" },
  args       = shared.with({ { name = "sources", type = "source", many = true, required = false,
    about = "a history, or a folder that has a folder for each machine" },
    { name = "host", type = "string", flag = "--host", about = "only this machine" } }, "limits"),

  run = function(case, args)
    local list, spans, told, measured = machines.load(case, args), {}, 0, 0
    for _, machine in ipairs(list) do
      local own = inventory.spans(case, machine, args.sources, #list == 1)
      table.move(own, 1, #own, #spans + 1, spans)
    end
    local leak = fleet.leaks(spans, verdict.with_thresholds(case.config.thresholds))[1]
    for _, span in ipairs(spans) do
      told = told + (next(span.versions) and 1 or 0)
      measured = measured + (span.growth and 1 or 0)
    end

    -- Does anything leak, and are the versions of the drivers known?
    local none = { rows = {}, count = measured }
    local look = investigation.of(case, args, leak and leak.span.growth or none)
    if measured == 0 then return look:too_little("no machine has three snapshots", { "snapshots" }) end
    if not leak then return look:in_order(("nothing leaks on %d machines"):format(measured)) end
    local where = ("%s leaks on %d of %d machines"):format(format.tag(leak.tag), leak.count, measured)
    local found = parting(case, spans, leak, look:rule "fleet_exceptions")
    local why = told < 2 and "which drivers each has is not told" or "no driver's versions part these"
    if not found[1] then return look:too_little(where .. "; " .. why, { "driver-versions", "snapshots" }) end

    -- The driver whose versions part them: certain where it is the only one, without exceptions.
    local first  = found[1]
    local sure   = #found == 1 and first.first_bad and first.wrong == 0
    local many   = math.min(first.bad, first.good) >= look:rule "fleet_sure"
    local word   = sure and "REGRESSION" or "SUSPECT"
    local answer = look:about(word, look:watch(leak.tag), { suspects = {}, steps = {} })
    answer:at_most(not sure and "low" or many and "high" or "medium"):say("%s", where)
    for _, one in ipairs(found) do
      local text = ("%d of %d leak with %s or later, %d of %d with %s or earlier"):format(one.late.bad,
        one.late.bad + one.late.good, one.first_bad or one.fixed_in, one.early.bad,
        one.early.bad + one.early.good, one.last)
      answer:accuse(importers.named(case, one.driver, 0.9, text)):say("%s: %s", one.driver, text)
    end
    if first.wrong > 0 then answer:contradict("%d of %d machines do not fit", first.wrong, first.count) end
    if #found == 1 then answer:fact("first-bad", first.first_bad):fact("fixed-in", first.fixed_in) end
    answer:fact("n", ("%d/%d"):format(first.late.bad, first.late.bad + first.late.good))
      :fact("before", ("%d/%d"):format(first.early.bad, first.early.bad + first.early.good))
      :advise({ "roll-back", "driver-versions" }, { driver = first.driver }):file()
  end,
}
