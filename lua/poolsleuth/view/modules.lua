--- The view of a list of modules: what was loaded or installed.
-- @module poolsleuth.view.modules
local format = require "poolsleuth.format"
local json = require "poolsleuth.json"

local known <const> = json.known

local function state_of(row)
  if known(row.unloaded) and not known(row.state) then return "unloaded" end
  return known(row.state)
end

local COLUMNS <const> = {
  { key = "name", name = "Module" },
  { key = "state", name = "State", optional = true, get = state_of },
  { key = "base", name = "Base", kind = "hex", optional = true },
  { key = "size", name = "Size", kind = "bytes", optional = true },
  { key = "version", name = "Version", optional = true },
  { key = "altitude", name = "Altitude", optional = true },
  { key = "instances", name = "Instances", kind = "count", optional = true },
  { key = "company", name = "Company", optional = true, flex = true, at_least = 12 },
  { key = "path", name = "Path", optional = true, flex = true, at_least = 20 },
  { key = "display", name = "Display name", optional = true, flex = true, at_least = 12, may_go = true },
}

return function(data)
  local gone = 0
  for _, module in ipairs(data.modules) do gone = gone + (known(module.unloaded) and 1 or 0) end
  local text = format.counted(#data.modules, "module")
  if gone > 0 then text = text .. (", %d of them not loaded"):format(gone) end
  return {
    { type = "table", columns = COLUMNS, rows = data.modules, empty = "No module." },
    { type = "paragraph", text = text .. ".", style = "dim" },
  }
end
