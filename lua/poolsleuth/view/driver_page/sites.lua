--- Where a driver allocates and frees: by tag, and each call.
-- @module poolsleuth.view.driver_page.sites
local fields = require "poolsleuth.view.driver_page.fields"
local format = require "poolsleuth.format"

local known, list = fields.known, fields.list

local sites = {}

local function tag_of(row)
  local tag = known(row.tag)
  return tag and ('"%s"'):format(tag) or known(row.template) and ('"%s"?'):format(row.template)
    or ("(%s)"):format(known(row.reason) or "not constant")
end

local function remarks_of(site)
  local remarks = {}
  if #list(site.via) > 0 then remarks[#remarks + 1] = "wrapper" end
  if known(site.library) then
    remarks[#remarks + 1] = site.library == true and "library" or tostring(site.library)
  end
  if known(site.detail) then remarks[#remarks + 1] = site.detail end
  if known(site.reachable) == false then remarks[#remarks + 1] = "unreached" end
  if known(site.confidence) and site.confidence ~= "high" then remarks[#remarks + 1] = site.confidence end
  return remarks
end

-- Allocations before frees, known tags first.
local function site_order(a, b)
  if (a.role == "frees") ~= (b.role == "frees") then return b.role == "frees" end
  local x, y = known(a.tag) or "\xff", known(b.tag) or "\xff"
  if x ~= y then return x < y end
  return (a.rva or 0) < (b.rva or 0)
end

local function sorted_sites(driver)
  local found = table.move(list(driver.sites), 1, #list(driver.sites), 1, {})
  table.sort(found, site_order)
  return found
end

local function add_once(group, field, value)
  if value == nil then return end
  local seen = group.seen[field] or {}
  group.seen[field] = seen
  if not seen[value] then
    seen[value] = true
    group[field][#group[field] + 1] = value
  end
end

-- One row for each tag, or for each reason why there is none.
local function groups_of(found)
  local groups, by_key = {}, {}
  for _, site in ipairs(found) do
    local key = tag_of(site)
    local group = by_key[key]
    if not group then
      group = { tag = key, allocs = 0, frees = 0, pools = {}, sizes = {}, functions = {}, apis = {},
                remarks = {}, seen = {} }
      by_key[key], groups[#groups + 1] = group, group
    end
    local count = site.role == "frees" and "frees" or "allocs"
    group[count] = group[count] + 1
    add_once(group, "pools", known(site.pool))
    add_once(group, "sizes", known(site.size))
    add_once(group, "functions", known(site["function"]))
    add_once(group, "apis", site.api)
    for _, remark in ipairs(remarks_of(site)) do add_once(group, "remarks", remark) end
  end
  return groups
end

local function joined(field, most)
  return function(group)
    local values = group[field]
    local text = table.concat(values, " ", 1, math.min(#values, most))
    if #values > most then text = ("%s and %d more"):format(text, #values - most) end
    return text ~= "" and text or nil
  end
end

-- "24", or from the least to the most.
local function size_range(group)
  if #group.sizes == 0 then return nil end
  table.sort(group.sizes)
  local least, most = group.sizes[1], group.sizes[#group.sizes]
  return least == most and format.count(least) or ("%s..%s"):format(format.count(least), format.count(most))
end

-- "0x18c0 +2": the first function, and how many more.
local function functions_of(group)
  local first, others = group.functions[1], #group.functions - 1
  if not first then return nil end
  return others > 0 and ("%s +%d"):format(format.hex(first), others) or format.hex(first)
end

local GROUP_COLUMNS <const> = {
  { key = "tag", name = "Tag", flex = true, at_least = 12 },
  { key = "allocs", name = "Allocs", kind = "count" },
  { key = "frees", name = "Frees", kind = "count" },
  { key = "pools", name = "Pool", get = joined("pools", 2), optional = true, flex = true, at_least = 8 },
  { key = "sizes", name = "Bytes", get = size_range, optional = true, align = "right" },
  { key = "functions", name = "Functions", get = functions_of },
  { key = "remarks", name = "Remark", get = joined("remarks", 4), optional = true, flex = true,
    at_least = 8 },
  { key = "apis", name = "API", get = joined("apis", 3), flex = true, at_least = 21 },
}

local SITE_COLUMNS <const> = {
  { key = "tag", name = "Tag", get = tag_of },
  { key = "api", name = "API", flex = true, at_least = 16 },
  { key = "rva", name = "At", kind = "hex" },
  { key = "function", name = "In function", kind = "hex" },
  { key = "pool", name = "Pool", optional = true },
  { key = "size", name = "Bytes", kind = "count", optional = true },
  { key = "remarks", name = "Remark", optional = true, flex = true, at_least = 7,
    get = function(site)
      local remarks = remarks_of(site)
      return #remarks > 0 and table.concat(remarks, " ") or nil
    end },
}

local function no_sites(driver)
  return known(driver.sites_supported) == false and "Call sites are not recovered for this machine."
    or "No call of a pool API was found."
end

--- Append the sites, a row for each tag.
-- @tparam table blocks
-- @tparam table driver
function sites.add_groups(blocks, driver)
  local found = sorted_sites(driver)
  local title = ("Pool call sites by tag (%s)"):format(format.counted(#found, "site"))
  blocks[#blocks + 1] = { type = "table", title = title, columns = GROUP_COLUMNS, rows = groups_of(found),
                          empty = no_sites(driver) }
end

--- Append every site.
-- @tparam table blocks
-- @tparam table driver
function sites.add_each(blocks, driver)
  blocks[#blocks + 1] = { type = "table", title = "Pool call sites", columns = SITE_COLUMNS,
                          rows = sorted_sites(driver), empty = no_sites(driver) }
end

return sites
