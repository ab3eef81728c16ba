--- Who a driver is: names, versions, hashes.
-- @module poolsleuth.view.driver_page.identity
local fields    = require "poolsleuth.view.driver_page.fields"
local format    = require "poolsleuth.format"
local signature = require "poolsleuth.signature"

local facts, known, list = fields.facts, fields.known, fields.list

local identity = {}

--- When it was linked, as far as its header tells.
-- @tparam table driver
-- @treturn ?string
function identity.link_time(driver)
  local stamp = known(driver.timestamp)
  if not stamp then return nil end
  if known(driver.reproducible) == true then
    return ("unknown: 0x%08x is a hash of the build"):format(stamp)
  end
  return ("%s UTC (0x%08x)"):format(format.time(stamp), stamp)
end

-- The strings of the version resource in the language that comes first.
local function strings_of(driver)
  local strings, first = {}, nil
  for _, item in ipairs(list(driver.version_strings)) do
    first = first or item.language
    if item.language == first and strings[item.key] == nil then strings[item.key] = item.value end
  end
  return strings
end

-- The number that Windows reads, and the text where it says something else.
local function version_text(number, text)
  text = text and text:match "^%s*(.-)%s*$"
  if not known(number) then return text end
  local digits = text and text:gsub(",%s*", ".")
  if not text or text == "" or digits == number then return number end
  return ("%s (written as %s)"):format(number, format.quote(text))
end

local function languages(driver)
  local seen, count = {}, 0
  for _, item in ipairs(list(driver.version_strings)) do
    local key = ("%04x"):format(item.language)
    if not seen[key] then
      seen[key], count = true, count + 1
      seen[count] = key
    end
  end
  return count > 1 and table.concat(seen, ", ") or nil
end

local function debug_file(driver)
  local pdb = known(driver.pdb)
  if not pdb then return nil end
  local guid = known(pdb.guid)
  return guid and guid ~= "" and ("%s {%s} age %d"):format(pdb.path, guid, pdb.age) or pdb.path
end

local function signed_text(driver)
  local best = signature.best(driver)
  if not best then return "no signature in the file, and no catalog was given that lists it" end
  local parts = { ("%s: %s"):format(best.status, signature.maker(driver) or "nobody named") }
  parts[#parts + 1] = known(best.time) and "on " .. format.time(best.time) .. " UTC" or nil
  parts[#parts + 1] = signature.published(driver)
  return table.concat(parts, ", ")
end

--- The facts that tell it from others.
-- @tparam table driver
-- @treturn table block
function identity.facts(driver)
  local rows, add = facts()
  local version, strings = list(driver.version), strings_of(driver)
  add("File", driver.path)
  for i, path in ipairs(list(driver.paths)) do
    if i > 1 or path ~= driver.path then add("Copy", path ~= driver.path and path or nil) end
  end
  add("Description", version.description)
  add("Company", version.company)
  add("Product", version.product)
  add("File version", version_text(version.file_version, strings.FileVersion))
  add("Product version", version_text(version.product_version, strings.ProductVersion))
  add("Original name", version.original_name)
  add("Internal name", version.internal_name)
  add("Copyright", version.copyright)
  add("Comments", strings.Comments)
  add("Languages", languages(driver))
  add("Machine", ("%s, %s"):format(driver.machine, format.bytes(known(driver.file_size))))
  local kmdf = known(driver.kmdf)
  if kmdf then add("Framework", ("KMDF %d.%d"):format(kmdf.major, kmdf.minor)) end
  if known(driver.packed) == true then add("Packed", "yes: its code shows only when it runs") end
  add("Linked", identity.link_time(driver))
  add("PDB", debug_file(driver))
  add("Signature", signed_text(driver))
  if known(driver.loaded) ~= nil then add("Loaded", driver.loaded and "yes" or "no") end
  return { type = "facts", rows = rows }
end

--- Its hashes.
-- @tparam table driver
-- @treturn table block
function identity.hashes(driver)
  local rows, add = facts()
  add("SHA-256", driver.sha256)
  add("SHA-1", driver.sha1)
  add("MD5", driver.md5)
  add("Imphash", driver.imphash)
  add("PE SHA-256", driver.pe_sha256)
  add("PE SHA-1", driver.pe_sha1)
  return { type = "facts", rows = rows }
end

return identity
