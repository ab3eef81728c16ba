--- Dumps as sources: what a case takes from one, and a debugger's session with it.
-- @module poolsleuth.dumps
local folder_reader = require "poolsleuth.folder"
local lfs           = require "lfs"

local dumps = {}

--- Kinds of system.probe that a dump may have.
dumps.KINDS = { dump = true, elf = true, lime = true, vmware = true }

-- VMware keeps what the memory is missing in a file beside it.
local function companion_of(path)
  local stem = path:match "^(.*)%.[vV][mM][eE][mM]$"
  for _, ending in ipairs(stem and { ".vmss", ".vmsn" } or {}) do
    if lfs.attributes(stem .. ending, "mode") == "file" then return stem .. ending end
  end
end

local SMALLEST_RAW <const>, PAGE <const> = 1 << 20, 4096

--- Whether a file that no reader knows may be an image of memory without a header.
-- @tparam table found of system.probe
-- @treturn boolean
function dumps.may_be_raw(found)
  local unknown = found.kind == "unknown" or found.kind == "hole" or found.kind == "empty"
  return unknown and (found.size or 0) >= SMALLEST_RAW and found.size % PAGE == 0
end

--- Open a dump, with the file that stands beside it where it needs one.
-- @tparam string path
-- @tparam[opt] table limits of the readers, by name
-- @treturn[1] Dump
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] table `code`
function dumps.open(path, limits)
  return require("poolsleuth.dump").open(path, { companion = companion_of(path), limits = limits })
end

-- The files of a folder and those below it that have a name, at most a few levels deep; and, among the
-- reasons, what of it cannot be read.
local function find_named(folder, name, depth, found, reasons)
  local entries, message = folder_reader.names(folder)
  if not entries then reasons[#reasons + 1] = ("%s: %s"):format(folder, message) end
  for _, entry in ipairs(entries or {}) do
    local path = folder .. "/" .. entry
    local mode = lfs.symlinkattributes(path, "mode")
    if mode == "file" and entry:lower() == name then found[#found + 1] = path end
    if mode == "directory" and depth > 0 then find_named(path, name, depth - 1, found, reasons) end
  end
  return found
end

local STORE_DEPTH <const> = 2 -- name/GUID and age/name

--- Give a dump the PDB that its kernel wants.
-- @tparam Dump dump
-- @tparam {string,...} folders symbol stores or plain folders
-- @treturn[1] string the file that was taken
-- @treturn[2] nil
-- @treturn[2] string why none was
function dumps.use_symbols(dump, folders)
  local wants = dump:facts().symbols
  if not wants then return nil, "the dump does not say which PDB its kernel wants" end
  local needed = ("%s {%s} age %d"):format(wants.name, wants.guid, wants.age)
  local name, reasons = wants.name:lower():match "[^/\\]*$", {}
  for _, folder in ipairs(folders) do
    for _, path in ipairs(find_named(folder, name, STORE_DEPTH, {}, reasons)) do
      local ok, message = dump:use_pdb(path)
      if ok then return path end
      reasons[#reasons + 1] = ("%s: %s"):format(path, message)
    end
  end
  return nil, reasons[1] or ("%s is not in %s"):format(needed, table.concat(folders, ", "))
end

-- Symbols that are asked for and not found are worth a remark.
local function give_symbols(case, path, dump, folders)
  if not folders or #folders == 0 then return end
  local taken, why = dumps.use_symbols(dump, folders)
  if not taken then case:problem { source = path, text = "symbols: " .. why, severity = "flagged" } end
end

-- What a dump itself is said to be, as an input of the case.
local function add_input(case, path, dump)
  local input = { path = path, kind = dump:facts().container, problems = dump:problems(), complete = true }
  local severity = require "poolsleuth.severity"
  for _, problem in ipairs(input.problems) do
    if severity.is_missing(problem.severity) then input.complete = false end
  end
  case.inputs[#case.inputs + 1] = input
  return input
end

--- A debugger's session with a dump.
-- @tparam Case case
-- @tparam string path
-- @tparam[opt] table options `symbols`: folders
-- @treturn[1] Session
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] table `code`
function dumps.session(case, path, options)
  local files, message, err = require("poolsleuth.sources").expand(path)
  if not files or files[1] ~= path then return nil, message or path .. ": is not one file", err end
  local found
  found, message, err = require("poolsleuth.system").probe(path)
  if not found then return nil, path .. ": " .. message, err end
  if not dumps.KINDS[found.kind] and not dumps.may_be_raw(found) then
    return nil, ("%s: %s"):format(path, require("poolsleuth.advice").on(path, found.kind)),
      { code = "format" }
  end
  local dump
  dump, message, err = dumps.open(path, case.options.limits)
  if not dump then return nil, path .. ": " .. message, err end
  give_symbols(case, path, dump, options and options.symbols)
  add_input(case, path, dump)
  return require("poolsleuth.kd").new(dump, {
    path = path, knowledge = case.knowledge, progress = case.progress })
end

-- The modules of a dump in the form that lists of modules have.
local function add_modules(case, input, dump)
  for _, module in ipairs(dump:modules()) do
    case.modules[#case.modules + 1] = {
      name = module.name, path = module.path, base = module.base, end_ = module.base + module.size,
      ["end"] = module.base + module.size, size = module.size, timestamp = module.timestamp,
      checksum = module.checksum, unloaded = module.unloaded, origin = "lm", source = input,
    }
  end
end

-- Processes as listings of tasks have them; none where the kernel's list cannot be read.
local function add_processes(case, input, dump)
  for _, process in ipairs(dump.processes and dump:processes() or {}) do
    case.processes[#case.processes + 1] = {
      id = process.pid, name = process.name, handles = process.handles, exited = process.exited,
      nonpaged_bytes = process.nonpaged, paged_bytes = process.paged, origin = "!process", source = input,
    }
  end
end

local VERIFIER_CHECK <const>, NAME_BYTES <const> = 0xC4, 64

-- The file name that a parameter of the bug check points at, in UTF-16.
local function name_at(dump, address)
  local bytes = address and dump.read and dump:read(address, NAME_BYTES)
  return bytes and bytes:gsub("(.)%z", "%1"):match "^[%w_%-%.]+%.[sS][yY][sS]" or nil
end

local function sum_of(values, places)
  local sum
  for _, place in ipairs(places or {}) do sum = (sum or 0) + values[place] end
  return sum
end

-- Pool that a driver left behind, where Driver Verifier stopped the machine for it.
local function add_verified(case, input, dump)
  local check = dump:facts().bugcheck
  if not check or check.code ~= VERIFIER_CHECK then return end
  local told  = check.parameters
  local known = case.knowledge:entry("violations", ("0x%x"):format(told[1]))[1]
  if not known or not known.left then return end
  case.verified[#case.verified + 1] = {
    driver = name_at(dump, known.driver and told[known.driver]) or "", state = "unloaded",
    leaked_allocs = told[known.allocations], leaked_bytes = sum_of(told, known.bytes),
    origin = "bug check c4", source = input,
  }
  for _, block in ipairs(dump.verified_blocks and dump:verified_blocks() or {}) do
    case.blocks[#case.blocks + 1] = { address = block.address, size = block.size, tag = block.tag,
      note = block.driver, caller_address = block.caller, origin = "!verifier", source = input }
  end
end

--- Take an open dump as evidence: its modules and processes, and later what else is asked of it.
-- @tparam Case case
-- @tparam table input of the case, with `path`
-- @tparam Dump dump
function dumps.add(case, input, dump)
  add_modules(case, input, dump)
  add_processes(case, input, dump)
  add_verified(case, input, dump)
  case.dumps[#case.dumps + 1] = { dump = dump, source = input, path = input.path }
end

--- Take what a dump holds as evidence: its snapshot, its modules, what is odd about it.
-- @tparam Case case
-- Its kernel's PDB is looked for in the folders of the case's option `symbols`.
-- @tparam table input of the case, with `path`
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string why it cannot be read
-- @treturn[2] table `code`
function dumps.read(case, input)
  local dump, message, err = dumps.open(input.path, case.options.limits)
  if not dump then return nil, message, err end
  if dump:facts().container == "raw memory image" and #dump:modules() == 0 then
    return nil, "no kernel is found in it", { code = "unsupported" }
  end
  give_symbols(case, input.path, dump, case.options.symbols)
  local snapshot
  snapshot, message, err = dump:snapshot()
  if not snapshot then return nil, message, err end
  input.kind, input.complete, input.recognised = dump:facts().container, true, true
  dumps.add(case, input, dump)
  input.problems = dump:problems()
  for _, problem in ipairs(input.problems) do
    if require("poolsleuth.severity").is_missing(problem.severity) then input.complete = false end
  end
  case.snapshots[#case.snapshots + 1] = { snapshot = snapshot, source = input, memory = snapshot:memory() }
  return true
end

-- What the scanner finds in a module as it lies in memory.
local function scan_module(entry, module)
  local bytes, told = entry.dump:module_file(module.base)
  if not bytes then return nil, told end
  local driver = require("poolsleuth.pe").parse(bytes)
  if not driver then return nil, "its image cannot be read" end
  driver.path, driver.in_memory = entry.path .. "/" .. module.name, entry.path
  driver.imports_rebuilt, driver.missing_pages = told.rebuilt_imports > 0, told.missing_pages
  return driver
end

--- The drivers that lie in the memory of a case's dumps, behind those that were given.
-- @tparam Case case
-- @tparam {table,...} given driver tables
-- @treturn {table,...} both
function dumps.with_drivers(case, given)
  local all = table.move(given, 1, #given, 1, {})
  local list = require("poolsleuth.belongings").list(case, "dumps")
  for number, entry in ipairs(list) do
    local modules = entry.dump:modules()
    local unread = 0
    for i, module in ipairs(modules) do
      if case.progress and not case.progress(i, #modules) then break end
      local driver = number == #list and not module.unloaded and scan_module(entry, module)
      if driver then all[#all + 1] = driver
      elseif number == #list and not module.unloaded then unread = unread + 1 end
    end
    if unread > 0 then
      case:problem { source = entry.path,
        text = ("%d of its modules cannot be read in its memory"):format(unread) }
    end
  end
  return all
end

return dumps
