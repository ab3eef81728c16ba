--- One moment: several listings of a text that show the same moment, such as `!poolused 2` and `!poolused 4`
-- of a machine that stands still, joined to one.
-- @module poolsleuth.one_moment
local pool = require "poolsleuth.pool"

local one_moment = {}

-- What kind of listing it is, where it shows a part of the tags and has no time of its own.
local function kind_of(snapshot)
  if snapshot:scope() ~= "part" or snapshot:time() then return nil end
  return snapshot:origin():match "!poolused$" or snapshot:origin():match "^pool tag CSV$"
end

-- The rows of both, each once; nil where they say different things of a tag: then time went by.
local function rows_of_both(first, second)
  local list = first:rows()
  for _, row in ipairs(second:rows()) do
    local other = first:find(row.value, row.pool, math.tointeger(row.session))
    if not other then
      list[#list + 1] = row
    elseif other.bytes ~= row.bytes or other.diff ~= row.diff then
      return nil
    end
  end
  return list
end

local function joined(first, second)
  local kind = kind_of(first.snapshot)
  local alike = kind and kind == kind_of(second.snapshot) and first.source == second.source
  local both = alike and rows_of_both(first.snapshot, second.snapshot)
  if not both then return nil end
  local entry = { memory = {} }
  for name, value in pairs(first) do entry[name] = name ~= "memory" and value or {} end
  for _, memory in ipairs { second.memory, first.memory } do
    for name, value in pairs(memory) do entry.memory[name] = value end
  end
  local from = first.snapshot:lines()
  entry.snapshot = assert(pool.snapshot {
    origin = first.snapshot:origin(), host = first.snapshot:host() or second.snapshot:host(), rows = both,
    memory = entry.memory, scope = "part", first_line = from,
    last_line = select(2, second.snapshot:lines()),
  })
  return entry
end

--- Join neighbours that show the same moment.
-- @tparam {table,...} entries each `snapshot`, `source`, `memory`, in the order of their sources
-- @treturn {table,...} entries
function one_moment.join(entries)
  local list = {}
  for _, entry in ipairs(entries) do
    local before = list[#list]
    local both = before and joined(before, entry)
    list[both and #list or #list + 1] = both or entry
  end
  return list
end

return one_moment
