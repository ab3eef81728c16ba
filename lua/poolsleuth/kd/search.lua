--- The word s: a search through virtual memory, or through all physical memory.
-- @module poolsleuth.kd.search
local address    = require "poolsleuth.kd.address"
local expression = require "poolsleuth.kd.expression"
local memory     = require "poolsleuth.kd.memory"

local SIZES <const> = { b = 1, w = 2, d = 4, q = 8, a = 1, u = 1 }
local LIMIT <const> = 1000

-- "range rest" for a word's type; the range's items are bytes.
local function range_of(session, text)
  local start, rest = expression.read(session, text)
  if not start then return nil, rest end
  local sure, length = rest:match "^[lL](%??)%s*(.*)$"
  if not length then
    local last
    last, rest = expression.read(session, rest)
    if not last then return nil, rest end
    if last - start < 0 then return nil, "the range ends before it begins" end
    return start, last - start, rest
  end
  local count
  count, rest = expression.read(session, length)
  return count and start, count or rest, rest, sure == "?"
end

local function text_pattern(kind, rest)
  local text = rest:match '^"(.-)"?$' or rest
  if text == "" then return nil, "a text is missing" end
  if kind == "a" then return text end
  return (text:gsub(".", "%0\0"))
end

local function value_pattern(session, size, rest)
  local parts = {}
  while rest ~= "" do
    local quoted = rest:match '^"(.-)"'
    local value
    if quoted then
      parts[#parts + 1], rest = quoted, rest:sub(#quoted + 3):match "^%s*(.*)$"
    else
      value, rest = expression.read(session, rest)
      if not value then return nil, rest end
      local mask = size == 8 and -1 or (1 << size * 8) - 1
      parts[#parts + 1] = string.pack("<I" .. size, value & mask)
    end
  end
  if #parts == 0 then return nil, "a value is missing" end
  return table.concat(parts)
end

local function show(session, found, size, out)
  for _, at in ipairs(found) do
    local bytes = out.physical and session.dump:read_physical(at, 16) or session.dump:read(at, 16)
    local row = memory.row(session, at, bytes, size, 16, true)
    if out.physical then row = row:gsub("^%S+", ("%010x"):format(at), 1) end
    out:line("%s", row)
  end
  if found.more then out:line("*** there are more: the search ended at %d", #found) end
  if found.stopped then out:fail "stopped by Ctrl-C" end
end

-- What 0 and the whole address space means to a memory image: its physical memory.
local function is_everything(session, start, length, sure)
  return sure and start == 0 and (length == -1 or length >= (session.bits == 32 and 0xFFFFFFFF or 1 << 47))
end

local function search(session, rest, out)
  local kind, after = rest:match "^%-%[?%a*%]?(%a)%s+(.*)$"
  if not kind then kind, after = "b", rest end
  local size = SIZES[kind]
  if not size then return out:fail("s -%s is not known: -b -w -d -q -a -u are", kind) end
  local start, length, what, sure = range_of(session, after)
  if not start then return out:fail("%s", length) end
  local pattern, why
  if kind == "a" or kind == "u" then pattern, why = text_pattern(kind, what)
  else pattern, why = value_pattern(session, size, what) end
  if not pattern then return out:fail("%s", why) end
  local physical = is_everything(session, start, length, sure) and session.facts.container ~= "triage dump"
  local found, message = session.dump:search(pattern, {
    start = start, length = physical and -1 or length, step = size, physical = physical, limit = LIMIT,
    progress = session.progress })
  if not found then return out:fail("%s", message) end
  out.physical = physical
  out.data.search = { physical = physical, start = start, searched = found.searched, missing = found.missing,
                      more = found.more, hits = {} }
  for i, at in ipairs(found) do
    local symbol = not physical and address.symbol(session.dump, at) or nil
    out.data.search.hits[i] = { address = at, symbol = symbol }
  end
  show(session, found, (kind == "a" or kind == "u") and 1 or size, out)
  if #found == 0 and found.searched == 0 then
    out:fail("nothing of that range can be read: it is %s", found.missing_why or "empty")
  elseif #found == 0 and found.missing > 0 then
    out:line("*** not found; 0x%x bytes of the range could not be searched: %s", found.missing,
      found.missing_why)
  end
end

return {
  { names = { "s" }, usage = "s -b|-w|-d|-q|-a|-u RANGE VALUE",
    about = "search; 0 L?ffffffffffffffff is all physical memory", run = search },
}
