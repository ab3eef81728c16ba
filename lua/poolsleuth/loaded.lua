--- Which drivers are loaded, by the module lists that are at hand.
-- @module poolsleuth.loaded
local sources = require "poolsleuth.sources"

local loaded = {}

local stem <const> = sources.stem

local WHOLE_LM <const> = 30 -- so many modules, or the kernel among them: nobody asked for a few names
local KERNELS <const> = { nt = true, ntoskrnl = true, ntkrnlmp = true, ntkrnlpa = true, hal = true }

-- Does this list of one tool in one source name all that there is?
local function is_whole(list)
  if list.origin == "fltmc" then return false end
  if list.origin ~= "lm" then return true end
  if #list >= WHOLE_LM then return true end
  for _, module in ipairs(list) do
    if KERNELS[stem(module.name)] then return true end
  end
  return false
end

local function by_list(modules)
  local lists, found = {}, {}
  for _, module in ipairs(modules) do
    local key = ("%s\0%s"):format(module.source and module.source.path or "", module.origin or "")
    local list = found[key]
    if not list then
      list = { origin = module.origin }
      found[key] = list
      lists[#lists + 1] = list
    end
    list[#list + 1] = module
  end
  return lists
end

-- The same image by what its header says: certain even where the file was renamed.
local function build_key(timestamp, size)
  if not timestamp or not size then return nil end
  return ("%08x:%x"):format(timestamp, size)
end

local function index_of(modules)
  local by_name, by_build = {}, {}
  for _, module in ipairs(modules) do
    for _, name in ipairs { module.name, module.path } do
      local key = stem(name)
      local known = by_name[key]
      if not known or (known.unloaded and not module.unloaded) then by_name[key] = module end
    end
    local build = build_key(module.timestamp, module.size)
    if build and not module.unloaded then by_build[build] = module end
  end
  return by_name, by_build
end

-- The driver's header is read only where a list has what it is compared with.
local function find_module(record, by_name, by_build)
  local module = by_name[stem(record.name)] or (record.original and by_name[stem(record.original)])
  if module and not module.unloaded and not module.timestamp then return module, false end
  if not module and next(by_build) == nil then return nil end
  local driver = record.driver or {}
  local same = by_build[build_key(driver.timestamp, driver.image_size) or ""]
  if same then return same, false end
  local other = module and module.timestamp and driver.timestamp and module.timestamp ~= driver.timestamp
  return module, other or false
end

--- Say of each record whether it is loaded: sets `loaded` (true, false or nil where the lists do not
-- tell), `module`, the entry that tells, and `other_build` where that is another build than the file.
-- @tparam {table,...} records of the driver index
-- @tparam {table,...} modules of the readers: `name`, and maybe `path`, `unloaded`, `state`,
--   `timestamp`, `size`, `origin`, `source`
function loaded.mark(records, modules)
  local whole = false
  for _, list in ipairs(by_list(modules)) do whole = whole or is_whole(list) end
  local by_name, by_build = index_of(modules)
  for _, record in ipairs(records) do
    record.module, record.other_build = find_module(record, by_name, by_build)
    if record.module then
      record.loaded = not record.module.unloaded
    elseif whole then
      record.loaded = false
    end
  end
end

return loaded
