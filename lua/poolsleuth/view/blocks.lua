--- The view of blocks of pool: sums by tag, then each block.
-- @module poolsleuth.view.blocks
local format = require "poolsleuth.format"
local json = require "poolsleuth.json"

local known <const> = json.known

local SUMS <const> = {
  { key = "tag", name = "Tag", kind = "tag" },
  { key = "pool", name = "Pool", optional = true },
  { key = "diff", name = "Blocks", kind = "count" },
  { key = "bytes", name = "Bytes", kind = "bytes" },
}

local COLUMNS <const> = {
  { key = "marked", name = "", optional = true, empty = "",
    get = function(row) return known(row.marked) and "*" or nil end },
  { key = "address", name = "Address", kind = "hex" },
  { key = "size", name = "Size", kind = "count", optional = true },
  { key = "previous_size", name = "Previous", kind = "count", optional = true },
  { key = "state", name = "State", optional = true,
    get = function(row) return row.state ~= "unsaid" and row.state or nil end },
  { key = "tag", name = "Tag", kind = "tag", optional = true },
  { key = "pool", name = "Pool", optional = true },
  { key = "caller", name = "Caller", optional = true, flex = true, at_least = 16 },
  { key = "note", name = "Note", optional = true, flex = true, at_least = 16, may_go = true, empty = "" },
}

return function(data)
  local blocks = { { type = "table", columns = COLUMNS, rows = data.blocks, empty = "No block." } }
  if #data.tags > 0 then
    blocks[2] = { type = "heading", text = "Allocated, by tag", level = 2 }
    blocks[3] = { type = "table", columns = SUMS, rows = data.tags }
  end
  blocks[#blocks + 1] = { type = "paragraph", style = "dim",
    text = format.counted(#data.blocks, "block") .. ".  Such a list may hold a part of what there is." }
  return blocks
end
