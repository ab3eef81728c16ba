--- The content of a security catalog: a list of digests as ASN.1, for openssl to sign.
local catalog = {}

local function item(tag, body)
  local size = #body
  local length = size < 0x80 and string.char(size)
    or size < 0x100 and "\x81" .. string.char(size) or "\x82" .. string.pack(">I2", size)
  return string.char(tag) .. length .. body
end

local USAGE <const>  = "\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x0c\x01\x01"
local MEMBER <const> = "\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x0c\x01\x02"

-- A member of the first version is called by its digest in UTF-16 hex digits.
local function member(hex)
  return item(0x30, item(0x04, (hex:upper():gsub(".", "%0\0"))))
end

--- The list that openssl signs with  -econtent_type 1.3.6.1.4.1.311.10.1
-- @tparam {string,...} digests as hex digits, SHA-1 or SHA-256
-- @treturn string
function catalog.content(digests)
  local members = {}
  for i, hex in ipairs(digests) do members[i] = member(hex) end
  return item(0x30, item(0x30, USAGE) .. item(0x04, ("x"):rep(16)) .. item(0x17, "260101000000Z")
    .. item(0x30, MEMBER .. "\x05\x00") .. item(0x30, table.concat(members)))
end

return catalog
