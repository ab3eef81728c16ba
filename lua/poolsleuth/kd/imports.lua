--- The word imports: what a module imports, by its tables in memory.
-- @module poolsleuth.kd.imports
local address = require "poolsleuth.kd.address"
local modules = require "poolsleuth.kd.modules"

local TOLD <const> = {
  table = "the import descriptors are gone: the slots are named by what they point at",
  scan = "the image names no import table: these are all words in it that point at an export",
}

local function show(session, module, out)
  local list, why = session.dump:imports(module.base)
  if not list then return out:fail("%s: %s", module.name, why) end
  out.data.imports = list
  for _, item in ipairs(list) do
    local target = item.target and (address.symbol(session.dump, item.target) or "in no loaded module")
    local wanted = item.dll and (item.name or item.ordinal) and
      ("%s!%s"):format(address.module_name(item.dll), item.name or "#" .. item.ordinal)
    out:line("%s  %s %s%s", session:address(item.slot),
      item.target and session:address(item.target) or "????????", wanted or target or "",
      item.missing and "  (the slot is " .. item.missing .. ")" or "")
  end
  if #list == 0 then out:line("%s imports nothing that can be seen.", module.name) end
  if TOLD[list.source] then out:line("*** %s", TOLD[list.source]) end
  if list.missing then out:line("*** part of the tables is %s", list.missing) end
end

local function imports(session, rest, out)
  local module = modules.find(session, rest, out)
  if module then show(session, module, out) end
end

return {
  show = show,
  { names = { "imports" }, usage = "imports ADDRESS|NAME", about = "what a module imports", run = imports },
}
