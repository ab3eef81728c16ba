--- The view of hives of the registry, largest first.
-- @module poolsleuth.view.hives
local format = require "poolsleuth.format"
local json = require "poolsleuth.json"

local known <const> = json.known

local COLUMNS <const> = {
  { key = "host", name = "Host", optional = true, may_go = true },
  { key = "path", name = "Hive", flex = true, at_least = 24 },
  { key = "bytes", name = "Bytes", kind = "bytes", optional = true },
  { key = "volatile_bytes", name = "Volatile", kind = "bytes", optional = true },
}

return function(data)
  local rows = table.move(data.hives, 1, #data.hives, 1, {})
  table.sort(rows, function(a, b)
    local x, y = known(a.bytes) or 0, known(b.bytes) or 0
    if x ~= y then return x > y end
    return a.line < b.line
  end)
  return {
    { type = "table", columns = COLUMNS, rows = rows, empty = "No hive." },
    { type = "paragraph", style = "dim", text = format.counted(#rows, "hive") .. "." },
  }
end
