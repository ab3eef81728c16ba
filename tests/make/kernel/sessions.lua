--- Sessions of a made-up machine, from Vista on: each has memory of its own at addresses that all share, and
-- there a table of tags and one of big blocks.  Layouts are the published ones.
-- @module tests.make.kernel.sessions
local sessions <const> = {}

local PAGE <const> = 4096

-- Where a process names its session, and where the session names its tables: the two of tags, with their
-- sizes behind them.
local fields <const> = {
  [32] = {
    { 6000, 0x148, 0x1e54, 0x1e5c }, { 6001, 0x148, 0x1e6c, 0x1e74 }, { 7600, 0x168, 0x1fc8, 0x1fd0 },
    { 9200, 0x144, 0x1f74, 0x1f7c }, { 9600, 0x144, 0x1ff8, 0x2000 }, { 19041, 0x180, 0x2424, 0x242c },
  },
  [64] = {
    { 6000, 0x230, 0x1db8, 0x1dc8 }, { 6001, 0x230, 0x1dd8, 0x1de8 }, { 7600, 0x2d8, 0x1f30, 0x1f40 },
    { 9200, 0x3f0, 0x1f40, 0x1f50 }, { 9600, 0x3f0, 0x1f98, 0x1fa8 }, { 10240, 0x400, 0x1ef0, 0x1f00 },
    { 15063, 0x400, 0x1fb0, 0x1fc0 }, { 17134, 0x400, 0x2028, 0x2038 }, { 18362, 0x400, 0x4e8, 0x4f8 },
    { 19041, 0x558, 0x3d0, 0x3e0 },
  },
}
local BASE <const> = { x86 = 0xbd000000, pae = 0xbd000000, x64 = 0xfffff90000000000 }
local ENTRIES <const>, BIGS <const> = 64, 64

-- What sessions hold; the second one's numbers are others.
local TAGS <const> = { "Gh05", "Usac", "Gla1", "Uspi", "Gtmp" }

--- Whether a machine has sessions that its dumps tell of.
-- @tparam table spec
-- @treturn boolean
function sessions.are_known(spec)
  return spec.build >= 6000 and spec.build < 20000 and BASE[spec.mode] ~= nil
end

local function fields_of(spec, bits)
  local found
  for _, row in ipairs(fields[bits]) do
    if spec.build >= row[1] then found = row end
  end
  return found
end

-- One session: what tells of it lies where all can read it, its tables in memory of its own.
local function lay_one(m, space, global, id, entry_of, big_of)
  local base <const> = BASE[m.spec.mode]
  local bigs <const> = base + 4 * PAGE
  local is <const> = fields_of(m.spec, m.bits)
  local session <const> = { id = id, tags = {}, big = {} }
  space:map(base, 8)
  m.space:write(global + 8, ("<I4"):pack(id))
  m.space:write(global + is[3], m:pointer(base) .. m:pointer(ENTRIES))
  m.space:write(global + is[4], m:pointer(bigs) .. m:pointer(BIGS))
  for i, tag in ipairs(TAGS) do
    local numbers <const> = { 100 * i + 7 * id, 10 * i, (90 * i + 7 * id) * 64 }
    local entry <const> = entry_of(tag, { 0, 0, 0 }, numbers)
    space:write(base + (11 * i % ENTRIES) * #entry, entry)
    session.tags[tag] = { paged = { allocs = numbers[1], frees = numbers[2], bytes = numbers[3],
      diff = numbers[1] - numbers[2] } }
  end
  for slot = 0, BIGS - 1 do
    local used <const> = slot % 16 == id + 3
    local item <const> = { address = used and base + 0x10000 + slot * PAGE or 0, size = PAGE * (1 + slot % 3),
      tag = TAGS[1 + slot % #TAGS], pool = "paged", free = not used }
    local text <const> = big_of(item)
    space:write(bigs + slot * #text, text)
    if used then session.big[#session.big + 1] = item end
  end
  m.sessions[#m.sessions + 1] = session
end

--- Lay the sessions that the machine's processes are in: the last thing that is mapped.
-- @tparam Machine m
-- @tparam function entry_of an entry of a tag table: tag, and three numbers of each pool
-- @tparam function big_of an entry of a big-page table
function sessions.lay(m, entry_of, big_of)
  m.sessions = {}
  if not sessions.are_known(m.spec) then return end
  local globals <const>, spaces <const> = {}, {}
  for _, process in ipairs(m.spec.processes or {}) do
    if process.session then
      globals[process.session] = globals[process.session] or m:room("nonpaged", 5 * PAGE, PAGE)
    end
  end
  for _, process in ipairs(m.spec.processes or {}) do
    local id <const> = process.session
    if id and not spaces[id] then
      spaces[id] = m.space:fork(m.places.self)
      lay_one(m, spaces[id], globals[id], id, entry_of, big_of)
    end
    if id then
      m.space:write(process.address + fields_of(m.spec, m.bits)[2], m:pointer(globals[id]))
      m.space:write(process.address + (m.bits == 64 and 0x28 or 0x18), m:pointer(spaces[id].root << 12))
    end
  end
end

return sessions
