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

-- Whether the rows of one pool come in the order of their bytes; nil where too few tell.
local function is_sorted(snapshot, pool_name)
  local rows, sorted = {}, true
  for _, row in ipairs(snapshot:rows()) do
    if row.pool == pool_name then rows[#rows + 1] = row end
  end
  table.sort(rows, function(a, b) return (a.line or 0) < (b.line or 0) end)
  for i = 2, #rows do sorted = sorted and rows[i].bytes <= rows[i - 1].bytes end
  if #rows > 1 then return sorted end
end

-- One by nonpaged bytes and one by paged bytes: who wants both asks for them one after the other.
local function are_sorted_apart(first, second)
  for _, name in ipairs { "nonpaged", "paged" } do
    local one, other = is_sorted(first, name), is_sorted(second, name)
    if one ~= nil and other ~= nil and one ~= other then return true end
  end
  return false
end

-- The rows of both, each once, and whether they say different things of a tag: then time went by.
local function rows_of_both(first, second)
  local list, moved = first:rows(), false
  for _, row in ipairs(second:rows()) do
    local other = first:find(row.value, row.pool, math.tointeger(row.session))
    if not other then
      list[#list + 1] = row
    elseif other.bytes ~= row.bytes or other.diff ~= row.diff then
      moved = true
    end
  end
  return list, moved
end

local function joined(first, second)
  local kind = kind_of(first.snapshot)
  local alike = kind and kind == kind_of(second.snapshot) and first.source == second.source
  if not alike then return nil end
  local both, moved = rows_of_both(first.snapshot, second.snapshot)
  if moved and not are_sorted_apart(first.snapshot, second.snapshot) then return nil end
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
  return entry, moved
end

--- Join neighbours that show the same moment.
-- @tparam {table,...} entries each `snapshot`, `source`, `memory`, in the order of their sources
-- @treturn {table,...} entries
-- @treturn {string,...} what was joined though it differs a little
function one_moment.join(entries)
  local list, notes = {}, {}
  for _, entry in ipairs(entries) do
    local before = list[#list]
    local both, moved
    if before then both, moved = joined(before, entry) end
    if moved then
      notes[#notes + 1] = ("%s: the listings from lines %d and %d on, one by nonpaged and one by paged, "
        .. "are taken for one moment; of a tag in both, the first counts"):format(entry.source.path,
        (before.snapshot:lines()), (entry.snapshot:lines()))
    end
    list[both and #list or #list + 1] = both or entry
  end
  return list, notes
end

return one_moment
