--- Signatures of a driver, weighed and put into words.
-- @module poolsleuth.signature
local format  = require "poolsleuth.format"
local json    = require "poolsleuth.json"

local known <const> = json.known

local signature = {}

-- Worst first, as the scanner grades them.
local RANK <const> = {
  ["bad-signature"] = 1, ["digest-mismatch"] = 2, ["test-signed"] = 3, expired = 4, ["unknown-root"] = 5,
  chained = 6,
}

-- What sigcheck's column "Verified" says.
local VERIFIED <const> = {
  ["bad-signature"] = "Bad signature", ["digest-mismatch"] = "Digest mismatch",
  ["test-signed"] = "Test signed", expired = "Expired", ["unknown-root"] = "Unknown root", chained = "Signed",
}

--- How an answer looks that has this status: "good", "warn" or "bad".
signature.STYLES = {
  ["bad-signature"] = "bad", ["digest-mismatch"] = "bad", ["test-signed"] = "warn", expired = "warn",
  chained = "good",
}

local function list_of(driver)
  local list = driver.signatures
  return list ~= nil and list ~= json.null and list or {}
end

--- The signature that speaks best for a driver, the first of equals.
-- @tparam table driver with `signatures`
-- @treturn ?table nil where it is not signed
function signature.best(driver)
  local best
  for _, each in ipairs(list_of(driver)) do
    if not best or (RANK[each.status] or 0) > (RANK[best.status] or 0) then best = each end
  end
  return best
end

local function is_microsoft(name)
  return name:find "^Microsoft " ~= nil
end

--- Who made the driver, by its signatures: the first signer that is not Microsoft for others.
-- @tparam table driver
-- @treturn ?string
function signature.maker(driver)
  local first
  for _, each in ipairs(list_of(driver)) do
    local name = known(each.signer)
    if name and name ~= "" then
      if not is_microsoft(name) then return name end
      first = first or name
    end
  end
  return first
end

-- The grades of Microsoft's own signature over a driver, strongest first.
local PUBLISHED <const> = {
  { "hardware driver attested", "attested by Microsoft" },
  { "hardware driver extended", "tested by Microsoft's hardware program" },
  { "hardware driver verification", "signed by Microsoft's hardware program" },
  { "system component", "part of Windows" },
}

--- What Microsoft's signature says of a driver.
-- @tparam table driver
-- @treturn ?string "attested by Microsoft"; nil where it has none
function signature.published(driver)
  for _, row in ipairs(PUBLISHED) do
    for _, each in ipairs(list_of(driver)) do
      for _, usage in ipairs(is_microsoft(known(each.signer) or "") and known(each.usages) or {}) do
        if usage:find(row[1], 1, true) then return row[2] end
      end
    end
  end
  return nil
end

--- A short word and the signer, for a line about a driver.
-- @tparam table driver
-- @treturn string "unsigned", "chained, Acme Inc."
function signature.text(driver)
  local best = signature.best(driver)
  if not best then return "unsigned" end
  local maker = signature.maker(driver)
  return maker and ("%s, %s"):format(best.status, maker) or best.status
end

--- What sigcheck's columns Verified, Date and Publisher say.
-- @tparam table driver
-- @treturn string "Signed", "Unsigned", or what is wrong
-- @treturn ?string the time of signing, else that of linking
-- @treturn ?string the signer
function signature.columns(driver)
  local best = signature.best(driver)
  local time = best and known(best.time) or (not driver.reproducible and known(driver.timestamp)) or nil
  return best and VERIFIED[best.status] or "Unsigned", time and format.time(time), best and known(best.signer)
end

local function day(time) return format.time(time):sub(1, 10) end

local REMARKS <const> = {
  ["digest-mismatch"] = "the file was changed after %s signed it: get a clean copy before trusting this one",
  ["bad-signature"] = "its signature is damaged or forged (%s): get a clean copy before trusting this one",
  ["test-signed"] = "it is test-signed by %s: a build that never was released; ask who installed it",
}

--- What gives cause for doubt in the signatures of a suspect.
-- @tparam table driver
-- @treturn ?string nil where nothing does
function signature.doubt(driver)
  local best = driver.signatures and signature.best(driver)
  if not best or not REMARKS[best.status] then return nil end
  local damage = best.status == "bad-signature" and known(best.reason)
  local whom = damage or signature.maker(driver) or "somebody"
  return REMARKS[best.status]:format(whom)
end

--- What an expert would remark on the signatures of the first suspect.
-- @tparam table driver
-- @tparam ?string company what its version resource claims
-- @tparam ?boolean catalogs whether catalogs were asked, too
-- @treturn ?string nil where nothing is worth it
function signature.remark(driver, company, catalogs)
  if driver.signatures == nil then return nil end
  local best, maker = signature.best(driver), signature.maker(driver)
  if not best then
    return catalogs and "it carries no signature, and no catalog that was given lists it: who made it?"
      or "it carries no signature of its own; --catalogs DIR tells whether a catalog covers it"
  end
  if REMARKS[best.status] then return signature.doubt(driver) end
  if not maker then return nil end
  local when = known(best.time) and " on " .. day(best.time) or ""
  local published = signature.published(driver)
  local text = ("signed by %s%s%s"):format(maker, when, published and ", " .. published or "")
  local stem = company and company:lower():match "%w+"
  if stem and not is_microsoft(maker) and not maker:lower():find(stem, 1, true) then
    text = ("%s, while its version says %s: ask the signer"):format(text, company)
  end
  return text
end

return signature
