--- Playbooks: investigations that make findings.
-- A file returns `playbook { name =, summary =, args =, run = }`;
-- its run(case, args) calls case:finding.
-- @module poolsleuth.playbook
local script = require "poolsleuth.script"
local shared = require "poolsleuth.shared_arguments"

local playbook = {}

--- Declare a playbook; raises when the declaration is malformed.
-- @tparam table def see poolsleuth.script
-- @treturn table def
function playbook.new(def)
  return script.new(def, "playbook")
end

--- The arguments of an investigation: sources of any kind, and what goes with them.
-- @tparam[opt] {table,...} more arguments of the playbook's own
-- @treturn {table,...} for the field `args`; `investigation.open` takes their values
function playbook.evidence(more)
  return shared.with(more or {}, "evidence", "times", "window", "limits")
end

return setmetatable(playbook, { __call = function(_, def) return script.new(def, "playbook") end })
