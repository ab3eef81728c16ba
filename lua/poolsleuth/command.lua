--- Commands: tools that show what the evidence holds.
-- A file returns `command { name =, summary =, args =, run = }`;
-- its run(case, args) returns a document { kind =, data = }.
-- @module poolsleuth.command
local script = require "poolsleuth.script"

local command = {}

--- Declare a command; raises when the declaration is malformed.
-- @tparam table def see poolsleuth.script
-- @treturn table def
function command.new(def)
  return script.new(def, "command")
end

return setmetatable(command, { __call = function(_, def) return script.new(def, "command") end })
