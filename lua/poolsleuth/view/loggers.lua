--- The view of sessions of event tracing: what their buffers hold of the pool.
-- @module poolsleuth.view.loggers
local format = require "poolsleuth.format"
local json = require "poolsleuth.json"

local known <const> = json.known

local function held(row)
  local buffers, bytes = known(row.buffers), known(row.buffer_bytes)
  local nonpaged, paged = known(row.nonpaged_bytes), known(row.paged_bytes)
  if nonpaged or paged then return (nonpaged or 0) + (paged or 0) end
  return buffers and bytes and buffers * bytes or nil
end

local COLUMNS <const> = {
  { key = "host", name = "Host", optional = true, may_go = true },
  { key = "name", name = "Session", flex = true, at_least = 20 },
  { key = "type", name = "Type", optional = true, may_go = true },
  { key = "state", name = "State", optional = true },
  { key = "buffers", name = "Buffers", kind = "count", optional = true },
  { key = "buffer_bytes", name = "Each", kind = "bytes", optional = true },
  { key = "held", name = "Held", kind = "bytes", optional = true, get = held },
  { key = "minimum", name = "Min", kind = "count", optional = true },
  { key = "maximum", name = "Max", kind = "count", optional = true },
  { key = "events_lost", name = "Lost", kind = "count", optional = true },
  { key = "mode", name = "Mode", optional = true, flex = true, at_least = 10, may_go = true },
}

return function(data)
  return {
    { type = "table", columns = COLUMNS, rows = data.loggers, empty = "No session." },
    { type = "paragraph", style = "dim", text = format.counted(#data.loggers, "trace session") .. "." },
  }
end
