--- Fields of a driver's document: null is nothing, and a list that is missing is empty.
-- @module poolsleuth.view.driver_page.fields
local json = require "poolsleuth.json"

local fields = {}

--- The value, or nil where it is unknown.
-- @param value
-- @return value
function fields.known(value)
  return value ~= nil and value ~= json.null and value or nil
end

--- The list, or an empty one where it is unknown.
-- @param value
-- @treturn table
function fields.list(value) return fields.known(value) or {} end

--- Rows of a facts block, and a function that adds one where its value is known.
-- @treturn table
-- @treturn function
function fields.facts()
  local rows = {}
  return rows, function(name, value)
    if fields.known(value) and value ~= "" then rows[#rows + 1] = { name, tostring(value) } end
  end
end

--- Append a heading to blocks.
-- @tparam table blocks
-- @tparam string text
function fields.heading(blocks, text)
  blocks[#blocks + 1] = { type = "heading", text = text, level = 3 }
end

return fields
