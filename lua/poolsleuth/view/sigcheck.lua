--- Drivers as one table for spreadsheets: the columns of sigcheck -a -h -c, and the pool tags.
-- @module poolsleuth.view.sigcheck
local json      = require "poolsleuth.json"
local signature = require "poolsleuth.signature"

local known <const> = json.known

local MACHINES <const> = {
  x64 = "64-bit", x86 = "32-bit", arm64 = "64-bit ARM", arm = "32-bit ARM", ia64 = "64-bit Itanium",
}

local function column(name, get)
  return { key = "\0" .. name, csv = name, name = name, get = get }
end

local function of_version(field)
  return function(driver) return known(driver.version) and known(driver.version[field]) end
end

-- A string of the version resource as its maker wrote it, in its first language.
local function written(key)
  return function(driver)
    for _, item in ipairs(known(driver.version_strings) or {}) do
      if item.key == key then return item.value end
    end
  end
end

local function of_signature(index)
  return function(driver) return (select(index, signature.columns(driver))) end
end

local function hash(field)
  return function(driver) return known(driver[field]) and driver[field]:upper() end
end

local function entropy(driver)
  return known(driver.entropy) and ("%.3f"):format(driver.entropy)
end

local COLUMNS <const> = {
  column("Path", function(driver) return driver.path end),
  column("Verified", of_signature(1)), column("Date", of_signature(2)), column("Publisher", of_signature(3)),
  column("Company", of_version "company"), column("Description", of_version "description"),
  column("Product", of_version "product"), column("Product Version", written "ProductVersion"),
  column("File Version", written "FileVersion"),
  column("Machine Type", function(driver) return MACHINES[driver.machine] or driver.machine end),
  column("Binary Version", of_version "file_version"), column("Original Name", of_version "original_name"),
  column("Internal Name", of_version "internal_name"), column("Copyright", of_version "copyright"),
  column("Comments", written "Comments"), column("Entropy", entropy), column("MD5", hash "md5"),
  column("SHA1", hash "sha1"), column("PESHA1", hash "pe_sha1"), column("PESHA256", hash "pe_sha256"),
  column("SHA256", hash "sha256"), column("IMP", hash "imphash"),
  column("Pool Tags", function(driver) return known(driver.tags) end),
}

--- The table.
-- @tparam {table,...} drivers as driver_data gives them
-- @treturn table a block for CSV alone
return function(drivers)
  return { type = "table", only = "csv", columns = COLUMNS, rows = drivers }
end
