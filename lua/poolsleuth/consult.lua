--- Consult: a playbook that asks others about the same case, and what they answer.
-- @module poolsleuth.consult
local arguments = require "poolsleuth.arguments"
local lists     = require "poolsleuth.lists"
local shelf     = require "poolsleuth.shelf"
local system    = require "poolsleuth.system"

local consult = {}

-- What the other playbook takes of the values at hand.
local function values_for(def, args)
  local known = {}
  for _, arg in ipairs(def.args) do known[arg.name] = args[arg.name] end
  return assert(arguments.check(def, known))
end

-- What such a playbook finds is not about the machine that the others look at.
local function is_of_fleet(def)
  for _, category in ipairs(def.categories or {}) do
    if category == "fleet" or category == "comparison" then return true end
  end
  return nil
end

-- Lua's own words, or those of a reader: no playbook's mistake, and no answer without it is one.
local function is_out_of_memory(problem)
  local text = tostring(type(problem) == "table" and rawget(problem, "message") or problem)
  return text:find("not enough memory", 1, true) or text:find("out of memory", 1, true)
end

--- Run a declared playbook on a case, apart from its other findings.  Raises where memory runs out.
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
  local own, of_fleet = case.findings, rawget(case, "of_fleet")
  case.findings, asked[def.name], case.of_fleet = {}, true, of_fleet or is_of_fleet(def)
  local ok, problem = pcall(def.open(), case, values_for(def, args or {}))
  local found = case.findings
  case.findings, asked[def.name], case.of_fleet = own, nil, of_fleet
  if ok then return found end
  if type(problem) ~= "table" or is_out_of_memory(problem) then error(problem, 0) end
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

-- How much there is of what a playbook may need.
local amounts = {}

function amounts.snapshots(case) return #case.snapshots + #case.histories end
function amounts.dump(case) return #case.dumps end
function amounts.drivers(case) return #case.driver_paths + #case.given_drivers end

--- Whether a case has something that a playbook can work on: one of its `needs` is enough.
-- @tparam Case case
-- @tparam table def
-- @treturn boolean
function consult.allows(case, def)
  local needs = def.needs or {}
  for _, name in ipairs(needs) do
    local amount = amounts[name]
    if (amount and amount(case) or #(rawget(case, name) or {})) > 0 then return true end
  end
  return #needs == 0
end

--- Whether anything was understood that some playbook may take.
-- @tparam Case case
-- @treturn boolean
function consult.has_evidence(case)
  local sum = 0
  for _, amount in pairs(amounts) do sum = sum + amount(case) end
  for _, name in ipairs(lists.NAMES) do sum = sum + #case[name] end
  return sum > 0
end

-- Arguments whose files are in the case already.
local READ <const> = { sources = true, drivers = true, loaded = true, roots = true, catalogs = true }

-- One playbook's part; what is wrong with it ends nobody else's.
local function part_of(case, def, args)
  local part = { name = def.name, def = def, findings = {} }
  if not consult.allows(case, def) then
    part.state, part.reason = "not asked", "needs " .. table.concat(def.needs, " or ")
    return part
  end
  local ok, found, message = pcall(consult.run, case, def, args)
  if not ok and is_out_of_memory(found) then error(found, 0) end
  if not ok then
    part.state, part.reason = "failed", tostring(found)
  elseif not found then
    part.state, part.reason = "not asked", message
  else
    part.state, part.findings = "asked", found
  end
  return part
end

--- Ask every playbook that a case allows, over what has been read already.
-- @tparam Case case
-- @tparam table args values by name; the sources among them are not read again
-- @tparam function wants from a declaration to whether it is to be asked
-- @treturn {table,...} by name, each `name`, `def` (nil where it cannot be used), `state` ("asked",
--   "not asked", "failed"), `findings`, `reason`
function consult.all(case, args, wants)
  local host, parts = case.options.host or {}, {}
  local given = {}
  for name, value in pairs(args) do given[name] = not READ[name] and value or nil end
  for _, entry in ipairs(shelf.list(host.folders or {})) do
    local def = entry.def
    if entry.broken and not entry.skipped then
      parts[#parts + 1] = { name = entry.name, state = "failed", findings = {}, reason = entry.broken }
    elseif def and not entry.skipped and def.kind == "playbook" and wants(def) then
      if system.interrupted() then break end
      parts[#parts + 1] = part_of(case, def, given)
    end
  end
  return parts
end

return consult
