--- The view of many drivers: one line each.
-- @module poolsleuth.view.drivers
local format   = require "poolsleuth.format"
local json     = require "poolsleuth.json"
local sigcheck = require "poolsleuth.view.sigcheck"
local sources  = require "poolsleuth.sources"

local known <const> = json.known

local function of_version(field)
  return function(row) return known(row.version) and known(row.version[field]) end
end

local COLUMNS <const> = {
  { key = "path", name = "File", flex = true, at_least = 20,
    get = function(row) return sources.basename(row.path) end },
  { key = "machine", name = "Machine" },
  { key = "file_version", name = "Version", get = of_version "file_version" },
  { key = "company", name = "Company", get = of_version "company", flex = true,
    at_least = 16 },
  { key = "sites", name = "Sites", kind = "count",
    get = function(row) return row.sites_supported ~= false and row.site_count or nil end },
  { key = "tags", name = "Tags", kind = "list", flex = true, at_least = 10, empty = "" },
}

return function(data)
  local copies = 0
  for _, driver in ipairs(data.drivers) do
    copies = copies + math.max(0, #(known(driver.paths) or {}) - 1)
  end
  local blocks = { sigcheck(data.drivers) }
  if #data.drivers > 0 or #(known(data.failures) or {}) == 0 then
    blocks[2] = { type = "table", columns = COLUMNS, rows = data.drivers, empty = "No driver." }
    local text = format.counted(#data.drivers, "driver")
    if copies > 0 then
      text = text .. (", and %d %s of them"):format(copies, copies == 1 and "copy" or "copies")
    end
    blocks[3] = { type = "paragraph", text = text .. ".", style = "dim" }
  end
  return blocks
end
