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

local EVIDENCE <const> = {
  { name = "sources", type = "source", many = true,
    about = "whatever there is: snapshots, listings, dumps, histories, folders of drivers" },
  { name = "drivers", flag = "--drivers", type = "path", many = true, metavar = "DIR",
    about = "a folder of .sys files" },
  { name = "loaded", flag = "--loaded", type = "path", metavar = "FILE",
    about = "driverquery or lm output: what is loaded" },
  { name = "symbols", flag = "--symbols", type = "path", many = true, metavar = "DIR",
    about = "folders with the PDB of a dump's kernel" },
  { name = "interval", flag = "--interval", type = "duration", about = "time between the snapshots" },
  { name = "time", flag = "--time", type = "time", many = true, about = "time of each snapshot, in order" },
}

--- The arguments of an investigation: sources of any kind, and what goes with them.
-- @tparam[opt] {table,...} more arguments of the playbook's own
-- @treturn {table,...} for the field `args`; `investigation.open` takes their values
function playbook.evidence(more)
  local args = table.move(EVIDENCE, 1, #EVIDENCE, 1, {})
  return table.move(more or {}, 1, #(more or {}), #args + 1, args)
end

return setmetatable(playbook, { __call = function(_, def) return script.new(def, "playbook") end })
