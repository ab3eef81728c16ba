--- The view of the shelf: every script with its origin, its shadows, and what is broken.
-- @module poolsleuth.view.list
local json = require "poolsleuth.json"

local known <const> = json.known

local function does(row)
  if known(row.broken) then return "BROKEN: " .. row.broken end
  if known(row.skipped) then return "NOT USED: " .. row.skipped end
  return known(row.summary)
end

local COLUMNS <const> = {
  { key = "name", name = "Name" },
  { key = "origin", name = "From" },
  { key = "summary", name = "Does", flex = true, get = does },
}

local CSV <const> = {
  { key = "name", name = "Name" }, { key = "kind", name = "Kind" }, { key = "origin", name = "From" },
  { key = "summary", name = "Does" }, { key = "path", name = "Path" }, { key = "broken", name = "Broken" },
  { key = "shadows", name = "Shadows", kind = "list" },
  { key = "categories", name = "Categories", kind = "list" },
}

local KINDS <const> = { { "playbook", "Playbooks" }, { "command", "Commands" },
  { "dialect", "Dialects of text, by plugins" }, { "exporter", "Formats of answers, by plugins" },
  { "", "Broken" } }

local function row_style(row)
  return (known(row.broken) or known(row.skipped)) and "warn" or nil
end

return function(data)
  local blocks = { { type = "table", only = "csv", columns = CSV, rows = data.scripts } }
  for _, kind in ipairs(KINDS) do
    local rows = {}
    for _, script in ipairs(data.scripts) do
      if (known(script.kind) or "") == kind[1] then rows[#rows + 1] = script end
    end
    if #rows > 0 then
      blocks[#blocks + 1] = { type = "table", title = kind[2], columns = COLUMNS, rows = rows,
                              style = row_style }
    end
  end
  local items = {}
  for _, script in ipairs(data.scripts) do
    for _, path in ipairs(known(script.shadows) or {}) do
      items[#items + 1] = ("%s: %s shadows %s"):format(script.name, script.path, path)
    end
    if known(script.broken) then
      items[#items + 1] = ("%s is %s, and broken: %s"):format(script.name, script.path, script.broken)
    end
  end
  if #items > 0 then
    blocks[#blocks + 1] = { type = "heading", text = "Shadows and broken scripts", level = 3 }
    blocks[#blocks + 1] = { type = "list", items = items }
  end
  blocks[#blocks + 1] = { type = "paragraph", style = "dim", text =
    "help NAME explains one, copy NAME gives you your own to edit, new NAME begins another." }
  return blocks
end
