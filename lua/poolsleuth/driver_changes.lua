--- What changed between two versions of a driver: call sites that came and went, tags that were
-- renamed, allocations that nothing frees any more.
-- @module poolsleuth.driver_changes
local format = require "poolsleuth.format"

local driver_changes = {}

-- Sites that do the same, however often: by API and tag, or the reason why there is no tag.
local function groups_of(driver)
  local groups, by_key = {}, {}
  for _, site in ipairs(driver.sites or {}) do
    local key = ("%s %s"):format(site.api, site.tag or "(" .. (site.reason or "") .. ")")
    local group = by_key[key]
    if not group then
      group = { key = key, api = site.api, tag = site.tag, reason = not site.tag and site.reason or nil,
                role = site.role, sites = {} }
      by_key[key], groups[#groups + 1] = group, group
    end
    group.sites[#group.sites + 1] = site
  end
  return groups, by_key
end

-- Pool and size of each site of a group: what stays when only the tag is renamed.
local function shape_of(group)
  local parts = {}
  for i, site in ipairs(group.sites) do
    parts[i] = ("%s %s"):format(site.pool or "?", site.size or "?")
  end
  table.sort(parts)
  return group.api .. "|" .. table.concat(parts, "|")
end

local function change(state, before, after)
  local group = after or before
  return { state = state, tag = group.tag, reason = group.reason, api = group.api, role = group.role,
           sites_before = before and #before.sites or 0, sites_after = after and #after.sites or 0 }
end

-- A tag that went and one that came in calls of the same shape are one tag renamed.
local function join_renamed(gone, came, changes)
  local by_shape = {}
  for _, group in ipairs(gone) do
    local shape = shape_of(group)
    by_shape[shape] = by_shape[shape] == nil and group or false
  end
  for _, group in ipairs(came) do
    local before = group.tag and by_shape[shape_of(group)]
    local joined = before and before.tag
    local made = change(joined and "renamed" or "new", joined and before or nil, group)
    if joined then
      made.was, before.joined = before.tag, true
      by_shape[shape_of(group)] = false
    end
    changes[#changes + 1] = made
  end
  for _, group in ipairs(gone) do
    if not group.joined then changes[#changes + 1] = change("gone", group, nil) end
  end
end

local ORDER <const> = { new = 1, renamed = 2, more = 3, fewer = 4, gone = 5 }

local function compare_sites(before, after)
  local old_groups, old_by_key = groups_of(before)
  local new_groups, new_by_key = groups_of(after)
  local changes, gone, came = {}, {}, {}
  for _, group in ipairs(old_groups) do
    if not new_by_key[group.key] then gone[#gone + 1] = group end
  end
  for _, group in ipairs(new_groups) do
    local old = old_by_key[group.key]
    if not old then
      came[#came + 1] = group
    elseif #old.sites ~= #group.sites then
      changes[#changes + 1] = change(#group.sites > #old.sites and "more" or "fewer", old, group)
    end
  end
  join_renamed(gone, came, changes)
  table.sort(changes, function(a, b)
    if a.state ~= b.state then return ORDER[a.state] < ORDER[b.state] end
    if (a.tag or "\xff") ~= (b.tag or "\xff") then return (a.tag or "\xff") < (b.tag or "\xff") end
    return a.api < b.api
  end)
  return changes
end

-- Calls that allocate and calls that free, by tag.
local function balance(driver)
  local by_tag = {}
  for _, site in ipairs(driver.sites or {}) do
    if site.tag then
      local sums = by_tag[site.tag] or { allocates = 0, frees = 0 }
      by_tag[site.tag] = sums
      local field = site.role == "frees" and "frees" or "allocates"
      sums[field] = sums[field] + 1
    end
  end
  return by_tag
end

local function frees_with_tags(driver)
  for _, site in ipairs(driver.sites or {}) do
    if site.role == "frees" and site.tag then return true end
  end
  return false
end

-- Tags whose frees went while allocations stayed, and new tags without any: a driver that frees
-- with tag 0 or ExFreePool shows no frees at all, and nothing can be said of it.
local function unfreed(before, after)
  local old, new, list = balance(before), balance(after), {}
  if not frees_with_tags(after) then return list end
  for tag, sums in pairs(new) do
    local was = old[tag] or { allocates = 0, frees = 0 }
    local lost = was.frees > 0 and sums.frees == 0
    local came = was.allocates == 0 and sums.frees == 0
    local grew = sums.allocates > was.allocates and sums.frees < was.frees
    if sums.allocates > 0 and (lost or came or grew) then
      list[#list + 1] = { tag = tag, allocates_before = was.allocates, frees_before = was.frees,
                          allocates_after = sums.allocates, frees_after = sums.frees,
                          text = lost and "its frees are gone" or came and "new, and no call frees with it"
                            or "more calls allocate and fewer free" }
    end
  end
  table.sort(list, function(a, b) return a.tag < b.tag end)
  return list
end

local function with_text(item)
  if item.tag then item.tag, item.tag_hex = format.tag_text(item.tag), format.tag_hex(item.tag) end
  if item.was then item.was, item.was_hex = format.tag_text(item.was), format.tag_hex(item.was) end
  return item
end

local function side(record)
  return { path = record.path, sha256 = record.sha256, file_version = record.file_version,
           timestamp = record.driver.timestamp, sites = record.site_count }
end

--- Two versions of a driver compared.
-- @tparam table before a record of the driver index
-- @tparam table after
-- @treturn table `name`, `before`, `after`, `identical`, `changes`, `unfreed`
function driver_changes.between(before, after)
  local pair = { name = after.name, before = side(before), after = side(after),
                 identical = before.sha256 == after.sha256, changes = {}, unfreed = {} }
  if pair.identical then return pair end
  for i, item in ipairs(compare_sites(before.driver, after.driver)) do pair.changes[i] = with_text(item) end
  for i, item in ipairs(unfreed(before.driver, after.driver)) do pair.unfreed[i] = with_text(item) end
  return pair
end

-- The length of what all paths of the records begin with, up to a slash.
local function common_length(records)
  local common
  for _, record in ipairs(records) do
    local folder = record.path:match "^(.*/)" or ""
    common = common or folder
    while folder:sub(1, #common) ~= common do common = common:sub(1, -2):match "^(.*/)" or "" end
  end
  return #(common or "")
end

-- Take from both sides the records that have the same key and no other has.
local function take_pairs(result, before, after, key_of)
  local by_key, seen = {}, {}
  for _, record in ipairs(before) do
    local key = key_of(record, before)
    by_key[key] = by_key[key] == nil and record or false
  end
  for _, record in ipairs(after) do
    local key = key_of(record, after)
    seen[key] = (seen[key] or 0) + 1
  end
  local paired, left = {}, { root = after.root }
  for _, record in ipairs(after) do
    local key = key_of(record, after)
    local other = seen[key] == 1 and by_key[key]
    if other then
      result.pairs[#result.pairs + 1] = driver_changes.between(other, record)
      paired[other] = true
    else
      left[#left + 1] = record
    end
  end
  local left_before = { root = before.root }
  for _, record in ipairs(before) do
    if not paired[record] then left_before[#left_before + 1] = record end
  end
  return left_before, left
end

local function place_of(record, records)
  return record.path:sub(records.root + 1):lower()
end

local function paths_of(records)
  local paths = {}
  for i, record in ipairs(records) do paths[i] = record.path end
  table.sort(paths)
  return paths
end

--- Two sets of drivers, paired by their place below the folders, else by name; one driver each is a
-- pair whatever their names.
-- @tparam {table,...} before records
-- @tparam {table,...} after
-- @treturn table `pairs`, and `only_before` and `only_after` (paths)
function driver_changes.sets(before, after)
  local result = { pairs = {} }
  if #before == 1 and #after == 1 then
    result.pairs[1] = driver_changes.between(before[1], after[1])
    before, after = {}, {}
  end
  before.root, after.root = common_length(before), common_length(after)
  before, after = take_pairs(result, before, after, place_of)
  before, after = take_pairs(result, before, after, function(record) return record.name:lower() end)
  table.sort(result.pairs, function(a, b) return a.after.path < b.after.path end)
  result.only_before, result.only_after = paths_of(before), paths_of(after)
  return result
end

return driver_changes
