--- Words for where an address lies: !pte, what.
-- @module poolsleuth.kd.places
local address    = require "poolsleuth.kd.address"
local blocks     = require "poolsleuth.kd.blocks"
local expression = require "poolsleuth.kd.expression"
local format     = require "poolsleuth.format"

local NAMES <const> = {
  [2] = { "PDE", "PTE" }, [3] = { "PPE", "PDE", "PTE" }, [4] = { "PXE", "PPE", "PDE", "PTE" },
  [5] = { "P5E", "PXE", "PPE", "PDE", "PTE" },
}

-- How many levels the tables of the target have; the trail may end before the last.
local function levels(session, trail)
  if session.bits == 64 then return math.max(4, #trail) end
  return session.facts.pae and 3 or math.max(2, #trail)
end

local function pte(session, rest, out)
  local value, why = expression.only(session, rest)
  if not value then return out:fail("%s", why) end
  local to, message = session.dump:translate(value)
  out.data.translation = { address = value, physical = to.physical, page_size = to.page_size,
                           held = to.held, entries = to.entries, missing = message }
  out:line("VA %s", session:address(value))
  local names = NAMES[levels(session, to.entries)] or {}
  for i, entry in ipairs(to.entries) do
    out:line("%s at %010x  contains %016x%s", names[i] or "entry", entry.address, entry.value,
      entry.value & 1 == 1 and "  valid" or "  not valid")
  end
  if message then return out:fail("%s is %s", session:address(value), message) end
  out:line("physical address %010x, in a page of 0x%x bytes%s%s", to.physical, to.page_size,
    to.transition and ", in transition" or "", to.prototype and ", through a prototype entry" or "")
  if not to.held then out:fail "the page is not in the dump" end
end

local function what(session, rest, out)
  local value, why = expression.only(session, rest)
  if not value then return out:fail("%s", why) end
  local text, place = address.symbol(session.dump, value)
  out.data.place = { address = value }
  if place then
    local module = session:module_at(value)
    out.data.place.module, out.data.place.symbol = place.file, text
    out:line("%s: %s, in %s (%s to %s)", session:address(value), text, place.file,
      session:address(place.base), session:address(place.base + (module and module.size or 0)))
    return
  end
  local block = blocks.big_at(session.dump, value) or blocks.small_at(session.dump, value)
  if block then
    out.data.place.tag, out.data.place.pool = format.tag_text(block.tag), block.pool
    out.data.place.tag_hex = format.tag_hex(block.tag)
    out:line("%s: in a %sblock of %s pool at %s, 0x%x bytes, tag %s", session:address(value),
      block.free and "free " or "", block.pool or "", session:address(block.address), block.size,
      format.tag(block.tag))
    return
  end
  local bytes, missing = session.dump:read(value, 1)
  if #bytes == 0 then return out:fail("%s: in no loaded module, and %s", session:address(value), missing) end
  out:line("%s: in no loaded module; it can be read", session:address(value))
end

return {
  { names = { "!pte" }, usage = "!pte ADDRESS", about = "how an address is translated", run = pte },
  { names = { "what", "!address" }, usage = "what ADDRESS", about = "what an address belongs to",
    run = what },
}
