--- Files beside the renderers that a page takes in: its style and its scripts.
-- @module poolsleuth.render.asset
local system = require "poolsleuth.system"

local asset = {}

local LARGEST <const> = 1 << 20
local DIGITS <const> = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function folder()
  local here = package.searchpath("poolsleuth.render.asset", package.path)
  return here and here:match "^(.*)/[^/]*$"
end

--- The bytes of a file below the renderers' folder.
-- @tparam string name "html/page.css"
-- @treturn ?string nil where it was not installed; raises where it cannot be read
function asset.read(name)
  local where = folder()
  if not where then return nil end
  local bytes, message, err = system.read(where .. "/" .. name, LARGEST)
  if not bytes and err.cause ~= "missing" then error(("%s: %s"):format(name, message), 0) end
  return bytes
end

local function base64(bytes)
  local out = {}
  for at = 1, #bytes, 3 do
    local a, b, c = bytes:byte(at, at + 2)
    local bits = a << 16 | (b or 0) << 8 | (c or 0)
    for i = 0, 3 do
      local digit = (bits >> (18 - 6 * i) & 63) + 1
      local filler = i == 2 and not b or i == 3 and not c
      out[#out + 1] = filler and "=" or DIGITS:sub(digit, digit)
    end
  end
  return table.concat(out)
end

--- How a content policy names the text of an inline style or script.
-- @tparam string text
-- @treturn string "'sha256-…'"
function asset.policy_hash(text)
  local digest = system.sha256_of(text):gsub("%x%x", function(pair) return string.char(tonumber(pair,
    16)) end)
  return "'sha256-" .. base64(digest) .. "'"
end

return asset
