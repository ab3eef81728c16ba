-- What grew between two snapshots: by how much, how fast, and what was freed of it.
local command = require "poolsleuth.command"
local changes = require "poolsleuth.changes"

return command {
  name    = "diff",
  summary = "Show what grew between two snapshots",
  about   = [[
Subtracts the first snapshot from the second: what grew most comes first.
A counter that wrapped at 2^32 is repaired, a restart of the machine is seen,
and tags that appeared or vanished are marked.  "Freed" is the share of the new
allocations that was freed again: near 0% nothing is given back.

Where a source holds several snapshots, its last is taken; the same source given
twice is compared from its first snapshot to its last.

In a history, BEFORE and AFTER may be moments: diff yesterday last --host SRV1,
or diff 2026-11-01 2026-11-08.]],
  needs   = { "snapshots" },
  args    = {
    { name = "before", type = "source", about = "the earlier snapshot" },
    { name = "after", type = "source", about = "the later snapshot" },
    { name = "host", type = "string", flag = "--host", about = "the machine, in a history" },
    { name = "interval", type = "duration", flag = "--interval", about = "how far apart they are" },
    { name = "symbols", type = "path", flag = "--symbols", many = true, metavar = "DIR",
      about = "folders with the PDB of a dump's kernel" },
    { name = "paged", type = "boolean", flag = "--paged", about = "paged pool only" },
    { name = "nonpaged", type = "boolean", flag = "--nonpaged", about = "nonpaged pool only" },
    { name = "tags", type = "glob", flag = "--tag", many = true, about = "only tags like this" },
    { name = "exclude", type = "glob", flag = "-x", many = true, about = "no tags like this" },
    { name = "match", type = "regex", flag = "--match", about = "only tags that match" },
    { name = "top", type = "integer", flag = "--top", about = "only the first N rows" },
    { name = "all", type = "boolean", flag = "--all", about = "also rows that did not change" },
  },

  run = function(case, args)
    case.options.symbols, case.options.window = args.symbols, { host = args.host }
    local before, after = changes.load_pair(case, args.before, args.after)
    return { kind = "diff", data = changes.between(before, after, args) }
  end,
}
