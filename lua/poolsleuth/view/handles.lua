--- The view of open handles: how many each process holds of each type, most first.
-- @module poolsleuth.view.handles
local format = require "poolsleuth.format"
local json = require "poolsleuth.json"

local known <const> = json.known

local COLUMNS <const> = {
  { key = "time", name = "Time", optional = true },
  { key = "host", name = "Host", optional = true, may_go = true },
  { key = "pid", name = "PID", align = "right", optional = true },
  { key = "process", name = "Process", flex = true, at_least = 16, empty = "(all)" },
  { key = "type", name = "Type", empty = "(all)" },
  { key = "count", name = "Handles", kind = "count" },
}

local function by_count(a, b)
  local x, y = known(a.count) or 0, known(b.count) or 0
  if x ~= y then return x > y end
  return a.line < b.line
end

return function(data)
  local rows = table.move(data.handles, 1, #data.handles, 1, {})
  table.sort(rows, by_count)
  return {
    { type = "table", columns = COLUMNS, rows = rows, empty = "No handle." },
    { type = "paragraph", style = "dim", text = format.counted(#rows, "line") .. " of counts." },
  }
end
