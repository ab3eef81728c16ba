--- Belongings: what of the evidence of a case is of the machine that the answer is about.
-- @module poolsleuth.belongings
local hosts = require "poolsleuth.hosts"

local belongings = {}

local function part_called(chosen, name)
  for _, part in ipairs(chosen.parts) do
    if name and hosts.same(part.name, name) then return part.name end
  end
end

--- The machine that a file is of, by its folders and its name.
-- @tparam Case case
-- @tparam table chosen of about.choose
-- @tparam string path
-- @treturn ?string the name of one of the machines; nil where nothing tells
function belongings.owner(case, chosen, path)
  local folder, root = hosts.in_folders(path, case.roots)
  return part_called(chosen, folder) or part_called(chosen, root) or part_called(chosen, hosts.in_name(path))
end

local function owner_of_source(chosen, source)
  local owner
  for _, part in ipairs(chosen.parts) do
    for _, entry in ipairs(part.entries) do
      local other = entry.source == source and owner and owner ~= part.name
      if other then return nil end
      owner = entry.source == source and part.name or owner
    end
  end
  return owner
end

-- The machine that an item is of: as it says, else as its source does.
local function owner_of(case, chosen, item, by_source)
  local said, source = item.host and part_called(chosen, item.host), item.source
  if said then return said end
  if source and by_source[source] == nil then
    by_source[source] = owner_of_source(chosen, source) or belongings.owner(case, chosen, source.path)
      or false
  end
  return by_source[source] or (chosen.by == "content" and item.host) or nil
end

--- What of a list is of the machine that the answer is about, or of none that is known.
-- @tparam Case case
-- @tparam ?table chosen of about.choose; nil keeps all
-- @tparam {table,...} items each with `source`, and maybe `host`
-- @treturn {table,...} the same list where all are
-- @treturn table how many are of each other machine, by name
function belongings.keep(case, chosen, items)
  if not chosen or (#chosen.parts < 2 and chosen.by ~= "content") then return items, {} end
  local kept, others, by_source = {}, {}, {}
  for _, item in ipairs(items) do
    local owner = owner_of(case, chosen, item, by_source)
    if owner and not hosts.same(owner, chosen.name) then
      others[owner] = (others[owner] or 0) + 1
    else
      kept[#kept + 1] = item
    end
  end
  return next(others) and kept or items, others
end

--- A list of a case, without what is of another machine than the answer is about.
-- @tparam Case case
-- @tparam string name "modules", "blocks", "verified", "dumps", "snapshots" ...
-- @treturn {table,...}
function belongings.list(case, name)
  return (belongings.keep(case, rawget(case, "about"), case[name] or {}))
end

--- The snapshots of a case, without those of another machine.
-- @tparam Case case
-- @treturn {table,...} entries
function belongings.snapshots(case)
  local chosen = rawget(case, "about")
  return chosen and chosen.entries or case.snapshots
end

return belongings
