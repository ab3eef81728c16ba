--- The view of the shelf: every script with its origin, its shadows, and what is broken.
-- @module poolsleuth.view.list
local json = require "poolsleuth.json"

local function known(value)
  return value ~= nil and value ~= json.null and value or nil
end

local COLUMNS <const> = {
  { key = "name", name = "Name" },
  { key = "kind", name = "Kind", optional = true },
  { key = "origin", name = "From" },
  { key = "summary", name = "Does", flex = true, get = function(row)
    if known(row.broken) then return "BROKEN: " .. row.broken end
    if known(row.skipped) then return "NOT USED: " .. row.skipped end
    return known(row.summary)
  end },
}

local function row_style(row)
  return (known(row.broken) or known(row.skipped)) and "warn" or nil
end

return function(data)
  local blocks = { { type = "table", columns = COLUMNS, rows = data.scripts, style = row_style } }
  local items = {}
  for _, script in ipairs(data.scripts) do
    for _, path in ipairs(known(script.shadows) or {}) do
      items[#items + 1] = ("%s: %s shadows %s"):format(script.name, script.path, path)
    end
    if known(script.broken) then items[#items + 1] = ("%s is %s"):format(script.name, script.path) end
  end
  if #items > 0 then
    blocks[#blocks + 1] = { type = "heading", text = "Shadows and broken scripts", level = 3 }
    blocks[#blocks + 1] = { type = "list", items = items }
  end
  blocks[#blocks + 1] = { type = "paragraph", style = "dim", text =
    "help NAME explains one, copy NAME gives you your own to edit, new NAME begins another." }
  return blocks
end
