--- Words that show memory: db dw dd dq da du dps dds dqs.
-- @module poolsleuth.kd.memory
local address    = require "poolsleuth.kd.address"
local expression = require "poolsleuth.kd.expression"

local memory = {}

local SHOWN <const> = 128 -- bytes, where no range is given
local LARGEST <const> = 1 << 20
local TEXT <const> = 512

local function printable(bytes)
  return (bytes:gsub("[^\x20-\x7e]", "."))
end

-- What could be read; why not all of it.
local function read(session, start, size, out)
  if size > LARGEST then return out:fail("0x%x bytes are too many to show", size) end
  local bytes, why = session.dump:read(start, size)
  return bytes, why
end

local ROW <const> = 16

--- One line of memory: its address, its items, and its text.
-- @tparam Session session
-- @tparam int start
-- @tparam string bytes what is there, at most 16
-- @tparam int size of an item
-- @tparam int wanted bytes that the line should have
-- @tparam boolean with_text
-- @treturn string
function memory.row(session, start, bytes, size, wanted, with_text)
  local parts, here = {}, {}
  for at = 1, wanted, size do
    if at + size - 1 <= #bytes then
      local value = string.unpack("<I" .. size, bytes, at)
      here[#here + 1] = size == 8 and address.text(value, 64) or ("%0" .. size * 2 .. "x"):format(value)
    else
      here[#here + 1] = ("?"):rep(size * 2)
    end
  end
  local joined = table.concat(here, " ")
  if size == 1 and #here > 8 then joined = joined:sub(1, 23) .. "-" .. joined:sub(25) end
  parts[1] = session:address(start) .. "  " .. joined
  if with_text then parts[2] = "  " .. printable(bytes) .. ("?"):rep(wanted - #bytes) end
  return table.concat(parts)
end

local function show(size, with_text)
  return function(session, rest, out)
    rest = rest:gsub("^/c%s*%x+%s*", "")
    local start, count, more = expression.range(session, rest, size, SHOWN // size)
    if not start then return out:fail("%s", count) end
    if more ~= "" then return out:fail("'%s' is left over", more) end
    local bytes, why = read(session, start, count * size, out)
    if not bytes then return end
    out.data.memory = { { address = start, size = count * size, read = #bytes, missing = why } }
    for at = 0, count * size - 1, ROW do
      local wanted = math.min(ROW, count * size - at)
      out:line("%s", memory.row(session, start + at, bytes:sub(at + 1, at + wanted), size, wanted, with_text))
      if at > #bytes then break end
    end
    if why then out:fail("the memory at %s is %s", session:address(start + #bytes), why) end
  end
end

local function text_of(unit)
  return function(session, rest, out)
    local start, count, more = expression.range(session, rest, unit, TEXT)
    if not start then return out:fail("%s", count) end
    if more ~= "" then return out:fail("'%s' is left over", more) end
    local bytes, why = read(session, start, count * unit, out)
    if not bytes then return end
    local text = {}
    for at = 1, #bytes - unit + 1, unit do
      local code = string.unpack("<I" .. unit, bytes, at)
      if code == 0 then
        why = nil
        break
      end
      text[#text + 1] = code >= 0x20 and code < 0x7F and string.char(code) or "."
    end
    local whole = table.concat(text)
    out.data.text = whole
    for at = 1, math.max(1, #whole), 48 do
      out:line('%s  "%s"', session:address(start + (at - 1) * unit), whole:sub(at, at + 47))
    end
    if why then out:fail("the memory at %s is %s", session:address(start + #bytes), why) end
  end
end

local function pointers(width)
  return function(session, rest, out)
    local size = width or session.bits // 8
    local start, count, more = expression.range(session, rest, size, SHOWN // size)
    if not start then return out:fail("%s", count) end
    if more ~= "" then return out:fail("'%s' is left over", more) end
    local bytes, why = read(session, start, count * size, out)
    if not bytes then return end
    out.data.pointers = {}
    for at = 1, #bytes - size + 1, size do
      local value = address.extend(string.unpack("<I" .. size, bytes, at), session.bits)
      local name = address.symbol(session.dump, value)
      local where = start + at - 1
      out.data.pointers[#out.data.pointers + 1] = { address = where, value = value, symbol = name }
      out:line("%s  %s%s", session:address(where), address.text(value, size * 8), name and " " .. name or "")
    end
    if why then out:fail("the memory at %s is %s", session:address(start + #bytes), why) end
  end
end

memory[1] = { names = { "db" }, usage = "db RANGE", about = "bytes and text", run = show(1, true) }
memory[2] = { names = { "dw" }, usage = "dw RANGE", about = "words of 2 bytes", run = show(2, false) }
memory[3] = { names = { "dd" }, usage = "dd RANGE", about = "words of 4 bytes", run = show(4, false) }
memory[4] = { names = { "dq" }, usage = "dq RANGE", about = "words of 8 bytes", run = show(8, false) }
memory[5] = { names = { "dc" }, usage = "dc RANGE", about = "words of 4 bytes and text", run = show(4, true) }
memory[6] = { names = { "da" }, usage = "da ADDRESS", about = "a text of bytes", run = text_of(1) }
memory[7] = { names = { "du" }, usage = "du ADDRESS", about = "a text of UTF-16", run = text_of(2) }
memory[8] = { names = { "dps", "dp" }, usage = "dps RANGE", about = "pointers with their symbols",
              run = pointers() }
memory[9] = { names = { "dds" }, usage = "dds RANGE", about = "words of 4 bytes with their symbols",
              run = pointers(4) }
memory[10] = { names = { "dqs" }, usage = "dqs RANGE", about = "words of 8 bytes with their symbols",
               run = pointers(8) }

return memory
