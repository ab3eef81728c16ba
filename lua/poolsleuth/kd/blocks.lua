--- A page's blocks of pool: !pool, and which block holds an address.
-- @module poolsleuth.kd.blocks
local expression = require "poolsleuth.kd.expression"
local format     = require "poolsleuth.format"

local blocks = {}

local CONTENTS <const>, ALONE <const> = 1, 2
local SHOWN <const> = 32 -- bytes of contents

local function contains(block, value)
  return not math.ult(value, block.address) and math.ult(value - block.address, block.size)
end

--- The block of a page or more that holds an address.
-- @tparam Dump dump
-- @tparam int value
-- @treturn[1] ?table of Dump:big_blocks; nil where none does
-- @treturn[2] nil
-- @treturn[2] string why the table cannot be read
function blocks.big_at(dump, value)
  local list, why = dump:big_blocks()
  if not list then return nil, why end
  for _, block in ipairs(list) do
    if contains(block, value) then return block end
  end
end

--- The small block that holds an address: only one of a page whose headers chain is believed.
-- @tparam Dump dump
-- @tparam int value
-- @treturn ?table of Dump:pool_page
function blocks.small_at(dump, value)
  local page = dump:pool_page(value)
  if not page or not page.whole then return nil end
  for _, block in ipairs(page.blocks) do
    if contains(block, value) then return block end
  end
end

local function is_protected(block)
  return block.value & 0x80000000 ~= 0
end

--- A block as documents have it.
-- @tparam table block
-- @treturn table
function blocks.data(block)
  return { address = block.address, size = block.size, previous_size = block.previous_size,
           tag = format.tag_text(block.tag), tag_hex = format.tag_hex(block.tag), pool = block.pool,
           state = block.free and "free" or "allocated", protected = is_protected(block) or nil }
end

--- "e1001050 size:   10 previous size:   10  (Allocated) ObDi"
-- @tparam Session session
-- @tparam table block
-- @tparam string mark in front of the tag
-- @treturn string
function blocks.row(session, block, mark)
  return ("%s size: %4x previous size: %4x  %s %s%s%s"):format(session:address(block.address), block.size,
    block.previous_size, block.free and "(Free)     " or "(Allocated)", mark, format.tag_text(block.tag),
    not block.free and is_protected(block) and " (Protected)" or "")
end

local function describe(session, block, out)
  local told = session.knowledge and session.knowledge:tagfile(block.tag)[1]
  if told then
    out:line("\t\tPooltag %s : %s%s", format.tag_text(block.tag), told.text,
      told.binary and ", Binary : " .. told.binary or "")
  end
end

local function show_contents(session, block, out)
  local bytes = session.dump:read(block.address, math.min(SHOWN, block.size))
  for at = 1, #bytes - 15, 16 do
    out:line("    %s  %08x %08x %08x %08x", session:address(block.address + at - 1),
      string.unpack("<I4I4I4I4", bytes, at))
  end
end

local function show_big(session, block, out)
  local data = blocks.data(block)
  data.state, data.large = "allocated", true
  out.data.poolfind = { data }
  out:line("*%s : large page allocation, tag is %s, size is 0x%x bytes, %s pool",
    session:address(block.address), format.tag_text(block.tag), block.size, block.pool or "unknown")
  describe(session, block, out)
end

local function show_page(session, page, value, flags, out)
  local list = {}
  out.data.pool = { address = page.address, pool = page.pool, whole = page.whole, broken = page.broken,
                    blocks = list }
  out:line("Pool page %s region is %s pool", session:address(value),
    page.pool and (page.pool == "paged" and "Paged" or "Nonpaged") or "unknown")
  for i, block in ipairs(page.blocks) do
    list[i] = blocks.data(block)
    local asked = contains(block, value)
    list[i].marked = asked or nil
    if asked or flags & ALONE == 0 then
      out:line("%s%s", asked and "*" or " ", blocks.row(session, block, asked and "*" or " "))
      if asked then describe(session, block, out) end
      if flags & CONTENTS ~= 0 then show_contents(session, block, out) end
    end
  end
end

local function small(session, value, flags, out)
  local page, why = session.dump:pool_page(value)
  if not page then return nil, why end
  if not page.whole and #page.blocks < 2 then
    return nil, ("it is in no page of small blocks: %s"):format(page.broken)
  end
  show_page(session, page, value, flags, out)
  if not page.whole then
    out:fail("the page is corrupt or not the pool's, its blocks do not chain: %s", page.broken)
  end
  return true
end

local function pool(session, rest, out)
  local value, more = expression.read(session, rest)
  if not value then return out:fail("%s", more) end
  local flags = 0
  if more ~= "" then
    local why
    flags, why = expression.only(session, more)
    if not flags then return out:fail("%s", why) end
  end
  local big, no_table = blocks.big_at(session.dump, value)
  if big then return show_big(session, big, out) end
  local done, why = small(session, value, flags, out)
  if done then return end
  out:fail("%s is in no block that is known", session:address(value))
  out:line("*** a page or more: %s", no_table or "it is in no block of the big-page table")
  out:line("*** smaller: %s", why)
end

blocks[1] = { names = { "!pool" }, usage = "!pool ADDRESS [FLAGS]",
  about = "the blocks of a page; flags: 1 with contents, 2 only the one that holds the address", run = pool }

return blocks
