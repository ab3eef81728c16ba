-- A verdict for each tag over a series of snapshots.
local command    = require "poolsleuth.command"
local overview   = require "poolsleuth.series_overview"
local rows       = require "poolsleuth.rows"
local shared     = require "poolsleuth.shared_arguments"
local site       = require "poolsleuth.site"
local trend_rows = require "poolsleuth.trend_rows"
local verdict    = require "poolsleuth.verdict"

return command {
  name    = "trend",
  summary = "Judge how each tag moves over a series of snapshots",
  about   = [[
Orders the snapshots by time, cuts the series at restarts, and fits a robust slope to each tag: the rate with
its interval, how clear the trend is (z, p), how much of what was allocated was freed again, the share of its
pool's growth, and when the pool runs out.  A tag that grows in lock-step with another is its victim: shown
as such, SUSPECT at most in JSON and CSV, where `lockstep` names the other.  Tags that do not grow are left
out of the table; --all shows them, JSON and CSV always have them.

Ends in 2 for LEAK, 1 for SUSPECT or GROWING-CACHE, 3 for NOT-ENOUGH-DATA, else 0.]],
  needs   = { "snapshots" },
  args    = shared.with({
    { name = "sources", type = "source", metavar = "SOURCE", many = true, required = false,
      about = "snapshots, folders, globs, counter logs, or a history; the site's history without any" },
    { name = "top", type = "integer", flag = "--top", about = "only the first N rows" },
    { name = "all", type = "boolean", flag = "--all", about = "show tags that do not grow, too" },
  }, "times", "window", "limits", "filter"),

  run = function(case, args)
    site.load_series(case, args)

    local moved = overview.measure(case)
    local known = case.limits
    local data  = overview.of(case, moved, known)
    data.rows, data.all = {}, args.all
    if moved.count < 2 then
      data.verdict = "NOT-ENOUGH-DATA"
    else
      data.rows = trend_rows.of(case, moved, { thresholds = verdict.with_thresholds(case.config.thresholds),
        limits = known, wants = rows.filter(args), top = args.top })
    end
    return { kind = "trend", data = data, status = overview.status(data) }
  end,
}
