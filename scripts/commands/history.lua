-- What the history holds, and its upkeep.
local command = require "poolsleuth.command"
local upkeep  = require "poolsleuth.upkeep"

return command {
  name    = "history",
  summary = "List the machines in the history; check it, prune it, rename, export, import, ask it",
  about   = [[
The history is one file that keeps the snapshots of a site, by machine: $XDG_STATE_HOME/poolsleuth/history.db,
or FILE.  record fills it; trend, diff, nightly, correlate and the playbooks read it.

--sql asks it read-only; the tables are pool_sample(host, time, tag, pool, allocs, frees, diff, bytes),
host, snapshot, day and driver.  `reboot` of snapshot tells restarts alone: a clock that was set back
is none.  --keep removes what is so much older than a machine's newest
snapshot.
Ends in 1 where --check finds damage.]],
  args    = {
    { name = "file", type = "path", metavar = "FILE", required = false,
      about = "the history; as --history FILE" },
    { name = "check", type = "boolean", flag = "--check", about = "read all of it, tell what is damaged" },
    { name = "keep", type = "duration", flag = "--keep", metavar = "TIME",
      about = "remove older snapshots, such as 400d" },
    { name = "vacuum", type = "boolean", flag = "--vacuum", about = "give unused room back to the disk" },
    { name = "rename", type = "string", flag = "--rename", many = true, greedy = true, metavar = "OLD NEW",
      about = "give a machine another name; the old one is still understood" },
    { name = "export", type = "string", flag = "--export", choices = { "csv", "jsonl" },
      about = "write every sample as text" },
    { name = "import", type = "path", flag = "--import", about = "take in what --export wrote" },
    { name = "sql", type = "string", flag = "--sql", metavar = "QUERY", about = "ask it" },
    { name = "host", type = "string", flag = "--host", about = "only this machine: --keep, --export" },
  },

  run = function(case, args)
    case.options.history = args.file or case.options.history
    if args.export then
      return { kind = "history", data = { actions = {} }, stream = upkeep.exporter(case, args) }
    end
    local data, status = upkeep.run(case, args)
    return { kind = "history", data = data, status = status }
  end,
}
