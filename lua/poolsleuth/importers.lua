--- Importers: which drivers can cause allocations that Windows makes for its callers, by what they import.
-- A lead, never proof: those that take and never give back come first, those of other makers than Microsoft
-- next, those that are not loaded last.
-- @module poolsleuth.importers
local importers = {}

local TAKES_AND_KEEPS <const>, TAKES <const> = 0.35, 0.12
local NOT_LOADED <const>, MICROSOFT <const>, KNOWN_CASE <const> = 0.1, 0.4, 0.4
local DYNAMIC <const> = "MmGetSystemRoutineAddress"

local function first_of(names, apis)
  for _, api in ipairs(apis) do
    if names[api] then return api end
  end
end

local function looked_up(record)
  local names = {}
  for _, name in ipairs(record.driver.looked_up or {}) do names[name] = true end
  return names
end

--- The pairs of routines behind a tag: of its proxy rule, else of a set of routines.
-- @tparam Knowledge knowledge
-- @tparam ?string tag
-- @tparam[opt] string set name of an api_sets row that serves where the tag has no rule
-- @treturn {table,...} each `acquire` and `release`, lists of names
function importers.pairs_of(knowledge, tag, set)
  local proxy = tag and knowledge:proxy(tag)
  if proxy then return proxy.pairs end
  local row = set and knowledge:entry("api_sets", set)[1]
  return row and { { acquire = row.apis, release = row.release or {} } } or {}
end

--- Whether a driver says that it is Microsoft's.
-- @tparam table record of the driver index
-- @treturn boolean
function importers.is_microsoft(record)
  return (record.company or ""):find("Microsoft", 1, true) ~= nil
end

local function user_of(record, apis)
  local names = looked_up(record)
  local found
  for _, pair in ipairs(apis) do
    local acquire = first_of(record.imports, pair.acquire) or first_of(names, pair.acquire)
    local release = first_of(record.imports, pair.release) or first_of(names, pair.release)
    if acquire and (not found or (found.release and not release)) then
      found = { record = record, acquire = acquire, release = release,
                keeps = not release and #pair.release > 0, releases = pair.release }
    end
  end
  return found
end

--- The drivers that import one of these routines.
-- @tparam Case case
-- @tparam {table,...} apis of importers.pairs_of
-- @treturn {table,...} each `record`, `acquire`, `release`, `keeps` (it imports nothing that gives back),
--   `loaded`, `microsoft`
function importers.find(case, apis)
  local list = {}
  for _, record in ipairs(#apis > 0 and case.drivers:all() or {}) do
    local user = user_of(record, apis)
    if user then
      user.loaded, user.microsoft = record.loaded, importers.is_microsoft(record)
      list[#list + 1] = user
    end
  end
  return list
end

-- A public report of this driver and this tag, where it names cause and end.
local function report_of(record, culprits)
  for _, culprit in ipairs(culprits) do
    local named = culprit.cited and (culprit.driver or ""):lower() == record.name:lower()
    if named and culprit.kind == "leak" then return culprit end
  end
end

local function suspect_of(user, culprits)
  local record = user.record
  local suspect = { record = record, driver = record.name, path = record.path, company = record.company,
    file_version = record.file_version, loaded = record.loaded, sites = {}, reasons = {},
    signature = record.signature, score = user.keeps and TAKES_AND_KEEPS or TAKES }
  local function reason(form, ...) suspect.reasons[#suspect.reasons + 1] = form:format(...) end
  if user.keeps then
    reason("imports %s and none of %s: a lead, not proof", user.acquire, table.concat(user.releases, ", "))
  else
    reason("imports %s, so it can cause such allocations", user.acquire)
  end
  if user.microsoft then
    suspect.score = suspect.score * MICROSOFT
    reason "but it comes with Windows, where many would have seen it"
  end
  local report = report_of(record, culprits)
  if report then
    suspect.score = 1 - (1 - suspect.score) * (1 - KNOWN_CASE)
    reason("known case: %s (%s)", report.cause, report.source)
  end
  if user.loaded then reason "it is loaded" end
  if user.loaded == false then
    suspect.score = suspect.score * NOT_LOADED
    reason "but it is not in the list of loaded drivers"
  end
  if record.imports[DYNAMIC] then reason "it also looks routines up while it runs" end
  return suspect
end

local function by_score(a, b)
  if a.score ~= b.score then return a.score > b.score end
  return a.driver < b.driver
end

--- The importers as suspects of a finding.
-- @tparam {table,...} users of importers.find
-- @tparam[opt] {table,...} culprits of Knowledge:culprits, which a driver may be among
-- @treturn {table,...} suspects, likeliest first
function importers.suspects(users, culprits)
  local list = {}
  for i, user in ipairs(users) do list[i] = suspect_of(user, culprits or {}) end
  table.sort(list, by_score)
  return list
end

--- A driver that something else than its imports names.
-- @tparam Case case
-- @tparam ?string name of its file; nil gives no suspect
-- @tparam number score from 0 to 1
-- @tparam string reason
-- @treturn {table,...} at most one suspect
function importers.named(case, name, score, reason)
  if not name then return {} end
  local record = case.drivers:named(name)[1] or {}
  return { { driver = name, record = record.path and record or nil, path = record.path, sites = {},
    company = record.company, file_version = record.file_version, loaded = record.loaded, score = score,
    signature = record.signature, reasons = { reason } } }
end

local function suspect_in(list, record)
  for _, suspect in ipairs(list) do
    if suspect.record == record or suspect.driver:lower() == record.name:lower() then return suspect end
  end
end

--- Let what drivers import speak for those that are suspects already, and add the others.
-- @tparam {table,...} list of suspects, changed in place
-- @tparam {table,...} users of importers.find
-- @tparam string what they do: "is a minifilter"
-- @treturn {table,...} the list, likeliest first
function importers.join(list, users, what)
  for _, user in ipairs(users) do
    local suspect = suspect_in(list, user.record)
    if suspect then
      suspect.score = 1 - (1 - suspect.score) * (1 - TAKES)
    else
      suspect = suspect_of(user, {})
      list[#list + 1] = suspect
    end
    table.insert(suspect.reasons, 1, ("it %s"):format(what))
  end
  table.sort(list, by_score)
  return list
end

return importers
