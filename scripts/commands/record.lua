-- Put snapshots, drivers and lists of processes into the site's history.
local command   = require "poolsleuth.command"
local history   = require "poolsleuth.history"
local recorder  = require "poolsleuth.recorder"

return command {
  name    = "record",
  summary = "Put snapshots into the history: files, folders, everything that shows pool tags",
  about   = [[
Reads each source and keeps its snapshots in the history, by machine and time; drivers among the sources
become the machine's inventory, lists of processes are kept with their handles.  What is there already is
not added, so that the same folder may be recorded every night.

The time of a snapshot is that in its text, else that in its file's name, else the file's own; the answer says
which.  The machine is the one that --host or the text names, else the folder below the source in which the
file lies (NIGHTLY/SRV1/poolmon.log).

Ends in 0 where something was added, 3 where nothing was new, 1 where a source was damaged or without a
time, 74 where the history cannot be written: then nothing is lost, the next run takes it up.]],
  needs   = { "snapshots" },
  args    = {
    { name = "sources", type = "source", metavar = "SOURCE", many = true, required = true,
      about = "files, folders, globs, or -" },
    { name = "host", type = "string", flag = "--host", about = "the machine that they are of" },
    { name = "time", type = "string", flag = "--time", many = true, metavar = "TIME",
      about = "time of each snapshot, in order; 'now' is the clock's" },
    { name = "interval", type = "duration", flag = "--interval",
      about = "time between the snapshots; needs --time of the first" },
  },

  run = function(case, args)
    local store <close> = case:must(history.open(case))
    local data, status = recorder.run(case, store, args)
    data.history = store:path()
    return { kind = "record", data = data, status = status }
  end,
}
