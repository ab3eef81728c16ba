--- Drivers as documents of kind "drivers" have them.
-- @module poolsleuth.driver_data
local format      = require "poolsleuth.format"
local leads       = require "poolsleuth.leads"
local service_tag = require "poolsleuth.service_tag"
local shared      = require "poolsleuth.knowledge.shared"

local driver_data = {}

-- Tags of headers' defaults and of libraries that are linked into unrelated drivers.
local of_libraries <const> = {}
for _, row in ipairs(shared) do
  if row.kind ~= "untagged" then of_libraries[row.tag] = true end
end

local function tag_fields(site)
  if not site.tag then return nil, nil end
  return format.tag_text(site.tag), format.tag_hex(site.tag)
end

-- A site whose tag the framework makes has the tag that it would make.
local function with_made(site, record)
  local made = site.api == "WdfDriverCreate" and site.reason == service_tag.REASON
    and service_tag.candidates(record)[1]
  if not made then return site end
  return setmetatable({ tag = made.tag, reason = made.reason, confidence = "low" }, { __index = site })
end

local function site_data(site, record)
  site = with_made(site, record)
  local tag, hex = tag_fields(site)
  return {
    tag = tag, tag_hex = hex, api = site.api, role = site.role, rva = site.rva,
    ["function"] = site.function_rva ~= 0 and site.function_rva or nil, pool = site.pool,
    pool_flags = site.pool_flags, size = site.size, argument = site.argument, confidence = site.confidence,
    reason = site.reason, template = site.template, detail = site.detail, via = site.via or {},
    library = site.tag and of_libraries[site.tag] or false, reachable = site.reachable ~= false,
  }
end

-- Imports by library, in the order of the file; those by ordinal as "#12".
local function import_data(driver)
  local libraries, by_name = {}, {}
  for _, import in ipairs(driver.imports or {}) do
    local key = import.dll:lower() .. (import.delayed and "*" or "")
    local library = by_name[key]
    if not library then
      library = { dll = import.dll, delayed = import.delayed or false, names = {} }
      by_name[key], libraries[#libraries + 1] = library, library
    end
    library.names[#library.names + 1] = import.name or ("#%d"):format(import.ordinal or 0)
  end
  return libraries
end

local function sections_data(driver)
  local made, entropies = {}, driver.section_entropies or {}
  for i, section in ipairs(driver.sections or {}) do
    made[i] = { name = section.name, rva = section.rva, virtual_size = section.virtual_size,
                file_offset = section.file_offset, file_size = section.file_size, flags = section.flags,
                entropy = entropies[i] }
  end
  return made
end

local function problem_data(problem)
  return { severity = problem.severity, line = problem.line, offset = problem.offset,
           text = problem.reason or problem.text }
end

local function each(list, make, record)
  local made = {}
  for i, item in ipairs(list or {}) do made[i] = make(item, record) end
  return made
end

-- What the scanner says of a driver under the same name.
local SAME <const> = {
  "timestamp", "reproducible", "checksum", "checksum_computed", "image_size", "image_base", "entry_rva",
  "subsystem", "file_size", "guard_flags", "overlay_offset", "overlay_size", "entropy", "md5", "sha1",
  "pe_sha1", "pe_sha256", "imphash", "rich", "exports", "resources", "version_strings", "pdb", "kmdf",
  "looked_up", "packed",
}

-- What takes the whole driver: made when it is asked for, because a list of drivers needs little.
local function details(record)
  local driver = record.driver
  local data = {
    signatures = driver.signatures, imports = import_data(driver), sections = sections_data(driver),
    sites = each(driver.sites, site_data, record), leads = leads.of(record),
    problems = each(driver.problems, problem_data),
  }
  for _, name in ipairs(SAME) do data[name] = driver[name] end
  return data
end

--- A driver as its document has it; what is not known is nil.
-- @tparam table record of the driver index
-- @treturn table
function driver_data.of(record)
  local brief = {
    path = record.path, paths = record.paths, sha256 = record.sha256, machine = record.machine,
    version = record.version, tags = each(record.allocates, format.tag_text),
    site_count = record.site_count, sites_supported = record.sites_supported, loaded = record.loaded,
    signature = record.signature,
  }
  local whole
  return setmetatable(brief, { __index = function(_, field)
    whole = whole or details(record)
    return whole[field]
  end })
end

return driver_data
