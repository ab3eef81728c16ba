--- Owners of tags: who is said to allocate with a tag, and by what.
-- @module poolsleuth.owners
local format = require "poolsleuth.format"

local owners = {}

-- "acmeflt.sys" in "[acmeflt.sys  -  Acme filter]" or "nt!mm - description".
local function driver_in(text)
  local inner = text:match "^%s*%[(.*)" or text
  return inner:match "([%w_%-%.]+%.[sSdDeE][yYlLxX][sSlLeE])" or inner:match "^%s*([%w_]+)![%w_]+"
end

local function of_note(row)
  if not row.note or row.note:find "^[Uu]nknown" or row.note:find "UNKNOWN" then return nil end
  return { name = driver_in(row.note), text = row.note, source = "the source" }
end

local function of_tagfile(knowledge, row)
  local first = knowledge:tagfile(row.tag)[1]
  if not first then return nil end
  local binary = first.binary ~= "" and first.binary or nil
  local text = binary and ("%s - %s"):format(binary, first.text or "") or first.text or ""
  return { name = binary and (driver_in(binary) or binary), text = text, source = "tag file" }
end

local function of_drivers(index, row)
  local names, seen = {}, {}
  for _, user in ipairs(index:with_tag(row.tag)) do
    local name = user.record.name
    if #user.allocates > 0 and not seen[name:lower()] then
      seen[name:lower()] = true
      names[#names + 1] = name
    end
  end
  if #names == 0 then return nil end
  local list = table.concat(names, ", ")
  return { name = #names == 1 and names[1] or list, text = list, source = "call sites" }
end

local function of_knowledge(knowledge, row)
  local component = knowledge:component(row.tag)
  if component then
    return { name = component.owner, text = component.text, source = "knowledge" }
  end
  local first = knowledge:explain(row.tag)[1]
  if not first or first.kind == "unknown" then return nil end
  return { name = nil, text = first.text, source = "knowledge" }
end

--- A function that finds the owner of a row, each tag looked up once.
-- @tparam table case
-- @treturn function from a row to {name, text, source} or nil
function owners.finder(case)
  local index = (#case.driver_paths > 0 or #case.given_drivers > 0) and case.drivers or nil
  local knowledge = case.knowledge
  local memory = {}
  return function(row)
    local note = of_note(row)
    if note and note.name then return note end
    if memory[row.tag] == nil then
      memory[row.tag] = of_tagfile(knowledge, row) or (index and of_drivers(index, row))
        or note or of_knowledge(knowledge, row) or false
    end
    return memory[row.tag] or note
  end
end

--- Rows added up by owner, biggest first; what nobody owns is under "(unknown)".
-- @tparam {table,...} list rows
-- @tparam function owner_of
-- @treturn {table,...} `owner`, `source`, `rows`, `nonpaged_bytes`, `paged_bytes`, `tags`
function owners.group(list, owner_of)
  local groups, by_name = {}, {}
  for _, row in ipairs(list) do
    local owner = owner_of(row)
    local name = owner and owner.name or "(unknown)"
    local key = name:lower()
    local group = by_name[key]
    if not group then
      group = { owner = name, source = owner and owner.name and owner.source or nil, rows = 0,
                nonpaged_bytes = 0, paged_bytes = 0, tags = {}, seen = {} }
      by_name[key], groups[#groups + 1] = group, group
    end
    group.rows = group.rows + 1
    group[row.pool .. "_bytes"] = group[row.pool .. "_bytes"] + (row.bytes or 0)
    if not group.seen[row.tag] then group.tags[#group.tags + 1] = format.tag_text(row.tag) end
    group.seen[row.tag] = true
  end
  table.sort(groups, function(a, b)
    local x, y = a.nonpaged_bytes + a.paged_bytes, b.nonpaged_bytes + b.paged_bytes
    if x ~= y then return x > y end
    return a.owner < b.owner
  end)
  for _, group in ipairs(groups) do group.seen = nil end
  return groups
end

return owners
