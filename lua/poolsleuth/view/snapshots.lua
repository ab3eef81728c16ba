--- The view of several snapshots, one below the other.
-- @module poolsleuth.view.snapshots
local one = require "poolsleuth.view.snapshot"

-- All rows in one table for spreadsheets, each with the snapshot that it is from.
local function flat(snapshots)
  local columns = { { key = "source", name = "Source" }, { key = "time", name = "Time" } }
  local rows = {}
  for _, snapshot in ipairs(snapshots) do
    for _, block in ipairs(one(snapshot)) do
      if block.type == "table" then
        table.move(block.columns, 1, #block.columns, 3, columns)
        for _, row in ipairs(block.rows) do
          local head = { source = snapshot.source, time = snapshot.time }
          rows[#rows + 1] = setmetatable(head, { __index = row })
        end
      end
    end
  end
  return { type = "table", only = "csv", columns = columns, rows = rows }
end

return function(data)
  local blocks = { flat(data.snapshots) }
  for _, snapshot in ipairs(data.snapshots) do
    for _, block in ipairs(one(snapshot)) do blocks[#blocks + 1] = block end
  end
  return blocks
end
