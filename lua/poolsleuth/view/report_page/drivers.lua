--- Who: the drivers with what speaks for each, and those that changed meanwhile.
-- @module poolsleuth.view.report_page.drivers
local format = require "poolsleuth.format"
local json   = require "poolsleuth.json"
local parts  = require "poolsleuth.view.report_page.parts"

local drivers = {}

local known <const> = json.known

local MOST_IN_FULL <const> = 3

local DRIVERS <const> = {
  { key = "driver", name = "Driver", heads_row = true },
  { key = "tag", name = "Tag", kind = "tag", optional = true },
  { key = "file_version", name = "Version" },
  { key = "company", name = "Company", flex = true, at_least = 10 },
  { key = "signature", name = "Signature", optional = true, flex = true, at_least = 10 },
  { key = "loaded", name = "Loaded", optional = true,
    get = function(row)
      local loaded = known(row.loaded)
      if loaded == nil then return nil end
      return loaded and "yes" or "no"
    end },
  { key = "site_count", name = "Call sites", kind = "count" },
  { key = "score", name = "Score", align = "right",
    get = function(row) return known(row.score) and ("%.2f"):format(row.score) end },
}

local SITES <const> = {
  { key = "rva", name = "RVA", kind = "hex", heads_row = true }, { key = "api", name = "Function called" },
  { key = "tag", name = "Tag", kind = "tag" }, { key = "pool", name = "Pool" },
  { key = "size", name = "Bytes", kind = "count" }, { key = "function", name = "In function", kind = "hex" },
  { key = "confidence", name = "Confidence" },
}

local function driver_facts(driver, name_of)
  local rows = {}
  local function add(name, value)
    if known(value) then rows[#rows + 1] = { name, value } end
  end
  add("Description", driver.description)
  add("Product", driver.product)
  add("Signed by", driver.signer)
  add("Linked", known(driver.timestamp) and format.time(driver.timestamp) .. " UTC")
  add("SHA-256", driver.sha256)
  add("File", name_of(driver.path))
  return rows
end

local function add_driver(blocks, driver, name_of)
  parts.heading(blocks, driver.driver, 3)
  local facts = driver_facts(driver, name_of)
  if #facts > 0 then blocks[#blocks + 1] = { type = "facts", rows = facts } end
  blocks[#blocks + 1] = { type = "list", items = driver.reasons }
  if #driver.sites > 0 then
    blocks[#blocks + 1] = { type = "table", columns = SITES, rows = driver.sites,
      label = "Call sites of " .. driver.driver }
    if driver.site_count > #driver.sites then
      local text = ("%d of %d call sites are shown."):format(#driver.sites, driver.site_count)
      parts.paragraph(blocks, text, "dim")
    end
  end
end

--- Add the drivers.
-- @tparam table blocks
-- @tparam table data of the report
-- @tparam function name_of of parts.namer
function drivers.add(blocks, data, name_of)
  local accused = parts.list(data.drivers)
  if #accused == 0 then return end
  parts.heading(blocks, "Drivers")
  blocks[#blocks + 1] = { type = "table", columns = DRIVERS, rows = accused, label = "Drivers" }
  for i, driver in ipairs(accused) do
    if i <= MOST_IN_FULL then add_driver(blocks, driver, name_of) end
  end
end

local CHANGES <const> = {
  { key = "driver", name = "Driver", heads_row = true },
  { key = "time", name = "Seen", kind = "short", get = function(row) return parts.clock(row.time) end },
  { key = "before", name = "Before", empty = "none" }, { key = "after", name = "After", empty = "none" },
  { key = "accused", name = "Accused", get = function(row) return row.accused and "yes" or "no" end },
}

--- Add the drivers that changed meanwhile.
-- @tparam table blocks
-- @tparam table data
function drivers.add_changes(blocks, data)
  if #parts.list(data.driver_changes) == 0 then return end
  parts.heading(blocks, "Drivers that changed meanwhile")
  blocks[#blocks + 1] = { type = "table", columns = CHANGES, rows = data.driver_changes,
    label = "Drivers that changed meanwhile" }
end

return drivers
