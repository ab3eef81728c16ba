--- The view of a list of processes: handles first, because each holds pool.
-- @module poolsleuth.view.processes
local format = require "poolsleuth.format"
local json = require "poolsleuth.json"

local COLUMNS <const> = {
  { key = "time", name = "Time", optional = true },
  { key = "host", name = "Host", optional = true, may_go = true },
  { key = "id", name = "PID", align = "right", optional = true },
  { key = "name", name = "Process", flex = true, at_least = 16 },
  { key = "handles", name = "Handles", kind = "count", optional = true },
  { key = "threads", name = "Threads", kind = "count", optional = true, may_go = true },
  { key = "nonpaged_bytes", name = "Nonpaged", kind = "bytes", optional = true },
  { key = "paged_bytes", name = "Paged", kind = "bytes", optional = true },
  { key = "commit_bytes", name = "Commit", kind = "bytes", optional = true },
  { key = "working_set_bytes", name = "Working set", kind = "bytes", optional = true, may_go = true },
  { key = "page_file_bytes", name = "Page file", kind = "bytes", optional = true, may_go = true },
  { key = "gdi_objects", name = "GDI", kind = "count", optional = true, may_go = true },
  { key = "user_objects", name = "USER", kind = "count", optional = true, may_go = true },
  { key = "exited", name = "Ended", optional = true,
    get = function(row) return json.known(row.exited) and "yes" or nil end },
  { key = "user", name = "User", optional = true, may_go = true },
}

return function(data)
  return {
    { type = "table", columns = COLUMNS, rows = data.processes, empty = "No process." },
    { type = "paragraph", style = "dim", text = format.counted(#data.processes, "line") .. " of processes." },
  }
end
