--- Pages of pool as the allocator of builds before 18362 cuts them up: blocks that tile each page, with a
-- header before every one.
-- @module tests.make.kernel.pool
local pool <const> = {}

local PAGE <const> = 4096

-- Tags that only these pages hold; the third is of protected blocks.
local TAGS <const> = { "Wlk1", "Wlk2", "Wlp\xf4" }
local STATES <const> = { nonpaged = { "there", "there", "there" },
  paged = { "there", "trimmed", "paged out" } }

--- Whether a build has such pages.
-- @tparam integer build
-- @treturn boolean
function pool.has_pages(build)
  return build < 18362
end

-- The word at a header's beginning: what was before, index, size, kind; sizes in units.
local function header(wide, before, index, size, kind)
  if wide then return ("<I1I1I1I1"):pack(before, index, size, kind) end
  return ("<I2I2"):pack(before | index << 9, size | kind << 9)
end

-- How a header says whose a block is: before Vista one is added, and nothing is free.
local function kind_of(build, side, free, quota)
  if free then return 0 end
  local paged <const> = side == "paged" and 1 or 0
  return (build < 6000 and paged + 1 or paged + 2) | (quota and 8 or 0)
end

-- One page: its bytes, and its blocks without their addresses.
local function page_of(build, wide, side, random)
  local unit <const> = wide and 16 or 8
  local parts <const>, blocks <const> = {}, {}
  local before, at, was_free = 0, 0, false
  while at < PAGE // unit do
    local left <const> = PAGE // unit - at
    local size = at == 0 and 4 + random(8) or math.min(left, 2 + random(40))
    if left - size < 3 then size = left end
    local free <const> = not was_free and random(5) == 0
    local tag <const> = TAGS[random(3) + 1]
    local start <const> = header(wide, before, side == "paged" and 1 or 0, size,
      kind_of(build, side, free, random(4) == 0)) .. tag .. (wide and ("\0"):rep(8) or "")
    parts[#parts + 1] = start .. string.char(0x41 + random(26)):rep(size * unit - #start)
    blocks[#blocks + 1] = { offset = at * unit, size = size * unit, previous_size = before * unit, tag = tag,
      pool = side, free = free }
    before, at, was_free = size, at + size, free
  end
  return { bytes = table.concat(parts), blocks = blocks }
end

--- Make up pages, and give the tags of their blocks their rows.
-- @tparam Machine m its `spec.tags` gets rows
-- @tparam function random
function pool.plan(m, random)
  m.pool_pages, m.pool_blocks = {}, {}
  if not pool.has_pages(m.spec.build) then return end
  local sums <const> = {}
  for _, side in ipairs { "nonpaged", "paged" } do
    for _, state in ipairs(STATES[side]) do
      local page <const> = page_of(m.spec.build, m.bits == 64, side, random)
      page.side, page.state = side, state
      m.pool_pages[#m.pool_pages + 1] = page
      for _, block in ipairs(page.blocks) do
        local sum <const> = sums[block.tag] or { nonpaged = { 0, 0 }, paged = { 0, 0 } }
        sums[block.tag] = sum
        if not block.free then
          sum[side][1], sum[side][2] = sum[side][1] + 1, sum[side][2] + block.size
        end
      end
    end
  end
  for i, tag in ipairs(TAGS) do
    local row <const> = { tag = tag }
    for side, sum in pairs(sums[tag]) do
      row[side] = sum[1] > 0 and { sum[1] + 7 * i, 7 * i, sum[2] } or nil
    end
    m.spec.tags[#m.spec.tags + 1] = row
  end
end

--- Put something into a page of its own, as a block that is in use with a free one behind it.
-- @tparam Machine m
-- @tparam string tag
-- @tparam integer lead bytes between the block's header and what is put: headers of objects
-- @tparam string bytes
-- @treturn integer where the bytes lie
function pool.put(m, tag, lead, bytes)
  local wide <const> = m.bits == 64
  local unit <const> = wide and 16 or 8
  local size <const> = (unit + lead + #bytes + unit - 1) // unit
  local before = header(wide, 0, 0, size, kind_of(m.spec.build, "nonpaged", false)) .. tag
  before = before .. ("\0"):rep(unit - #before + lead)
  local rest <const> = PAGE // unit - size
  local block <const> = before .. bytes .. ("\0"):rep(size * unit - #before - #bytes)
  local free <const> = header(wide, size, 0, rest, 0) .. "Free" .. ("\0"):rep(rest * unit - 8)
  m.places.nonpaged = m.places.nonpaged + PAGE - 1 & -PAGE
  local address <const> = m:put("nonpaged", block .. free, PAGE)
  m.single_pages = m.single_pages or {}
  table.insert(m.single_pages, { side = "nonpaged", state = "there", address = address, blocks = {
    { offset = 0, size = size * unit, previous_size = 0, tag = tag, pool = "nonpaged", free = false },
    { offset = size * unit, size = rest * unit, previous_size = size * unit, tag = "Free", pool = "nonpaged",
      free = true } } })
  return address + unit + lead
end

--- Let the blocks of one tag point at the driver that allocated them.
-- @tparam Machine m
-- @tparam table page
function pool.own(m, page)
  local owner <const> = m.modules[3]
  local lead <const> = m.bits == 64 and 16 or 8
  for _, block in ipairs(page.blocks) do
    if owner and block.tag == TAGS[1] and block.size >= lead + 8 then
      m.space:write(block.address + lead, m:pointer(owner.base + 0x1000))
    end
  end
end

--- Lay the pages into memory: between them lies one that nothing is mapped to.
-- @tparam Machine m
function pool.lay(m)
  for _, page in ipairs(m.pool_pages) do
    m.places[page.side] = (m.places[page.side] + PAGE - 1 & -PAGE) + PAGE
    page.address = m:put(page.side, page.bytes, PAGE)
  end
  for _, page in ipairs(m.single_pages or {}) do m.pool_pages[#m.pool_pages + 1] = page end
  for _, page in ipairs(m.pool_pages) do
    for _, block in ipairs(page.blocks) do
      block.address, block.state = page.address + block.offset, page.state
      m.pool_blocks[#m.pool_blocks + 1] = block
    end
    pool.own(m, page)
    if page.state == "trimmed" then m.space:trim(page.address) end
    if page.state == "paged out" then m.space:page_out(page.address, 0x4321) end
  end
end

return pool
