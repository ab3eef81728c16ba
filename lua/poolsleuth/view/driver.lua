--- The view of one driver: identity, version, sections, imports that matter, call sites.
-- @module poolsleuth.view.driver
local format = require "poolsleuth.format"
local json   = require "poolsleuth.json"

local function known(value)
  return value ~= nil and value ~= json.null and value or nil
end

local NAMES <const> = {
  { "company", "Company" }, { "product", "Product" }, { "description", "Description" },
  { "file_version", "File version" }, { "product_version", "Product version" },
  { "original_name", "Original name" }, { "internal_name", "Internal name" }, { "copyright", "Copyright" },
}

local function identity(driver)
  local rows = { { "File", driver.path } }
  local function add(name, value) if known(value) then rows[#rows + 1] = { name, value } end end
  add("SHA-256", driver.sha256)
  add("Machine", driver.machine)
  if known(driver.timestamp) then
    add("Link time", ("%s (0x%x)"):format(format.time(driver.timestamp), driver.timestamp))
  end
  if known(driver.file_size) then add("Size", format.bytes(driver.file_size)) end
  local version = known(driver.version) or {}
  for _, name in ipairs(NAMES) do add(name[2], version[name[1]]) end
  local pdb = known(driver.pdb)
  if pdb then add("PDB", ("%s  %s, age %s"):format(pdb.path, known(pdb.guid) or "-", tostring(pdb.age))) end
  return rows
end

local SECTION_COLUMNS <const> = {
  { key = "name", name = "Section" },
  { key = "rva", name = "RVA", kind = "hex" },
  { key = "virtual_size", name = "In memory", kind = "bytes" },
  { key = "file_size", name = "In file", kind = "bytes" },
  { key = "flags", name = "Flags", kind = "hex" },
}

local function tag_of(row)
  return known(row.tag) and ('"%s"'):format(row.tag) or ("(%s)"):format(known(row.reason) or "not constant")
end

local SITE_COLUMNS <const> = {
  { key = "tag", name = "Tag", get = tag_of },
  { key = "api", name = "API", flex = true, at_least = 16 },
  { key = "rva", name = "At", kind = "hex" },
  { key = "function", name = "In function", kind = "hex" },
  { key = "pool", name = "Pool", optional = true },
  { key = "size", name = "Size", kind = "count", optional = true },
  { key = "confidence", name = "Sure" },
}

-- Allocations before frees, known tags first.
local function site_order(a, b)
  if (a.role == "frees") ~= (b.role == "frees") then return b.role == "frees" end
  local x, y = known(a.tag) or "\xff", known(b.tag) or "\xff"
  if x ~= y then return x < y end
  return (a.rva or 0) < (b.rva or 0)
end

-- Imports through which a driver holds pool memory, directly or by way of another component.
local OF_INTEREST <const> = {
  "^Ex.*Pool", "^ExAllocate", "^ExFree", "^IoAllocate", "^IoFree", "^Mm.*Allocate", "^MmFree",
  "^MmGetSystemRoutine",
  "^NdisAllocate", "^NdisFree", "^Flt.*Pool", "^FltAllocate", "^FltFree", "^FltGetRoutine", "^StorPort.*Pool",
  "^Wdf", "^Ob.*Reference", "^ObOpen", "^RtlAnsiStringTo", "^RtlUnicodeStringTo", "^RtlOemStringTo",
  "^RtlDuplicateUnicodeString", "^RtlFree.*String", "^RtlUpcaseUnicodeString$", "^FltGetFileName",
  "^FltParse", "^FltReleaseFileName", "^FltReleaseContext",
}

local function interesting(name)
  for _, pattern in ipairs(OF_INTEREST) do
    if name:find(pattern) then return true end
  end
  return false
end

local function import_items(driver)
  local items = {}
  for _, import in ipairs(known(driver.imports) or {}) do
    local names, others = {}, 0
    for _, name in ipairs(known(import.names) or {}) do
      if interesting(name) then names[#names + 1] = name else others = others + 1 end
    end
    local rest = #names == 0 and ("%d function%s"):format(others, others == 1 and "" or "s")
      or ("and %d other%s"):format(others, others == 1 and "" or "s")
    if others > 0 then names[#names + 1] = rest end
    items[#items + 1] = ("%s: %s"):format(import.dll, table.concat(names, ", "))
  end
  return items
end

return function(data)
  local blocks = {}
  for _, driver in ipairs(data.drivers) do
    local sites = table.move(known(driver.sites) or {}, 1, #(known(driver.sites) or {}), 1, {})
    table.sort(sites, site_order)
    blocks[#blocks + 1] = { type = "facts", rows = identity(driver) }
    local none = known(driver.sites_supported) == false and "Call sites are not recovered for this machine."
      or "No call of a pool API was found."
    blocks[#blocks + 1] = { type = "table", title = "Pool call sites", columns = SITE_COLUMNS, rows = sites,
                            empty = none }
    blocks[#blocks + 1] = { type = "heading", text = "Imports that can hold pool", level = 3 }
    blocks[#blocks + 1] = { type = "list", items = import_items(driver) }
    blocks[#blocks + 1] = { type = "table", title = "Sections", columns = SECTION_COLUMNS,
                            rows = known(driver.sections) or {} }
  end
  return blocks
end
