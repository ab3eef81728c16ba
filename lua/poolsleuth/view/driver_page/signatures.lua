--- Who signed a driver, and what each signature is worth.
-- @module poolsleuth.view.driver_page.signatures
local fields    = require "poolsleuth.view.driver_page.fields"
local format    = require "poolsleuth.format"
local signature = require "poolsleuth.signature"

local heading, known, list = fields.heading, fields.known, fields.list

local signatures = {}

local TIME_SOURCES <const> = { rfc3161 = "RFC 3161", countersignature = "countersignature" }

local function chain_text(one)
  local names = {}
  for i, certificate in ipairs(list(one.chain)) do
    names[i] = certificate.subject
    local is_last = i == #one.chain and certificate.issuer ~= certificate.subject
    if is_last then names[i + 1] = certificate.issuer end
  end
  if #names < 2 then return nil end
  local text = table.concat(names, " < ")
  return (one.status == "chained" and "chain: " or "chain, as named in the file: ") .. text
end

local function signature_item(one)
  local details = {}
  local function add(text) details[#details + 1] = text end
  if known(one.reason) then add(one.reason) end
  if known(one.time) then
    local source = TIME_SOURCES[one.time_source]
    add(("at %s UTC by %s (%s)"):format(format.time(one.time), one.time_signer, source))
  elseif known(one.signer) then
    add "no time of signing is proved"
  end
  add(chain_text(one))
  if #list(one.usages) > 0 then add("for " .. table.concat(one.usages, ", ")) end
  if known(one.program) then add("calls it " .. format.quote(one.program)) end
  if known(one.catalog) then add("catalog " .. one.catalog) end
  if known(one.digest) then add(("%s %s"):format(one.algorithm, one.digest)) end
  if known(one.computed) and one.computed ~= one.digest then add("the file has " .. one.computed) end
  if known(one.pages) then
    local match = known(one.pages_match)
    add(("%s page hashes%s"):format(one.pages, match == nil and "" or match and ", all as in the file"
      or ", some not as in the file"))
  end
  local who = known(one.signer) and one.signer ~= "" and one.signer or "no signer"
  return { text = ("%s, %s: %s"):format(one.status, one.source, who), items = details,
           style = signature.STYLES[one.status] }
end

--- Append them, where there are any.
-- @tparam table blocks
-- @tparam table driver
function signatures.add(blocks, driver)
  local items = {}
  for i, one in ipairs(list(driver.signatures)) do items[i] = signature_item(one) end
  if #items == 0 then return end
  heading(blocks, "Signatures")
  blocks[#blocks + 1] = { type = "list", items = items, ordered = true }
end

return signatures
