--- The view of services and drivers as the service control manager or the registry knows them.
-- @module poolsleuth.view.services
local format = require "poolsleuth.format"

local COLUMNS <const> = {
  { key = "host", name = "Host", optional = true, may_go = true },
  { key = "name", name = "Service" },
  { key = "type", name = "Type", optional = true },
  { key = "state", name = "State", optional = true },
  { key = "start", name = "Start", optional = true },
  { key = "group", name = "Group", optional = true, may_go = true },
  { key = "path", name = "Path", optional = true, flex = true, at_least = 20 },
  { key = "display_name", name = "Display name", optional = true, flex = true, at_least = 12, may_go = true },
}

return function(data)
  return {
    { type = "table", columns = COLUMNS, rows = data.services, empty = "No service." },
    { type = "paragraph", style = "dim", text = format.counted(#data.services, "service") .. "." },
  }
end
