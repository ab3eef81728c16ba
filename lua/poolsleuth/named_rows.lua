--- Rows of knowledge that are found by a name instead of a tag: rules with their numbers, families of tags,
-- routines that belong together, loggers, hives, commands.  Case does not count in a name, and a row's
-- name may hold * and ?; a row that says the name itself goes before one that matches it.
-- @module poolsleuth.named_rows
local glob = require "poolsleuth.glob"

local named_rows = {}

--- Why a row cannot be used.
-- @tparam table row
-- @treturn ?string nil if it can
function named_rows.fault(row)
  if type(row.name) ~= "string" or row.name == "" then return "needs a name" end
  if row.value ~= nil and type(row.value) ~= "number" then return "value is not a number" end
  for _, field in ipairs { "tags", "apis" } do
    for _, word in ipairs(type(row[field]) == "table" and row[field] or {}) do
      if type(word) ~= "string" then return field .. " is not a list of strings" end
    end
    if row[field] ~= nil and type(row[field]) ~= "table" then return field .. " is not a list" end
  end
  return nil
end

--- All rows, those of earlier layers first; a row hides those of the same name in later layers.
-- @tparam {table,...} layers lists of rows
-- @treturn {table,...}
function named_rows.all(layers)
  local all, seen = {}, {}
  for _, rows in ipairs(layers) do
    local own = {}
    for _, row in ipairs(rows) do
      local key = row.name:lower()
      if not seen[key] then all[#all + 1] = row end
      own[key] = true
    end
    for key in pairs(own) do seen[key] = true end
  end
  return all
end

--- The rows of a name: of the first layer that has it, exact before matching.
-- @tparam {table,...} layers lists of rows
-- @tparam string name
-- @treturn {table,...} none if no layer knows it
function named_rows.find(layers, name)
  local wanted = name:lower()
  for _, rows in ipairs(layers) do
    local exact, like = {}, {}
    for _, row in ipairs(rows) do
      local own = row.name:lower()
      if own == wanted then
        exact[#exact + 1] = row
      elseif own:find "[*?]" and glob.compile(own):matches(wanted) then
        like[#like + 1] = row
      end
    end
    if #exact > 0 then return exact end
    if #like > 0 then return like end
  end
  return {}
end

return named_rows
