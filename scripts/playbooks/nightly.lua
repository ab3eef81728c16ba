-- Tonight against the last week, one line for each machine: for a fleet, and for a monitor.
local machines = require "poolsleuth.machines"
local nightly  = require "poolsleuth.nightly"
local playbook = require "poolsleuth.playbook"
local shared   = require "poolsleuth.shared_arguments"
local verdict  = require "poolsleuth.verdict"

return playbook {
  name       = "nightly",
  summary    = "Compare tonight with the last week: one line a machine, OK, WARN or CRIT",
  about      = [[
Reads the site's history, or the snapshots of a folder (one folder for each machine below it), and compares
what every tag did in the last 24 hours with the median of the seven nights before.

WARN: a tag grew by more than three median deviations above its usual, to more than it had all week; a new tag
holds memory, a tag grows all week, a pool is at 60% of its limit, a driver has a new version, or there is
no snapshot of tonight. CRIT: a leak uses up its pool within --critical, or a pool is at 80% of its limit.
Without three earlier nights: NOT-ENOUGH-DATA.

Ends in 0 for OK, 1 for WARN, 2 for CRIT, 3 where there is too little to tell, by the worst machine.]],
  needs      = { "snapshots" },
  categories = { "leak", "fleet" },
  args       = shared.with({
    { name = "sources", type = "source", many = true, required = false, metavar = "SOURCE",
      about = "a history or folders of snapshots; the site's history without any" },
    { name = "at", type = "string", flag = "--at", metavar = "TIME",
      about = "the night: 'now' by the clock, or a time; the newest snapshot of all without it" },
    { name = "critical", type = "duration", flag = "--critical", default = 7 * 86400,
      about = "a leak that ends within this is critical (7d)" },
    { name = "why", type = "boolean", flag = "--why", about = "tell the reasons for each line, too" },
    { name = "ignore_drivers", type = "boolean", flag = "--ignore-drivers",
      about = "new versions of drivers are not worth a WARN" },
    { name = "drivers", type = "path", flag = "--drivers", many = true, metavar = "DIR",
      about = "folders of .sys files, to name the driver" },
    { name = "host", type = "string", flag = "--host", about = "only this machine" },
  }, "limits"),

  run = function(case, args)
    -- Which machines there are, each with its series.
    local list = machines.load(case, args)
    local at   = machines.night(list, args.at)
    if args.drivers then case:load(args.drivers) end

    -- One finding for each.
    case.options.view, case.options.machine = not args.why and "nightly" or nil, args
    local options = { at = at, critical_s = args.critical, known = case.limits,
      limits = verdict.with_thresholds(case.config.thresholds) }
    for _, machine in ipairs(list) do
      machine.driver_changes = args.ignore_drivers and {} or machines.driver_changes(machine, at)
      case:finding(nightly.judge(case, machine, options))
    end
  end,
}
