--- Words for modules: lm, !lmi, x, ln, !for_each_module, save-module.
-- @module poolsleuth.kd.modules
local address    = require "poolsleuth.kd.address"
local expression = require "poolsleuth.kd.expression"
local format     = require "poolsleuth.format"
local glob       = require "poolsleuth.glob"

local MACHINES <const> = {
  [0x14C] = { "I386", "i386" }, [0x8664] = { "X64", "X64" }, [0x200] = { "IA64", "IA64" },
  [0xAA64] = { "ARM64", "ARM64" }, [0x1C4] = { "ARM", "ARM Thumb-2" },
}

local function module_data(module)
  return { name = module.name, path = module.path, base = module.base, ["end"] = module.base + module.size,
           size = module.size, timestamp = module.timestamp, checksum = module.checksum }
end

-- A module by its name, or by an address in it.
local function find(session, text, out)
  if text == "" then return out:fail "a module's name or an address is missing" end
  local module, index = session:module_named(text)
  if module then return module, index end
  local value, why = expression.only(session, text)
  if not value then return out:fail("%s", why) end
  module, index = session:module_at(value)
  if module then return module, index end
  out:fail("no loaded module holds %s", session:address(value))
end

-- --- lm ----------------------------------------------------------------------------------------------------

local function stamp(module)
  local time = module.timestamp
  if not time then return "unavailable (the header is not in the dump)" end
  return ("%s (%08X)"):format(os.date("!%a %b %d %H:%M:%S %Y", time), time)
end

-- Symbols are read when something asks for them.
local function state_of(session, module, index)
  local symbols = session.facts.symbols
  if address.module_name(module.name) == "nt" then
    return symbols and symbols.loaded and "(pdb symbols)" or "(export symbols)"
  end
  return session.exported and session.exported[index] and "(export symbols)" or "(deferred)"
end

local function describe(out, module)
  out:line("    Image path: %s", module.path or module.name)
  out:line("    Image name: %s", module.name)
  out:line("    Timestamp:        %s", stamp(module))
  if module.checksum then out:line("    CheckSum:         %08X", module.checksum) end
  out:line("    ImageSize:        %08X", module.size)
end

-- "v m nt", "vm nt", "Dvmnt", "1m": letters up to m or a, which take what follows; "sm" sorts by name.
local function options_of(rest)
  local letters, at = "", 1
  while true do
    at = rest:find("%S", at) or #rest + 1
    local sort, letter = rest:match("^(sm)", at), rest:match("^[DvkuoflLnt1cma]", at)
    if sort then
      letters, at = letters .. "s", at + 2
    elseif letter then
      letters, at = letters .. letter, at + 1
      if letter == "m" or letter == "a" then break end
    else
      break
    end
  end
  return letters, rest:sub(at):match "^%s*(.*)$"
end

local function wanted(session, letters, rest, out)
  if letters:find "a$" then
    local value, why = expression.only(session, rest)
    if not value then return out:fail("%s", why) end
    return function(module) return value >= module.base and value - module.base < module.size end
  end
  local pattern = rest ~= "" and glob.compile(rest:lower()) or nil
  return function(module)
    return not pattern or pattern:matches(address.module_name(module.name):lower())
      or pattern:matches(module.name:lower())
  end
end

-- One line of the list, in the form that the letters ask for.
local function list_line(session, letters, module, index, out)
  local name = address.module_name(module.name)
  if letters:find "1" then return out:line("%s", name) end
  local rest = state_of(session, module, index)
  if letters:find "t" then rest = ("%-16s %s"):format(module.name, stamp(module))
  elseif letters:find "f" then rest = module.path or module.name
  elseif letters:find "n" then rest = module.name end
  out:line("%s %s   %-10s %s", session:address(module.base), session:address(module.base + module.size), name,
    rest)
  if letters:find "v" then describe(out, module) end
end

local function lm(session, rest, out)
  local letters, after = options_of(rest)
  local fits = wanted(session, letters, after, out)
  if not fits then return end
  local modules, unloaded, index_of = {}, {}, {}
  if letters:find "u" and not letters:find "k" then return out:fail "no user modules are listed" end
  for index, module in ipairs(session.modules) do
    index_of[module] = index
    if fits(module) then
      local list = module.unloaded and unloaded or modules
      list[#list + 1] = module
    end
  end
  table.sort(modules, function(a, b)
    if letters:find "s" and a.name:lower() ~= b.name:lower() then return a.name:lower() < b.name:lower() end
    return math.ult(a.base, b.base)
  end)
  out.data.modules, out.data.unloaded = {}, {}
  if not letters:find "1" then out:line(session.bits == 32 and "start    end        module name"
    or "start             end                 module name") end
  for i, module in ipairs(modules) do
    out.data.modules[i] = module_data(module)
    list_line(session, letters, module, index_of[module], out)
  end
  if #modules == 0 and #unloaded == 0 then out:line "No module matches." end
  if #unloaded == 0 or letters:find "[l1]" then return end
  out:line ""
  out:line "Unloaded modules:"
  for i, module in ipairs(unloaded) do
    out.data.unloaded[i] = module_data(module)
    out:line("%s %s   %s", session:address(module.base), session:address(module.base + module.size),
      module.name)
  end
end

-- --- !lmi --------------------------------------------------------------------------------------------------

local function lmi(session, rest, out)
  local module = find(session, rest, out)
  if not module then return end
  local image, why = session.dump:image(module.base)
  out.data.module = module_data(module)
  out:line("Loaded Module Info: [%s] ", rest)
  out:line("         Module: %s", address.module_name(module.name))
  out:line("   Base Address: %s", session:address(module.base))
  out:line("     Image Name: %s", module.name)
  if image then
    local machine = MACHINES[image.machine] or { "unknown" }
    out:line("   Machine Type: %d (%s)", image.machine, machine[1])
  end
  local time = module.timestamp
  if time then out:line("     Time Stamp: %x %s", time, os.date("!%a %b %d %H:%M:%S %Y", time)) end
  out:line("           Size: %x", module.size)
  if module.checksum then out:line("       CheckSum: %x", module.checksum) end
  if image and image.pdb then
    out:line("Debug Data Dirs: CODEVIEW RSDS - GUID: {%s}", image.pdb.guid)
    out:line("               Age: %x, Pdb: %s", image.pdb.age, image.pdb.name)
  end
  local symbols = address.module_name(module.name) == "nt" and session.facts.symbols
  out:line("    Symbol Type: %s", symbols and symbols.loaded and "PDB" or "EXPORT")
  out:line("     Image Path: %s", module.path or module.name)
  if image then out:line "     Image Type: MEMORY   - Image read successfully from loaded memory."
  else out:line("     Image Type: the header is %s", why) end
end

-- --- x and ln ----------------------------------------------------------------------------------------------

-- "/D /f nt!Ex*"
local function without_flags(rest)
  local cut
  repeat rest, cut = rest:gsub("^%s*/%a+%s+", "") until cut == 0
  return rest
end

local function examine(session, rest, out)
  local module_text, name_text = without_flags(rest):match "^([^!%s]+)!(%S*)"
  if not module_text then return out:fail "x takes MODULE!NAME; both may have * and ?" end
  local module_glob = glob.compile(module_text:lower())
  local name_glob = glob.compile((name_text == "" and "*" or name_text):lower())
  local found, reasons = {}, {}
  for i, module in ipairs(session.modules) do
    local short = address.module_name(module.name)
    local fits = module_glob:matches(short:lower()) or module_glob:matches(module.name:lower())
    if fits and not module.unloaded then
      reasons.any = true
      local list, why = session:exports(i)
      if why then reasons[#reasons + 1] = ("the exports of %s are %s"):format(short, why) end
      for _, item in ipairs(list) do
        if name_glob:matches(item.name:lower()) then
          found[#found + 1] = { module = short, name = item.name, address = item.address }
        end
      end
    end
  end
  out.data.symbols = found
  for _, item in ipairs(found) do
    out:line("%s          %s!%s", session:address(item.address), item.module, item.name)
  end
  if #found > 0 then return end
  if not reasons.any then return out:fail("no module '%s' is loaded", module_text) end
  out:fail("%s", reasons[1] or ("no symbol '%s'"):format(rest))
end

local function nearest(session, rest, out)
  local value, why = expression.only(session, rest)
  if not value then return out:fail("%s", why) end
  local text, place = address.symbol(session.dump, value)
  if not text then return out:fail("no loaded module holds %s", session:address(value)) end
  out.data.symbols = { { module = place.module, name = place.symbol, address = place.address or place.base } }
  out:line("(%s)   %s", session:address(place.address or place.base), text)
end

-- --- !for_each_module --------------------------------------------------------------------------------------

-- The dump chooses names: none may lead into another folder, hide the file that it names, or end a word.
local function tame(name)
  return (name:gsub("[%c/;\"@]", "_"):gsub("^[.-]+", "_"):gsub("^$", "_"))
end

-- The longer names first: @#ModuleNameSize must not be taken for @#ModuleName.
local function aliases(session, module, index)
  local text = function(value) return "0x" .. session:address(value):gsub("`", "") end
  local symbols = address.module_name(module.name) == "nt" and session.facts.symbols
  return {
    { "@#ModuleIndex", tostring(index - 1) }, { "@#ModuleName", tame(address.module_name(module.name)) },
    { "@#LoadedImageName", tame(module.name) },
    { "@#MappedImageName", tame(module.path or module.name) },
    { "@#SymbolFileName", tame(symbols and symbols.name or module.name) },
    { "@#SymbolType", symbols and symbols.loaded and "3" or "4" },
    { "@#ImageName", tame(module.name) }, { "@#TimeDateStamp",
      ("0x%x"):format(module.timestamp or 0) }, { "@#Checksum", ("0x%x"):format(module.checksum or 0) },
    { "@#Base", text(module.base) }, { "@#End", text(module.base + module.size) },
    { "@#Size", ("0x%x"):format(module.size) },
  }
end

local function substitute(text, list)
  for _, pair in ipairs(list) do
    local value = pair[2]:gsub("%%", "%%%%")
    text = text:gsub("%${" .. pair[1] .. "}", value):gsub(pair[1], value)
  end
  return text
end

local function for_each_module(session, rest, out)
  local command = rest:match '^"(.*)"$' or rest:match "^%.block%s*{(.*)}$" or rest
  if command == "" then return out:fail "a command is missing" end
  if command:find "!for_each_module" then return out:fail "a loop in a loop over modules has no use" end
  out.data.answers = {}
  local short = {}
  for i, module in ipairs(session.modules) do
    if not module.unloaded then
      for _, answer in ipairs(session:run(substitute(command, aliases(session, module, i)))) do
        local search = answer.data.search
        local nothing = search and #search.hits == 0
        if search and search.missing > 0 then short[#short + 1] = module.name end
        if not nothing or answer.error then
          table.move(answer.lines, 1, #answer.lines, #out.lines + 1, out.lines)
        end
        out.error = out.error or answer.error
        if next(answer.data) then
          out.data.answers[#out.data.answers + 1] = {
            module = module.name, base = module.base, command = answer.command, data = answer.data }
        end
      end
    end
  end
  if #short > 0 then
    out:line("*** pages of %d modules are not in memory and were not searched: %s", #short,
      table.concat(short, ", ", 1, math.min(3, #short)) .. (#short > 3 and " …" or ""))
  end
end

-- --- save-module -------------------------------------------------------------------------------------------

local function save_module(session, rest, out)
  local name, path = rest:match '^"(.-)"%s+(.+)$'
  if not name then name, path = rest:match "^(%S+)%s+(.+)$" end
  if not name then return out:fail "save-module takes a module and the file to write" end
  local module = find(session, name, out)
  if not module then return end
  local bytes, told = session.dump:module_file(module.base)
  if not bytes then return out:fail("%s: %s", module.name, told) end
  path = path:match '^"(.*)"$' or path
  local ok, message = require("poolsleuth.system").write_file(path, bytes)
  if not ok then return out:fail("%s: %s", path, message) end
  out.data.file = { path = path, size = #bytes, missing_pages = told.missing_pages,
                    discarded_pages = told.discarded_pages, rebuilt_imports = told.rebuilt_imports }
  out:line("%s: %s of %s", path, format.bytes(#bytes), module.name)
  if told.missing_pages > 0 then
    out:line("*** %d pages are %s: they are zeros in the file", told.missing_pages, told.missing)
  end
  if told.discarded_pages > 0 then
    out:line("*** %d pages were given back by the driver once it ran: zeros too", told.discarded_pages)
  end
  if told.rebuilt_imports > 0 then
    out:line("*** import tables are gone: %d imports were put back from their slots", told.rebuilt_imports)
  end
end

return {
  find = find,
  { names = { "lm" }, usage = "lm[v|f|n|t|1] [sm] [m PATTERN] [a ADDRESS]",
    about = "loaded and unloaded modules; v in full, f paths, n files, t times, 1 names alone, sm by name",
    run = lm },
  { names = { "!lmi" }, usage = "!lmi ADDRESS|NAME", about = "one module", run = lmi },
  { names = { "x" }, usage = "x MODULE!NAME", about = "symbols by name; * and ? match", run = examine },
  { names = { "ln" }, usage = "ln ADDRESS", about = "the symbol at or before it", run = nearest },
  { names = { "!for_each_module" }, usage = "!for_each_module COMMAND",
    about = "a command for each module; @#Base @#End @#Size @#ModuleName @#ImageName stand for its own",
    run = for_each_module },
  { names = { "save-module" }, usage = "save-module ADDRESS|NAME FILE",
    about = "write a module of memory as a file that driver and scan read", run = save_module },
}
