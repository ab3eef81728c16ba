--- Untagged pool: which loaded modules import what allocates without a tag.
-- @module poolsleuth.untagged
local address = require "poolsleuth.kd.address"
local format  = require "poolsleuth.format"
local sources = require "poolsleuth.sources"

local untagged = {}

--- The tag of memory that was allocated without one.
untagged.TAG = "None"

local OTHERWISE <const> = { "ExAllocatePool", "ExAllocatePoolWithQuota" }

-- The kernel allocates with tags of its own and exports these for others.
local EXPORTERS <const> = { nt = true, hal = true }

-- The names to look for, as a set.
local function wanted_of(knowledge)
  local shared = knowledge and knowledge:shared(untagged.TAG)
  local set = {}
  for _, name in ipairs(shared and shared.apis or OTHERWISE) do set[name] = true end
  return set
end

local function apis_of(imports, wanted, targets)
  local apis = {}
  for _, item in ipairs(imports) do
    local name = item.name and wanted[item.name] and item.name or item.target and targets[item.target]
    if name then apis[#apis + 1] = { name = name, slot = item.slot, target = item.target } end
  end
  return apis
end

--- The loaded modules of a dump whose import tables hold a call that allocates without a tag.
-- @tparam Dump dump
-- @tparam[opt] Knowledge knowledge names the calls
-- @treturn {table,...} each `module` (of Dump:modules), `apis` ({name, slot, target}), `source` (of
--   Dump:imports)
-- @treturn {string,...} modules whose import tables could not be read
function untagged.importers(dump, knowledge)
  local wanted, targets, found, unread = wanted_of(knowledge), {}, {}, {}
  for name in pairs(wanted) do
    local at = dump:symbol(name)
    if at then targets[at] = name end
  end
  for _, module in ipairs(dump:modules()) do
    if not module.unloaded and not EXPORTERS[address.module_name(module.name):lower()] then
      local imports = dump:imports(module.base)
      local apis = imports and apis_of(imports, wanted, targets) or {}
      if #apis > 0 then found[#found + 1] = { module = module, apis = apis, source = imports.source }
      elseif not imports or imports.missing then unread[#unread + 1] = module.name end
    end
  end
  return found, unread
end

--- The row of untagged memory that weighs most.
-- @tparam Growth moved
-- @treturn ?table of moved.rows
function untagged.row(moved)
  local best
  for _, row in ipairs(moved.rows) do
    if row.tag == untagged.TAG and (not best or row.last_bytes > best.last_bytes) then best = row end
  end
  return best
end

local function among_files(case, name)
  for _, path in ipairs(case.driver_paths) do
    if sources.basename(path):lower() == name:lower() then return true end
  end
  return false
end

--- What the search of a dump's modules showed, as evidence.
-- @tparam Case case
-- @tparam table entry of case.dumps
-- @tparam {table,...} users of untagged.importers
-- @tparam {string,...} unread of untagged.importers
-- @treturn {table,...} each `text`, `source`, `place`
function untagged.evidence(case, entry, users, unread)
  local bits, list = entry.dump:facts().bits or 64, {}
  local function say(form, ...)
    list[#list + 1] = { text = form:format(...), source = entry.path }
    return list[#list]
  end
  for _, user in ipairs(users) do
    local module, api = user.module, user.apis[1]
    say("%s, loaded at %s, holds %s (%s) in its import address table", module.name,
      address.text(module.base, bits), api.name, address.text(api.target or 0, bits)).place =
      "address " .. address.text(api.slot, bits)
    if not among_files(case, module.name) then
      say("%s is in memory only: %s", module.name, #case.driver_paths == 0
        and "no driver files were given to compare it with"
        or ("it is not among the %d driver files that were given"):format(#case.driver_paths))
    end
  end
  if #users == 0 then say "no loaded module imports a call that allocates without a tag" end
  if #unread > 0 then
    say("the import tables of %d modules are not in the dump, which clears and accuses nobody: %s",
      #unread, table.concat(unread, ", ", 1, math.min(5, #unread)))
  end
  return list
end

local SOLE <const>, ONE_OF <const> = 0.9, 0.5

local function suspect_of(found, name)
  for _, suspect in ipairs(found.suspects) do
    if suspect.driver:lower() == name:lower() then return suspect end
  end
  local suspect = { driver = name, score = ONE_OF, reasons = {} }
  found.suspects[#found.suspects + 1] = suspect
  return suspect
end

--- Accuse the modules that can have done it; where one alone can, be sure.
-- @tparam table found the finding, with its suspects
-- @tparam {table,...} users of untagged.importers
-- @tparam {string,...} unread of untagged.importers
function untagged.accuse(found, users, unread)
  local sole = #users == 1 and #unread == 0
  for _, user in ipairs(users) do
    local suspect = suspect_of(found, user.module.name)
    table.insert(suspect.reasons, 1, "its import address table in memory holds " .. user.apis[1].name)
    if sole then
      suspect.score, found.confidence = math.max(suspect.score, SOLE), "high"
      table.insert(suspect.reasons, 2, "no other loaded module imports such a call")
    end
  end
  table.sort(found.suspects, function(a, b)
    if a.score ~= b.score then return a.score > b.score end
    return a.driver < b.driver
  end)
end

--- The debugger's way to the same answer, to be typed by whoever wants to see it.
-- @tparam table entry of case.dumps
-- @tparam {table,...} users
-- @treturn {table,...} steps
function untagged.steps(entry, users)
  local bits, name = entry.dump:facts().bits or 64, format.shell_word(entry.path)
  local words = { "!vm", "!poolused /t 10 2", "x nt!ExAllocatePool",
                  "!for_each_module s -" .. (bits == 32 and "d" or "q") .. " @#Base @#End nt!ExAllocatePool" }
  for _, user in ipairs(users) do
    words[#words + 1] = "!lmi " .. address.text(user.module.base, bits)
  end
  local list = { { text = "See it in the dump, step by step",
                   command = ("poolsleuth kd %s -c '%s'"):format(name, table.concat(words, "; ")) } }
  for _, user in ipairs(users) do
    list[#list + 1] = { text = ("Take %s out of memory as a file, and look at it"):format(user.module.name),
      command = ("poolsleuth kd %s -c 'save-module %s suspect.sys'"):format(name,
        address.text(user.module.base, bits)) }
  end
  return list
end

return untagged
