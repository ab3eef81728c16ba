-- What goes along with a tag: other tags, handles of processes, changes of drivers.
local command     = require "poolsleuth.command"
local correlation = require "poolsleuth.correlation"
local companions  = require "poolsleuth.companions"
local overview    = require "poolsleuth.series_overview"
local shared      = require "poolsleuth.shared_arguments"
local site        = require "poolsleuth.site"

return command {
  name    = "correlate",
  summary = "Find what goes along with a tag: a process' handles, another tag, a driver's change",
  about   = [[
Compares the course of a tag with that of every other tag and, where there are lists of processes (tasklist,
Get-Process, handle counts in counter logs, those in a history), with each process' handles, threads and pool.
What follows it allocation for allocation comes first: the ratio, what the ratio leaves unexplained, and by
how much it is ahead.  Drivers that changed are laid beside the moment at which the growth began: from the
history, or from two folders of drivers.]],
  needs   = { "snapshots" },
  args    = shared.with({
    { name = "tag", type = "tag", about = "the tag that grows" },
    { name = "sources", type = "source", metavar = "SOURCE", many = true, required = false,
      about = "snapshots and lists of processes, or a history; the site's history without any" },
    { name = "paged", type = "boolean", flag = "--paged", about = "the tag in paged pool" },
    { name = "nonpaged", type = "boolean", flag = "--nonpaged", about = "the tag in nonpaged pool" },
    { name = "drivers_before", type = "path", flag = "--drivers-before", metavar = "DIR",
      about = "drivers as they were" },
    { name = "drivers_after", type = "path", flag = "--drivers-after", metavar = "DIR",
      about = "drivers as they are" },
    { name = "top", type = "integer", flag = "--top", default = 10, about = "how many of each kind" },
  }, "times", "window"),

  run = function(case, args)
    site.load_series(case, args)

    local moved = overview.measure(case)
    if moved.count < 4 then case:must(nil, "it takes four snapshots to see what goes along with a tag") end
    local row   = companions.row_of(case, moved, args)
    local found = correlation.new(moved, row)
    local began = found:began()
    local beside = { began = began, tags = found:tags(args.top),
      processes = found:processes(companions.processes(case), args.top),
      drivers = correlation.drivers(companions.driver_changes(case, args), began) }
    return { kind = "correlation", data = companions.data(case, moved, row, beside) }
  end,
}
