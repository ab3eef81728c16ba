--- The part of a driver's page that says what of the file could not be read, and why.
-- @module poolsleuth.view.driver_page.problems
local fields = require "poolsleuth.view.driver_page.fields"

local problems = {}

local function item(problem)
  local offset = fields.known(problem.offset)
  return problem.text .. (offset and (" [offset 0x%x]"):format(offset) or "")
end

--- Append what was remarked while the file was read, if anything was.
-- @tparam table blocks
-- @tparam table driver of the document
function problems.add(blocks, driver)
  local items = {}
  for i, problem in ipairs(fields.list(driver.problems)) do items[i] = item(problem) end
  if #items == 0 then return end
  fields.heading(blocks, "Problems")
  blocks[#blocks + 1] = { type = "list", items = items }
end

return problems
