--- Machine parts: snapshots by the machine that they are of: as they say, by their folders and files, and by
-- what cannot be of one machine.
-- @module poolsleuth.machine_parts
local hosts      = require "poolsleuth.hosts"
local run_chains = require "poolsleuth.run_chains"
local series     = require "poolsleuth.series"

local machine_parts = {}

-- What is named alike is of one machine.
local function add_named(groups, name, by, entry)
  for _, group in ipairs(groups) do
    if group.name and hosts.same(group.name, name) then
      group.by = by == "content" and by or group.by
      group.entries[#group.entries + 1] = entry
      return
    end
  end
  groups[#groups + 1] = { name = name, by = by, entries = { entry } }
end

-- Roots are folders of machines where several of them hold snapshots.
local function several_roots(entries, roots)
  local first
  for _, entry in ipairs(entries) do
    local _, root = hosts.in_folders(entry.source.path, roots)
    if root and first and not hosts.same(root, first) then return true end
    first = first or root
  end
  return false
end

local function group_by_name(entries, roots)
  local groups, rest, by_root = {}, {}, several_roots(entries, roots)
  for _, entry in ipairs(entries) do
    local name, by = entry.snapshot:host(), "content"
    if not name then
      local folder, root = hosts.in_folders(entry.source.path, roots)
      name, by = folder or (by_root and root), "folder"
    end
    if name then add_named(groups, name, by, entry) else rest[#rest + 1] = entry end
  end
  return groups, rest
end

-- The files of each name that names of files tell; nil where one tells none.
local function group_by_file(entries)
  local groups = {}
  for _, entry in ipairs(entries) do
    local name = hosts.in_name(entry.source.path)
    if not name then return nil end
    add_named(groups, name, "file name", entry)
  end
  return groups
end

local function part(entries)
  return run_chains.part(entries, series.times_of(entries))
end

local function is_one_run(entries)
  return run_chains.is_one_run(entries, series.times_of(entries))
end

-- Names of files are believed where each stands for several files, or looks like a machine's, or where the
-- counts say the same.
local function are_machines(groups, parts, entries)
  local several, alike = true, true
  for _, group in ipairs(groups) do
    local first, more = group.entries[1].source, false
    for _, entry in ipairs(group.entries) do more = more or entry.source ~= first end
    several, alike = several and more, alike and hosts.is_like_machine(group.name)
  end
  return alike or #parts == #groups or (several and not is_one_run(entries))
end

-- Folders that look like no machine's and hold one run sort the snapshots of one machine.
local function join_one_run(groups, rest)
  local kept, sorted = {}, {}
  for _, group in ipairs(groups) do
    local may_be_phase = group.by == "folder" and not hosts.is_like_machine(group.name)
    table.insert(may_be_phase and sorted or kept, group)
  end
  if #sorted < 2 then return groups, rest end
  local all = {}
  for _, group in ipairs(sorted) do table.move(group.entries, 1, #group.entries, #all + 1, all) end
  if not is_one_run(all) then return groups, rest end
  table.move(all, 1, #all, #rest + 1, rest)
  return kept, rest
end

-- Snapshots that name no machine.
local function parts_of_unnamed(entries)
  local groups = {}
  if #entries == 0 then return groups end
  local parts, named = part(entries), group_by_file(entries)
  if named and #named > 1 and are_machines(named, parts, entries) then return named end
  for i, list in ipairs(parts) do groups[i] = { by = #parts > 1 and "counts" or "none", entries = list } end
  return groups
end

-- A folder or a name of a file may hold what is of another machine, too.
local function check(groups)
  local checked = {}
  for _, group in ipairs(groups) do
    local may_mix = group.by == "folder" or group.by == "file name"
    local parts = may_mix and part(group.entries) or { group.entries }
    for i, list in ipairs(parts) do
      local name = group.name
      if name and i > 1 then name = ("%s-%d"):format(name, i) end
      checked[#checked + 1] = { name = name, by = i > 1 and "counts" or group.by, entries = list }
    end
  end
  return checked
end

-- Snapshots without a name are of the only machine that has one, unless they contradict it.
local function adopt(groups, unnamed)
  if #groups ~= 1 or #unnamed ~= 1 then return unnamed end
  local both, count = table.move(groups[1].entries, 1, #groups[1].entries, 1, {}), #groups[1].entries
  table.move(unnamed[1].entries, 1, #unnamed[1].entries, count + 1, both)
  if #part(both) > 1 then return unnamed end
  groups[1].entries = both
  return {}
end

local function name_unnamed(groups)
  local count = 0
  for _, group in ipairs(groups) do count = count + (group.name and 0 or 1) end
  local number = 0
  for _, group in ipairs(groups) do
    if not group.name then
      number = number + 1
      group.unnamed = true
      group.name = count == 1 and hosts.UNNAMED or ("%s-%d"):format(hosts.UNNAMED, number)
    end
  end
end

--- Part snapshots by machine.
-- @tparam {table,...} entries of case.snapshots
-- @tparam {string,...} roots the sources that the user named
-- @treturn {table,...} each `name`, `unnamed` (nothing named it), `by` ("content", "folder", "file name",
--   "counts" or "none": what told it from the others), `entries`; by name
function machine_parts.of(entries, roots)
  local named, rest = join_one_run(group_by_name(entries, roots))
  local groups = check(named)
  local unnamed = adopt(groups, check(parts_of_unnamed(rest)))
  table.move(unnamed, 1, #unnamed, #groups + 1, groups)
  name_unnamed(groups)
  table.sort(groups, function(a, b) return a.name:lower() < b.name:lower() end)
  return groups
end

return machine_parts
