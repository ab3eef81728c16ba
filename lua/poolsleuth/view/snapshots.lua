--- The view of several snapshots, one below the other.
-- @module poolsleuth.view.snapshots
local one = require "poolsleuth.view.snapshot"

return function(data)
  local blocks = {}
  for _, snapshot in ipairs(data.snapshots) do
    for _, block in ipairs(one(snapshot)) do blocks[#blocks + 1] = block end
  end
  return blocks
end
