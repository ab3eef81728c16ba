-- When each pool runs out, and what each guilty tag has to do with it.
local command    = require "poolsleuth.command"
local exhaustion = require "poolsleuth.exhaustion"
local overview   = require "poolsleuth.series_overview"
local rows       = require "poolsleuth.rows"
local shared     = require "poolsleuth.shared_arguments"
local site       = require "poolsleuth.site"
local trend_rows = require "poolsleuth.trend_rows"
local verdict    = require "poolsleuth.verdict"

return command {
  name    = "forecast",
  summary = "Tell when each pool hits its limit, with an interval, and by which tags",
  about   = [[
Fits a robust line to each pool's total and to each tag that leaks, and follows it to what bounds the pool:
the limit that --limit gives, or that the evidence itself says (!vm, a dump), or that of the Windows version
by --windows, --bits, --ram, --3gb and --registry; and free memory and free commit besides.  Each end comes
with its interval and with where the limit is from.  A pool that does not grow has no end.]],
  needs   = { "snapshots" },
  args    = shared.with({
    { name = "sources", type = "source", metavar = "SOURCE", many = true, required = false,
      about = "snapshots, folders, globs, counter logs, or a history; the site's history without any" },
  }, "times", "window", "limits", "filter"),

  run = function(case, args)
    site.load_series(case, args)

    local moved, known = overview.measure(case), case.limits
    local data = overview.of(case, moved, known)
    data.rows = {}
    if moved.count < 2 then
      data.verdict = "NOT-ENOUGH-DATA"
      return { kind = "forecast", data = data, status = overview.status(data) }
    end
    local tags = trend_rows.of(case, moved, { thresholds = verdict.with_thresholds(case.config.thresholds),
      limits = known, wants = rows.filter(args) })
    local of_pools = exhaustion.of_pools(data.pools, moved, known)
    local of_tags = exhaustion.of_tags(tags, moved, known)
    data.rows = exhaustion.sort(table.move(of_tags, 1, #of_tags, #of_pools + 1, of_pools))
    return { kind = "forecast", data = data }
  end,
}
