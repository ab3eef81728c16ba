--- What a driver imports and exports.
-- @module poolsleuth.view.driver_page.linkage
local format = require "poolsleuth.format"
local fields = require "poolsleuth.view.driver_page.fields"

local heading, known, list = fields.heading, fields.known, fields.list

local linkage = {}

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

local function import_items(driver, wanted)
  local items = {}
  for _, import in ipairs(list(driver.imports)) do
    local names, others = {}, 0
    for _, name in ipairs(list(import.names)) do
      if wanted(name) then names[#names + 1] = name else others = others + 1 end
    end
    local rest = #names == 0 and format.counted(others, "function")
      or "and " .. format.counted(others, "other")
    if others > 0 then names[#names + 1] = rest end
    local late = known(import.delayed) and " (delayed)" or ""
    items[#items + 1] = ("%s%s: %s"):format(import.dll, late, table.concat(names, ", "))
  end
  return items
end

--- Append the imports through which it can hold pool.
-- @tparam table blocks
-- @tparam table driver
function linkage.add_of_interest(blocks, driver)
  local items = import_items(driver, interesting)
  if #items == 0 then return end
  heading(blocks, "Imports that can hold pool")
  blocks[#blocks + 1] = { type = "list", items = items }
end

local IMPORT_COLUMNS <const> = {
  { key = "dll", name = "Library" },
  { key = "name", name = "Function", flex = true, at_least = 24 },
  { key = "delayed", name = "Delayed", optional = true },
}

--- Append every import.
-- @tparam table blocks
-- @tparam table driver
function linkage.add_imports(blocks, driver)
  local rows = {}
  for _, import in ipairs(list(driver.imports)) do
    for _, name in ipairs(list(import.names)) do
      rows[#rows + 1] = { dll = import.dll, name = name, delayed = known(import.delayed) and "yes" or nil }
    end
  end
  blocks[#blocks + 1] = { type = "table", title = ("Imports (%s)"):format(format.counted(#rows, "function")),
                          columns = IMPORT_COLUMNS, rows = rows, empty = "It imports nothing." }
end

local EXPORT_COLUMNS <const> = {
  { key = "ordinal", name = "Ordinal", kind = "count" },
  { key = "rva", name = "RVA", kind = "hex" },
  { key = "name", name = "Name", flex = true, at_least = 24, empty = "(by ordinal)" },
  { key = "forward", name = "Forwarded to", optional = true, flex = true, at_least = 16 },
}

--- Append every export.
-- @tparam table blocks
-- @tparam table driver
function linkage.add_exports(blocks, driver)
  blocks[#blocks + 1] = { type = "table", title = ("Exports (%d)"):format(#list(driver.exports)),
                          columns = EXPORT_COLUMNS, rows = list(driver.exports),
                          empty = "It exports nothing." }
end

return linkage
