--- Suspects: which drivers a tag points at, each with a score between 0 and 1 and its reasons.
-- @module poolsleuth.suspects
local format    = require "poolsleuth.format"
local signature = require "poolsleuth.signature"

local suspects = {}

-- How much each kind of evidence is worth alone; several combine as independent chances.
local WORTH <const> = {
  site = { high = 0.90, medium = 0.75, low = 0.40 },
  tagfile = 0.60, column = 0.60, culprit = 0.40, hint = 0.05,
  unpaired = 0.35, paired = 0.12, untagged = 0.50, size = 0.15,
}

--- What a call site alone is worth, by its confidence.
suspects.SITE_WORTH = WORTH.site

local OTHER_POOL <const>, NOT_LOADED <const>, SHARED_TAG <const> = 0.3, 0.1, 0.3
local HEADER_AND_ROUNDING <const> = 32 -- a block is counted with its header, rounded up

local function get(list, record, name)
  local key = record or name:lower()
  local found = list.by_key[key]
  if not found then
    found = { record = record, driver = record and record.name or name, missed = 1, factor = 1, reasons = {},
      sites = {} }
    list.by_key[key] = found
    list[#list + 1] = found
  end
  return found
end

local function support(suspect, worth, reason)
  suspect.missed = suspect.missed * (1 - worth)
  suspect.reasons[#suspect.reasons + 1] = reason
end

local function doubt(suspect, factor, reason)
  suspect.factor = suspect.factor * factor
  suspect.reasons[#suspect.reasons + 1] = reason
end

local confidence_order <const> = { low = 1, medium = 2, high = 3 }

local function best_site(sites)
  local best
  for _, site in ipairs(sites) do
    local better = not best or confidence_order[site.confidence] > confidence_order[best.confidence]
    if better then best = site end
  end
  return best
end

local function names_of_apis(sites)
  local names, seen = {}, {}
  for _, site in ipairs(sites) do
    if not seen[site.api] then names[#names + 1] = site.api end
    seen[site.api] = true
  end
  return #names <= 2 and table.concat(names, " and ") or ("%s and %d more"):format(names[1], #names - 1)
end

local function describe_sites(user)
  local best = best_site(user.allocates)
  local through = #(best.via or {}) > 0 and " through a wrapper" or ""
  local many = #user.allocates == 1 and "one call site passes" or
    ("%d call sites pass"):format(#user.allocates)
  local frees = #user.frees > 0 and (", %d free with it"):format(#user.frees) or ", none seen to free with it"
  return ("%s this tag to %s%s%s"):format(many, names_of_apis(user.allocates), through, frees)
end

-- A driver whose sites all allocate from the other pool is not what fills this one.
local function pool_of(sites)
  local pool
  for _, site in ipairs(sites) do
    if not site.pool or (pool and pool ~= site.pool) then return nil end
    pool = site.pool
  end
  return pool
end

local function matching_size(sites, per_alloc)
  for _, site in ipairs(sites) do
    local over = site.size and per_alloc - site.size
    if over and over >= 0 and over <= HEADER_AND_ROUNDING then return site end
  end
end

-- Bytes of one outstanding allocation: what grew, or what is there.
local function block_size(row)
  if row.diff_growth and row.diff_growth > 0 and row.growth > 0 then return row.growth / row.diff_growth end
  local last = row.last
  return last and last.per_alloc and last.per_alloc > 0 and last.per_alloc or nil
end

-- Drivers of one product share code and tags: count families, not files.
local function families(users)
  local seen, count = {}, 0
  for _, user in ipairs(users) do
    local family = user.record.company or user.record.name
    if #user.allocates > 0 and not seen[family] then
      seen[family] = true
      count = count + 1
    end
  end
  return count
end

local function from_sites(list, case, row)
  local users = case.drivers:with_tag(row.tag)
  local shared, crowd = case.knowledge:shared(row.tag), families(users)
  for _, user in ipairs(users) do
    if #user.allocates > 0 then
      local suspect = get(list, user.record)
      suspect.sites, suspect.frees = user.allocates, user.frees
      support(suspect, WORTH.site[best_site(user.allocates).confidence], describe_sites(user))
      local pool, size = pool_of(user.allocates), block_size(row)
      local fitting = size and matching_size(user.allocates, size)
      if pool and pool ~= row.pool then
        doubt(suspect, OTHER_POOL, ("but they allocate %s pool, and what grows is %s"):format(pool, row.pool))
      elseif fitting then
        local fits = "its site at %s asks for %d bytes, and blocks of %.0f are outstanding"
        support(suspect, WORTH.size, fits:format(format.hex(fitting.rva), fitting.size, size))
      end
      if shared then doubt(suspect, SHARED_TAG, "but the tag identifies nobody: " .. shared.text) end
      if crowd > 1 then
        doubt(suspect, crowd ^ -0.5, ("but drivers of %d makers use this tag"):format(crowd))
      end
    end
  end
end

-- A name such as "acme.sys" in a tag file; "nt!mm" and "<unknown>" name no driver file.
local function driver_names(text)
  local names = {}
  for name in tostring(text):gmatch "([%w_%-%.]+%.[sS][yY][sS])" do names[#names + 1] = name end
  return names
end

local function name_driver(list, case, name, worth, reason)
  local records = case.drivers:named(name)
  for _, record in ipairs(records) do support(get(list, record), worth, reason) end
  if #records == 0 then support(get(list, nil, name), worth * 0.8, reason .. "; the file is not at hand") end
end

local function from_names(list, case, row)
  for _, found in ipairs(case.knowledge:tagfile(row.tag)) do
    for _, name in ipairs(driver_names(found.binary)) do
      local reason = ("%s gives it to %s"):format(found.file or "the tag file", name)
      name_driver(list, case, name, WORTH.tagfile, reason)
    end
  end
  local note = row.last and row.last.note
  for _, name in ipairs(note and driver_names(note) or {}) do
    name_driver(list, case, name, WORTH.column, ("the source's own column names %s"):format(name))
  end
  for _, culprit in ipairs(case.knowledge:culprits(row.tag)) do
    for _, name in ipairs(culprit.kind == "leak" and driver_names(culprit.driver) or {}) do
      local known = #case.drivers:named(name) > 0
      local reason = ("known case: %s (%s)"):format(culprit.cause or "it leaked before", culprit.source)
      if culprit.cited then
        name_driver(list, case, name, WORTH.culprit, reason)
      elseif known then
        name_driver(list, case, name, WORTH.hint, "hint, not confirmed: " .. reason)
      end
    end
  end
end

local function first_import(record, apis)
  for _, api in ipairs(apis) do
    if record.imports[api] then return api end
  end
end

local function from_proxy(list, case, row)
  local proxy = case.knowledge:proxy(row.tag)
  if not proxy then return end
  for _, pair in ipairs(proxy.pairs or {}) do
    for _, record in ipairs(case.drivers:all()) do
      local acquire, release = first_import(record, pair.acquire), first_import(record, pair.release)
      if acquire and not release and #pair.release > 0 then
        support(get(list, record), WORTH.unpaired, ("imports %s and none of %s: a lead, not proof")
          :format(acquire, table.concat(pair.release, ", ")))
      elseif acquire then
        local reason = ("imports %s, so it can cause such allocations"):format(acquire)
        support(get(list, record), WORTH.paired, reason)
      end
    end
  end
end

local function from_untagged(list, case, row)
  local shared = case.knowledge:shared(row.tag)
  if not shared or not shared.apis then return end
  for _, record in ipairs(case.drivers:all()) do
    local api = first_import(record, shared.apis)
    local reason = api and ("imports %s, which allocates under this tag"):format(api)
    if api then support(get(list, record), WORTH.untagged, reason) end
  end
end

local function weigh_loaded(list)
  for _, suspect in ipairs(list) do
    local record = suspect.record
    if record and record.loaded == true then
      suspect.reasons[#suspect.reasons + 1] = "it is loaded"
    elseif record and record.loaded == false then
      doubt(suspect, NOT_LOADED, "but it is not in the list of loaded drivers")
    end
  end
end

-- The signer is whom to call; a signature that is in doubt puts the file itself in doubt.
local function add_signatures(list, case)
  for i, suspect in ipairs(list) do
    local record = suspect.record
    if record and record.signature then
      suspect.signature = record.signature
      local remark = i == 1
        and signature.remark(record.driver, record.company, case.options and case.options.trust ~= nil)
        or record.signature:find "^%l+%-%l+" and signature.doubt(record.driver)
      if remark then suspect.reasons[#suspect.reasons + 1] = remark end
    end
  end
end

local function finish(list, case)
  for _, suspect in ipairs(list) do
    local record = suspect.record or {}
    suspect.score = math.min(0.99, (1 - suspect.missed) * suspect.factor)
    suspect.path, suspect.company, suspect.file_version = record.path, record.company, record.file_version
    suspect.loaded = record.loaded
    suspect.missed, suspect.factor = nil, nil
  end
  table.sort(list, function(a, b)
    if a.score ~= b.score then return a.score > b.score end
    return a.driver < b.driver
  end)
  list.by_key = nil
  add_signatures(list, case)
  return list
end

--- Rank the drivers that may hold what a tag counts.
-- @tparam Case case with `drivers` and `knowledge`
-- @tparam table row of Growth.rows
-- @treturn {table,...} best first: `driver`, `path`, `company`, `file_version`, `score`, `reasons`,
--   `sites`, `loaded`, `record`
function suspects.of(case, row)
  local list = { by_key = {} }
  from_sites(list, case, row)
  from_names(list, case, row)
  from_proxy(list, case, row)
  from_untagged(list, case, row)
  weigh_loaded(list)
  return finish(list, case)
end

--- How sure the ranking is of its first.
-- @tparam {table,...} list of suspects.of
-- @treturn[1] string "high", "medium" or "low"
-- @treturn[2] nil where there is no suspect
function suspects.confidence(list)
  local first, second = list[1], list[2]
  if not first then return nil end
  local lead = second and second.score / first.score or 0
  if first.score >= 0.8 and lead <= 0.6 then return "high" end
  if first.score >= 0.4 and lead <= 0.85 then return "medium" end
  return "low"
end

return suspects
