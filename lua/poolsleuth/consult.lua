--- Consult: a playbook that asks another one about the same case, and what it answers.
-- @module poolsleuth.consult
local arguments = require "poolsleuth.arguments"
local shelf     = require "poolsleuth.shelf"

local consult = {}

-- What the other playbook takes of the values at hand.
local function values_for(def, args)
  local known = {}
  for _, arg in ipairs(def.args) do known[arg.name] = args[arg.name] end
  return assert(arguments.check(def, known))
end

--- Run a declared playbook on a case, apart from its other findings.
-- @tparam Case case
-- @tparam table def of shelf.load
-- @tparam[opt] table args values by name; those that it does not take are left out
-- @treturn[1] {table,...} its findings; they are not among those of the case
-- @treturn[2] nil
-- @treturn[2] string why it ended without an answer: too little for it, most often
-- @treturn[2] int the exit status that goes with it
function consult.run(case, def, args)
  local asked = rawget(case, "asked") or {}
  if asked[def.name] then return nil, def.name .. " asks itself, by way of others", 70 end
  rawset(case, "asked", asked)
  local own = case.findings
  case.findings, asked[def.name] = {}, true
  local ok, problem = pcall(def.open(), case, values_for(def, args or {}))
  local found = case.findings
  case.findings, asked[def.name] = own, nil
  if ok then return found end
  if type(problem) ~= "table" then error(problem, 0) end
  return nil, problem.message, problem.status
end

--- Ask a playbook by its name: the user's own copy goes before the shipped one.
-- @tparam Case case
-- @tparam string name
-- @tparam[opt] table args likewise
-- @treturn[1] {table,...} its findings
-- @treturn[2] nil
-- @treturn[2] string why there are none: no such playbook, or too little for it
-- @treturn[2] int status
function consult.ask(case, name, args)
  local host = case.options.host or {}
  local path = shelf.find(host.folders or {}, name)
  if not path then return nil, ("there is no playbook '%s'"):format(name), 64 end
  local def, broken = shelf.load_named(path)
  if not def or def.kind ~= "playbook" then
    return nil, ("'%s' is no playbook that works: %s"):format(name, broken or "it is a command"), 64
  end
  return consult.run(case, def, args)
end

return consult
