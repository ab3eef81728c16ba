--- Suspects: which drivers a tag points at, each with a score between 0 and 1 and its reasons.
-- @module poolsleuth.suspects
local belongings = require "poolsleuth.belongings"
local format     = require "poolsleuth.format"
local importers  = require "poolsleuth.importers"
local signature  = require "poolsleuth.signature"

local suspects = {}

-- How much each kind of evidence is worth alone; several combine as independent chances.
local WORTH <const> = {
  site = { high = 0.90, medium = 0.75, low = 0.40 },
  made = 0.35, made_by_file = 0.20, template = 0.25, nothing_freed = 0.08,
  tagfile = 0.60, column = 0.60, culprit = 0.40, hint = 0.05,
  verifier = 0.85, unload = 0.50, holds = 0.45,
  unpaired = 0.35, paired = 0.12, untagged = 0.50, size = 0.15,
}


local OTHER_POOL <const>, NOT_LOADED <const>, SHARED_TAG <const> = 0.3, 0.1, 0.3
local WITH_WINDOWS <const> = 0.4 -- what many would have seen by now
local DEAD_CODE <const>, OTHERS_ARE_SURE <const> = 0.4, 0.3
local HEADER_AND_ROUNDING <const> = 32 -- a block is counted with its header, rounded up

local function new_suspect(record, name)
  return { record = record, driver = name, missed = 1, factor = 1, reasons = {}, sites = {} }
end

local function get(list, record, name)
  local key = record or name:lower()
  local found = list.by_key[key]
  if not found then
    found = new_suspect(record, record and record.name or name)
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

-- Frees that could be of the tag though they do not name it.
local function has_nameless_frees(record)
  if record.imports.ExFreePool then return true end
  for _, site in ipairs(record.driver.sites or {}) do
    if site.role == "frees" and not site.tag then return true end
  end
  return false
end

-- What these allocate the driver frees itself, by calls that can name the tag.
local FREED_BY_CALLS <const> = {
  "^ExAllocatePool", "^FsRtlAllocatePool", "^FltAllocatePoolAligned", "^NdisAllocateMemory",
}

local function frees_itself(user)
  for _, site in ipairs(user.allocates) do
    for _, pattern in ipairs(FREED_BY_CALLS) do
      if site.api:find(pattern) then return true end
    end
  end
  return false
end

local function describe_frees(user)
  if not frees_itself(user) then return "" end
  if #user.frees > 0 then return (", %d free with it"):format(#user.frees) end
  if has_nameless_frees(user.record) then return ", none frees with it by name" end
  return ", none seen to free with it"
end

local function describe_sites(user)
  local best = best_site(user.allocates)
  local through = #(best.via or {}) > 0 and " through a wrapper" or ""
  local many = #user.allocates == 1 and "one call site passes" or
    ("%d call sites pass"):format(#user.allocates)
  local detail = best.detail and (" (%s)"):format(best.detail) or ""
  return ("%s this tag to %s%s%s%s"):format(many, names_of_apis(user.allocates), through, detail,
    describe_frees(user))
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
  local seen, count, sure = {}, 0, 0
  for _, user in ipairs(users) do
    local family = user.record.company or user.record.product or user.record.name
    if #user.allocates > 0 and not user.possible then
      sure = sure + 1
      if not seen[family] then count = count + 1 end
      seen[family] = true
    end
  end
  return count, sure
end

-- No call site has the tag whole: what speaks for the driver all the same.
local function weigh_possible(suspect, user, sure)
  if user.possible == "made" then
    local worth = user.made.guess and WORTH.made_by_file or WORTH.made
    support(suspect, worth, ("a framework driver without a tag of its own; the framework makes this one, %s")
      :format(user.made.reason))
  else
    support(suspect, WORTH.template, ("puts tags of the form \"%s\" together at %s"):format(
      user.template, format.hex(user.allocates[1].rva)))
  end
  if sure > 0 then
    doubt(suspect, OTHERS_ARE_SURE, "but another driver passes this very tag")
  end
end

local function all_unreachable(sites)
  for _, site in ipairs(sites) do
    if site.reachable ~= false then return false end
  end
  return true
end

local function weigh_certain(suspect, user)
  support(suspect, WORTH.site[best_site(user.allocates).confidence], describe_sites(user))
  if #user.frees == 0 and frees_itself(user) and not has_nameless_frees(user.record) then
    support(suspect, WORTH.nothing_freed, "it has no call that could free such a block")
  end
  if all_unreachable(user.allocates) then
    doubt(suspect, DEAD_CODE, "but nothing in the driver leads to the code that does")
  end
end

-- What a driver's use of a tag is worth, whoever asks: a suspect's chances and reasons.
local function weigh_user(suspect, user, users, shared)
  local crowd, sure = families(users)
  if user.possible then weigh_possible(suspect, user, sure) else weigh_certain(suspect, user) end
  if shared then doubt(suspect, SHARED_TAG, "but the tag identifies nobody: " .. shared.text) end
  if crowd > 1 and not user.possible then
    doubt(suspect, crowd ^ -0.5, ("but drivers of %d makers use this tag"):format(crowd))
  end
end

--- What a driver's call sites of a tag are worth.
-- @tparam table user of Drivers:with_tag
-- @tparam {table,...} users all of them
-- @tparam[opt] table shared of Knowledge:shared
-- @treturn number the score, from 0 to 1
-- @treturn {string,...} the reasons
function suspects.of_sites(user, users, shared)
  local suspect = new_suspect(user.record, user.record.name)
  weigh_user(suspect, user, users, shared)
  return (1 - suspect.missed) * suspect.factor, suspect.reasons
end

local function from_sites(list, case, row)
  local users = case.drivers:with_tag(row.tag)
  local shared = case.knowledge:shared(row.tag)
  for _, user in ipairs(users) do
    if #user.allocates > 0 then
      local suspect = get(list, user.record)
      suspect.sites, suspect.frees = user.allocates, user.frees
      weigh_user(suspect, user, users, shared)
      local pool, size = pool_of(user.allocates), block_size(row)
      local fitting = size and matching_size(user.allocates, size)
      if pool and pool ~= row.pool then
        doubt(suspect, OTHER_POOL, ("but they allocate %s pool, and what grows is %s"):format(pool, row.pool))
      elseif fitting then
        local fits = "its site at %s asks for %d bytes, and blocks of %.0f are outstanding"
        support(suspect, WORTH.size, fits:format(format.hex(fitting.rva), fitting.size, size))
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
      local factor = importers.is_microsoft(record) and WITH_WINDOWS or 1
      if acquire and not release and #pair.release > 0 then
        support(get(list, record), factor * WORTH.unpaired, ("imports %s and none of %s: a lead, not proof")
          :format(acquire, table.concat(pair.release, ", ")))
      elseif acquire then
        local reason = ("imports %s, so it can cause such allocations"):format(acquire)
        support(get(list, record), factor * WORTH.paired, reason)
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

-- Allocations of the tag that Driver Verifier lists as outstanding, by driver.
local function outstanding(case, tag)
  local by_driver, order = {}, {}
  for _, block in ipairs(belongings.list(case, "blocks")) do
    local same = block.origin == "!verifier" and block.tag and block.note and
      format.plain_tag(block.tag) == format.plain_tag(tag)
    if same then
      local sum = by_driver[block.note]
      if not sum then
        sum = { driver = block.note, count = 0, bytes = 0 }
        by_driver[block.note] = sum
        order[#order + 1] = sum
      end
      sum.count, sum.bytes = sum.count + 1, sum.bytes + (block.size or 0)
    end
  end
  return order
end

local MUCH <const> = 0.5 -- of what the tag holds

local function from_verifier(list, case, row)
  for _, sum in ipairs(outstanding(case, row.tag)) do
    name_driver(list, case, sum.driver, WORTH.verifier,
      ("Driver Verifier lists %s allocations of this tag (%s) that %s made and did not free"):format(
        format.count(sum.count), format.bytes(sum.bytes), sum.driver))
  end
  for _, verified in ipairs(belongings.list(case, "verified")) do
    local name, held = verified.driver, verified[row.pool .. "_bytes"]
    local much = row.last_bytes and row.last_bytes > 0 and held and held >= MUCH * row.last_bytes
    if name ~= "" and verified.leaked_allocs then
      name_driver(list, case, name, WORTH.unload,
        ("Driver Verifier found %s allocations that %s had not freed when it was unloaded"):format(
          format.count(verified.leaked_allocs), name))
    elseif name ~= "" and much then
      name_driver(list, case, name, WORTH.holds, ("Driver Verifier counts %s of %s pool for %s"):format(
        format.bytes(held), row.pool, name))
    end
  end
end

local OWN_BLOCKS <const> = 0.5 -- every block of the tag that was looked at points into the driver
local FEW_BLOCKS <const> = 0.05 -- what is rarer is an address that a driver left there by chance
local PAGE <const> = 4096

-- What the kernel's own modules point at says nothing.
local KERNEL <const> = { ["ntoskrnl.exe"] = true, ["hal.dll"] = true, ["hal.sys"] = true }

local function from_votes(list, case, owners, what)
  for _, vote in ipairs(owners.votes) do
    local share = owners.sampled > 0 and vote.blocks / owners.sampled or 0
    if not KERNEL[vote.module:lower()] and share >= FEW_BLOCKS then
      name_driver(list, case, vote.module, OWN_BLOCKS * share,
        ("addresses of it stand in %d of %d %s"):format(vote.blocks, owners.sampled, what))
    end
  end
end

-- Whose blocks a dump holds of a tag: all pages are walked for small ones, so each tag is asked once.
local function owners_in(entry, row)
  entry.owners = entry.owners or {}
  local known = entry.owners[row.tag]
  if not known then
    local last = row.last or row
    local are_small = (last.bytes or 0) < PAGE * (last.diff or math.huge)
    known = { big = entry.dump:big_owners(row.tag),
              small = are_small and entry.dump:small_owners(row.tag) or nil }
    entry.owners[row.tag] = known
  end
  return known
end

-- The tag's blocks in the newest dump: whose addresses stand in them.
local function from_blocks(list, case, row)
  local dumps = belongings.list(case, "dumps")
  local entry = dumps[#dumps]
  local owners = entry and owners_in(entry, row) or {}
  for _, size in ipairs { "big", "small" } do
    if owners[size] then
      from_votes(list, case, owners[size], ("%s blocks of this tag in %s"):format(size, entry.path))
    end
  end
end

local function say_where(list)
  for _, suspect in ipairs(list) do
    local driver = suspect.record and suspect.record.driver
    if driver and driver.in_memory then
      suspect.reasons[#suspect.reasons + 1] =
        "it was read in memory: no file of it is among the sources"
    end
  end
end

local function weigh_loaded(list)
  for _, suspect in ipairs(list) do
    local record = suspect.record
    if record and record.loaded == true then
      suspect.reasons[#suspect.reasons + 1] = "it is loaded"
      if record.other_build then
        suspect.reasons[#suspect.reasons + 1] = "but the one that is loaded is another build than this file"
      end
    elseif record and record.loaded == false then
      doubt(suspect, NOT_LOADED, "but it is not in the list of loaded drivers")
    end
  end
end

-- The signer is whom to call; a signature that is in doubt puts the file itself in doubt.
local function add_signatures(list, case)
  for i, suspect in ipairs(list) do
    local record = suspect.record
    local in_memory = record and record.driver and record.driver.in_memory -- there is no room for one
    if record and record.signature and not in_memory then
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
  from_verifier(list, case, row)
  from_blocks(list, case, row)
  weigh_loaded(list)
  say_where(list)
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
