--- The word !dh: the headers of a module as they lie in memory.
-- @module poolsleuth.kd.headers
local imports = require "poolsleuth.kd.imports"
local modules = require "poolsleuth.kd.modules"

local MACHINES <const> = { [0x14C] = "i386", [0x8664] = "X64", [0x200] = "IA64", [0xAA64] = "ARM64",
                           [0x1C4] = "ARM" }
local DIRECTORIES <const> = {
  "Export", "Import", "Resource", "Exception", "Security", "Base Relocation", "Debug", "Description",
  "Special", "Thread Storage", "Load Configuration", "Bound Import", "Import Address Table",
  "Delay Import", "COR20 Header", "Reserved",
}
local FLAGS <const> = {
  { 0x20, "Code" }, { 0x40, "Initialized Data" }, { 0x80, "Uninitialized Data" },
  { 0x02000000, "Discardable" },
  { 0x08000000, "Not Paged" }, { 0x10000000, "Shared" }, { 0x20000000, "Execute" }, { 0x40000000, "Read" },
  { 0x80000000, "Write" },
}

local function file_header(out, image)
  out:line "File Type: EXECUTABLE IMAGE"
  out:line "FILE HEADER VALUES"
  out:line("%8X machine (%s)", image.machine, MACHINES[image.machine] or "unknown")
  out:line("%8X number of sections", #image.sections)
  out:line("%8X time date stamp %s", image.timestamp, os.date("!%a %b %d %H:%M:%S %Y", image.timestamp))
  out:line ""
  out:line "OPTIONAL HEADER VALUES"
  out:line("%8X magic #", image.wide and 0x20B or 0x10B)
  out:line("%8X address of entry point", image.entry_rva)
  out:line("%8X size of image", image.image_size)
  out:line("%8X checksum", image.checksum)
  for i, directory in ipairs(image.directories) do
    out:line("%8X [%8X] address [size] of %s Directory", directory.rva, directory.size, DIRECTORIES[i])
  end
end

local function sections(out, image)
  for i, section in ipairs(image.sections) do
    out:line ""
    out:line("SECTION HEADER #%X", i)
    out:line("%8s name", section.name)
    out:line("%8X virtual size", section.size)
    out:line("%8X virtual address", section.rva)
    out:line("%8X flags", section.flags)
    for _, flag in ipairs(FLAGS) do
      if section.flags & flag[1] ~= 0 then out:line("         %s", flag[2]) end
    end
  end
end

local function exports(session, out, module, index)
  local list, why = session.dump:exports(index)
  out.data.symbols = {}
  out:line ""
  out:line("EXPORTS OF %s", module.name)
  for i, item in ipairs(list or {}) do
    out.data.symbols[i] = { module = module.name, name = item.name, address = item.address }
    out:line("%6d  %s  %s%s", item.ordinal or 0, session:address(item.address), item.name,
      item.forwarded and "  (forwarded)" or "")
  end
  if why then return out:fail("the exports of %s are %s", module.name, why) end
  if #list == 0 then out:line "It exports nothing by name." end
end

local function dh(session, rest, out)
  local options, target = "", rest
  for option in rest:gmatch "%s*%-(%a)%f[%s%z]" do options = options .. option end
  target = target:gsub("%-%a%f[%s%z]", ""):match "^%s*(.-)%s*$"
  local module, index = modules.find(session, target, out)
  if not module then return end
  local image, why = session.dump:image(module.base)
  if not image then return out:fail("the header of %s is %s", module.name, why) end
  out.data.image = image
  image.name, image.base = module.name, module.base
  local all = options == "" or options:find "a"
  if all or options:find "f" then file_header(out, image) end
  if all or options:find "s" then sections(out, image) end
  if options:find "i" then
    out:line ""
    out:line("IMPORTS OF %s", module.name)
    imports.show(session, module, out)
  end
  if options:find "e" then exports(session, out, module, index) end
end

return {
  { names = { "!dh" }, usage = "!dh [-f|-s|-i|-e|-a] ADDRESS|NAME",
    about = "headers of a module, its sections, imports and exports", run = dh },
}
