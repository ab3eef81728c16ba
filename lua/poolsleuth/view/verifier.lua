--- The view of drivers under Driver Verifier: what each holds, and its outstanding allocations.
-- @module poolsleuth.view.verifier
local view_of_blocks = require "poolsleuth.view.blocks"

local COLUMNS <const> = {
  { key = "driver", name = "Driver" },
  { key = "state", name = "State", optional = true },
  { key = "loads", name = "Loads", kind = "count", optional = true },
  { key = "unloads", name = "Unloads", kind = "count", optional = true },
  { key = "nonpaged_allocs", name = "Nonp allocs", kind = "count", optional = true },
  { key = "nonpaged_bytes", name = "Nonp bytes", kind = "bytes", optional = true },
  { key = "paged_allocs", name = "Paged allocs", kind = "count", optional = true },
  { key = "paged_bytes", name = "Paged bytes", kind = "bytes", optional = true },
  { key = "peak_nonpaged_bytes", name = "Peak nonp", kind = "bytes", optional = true },
  { key = "peak_paged_bytes", name = "Peak paged", kind = "bytes", optional = true },
  { key = "leaked_allocs", name = "Left at unload", kind = "count", optional = true },
  { key = "leaked_bytes", name = "Left bytes", kind = "bytes", optional = true },
}

return function(data)
  local blocks = { { type = "table", columns = COLUMNS, rows = data.drivers, empty = "No driver." } }
  if #data.blocks > 0 then
    blocks[2] = { type = "heading", text = "Outstanding allocations", level = 2 }
    local more = view_of_blocks(data)
    table.move(more, 1, #more, #blocks + 1, blocks)
  end
  return blocks
end
