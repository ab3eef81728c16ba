--- File listings: what sigcheck, and others that list files with their versions, say of a suspect's file.
-- No file of the driver is needed for that.
-- @module poolsleuth.file_listings
local belongings = require "poolsleuth.belongings"
local inventory  = require "poolsleuth.inventory"
local sources    = require "poolsleuth.sources"

local file_listings = {}

local MOST_SUSPECTS <const>, MOST_VERSIONS <const> = 5, 3

local function file_name(path)
  local name = sources.basename(path):lower()
  return name:find(".", 1, true) and name or name .. ".sys"
end

-- The listed files by name and by each of their hashes.
local function index_of(items)
  local index = { by_name = {}, by_hash = {}, count = #items }
  for _, item in ipairs(items) do
    local name = file_name(item.path or "")
    index.by_name[name] = index.by_name[name] or {}
    table.insert(index.by_name[name], item)
    local hash = item.sha256 and item.sha256:lower()
    if hash and not index.by_hash[hash] then index.by_hash[hash] = item end
  end
  return index
end

local function index_for(case)
  local items = belongings.list(case, "files")
  local known = rawget(case, "file_index")
  if not known or known.count ~= #items then
    known = index_of(items)
    rawset(case, "file_index", known)
  end
  return known
end

local function version_of(item) return item.version or item.product_version end

-- Where Windows loads drivers from; copies lie in the driver store and in folders of installers.
local function is_in_place(item)
  return (item.path or ""):lower():find("\\system32\\drivers\\", 1, true) ~= nil
end

-- Of several files of a name: the one in its place, else the first of those that say the same.
local function choose(items)
  local chosen, versions, seen = nil, {}, {}
  for _, item in ipairs(items) do
    chosen = chosen or (is_in_place(item) and item) or nil
    local version = version_of(item) or "none"
    if not seen[version] then seen[version], versions[#versions + 1] = true, version end
  end
  if chosen or #versions < 2 then return chosen or items[1] end
  return nil, versions
end

-- "1, 2, 3, 4" and "1.2.3.4 (built here)" are the same.
local function differ(a, b)
  return a ~= nil and b ~= nil and inventory.compare((a:gsub("%(.*", "")), (b:gsub("%(.*", ""))) ~= 0
end

-- What is listed of a suspect, and whether it is another build than the file that is at hand.
local function find(case, suspect)
  local index, record = index_for(case), suspect.record
  local hash = record and record.sha256 and record.sha256:lower()
  if hash and index.by_hash[hash] then return index.by_hash[hash] end
  local named = index.by_name[file_name(suspect.driver)]
  if not named then return nil end
  local item, versions = choose(named)
  if not item then return nil, nil, versions end
  local other = hash and #hash == 64 and item.sha256 and #item.sha256 == 64
  return item, other or differ(record and record.file_version, version_of(item))
end

-- "Signed, publisher Acme Inc., version 1.2.3.4"
local function describe(item)
  local parts = {}
  parts[#parts + 1] = item.verified
  if item.publisher then parts[#parts + 1] = "publisher " .. item.publisher end
  if item.company and item.company ~= item.publisher then parts[#parts + 1] = "company " .. item.company end
  if version_of(item) then parts[#parts + 1] = "version " .. version_of(item) end
  return #parts > 0 and table.concat(parts, ", ") or "nothing but its name"
end

local function place_of(item)
  local source = item.source and item.source.path
  return source, item.line and ("line %d"):format(item.line) or nil
end

local SIGNED <const> = { signed = "signed", unsigned = "unsigned" }

-- What the file at hand says itself goes before what is listed of it.
local function fill(suspect, item)
  suspect.file_version = suspect.file_version or version_of(item)
  suspect.company = suspect.company or item.company or item.publisher
  suspect.signer = suspect.signer or item.publisher
  local verified = item.verified and item.verified:lower()
  suspect.signature = suspect.signature or (verified and (SIGNED[verified] or item.verified)) or nil
end

local function remark(suspect, text)
  suspect.reasons = suspect.reasons or {}
  suspect.reasons[#suspect.reasons + 1] = text
end

local function join(case, finding, suspect)
  local item, other, versions = find(case, suspect)
  if versions then
    local shown = table.concat(versions, ", ", 1, math.min(#versions, MOST_VERSIONS))
    remark(suspect, ("files of its name are listed in %d versions: %s"):format(#versions, shown))
  end
  if not item then return end
  local source, place = place_of(item)
  local where = source and (" [%s%s]"):format(sources.basename(source), place and ", " .. place or "") or ""
  local by = item.origin or "a listing"
  if other then
    remark(suspect, ("%s lists another build than this file: %s%s"):format(by, describe(item), where))
  else
    fill(suspect, item)
    remark(suspect, ("%s lists it as %s%s"):format(by, describe(item), where))
  end
  table.insert(finding.evidence, { text = ("%s lists %s: %s"):format(by, item.path, describe(item)),
    source = source, place = place })
end

--- Put what listings say of a finding's suspects beside them, with where it stands.
-- @tparam Case case
-- @tparam table finding with `suspects` and `evidence`; a suspect is looked up once
function file_listings.join(case, finding)
  if not case.files or #case.files == 0 then return end
  for i, suspect in ipairs(finding.suspects or {}) do
    if i <= MOST_SUSPECTS and suspect.driver and not suspect.looked_up then
      suspect.looked_up = true
      finding.evidence = finding.evidence or {}
      join(case, finding, suspect)
    end
  end
end

return file_listings
