--- Drivers under Driver Verifier: what one holds, and what it left behind when it was unloaded.
-- @module poolsleuth.verified
local verified = {}

local function stem(name) return ((name or ""):lower():gsub("%.sys$", "")) end

--- The name of what is listed; the sum over all drivers has another one.
-- @tparam table item of the list "verified"
-- @treturn ?string
function verified.name_of(item) return item.driver:find "%.%w+$" and item.driver or nil end

--- What a driver holds in both pools.
-- @tparam table item of the list "verified"
-- @treturn int bytes
function verified.held_by(item) return (item.nonpaged_bytes or 0) + (item.paged_bytes or 0) end

--- What one left that is gone: as the stop says, or what it still has.
-- @tparam table item of the list "verified"
-- @treturn ?int allocations
-- @treturn ?int bytes
function verified.left_by(item)
  if item.leaked_allocs or item.leaked_bytes then return item.leaked_allocs, item.leaked_bytes end
  local loads, unloads = item.loads or 0, item.unloads or 0
  local gone = item.state == "unloaded" or unloads > 0 and unloads >= loads
  if not gone or not verified.name_of(item) then return nil end
  local counted = item.nonpaged_allocs or item.paged_allocs
  return counted and (item.nonpaged_allocs or 0) + (item.paged_allocs or 0), verified.held_by(item)
end

--- The blocks that Driver Verifier lists of a driver; of the only one that it lists, where none is named.
-- @tparam Investigation look
-- @tparam ?string driver
-- @treturn {table,...} blocks
-- @treturn ?string the driver whose blocks they are
function verified.blocks_of(look, driver)
  local list, only = {}, driver
  for _, block in ipairs(look:list "blocks") do
    local listed = block.origin == "!verifier" and block.note
    only = only or listed
    if listed and stem(listed) == stem(only) then list[#list + 1] = block
    elseif listed and not driver then return {} end
  end
  return list, only
end

return verified
