--- Text made safe for HTML, in elements and in quoted attributes.
-- @module poolsleuth.render.html.escape
local format = require "poolsleuth.format"

local ENTITIES <const> = {
  ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;",
}

--- Escape a value.
-- @param value anything that tostring takes
-- @treturn string
return function(value)
  return (format.clean(tostring(value)):gsub("[&<>\"']", ENTITIES))
end
