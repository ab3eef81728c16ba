--- Playbooks: investigations that make findings.
-- A file returns `playbook { name =, summary =, args =, run = }`;
-- its run(case, args) calls case:finding.
-- @module poolsleuth.playbook
local script = require "poolsleuth.script"

local playbook = {}

--- Declare a playbook; raises when the declaration is malformed.
-- @tparam table def see poolsleuth.script
-- @treturn table def
function playbook.new(def)
  return script.new(def, "playbook")
end

return setmetatable(playbook, { __call = function(_, def) return script.new(def, "playbook") end })
