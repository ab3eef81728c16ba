--- JSON without loss: 64-bit integers exact, signed and unsigned; fields in the order of a shape.
-- Bytes that are not UTF-8 are written as U+FFFD, because JSON has no place for them; where they
-- matter a field of its own gives them in hex (tag_hex).  What nobody would see, and what turns text around,
-- is written as an escape.
-- @module poolsleuth.json
local format = require "poolsleuth.format"

local json = {}

--- The value that is written as null; fields of a shape may simply be nil.
json.null = setmetatable({}, { __name = "json.null", __tostring = function() return "null" end })

--- A value of a document, nil where it is null.
-- @param value anything
-- @return value
function json.known(value)
  if value == json.null then return nil end
  return value
end

local Unsigned = { __name = "json.unsigned" }
Unsigned.__tostring = function(self) return format.unsigned(self.bits) end
Unsigned.__eq = function(a, b) return a.bits == b.bits end

--- An integer whose 64 bits are to be written as unsigned.
-- @tparam int bits
-- @treturn table
function json.unsigned(bits)
  return setmetatable({ bits = bits }, Unsigned)
end

local Array = { __name = "json.array" }

--- Mark a table as an array, so that an empty one is written as [].
-- @tparam table items
-- @treturn table the same table
function json.array(items)
  return setmetatable(items, Array)
end

--- The shape of an object: its fields in order.  A field that is nil is written as null.
-- @tparam string names separated by blanks
-- @tparam ?table of shapes of the fields that are not plain values
-- @treturn table
function json.object(names, of)
  local fields, known = {}, {}
  for name in names:gmatch "%S+" do
    fields[#fields + 1], known[name] = name, true
  end
  return { fields = fields, known = known, of = of or {} }
end

--- The shape of an array.
-- @tparam ?table item the shape of each item
-- @treturn table
function json.list(item)
  return { item = item or false }
end

--- The shape of a number: unsigned 64 bits, or an address written as a string "0x…".
json.UNSIGNED = { write = function(value) return format.unsigned(value) end }
json.ADDRESS = { write = function(value) return ('"0x%x"'):format(value) end }

local ESCAPES <const> = {
  ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f",
  ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t",
}

-- Valid UTF-8: each byte that is none becomes U+FFFD.
local function valid(text)
  local out, at = {}, 1
  while at <= #text do
    local bad_at = select(2, utf8.len(text, at))
    out[#out + 1] = text:sub(at, bad_at and bad_at - 1 or #text)
    if not bad_at then break end
    out[#out + 1] = "\u{FFFD}"
    at = bad_at + 1
  end
  return table.concat(out)
end

-- JSON's escape of a character.
local function escaped(code)
  if code < 0x10000 then return ("\\u%04x"):format(code) end
  code = code - 0x10000
  return ("\\u%04x\\u%04x"):format(0xd800 + (code >> 10), 0xdc00 + (code & 0x3ff))
end

local function quoted(text)
  local beyond_ascii = text:find "[\x80-\xff]"
  if beyond_ascii and not utf8.len(text) then text = valid(text) end
  if text:find '[%c"\\]' then
    text = text:gsub('[%c"\\]', function(c) return ESCAPES[c] or escaped(c:byte()) end)
  end
  if beyond_ascii then text = format.reveal(text, escaped) end
  return '"' .. text .. '"'
end

local function number(value)
  if math.type(value) == "integer" then return ("%d"):format(value) end
  if value ~= value or value == math.huge or value == -math.huge then return "null" end
  local text = ("%.14g"):format(value)
  if tonumber(text) ~= value then text = ("%.17g"):format(value) end
  return text
end

local write -- the three below call each other

local function write_array(out, value, shape, indent)
  if #value == 0 then
    out[#out + 1] = "[]"
    return
  end
  local inner = indent and indent .. "  "
  out[#out + 1] = "["
  for i, item in ipairs(value) do
    if i > 1 then out[#out + 1] = "," end
    if inner then out[#out + 1] = inner end
    write(out, item, shape and shape.item, inner)
  end
  if indent then out[#out + 1] = indent end
  out[#out + 1] = "]"
end

-- The fields of an object: those of its shape in order, then the others by name.
local function fields_of(value, shape)
  local extra = {}
  for name in pairs(value) do
    if type(name) ~= "string" then error("a JSON field needs a name, not " .. tostring(name), 0) end
    if not (shape and shape.known and shape.known[name]) then extra[#extra + 1] = name end
  end
  table.sort(extra)
  local fields = {}
  for i, name in ipairs(shape and shape.fields or {}) do fields[i] = name end
  return table.move(extra, 1, #extra, #fields + 1, fields)
end

local function write_object(out, value, shape, indent)
  local fields = fields_of(value, shape)
  if #fields == 0 then
    out[#out + 1] = "{}"
    return
  end
  local inner = indent and indent .. "  "
  local colon = indent and '": ' or '":'
  out[#out + 1] = "{"
  for i, name in ipairs(fields) do
    if i > 1 then out[#out + 1] = "," end
    if inner then out[#out + 1] = inner end
    out[#out + 1] = quoted(name):sub(1, -2) .. colon
    write(out, value[name], shape and shape.of and shape.of[name], inner)
  end
  if indent then out[#out + 1] = indent end
  out[#out + 1] = "}"
end

function write(out, value, shape, indent)
  local kind = type(value)
  if value == nil or value == json.null then
    out[#out + 1] = "null"
  elseif shape and shape.write and math.type(value) == "integer" then
    out[#out + 1] = shape.write(value)
  elseif kind == "string" then
    out[#out + 1] = quoted(value)
  elseif kind == "number" then
    out[#out + 1] = number(value)
  elseif kind == "boolean" then
    out[#out + 1] = tostring(value)
  elseif kind ~= "table" then
    error("a " .. kind .. " has no JSON form", 0)
  elseif getmetatable(value) == Unsigned then
    out[#out + 1] = tostring(value)
  elseif shape and shape.item ~= nil or getmetatable(value) == Array or #value > 0 then
    write_array(out, value, shape, indent)
  else
    write_object(out, value, shape, indent)
  end
end

--- Write a value as JSON.
-- @param value nil, boolean, number, string or table
-- @tparam ?table shape from object and list
-- @tparam ?table options `indent=true` for people
-- @treturn string
function json.encode(value, shape, options)
  local out = {}
  write(out, value, shape, options and options.indent and "\n" or nil)
  return table.concat(out)
end

local BIG <const> = "\u{1}unsigned"

-- Integers over 2^63-1 become objects that survive the reader, which would make floats of them.
local function guard_big(text)
  if not text:find "%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d" then return text end
  local out, at = {}, 1
  while true do
    local first, last = text:find('["%d]%d*', at)
    if not first then break end
    out[#out + 1] = text:sub(at, first - 1)
    if text:byte(first) == 0x22 then
      local from = first + 1
      repeat
        local stop = text:find('["\\]', from) or #text
        from = stop + (text:sub(stop, stop) == "\\" and 2 or 1)
      until text:sub(stop, stop) == '"' or from > #text
      out[#out + 1] = text:sub(first, from - 1)
      at = from
    else
      local digits, after = text:sub(first, last), text:sub(last + 1, last + 1)
      local before = text:sub(first - 1, first - 1)
      local big = #digits == 20 and digits <= "18446744073709551615"
        or #digits == 19 and digits > "9223372036854775807"
      if big and not after:find "[.eE]" and not before:find "[-+.eE]" then
        digits = ('{"%s":"%s"}'):format("\\u0001unsigned", digits)
      end
      out[#out + 1] = digits
      at = last + 1
    end
  end
  out[#out + 1] = text:sub(at)
  return table.concat(out)
end

local function from_digits(digits)
  local bits = 0
  for digit in digits:gmatch "%d" do bits = bits * 10 + (digit:byte() - 0x30) end
  return bits
end

local function restore_big(value)
  if type(value) ~= "table" or value == json.null then return value end
  if rawget(value, BIG) then return json.unsigned(from_digits(value[BIG])) end
  for name, item in pairs(value) do value[name] = restore_big(item) end
  return value
end

--- Read JSON.  null becomes json.null; an integer over 2^63-1 becomes a json.unsigned.
-- @tparam string text
-- @return[1] the value
-- @treturn[2] nil
-- @treturn[2] string what was wrong
-- @treturn[2] table `code`, `offset`
function json.decode(text)
  local dkjson = require "dkjson"
  local guarded = guard_big(text)
  local value, stopped, message = dkjson.decode(guarded, 1, json.null, nil, nil)
  if message then return nil, message, { code = "format", offset = stopped - 1 } end
  local rest = guarded:find("%S", stopped)
  if rest then
    return nil, "something follows the JSON value", { code = "format", offset = rest - 1 }
  end
  if guarded ~= text then value = restore_big(value) end
  return value
end

return json
