--- A made-up machine: a kernel and drivers in memory, with what the kernel keeps of modules, processors
-- and pool.  Every layout here comes from the published ones and from nothing of the reader.
-- @module tests.make.kernel.machine
local memory <const> = require "tests.make.kernel.memory"
local pool <const> = require "tests.make.kernel.pool"
local portable <const> = require "tests.make.kernel.portable"
local sessions <const> = require "tests.make.kernel.sessions"
local space <const> = require "tests.make.kernel.space"

local machine <const> = {}
machine.__index = machine

local PAGE <const> = 4096

--- Numbers that are the same everywhere.
local function generator(seed)
  return function(limit)
    seed = (seed * 1103515245 + 12345) & 0x7fffffff
    return (seed >> 8) % limit
  end
end

-- A structure: fields are { offset, format, value }.
local function structure(size, fields)
  local bytes = ("\0"):rep(size)
  for _, field in ipairs(fields) do
    local text <const> = field[2]:pack(field[3])
    bytes = bytes:sub(1, field[1]) .. text .. bytes:sub(field[1] + #text + 1)
  end
  return bytes
end
machine.structure = structure

local function utf16(text)
  return (text:gsub(".", "%0\0"))
end

-- --- places -----------------------------------------------------------------------------------

-- Where things lie: next free address of each region.
local regions <const> = {
  x86 = { base = 0x80800000, drivers = 0xf7000000, nonpaged = 0x82000000, paged = 0xe1000000,
    expansion = 0xfb000000, shared = 0xffdf0000, self = 0x300 },
  pae = { base = 0x80800000, drivers = 0xf7000000, nonpaged = 0x82000000, paged = 0xe1000000,
    expansion = 0xfb000000, shared = 0xffdf0000, self = 0 },
  x64 = { base = 0xfffff80002a00000, drivers = 0xfffff88001000000, nonpaged = 0xfffffa8000c00000,
    paged = 0xfffff8a000000000, expansion = 0xfffffa8100000000, shared = 0xfffff78000000000, self = 0x1ed },
  la57 = { base = 0xfffff80424600000, drivers = 0xfffff80431000000, nonpaged = 0xff1d8f0400000000,
    paged = 0xff2e850000000000, expansion = 0xff1d8f8000000000, shared = 0xfffff78000000000, self = 0x1b3 },
  arm64 = { base = 0xfffff80060200000, drivers = 0xfffff80064400000, nonpaged = 0xffffb30a00000000,
    paged = 0xffff9a8a00000000, expansion = 0xffffb30b00000000, shared = 0xfffff78000000000, self = 0x177 },
}

--- Room in a region.
-- @tparam string region "nonpaged", "paged" or "expansion"
-- @tparam integer size
-- @tparam[opt=16] integer align
-- @treturn integer its address
function machine:room(region, size, align)
  align = align or 16
  local at <const> = (self.places[region] + align - 1) // align * align
  self.places[region] = at + size
  local first <const> = at & ~0xfff
  self.space:map(first, ((at + size + PAGE - 1) & ~0xfff) - first >> 12)
  return at
end

--- Room with bytes in it.
function machine:put(region, bytes, align)
  local at <const> = self:room(region, #bytes, align)
  self.space:write(at, bytes)
  return at
end

--- An address as the machine writes it.
function machine:pointer(value)
  if self.bits == 64 then return ("<i8"):pack(value) end
  return ("<I4"):pack(value & 0xffffffff)
end

--- The address of a variable or function of the kernel.
function machine:symbol(name)
  return self.kernel_base + assert(self.symbols[name], "the kernel has no " .. name)
end

--- Set a variable of the kernel, where it has it.
-- @tparam string name
-- @tparam string bytes
-- @tparam[opt=0] integer offset
function machine:set(name, bytes, offset)
  if self.symbols[name] then self.space:write(self:symbol(name) + (offset or 0), bytes) end
end

function machine:set_pointer(name, value) self:set(name, self:pointer(value)) end

-- --- modules ----------------------------------------------------------------------------------

local function read_file(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read("a")
end

-- RVAs of public names, from the linker's map.
local function read_map(path, base)
  local symbols <const> = {}
  for line in io.lines(path) do
    local name, address = line:match("^ %x+:%x+%s+(%S+)%s+(%x+)%s")
    if name and #address == 16 then
      local plain <const> = name:gsub("^[_@]", ""):gsub("@%d+$", "")
      symbols[plain] = symbols[plain] or tonumber(address, 16) - base
      symbols[name] = symbols[name] or tonumber(address, 16) - base
    end
  end
  return symbols
end

local function load_kernel(self, files)
  local image <const> = portable.map(read_file(files .. ".exe"))
  self.symbols = read_map(files .. ".map", image.base)
  self.kernel = image
  self.kernel_base = self.spec.kernel_base or self.places.base
  portable.relocate(image, self.kernel_base)
  self.exports = portable.exports(image)
  local pages <const> = (image.size + PAGE - 1) // PAGE
  self.space:map_large(self.kernel_base, pages)
  self.space:write(self.kernel_base, image.bytes)
  self.pdb = portable.pdb(image)
end

-- Lay a driver into memory: each page of its own, INIT gone, one page of a PAGE section in the page file.
local function load_driver(self, item)
  local image <const> = portable.map(read_file(item.file))
  portable.relocate(image, item.base)
  item.slots = portable.bind(image, function(_, name)
    return self.exports[name] and self.kernel_base + self.exports[name]
  end)
  local gone <const> = {}
  for _, section in ipairs(image.sections) do
    if section.discardable then
      for rva = section.rva, section.rva + section.size - 1, PAGE do gone[rva // PAGE] = true end
    end
  end
  for page = 0, (image.size + PAGE - 1) // PAGE - 1 do
    if not gone[page] then
      self.space:map(item.base + page * PAGE, 1)
      self.space:write(item.base + page * PAGE, image.bytes:sub(page * PAGE + 1, (page + 1) * PAGE))
    end
  end
  item.size, item.timestamp, item.checksum, item.entry = image.size, image.timestamp, image.checksum,
    image.entry
  item.image = image
end

local function unicode(self, text, region)
  local at <const> = self:put(region, utf16(text) .. "\0\0", 8)
  local pad <const> = self.bits == 64 and "\0\0\0\0" or ""
  return ("<I2I2"):pack(2 * #text, 2 * #text + 2) .. pad .. self:pointer(at)
end

-- A module's path, in paged pool: as it was put there, trimmed (its page waits on a list) or paged out.
local function path_of(self, item)
  if not item.path_page then return unicode(self, item.path, "paged") end
  self.places.paged = (self.places.paged + PAGE - 1) & ~0xfff
  local page <const> = self.places.paged
  local text <const> = unicode(self, item.path, "paged")
  self.places.paged = page + PAGE
  if item.path_page == "trimmed" then
    self.space:trim(page)
  else
    self.space:page_out(page, 0x1234)
  end
  return text
end

-- One loaded module's entry, without its links.
local function module_entry(self, item)
  local wide <const> = self.bits == 64
  local new <const> = self.spec.build >= 10240
  local full <const>, base <const> = path_of(self, item), unicode(self, item.name, "nonpaged")
  local p <const> = wide and "<i8" or "<I4"
  local raw <const> = function(text) return "c" .. #text end
  local fields <const> = wide and {
    { 0x30, p, item.base }, { 0x38, p, item.base + item.entry }, { 0x40, "<I4", item.size },
    { 0x48, raw(full), full }, { 0x58, raw(base), base }, { 0x68, "<I4", 0x09104000 }, { 0x6c, "<I2", 1 },
    { 0x78, "<I4", item.checksum }, { new and 0x9c or 0x80, "<I4", item.timestamp } }
  or {
    { 0x18, p, item.base }, { 0x1c, p, item.base + item.entry }, { 0x20, "<I4", item.size },
    { 0x24, raw(full), full }, { 0x2c, raw(base), base }, { 0x34, "<I4", 0x09104000 }, { 0x38, "<I2", 1 },
    { 0x40, "<I4", item.checksum }, { new and 0x58 or 0x44, "<I4", item.timestamp } }
  return structure(wide and (new and 0xa0 or 0x98) or (new and 0x5c or 0x50), fields)
end

-- Link entries of a list whose head is a variable; links lie at their beginning.
local function link(self, head, entries)
  for i = 0, #entries do
    local at <const> = i == 0 and head or entries[i]
    local forward <const> = i == #entries and head or entries[i + 1]
    local backward <const> = i <= 1 and (i == 1 and head or entries[#entries] or head) or entries[i - 1]
    self.space:write(at, self:pointer(forward) .. self:pointer(backward))
  end
end

local function load_modules(self)
  local entries <const> = {}
  local kernel <const> = { name = "ntoskrnl.exe", path = self.spec.kernel_path
    or "\\SystemRoot\\system32\\ntoskrnl.exe",
    base = self.kernel_base, size = self.kernel.size, timestamp = self.kernel.timestamp,
    checksum = self.kernel.checksum, entry = self.kernel.entry }
  self.modules = { kernel }
  for _, item in ipairs(self.spec.modules or {}) do
    load_driver(self, item)
    self.modules[#self.modules + 1] = item
  end
  for i, item in ipairs(self.modules) do entries[i] = self:put("nonpaged", module_entry(self, item)) end
  link(self, self:symbol("PsLoadedModuleList"), entries)
end

local function unload_drivers(self)
  local wide <const> = self.bits == 64
  local size <const> = wide and 0x28 or 0x18
  local p <const> = wide and "<i8" or "<I4"
  local list <const> = {}
  for i = 1, 50 do
    local item <const> = (self.spec.unloaded or {})[i]
    if item then
      local name <const> = unicode(self, item.name, "nonpaged")
      local base <const> = wide and item.base or item.base & 0xffffffff
      local time <const> = (item.time + 11644473600) * 10000000
      list[i] = wide and structure(size, { { 0, "c16", name }, { 0x10, p, base }, { 0x18, p,
        base + item.size },
        { 0x20, "<i8", time } })
      or structure(size, { { 0, "c8", name }, { 8, p, base }, { 0xc, p, base + item.size }, { 0x10, "<i8",
        time } })
    else
      list[i] = ("\0"):rep(size)
    end
  end
  self:set_pointer("MmUnloadedDrivers", self:put("nonpaged", table.concat(list)))
  self:set("MmLastUnloadedDriver", ("<I4"):pack(#(self.spec.unloaded or {})))
end

-- --- pool -------------------------------------------------------------------------------------

-- Tracker entries by name: size, where the key's six numbers lie, how wide counts are.
local trackers <const> = {
  ["32"] = { size = 0x1c, np = { 0x04, 0x08, 0x0c }, pp = { 0x10, 0x14, 0x18 }, count = "<I4",
    bytes = "<I4" },
  ["32-wide"] = { size = 0x30, np = { 0x08, 0x10, 0x04 }, pp = { 0x20, 0x28, 0x18 }, count = "<i8",
    bytes = "<I4" },
  ["32-limits"] = { size = 0x40, np = { 0x08, 0x10, 0x04 }, pp = { 0x20, 0x28, 0x18 }, count = "<i8",
    bytes = "<I4", limits = 0x30 },
  ["64"] = { size = 0x28, np = { 0x04, 0x08, 0x10 }, pp = { 0x18, 0x1c, 0x20 }, count = "<I4",
    bytes = "<i8" },
  ["64-wide"] = { size = 0x38, np = { 0x10, 0x18, 0x08 }, pp = { 0x28, 0x30, 0x20 }, count = "<i8",
    bytes = "<i8" },
  ["64-limits"] = { size = 0x50, np = { 0x10, 0x18, 0x08 }, pp = { 0x28, 0x30, 0x20 }, count = "<i8",
    bytes = "<i8",
    limits = 0x38 },
}
machine.trackers = trackers

--- The tracker layout of a build.
-- @tparam integer build
-- @tparam integer bits
-- @treturn string
function machine.tracker_of(build, bits)
  if build < 16299 then return tostring(bits) end
  return bits .. (build >= 20348 and "-limits" or "-wide")
end

-- One of a tag's rows on one processor: { allocs, frees, bytes } of each pool.
local function tracker_entry(layout, tag, np, pp)
  local narrow <const> = layout.count == "<I4" and 0xffffffff or -1
  local short <const> = layout.bytes == "<I4" and 0xffffffff or -1
  local fields <const> = { { 0, "c4", tag } }
  for side, numbers in pairs { np = np, pp = pp } do
    local at <const> = layout[side]
    fields[#fields + 1] = { at[1], layout.count, numbers[1] & narrow }
    fields[#fields + 1] = { at[2], layout.count, numbers[2] & narrow }
    fields[#fields + 1] = { at[3], layout.bytes, numbers[3] & short }
  end
  if layout.limits then
    local p <const> = layout.bytes == "<I4" and "<i4" or "<i8"
    fields[#fields + 1] = { layout.limits, p, -1 }
    fields[#fields + 1] = { layout.limits + p:packsize(), p, -1 }
  end
  return structure(layout.size, fields)
end

-- Split a pool's numbers over processors: what one took another may give back, so that some are negative.
local function split(numbers, parts, random)
  local out <const> = {}
  local left <const> = { numbers[1], numbers[2], numbers[3] }
  for i = 1, parts do
    local share <const> = { left[1], left[2], left[3] }
    if i < parts then
      share[1] = left[1] * random(1000) // 1000
      share[2] = left[2] * random(1000) // 1000
      share[3] = numbers[1] == 0 and 0 or numbers[3] * (random(3000) - 1000) // 1000
    end
    for k = 1, 3 do left[k] = left[k] - share[k] end
    out[i] = share
  end
  return out
end

local ZERO <const> = { 0, 0, 0 }

local function tracker_table(layout, count, entries)
  local rows <const> = {}
  local empty <const> = ("\0"):rep(layout.size)
  for i = 1, count do rows[i] = entries[i - 1] or empty end
  return table.concat(rows)
end

-- Slots in an order of no order; nil when all are taken.
local function free_slots(count, first, random)
  local list <const> = {}
  for slot = first, count - 2 do list[#list + 1] = slot end
  return function()
    if #list == 0 then return nil end
    return table.remove(list, random(#list) + 1)
  end
end

local function lay_trackers(self)
  local spec <const>, random <const> = self.spec, self.random
  local layout <const> = trackers[self.tracker]
  local many <const> = spec.build >= 6000
  local tables <const> = many and spec.processors or 1
  local count <const> = spec.tracker_count or 2049
  local slot <const> = free_slots(count, #spec.tags > count - 2 and 0 or 1, random)
  local columns <const>, expansion <const> = {}, {}
  for i = 1, tables do columns[i] = {} end
  local expansion_size <const> = 128
  local expansion_slot <const> = free_slots(expansion_size, 1, random)
  for _, row in ipairs(spec.tags) do
    local np <const>, pp <const> = row.nonpaged or ZERO, row.paged or ZERO
    local at <const> = row.tag == "Ovfl" and count - 1 or slot()
    if at then
      local nps <const>, pps <const> = split(np, tables, random), split(pp, tables, random)
      for i = 1, tables do columns[i][at] = tracker_entry(layout, row.tag, nps[i], pps[i]) end
    else
      assert(many, "the table is too small")
      expansion[expansion_slot()] = tracker_entry(layout, row.tag, np, pp)
    end
  end
  local pointers <const> = {}
  self.tracker_tables = {}
  for i = 1, tables do
    local at <const> = self:put("nonpaged", tracker_table(layout, count, columns[i]), PAGE)
    self.places.nonpaged = (self.places.nonpaged + PAGE - 1) & ~0xfff
    pointers[i], self.tracker_tables[i] = self:pointer(at), at
  end
  self:set("PoolTrackTable", pointers[1])
  self:set_pointer("PoolTrackTableSize", count)
  self:set_pointer("PoolTrackTableMask", count - 2)
  if not many then return end
  self:set("ExPoolTagTables", table.concat(pointers) .. self:pointer(0))
  local at <const> = self:put("nonpaged", tracker_table(layout, expansion_size, expansion), PAGE)
  self.expansion_table = at
  self:set_pointer("PoolTrackTableExpansion", at)
  self:set_pointer("PoolTrackTableExpansionSize", expansion_size)
end

-- One entry of the big-page table.
local function big_entry(self, item)
  local build <const>, wide <const> = self.spec.build, self.bits == 64
  local p <const> = wide and "<i8" or "<I4"
  local at <const> = wide and { 8, 0xc, 0x10 } or { 4, 8, 0xc }
  local size <const> = build < 3000 and 0xc or wide and (build >= 20348 and 0x20 or 0x18) or 0x10
  local address <const> = item.address | (item.free and 1 or 0)
  local fields <const> = { { 0, p, wide and address or address & 0xffffffff }, { at[1], "c4",
    item.tag or "\0\0\0\0" } }
  if build < 6000 then
    fields[3] = { at[2], "<I4", (item.size + PAGE - 1) // PAGE }
  else
    local kind <const> = item.pool == "paged" and 1 or build >= 9200 and 512 or 0
    fields[3] = { at[2], "<I4", build >= 10240 and kind << 8 or kind }
    fields[4] = { at[3], p, item.size }
  end
  return structure(size, fields), size
end

local function lay_big_pages(self)
  local spec <const> = self.spec
  local count <const> = spec.big_count or 256
  local _, size = big_entry(self, { address = 0, size = 0 })
  local rows <const>, never = {}, spec.build < 6000 and 0 or 1
  local p <const> = self.bits == 64 and "<i8" or "<I4"
  for i = 1, count do rows[i] = structure(size, { { 0, p, never } }) end
  local live = 0
  for _, item in ipairs(spec.big or {}) do
    local pages <const> = (item.size + PAGE - 1) // PAGE
    item.address = self:room(item.pool or "nonpaged", pages * PAGE, PAGE)
    local hash = ((item.address >> 12) & 0xffffffff) * 0x9e5f
    hash = (hash ~ (hash >> 32)) & (count - 1)
    while item.address and rows[hash + 1]:sub(1, size) ~= structure(size, { { 0, p, never } }) do
      hash = (hash + 1) % count
    end
    rows[hash + 1] = big_entry(self, item)
    if not item.free then live = live + 1 end
    if item.owner then
      local owner <const> = self.modules[item.owner]
      for at = 0, pages * PAGE - 1, 0x200 do
        self.space:write(item.address + at + 0x18, self:pointer(owner.base + 0x1000 + at % 0x100))
      end
    end
  end
  self.big_table = self:put("nonpaged", table.concat(rows), PAGE)
  self.places.nonpaged = (self.places.nonpaged + PAGE - 1) & ~0xfff
  self:set_pointer("PoolBigPageTable", self.big_table)
  self:set_pointer("PoolBigPageTableSize", count)
  self:set("PoolBigEntriesInUse", ("<i4"):pack(live))
end

-- A pool descriptor of builds that have them.
local function descriptor(self, kind, index, pages, big)
  local build <const>, wide <const> = self.spec.build, self.bits == 64
  local p <const> = wide and "<i8" or "<I4"
  if build < 7600 then
    local size <const> = build < 3000 and 0x1028 or wide and 0x1048 or build < 6000 and 0x1030 or 0x1034
    local fields <const> = { { 0, "<I4", kind }, { 4, "<I4", index }, { 8, "<I4", 1000 }, { 0xc, "<I4", 400 },
      { 0x10, "<I4", pages }, { 0x14, "<I4", big } }
    if build >= 3000 then
      fields[#fields + 1] = { wide and 0x38 or build < 6000 and 0x28 or 0x2c, p, (pages + big) * PAGE }
    end
    return structure(size, fields)
  end
  if build < 15063 then
    return structure(0x1140, { { 0, "<I4", kind }, { 0x80, "<I4", index }, { 0x40, "<I4", 1000 }, { 0x44,
      "<I4", 400 },
      { 0xc0, "<I4", pages }, { 0x48, p, big }, { 0x50, p, (pages + big) * PAGE } })
  end
  return structure(build >= 18362 and 0x100 or 0x1140, { { 0, "<I4", kind }, { 0xc0, "<I4", index },
    { 0x40, "<I4", 1000 }, { 0x80, "<I4", 400 }, { wide and 0x48 or 0x44, p, pages },
      { wide and 0x50 or 0x48, p, big },
    { wide and 0x58 or 0x4c, p, (pages + big) * PAGE } })
end

local function lay_descriptors(self)
  local totals <const> = self.spec.totals
  if self.spec.build >= 19041 or not totals.paged_pools then return end
  local nonpaged <const> = self:put("nonpaged", descriptor(self, 0, 0, totals.nonpaged_pages * 3 // 4,
    totals.nonpaged_pages - totals.nonpaged_pages * 3 // 4), 64)
  local pointers <const> = {}
  for i, pages in ipairs(totals.paged_pools) do
    pointers[i] = self:pointer(self:put("nonpaged", descriptor(self, 1, i - 1, pages - pages // 5,
      pages // 5), 64))
  end
  self.nonpaged_descriptor = nonpaged
  self:set("PoolVector", self:pointer(nonpaged) .. pointers[1])
  self:set("ExpPagedPoolDescriptor", table.concat(pointers))
  -- The first is the pool of everybody; as many as are counted follow it.
  self:set("ExpNumberOfPagedPools", ("<I4"):pack(#totals.paged_pools - 1))
end

local function set_totals(self)
  local totals <const> = self.spec.totals
  for name, value in pairs {
    MmNumberOfPhysicalPages = totals.physical_pages, MmAvailablePages = totals.available_pages,
    MmResidentAvailablePages = totals.resident_available_pages,
      MmMaximumNonPagedPoolInBytes = totals.nonpaged_limit,
    MmAllocatedNonPagedPool = totals.nonpaged_pages, MmSizeOfPagedPoolInBytes = totals.paged_limit,
    MmTotalCommitLimit = totals.commit_limit, MmTotalCommittedPages = totals.committed,
      MmPeakCommitment = totals.peak,
    MmPagedPoolCommit = totals.paged_pages, MmHighestPhysicalPage = totals.highest_page,
      MmLowestPhysicalPage = 1,
    MmSystemRangeStart = self.spec.system_range, MmNonPagedPoolStart = self.first.nonpaged,
    MmNonPagedPoolEnd = self.places.expansion + 0x400000, MmPagedPoolStart = self.first.paged,
    MmPagedPoolEnd = self.first.paged + (totals.paged_limit or 0) - 1,
  } do
    self:set_pointer(name, value)
  end
  self:set("MmPageSize", ("<I4"):pack(PAGE))
  self:set("ExPoolFailures", ("<I4"):pack(totals.failures or 0))
  self:set("MmSpecialPoolTag", ("<I4"):pack(0))
  self:set("MmVerifierData", ("\0"):rep(128))
end

-- --- the kernel's own -------------------------------------------------------------------------

-- Where the debugger's block names a variable.
local debugger_fields <const> = {
  [0x48] = "PsLoadedModuleList", [0x50] = "PsActiveProcessHead", [0x68] = "ExpPagedPoolDescriptor",
  [0x70] = "ExpNumberOfPagedPools", [0x88] = "KiBugCheckData", [0xe8] = "MmLowestPhysicalPage",
  [0xf0] = "MmHighestPhysicalPage", [0xf8] = "MmNumberOfPhysicalPages",
    [0x100] = "MmMaximumNonPagedPoolInBytes",
  [0x110] = "MmNonPagedPoolStart", [0x118] = "MmNonPagedPoolEnd", [0x120] = "MmPagedPoolStart",
  [0x128] = "MmPagedPoolEnd", [0x138] = "MmPageSize", [0x140] = "MmSizeOfPagedPoolInBytes",
  [0x148] = "MmTotalCommitLimit", [0x150] = "MmTotalCommittedPages", [0x170] = "MmPagedPoolCommit",
  [0x1a8] = "MmAvailablePages", [0x1b0] = "MmResidentAvailablePages", [0x1b8] = "PoolTrackTable",
  [0x1c8] = "MmHighestUserAddress", [0x1d0] = "MmSystemRangeStart", [0x208] = "NtBuildLab",
  [0x218] = "KiProcessorBlock", [0x220] = "MmUnloadedDrivers", [0x228] = "MmLastUnloadedDriver",
  [0x238] = "MmSpecialPoolTag", [0x248] = "MmVerifierData", [0x250] = "MmAllocatedNonPagedPool",
  [0x258] = "MmPeakCommitment", [0x268] = "CmNtCSDVersion",
}

-- Builds from 10 on keep these totals elsewhere.
local moved <const> = { MmAvailablePages = true, MmResidentAvailablePages = true,
  MmAllocatedNonPagedPool = true,
  MmTotalCommitLimit = true, MmTotalCommittedPages = true, MmPagedPoolCommit = true, MmPeakCommitment = true,
  MmSizeOfPagedPoolInBytes = true, MmMaximumNonPagedPoolInBytes = true }

local function debugger_size(build)
  for _, step in ipairs { { 17763, 0x380 }, { 14393, 0x368 }, { 9200, 0x360 }, { 7600, 0x340 }, { 6001,
    0x330 },
    { 6000, 0x328 }, { 3790, 0x318 } } do
    if build >= step[1] then return step[2] end
  end
  return 0x290
end

local function rol(value, count)
  count = count & 63
  return count == 0 and value or value << count | value >> (64 - count)
end

-- Hide the block as a kernel does that was not started for debugging.
local function encode(self, block)
  local never <const>, always <const> = 0x5a3cc3a5f00d1234, 0x123456789abcdef1
  self:set("KiWaitNever", ("<i8"):pack(never))
  self:set("KiWaitAlways", ("<i8"):pack(always))
  self:set("KdpDataBlockEncoded", "\1")
  local key <const> = self:symbol("KdpDataBlockEncoded")
  return (block:gsub("........", function(text)
    local value = ("<i8"):unpack(text) ~ always
    value = (">i8"):unpack(("<i8"):pack(value)) ~ key
    value = rol(value, 64 - (never & 63)) ~ never
    return ("<i8"):pack(value)
  end))
end

local function debugger_block(self)
  local build <const> = self.spec.build
  local size <const> = debugger_size(build)
  local at <const> = self:symbol("KdDebuggerDataBlock")
  local fields <const> = { { 0x10, "c4", "KDBG" }, { 0x14, "<I4", size }, { 0x18, "<i8", self.kernel_base } }
  if self.bits == 64 then
    fields[#fields + 1] = { 0, "<i8", at }
    fields[#fields + 1] = { 8, "<i8", at }
  else
    fields[#fields + 1] = { 0, "<I4", at & 0xffffffff }
    fields[#fields + 1] = { 4, "<I4", at & 0xffffffff }
    fields[#fields + 1] = { 0x36, "<I2", self.space.name == "pae" and 1 or 0 }
  end
  for offset, name in pairs(debugger_fields) do
    if self.symbols[name] and not (build >= 10240 and moved[name]) then
      fields[#fields + 1] = { offset, "<i8", self:signed(self:symbol(name)) }
    end
  end
  if self.nonpaged_descriptor then
    local pointer <const> = self:symbol("PoolVector")
    fields[#fields + 1] = { 0x1c0, "<i8", self:signed(pointer) }
  end
  fields[3][3] = self:signed(self.kernel_base)
  local block <const> = structure(0x380, fields):sub(1, size)
  self.debugger_block = block
  self.space:write(at, block)
end

--- Hide the debugger's block, as kernels from 8 on do until they crash, or show it again.
-- @tparam boolean hidden
function machine:hide_debugger_block(hidden)
  local block = self.debugger_block
  if hidden and self.bits == 64 and self.spec.build >= 9200 then block = encode(self, block) end
  self.space:write(self:symbol("KdDebuggerDataBlock"), block)
end

--- A 32-bit address sign-extended, as 64-bit fields hold it.
function machine:signed(value)
  if self.bits == 64 or value < 0x80000000 then return value end
  return value | 0xffffffff00000000
end

local function shared_data(self)
  local page <const> = self.places.shared
  self.space:map(page, 1)
  local version <const> = self.spec.version
  self.space:write(page, structure(0x300, { { 0x260, "<I4", self.spec.build }, { 0x26c, "<I4", version[1] },
    { 0x270, "<I4", version[2] } }))
end

local function lay_processors(self)
  local blocks <const> = {}
  for i = 1, self.spec.processors do
    local at <const> = self:room("nonpaged", 0x400, 64)
    self.space:write(at, structure(16, { { 0, "<I4", 0x1f80 }, { 4, "<I4", i - 1 } }))
    blocks[i] = self:pointer(at)
  end
  self:set("KiProcessorBlock", table.concat(blocks))
  self:set("KeNumberProcessors", ("<I1"):pack(self.spec.processors))
  self:set("NtBuildNumber", ("<I4"):pack(0xf0000000 | self.spec.build))
  self:set("NtBuildLab", self.spec.lab .. "\0")
  self:set("CmNtCSDVersion", ("<I4"):pack((self.spec.service_pack or 0) << 8))
  local data <const> = {}
  for i = 1, 5 do data[i] = self:pointer(self.spec.bugcheck[i] or 0) end
  self:set("KiBugCheckData", table.concat(data))
end

-- A process's fields by build: size, number, links, name, quota in use, when it began.  From 22000 on as
-- public
-- tools have them.
local process_fields <const> = {
  [32] = {
    { 2600, 0x260, 0x84, 0x88, 0x174, 0x90, 0x70 }, { 3790, 0x278, 0x94, 0x98, 0x164, 0xa0, 0x80 },
    { 6000, 0x270, 0x9c, 0xa0, 0x14c, 0xa8, 0x88 }, { 7600, 0x2c0, 0xb4, 0xb8, 0x16c, 0xc0, 0xa0 },
    { 9200, 0x2e8, 0xb4, 0xb8, 0x170, 0xc8, 0xa8 }, { 10240, 0x388, 0xb4, 0xb8, 0x170, 0xd0, 0xc8 },
    { 15063, 0x3e0, 0xb4, 0xb8, 0x17c, 0xd8, 0xd0 }, { 19041, 0x4c0, 0xe4, 0xe8, 0x1ac, 0x108, 0x100 },
  },
  [64] = {
    { 3790, 0x3e0, 0xd8, 0xe0, 0x268, 0xf0, 0xc0 }, { 6000, 0x3e8, 0xe0, 0xe8, 0x238, 0xf8, 0xc8 },
    { 7600, 0x4d0, 0x180, 0x188, 0x2e0, 0x198, 0x168 }, { 9200, 0x6b8, 0x2e0, 0x2e8, 0x438, 0x300, 0x2d0 },
    { 10240, 0x798, 0x2e8, 0x2f0, 0x448, 0x310, 0x308 }, { 15063, 0x818, 0x2e0, 0x2e8, 0x450, 0x310, 0x308 },
    { 18362, 0x880, 0x2e8, 0x2f0, 0x450, 0x318, 0x310 }, { 19041, 0xa40, 0x440, 0x448, 0x5a8, 0x470, 0x468 },
    { 26100, 0xa40, 0x1d0, 0x1d8, 0x338 },
  },
}

local function processes(self)
  local wide <const> = self.bits == 64
  local p <const> = wide and "<i8" or "<I4"
  local is
  for _, fields in ipairs(process_fields[self.bits]) do
    if self.spec.build >= fields[1] then is = fields end
  end
  local entries <const> = {}
  for i, item in ipairs(self.spec.processes or {}) do
    local fields <const> = { { 0, "<I2", 3 }, { wide and 0x28 or 0x18, p, self.space.root << 12 },
      { is[3], p, item.id }, { is[5], "c15", item.name } }
    if is[6] then
      fields[#fields + 1] = { is[6], p, item.nonpaged }
      fields[#fields + 1] = { is[6] + p:packsize(), p, item.paged }
      fields[#fields + 1] = { is[7], "<i8", (self.spec.time - 3600 + 11644473600) * 10000000 }
    end
    item.address = pool.has_pages(self.spec.build)
      and pool.put(self, self.spec.build < 9200 and "Pro\xe3" or "Proc", wide and 0x60 or 0x30,
        structure(is[2], fields)) or self:put("nonpaged", structure(is[2], fields), 64)
    -- Nobody waits for it, nobody takes its profile: both lists hold nothing but their heads.
    for _, at in ipairs { item.address + 8, item.address + (wide and 0x18 or 0x10) } do
      self.space:write(at, self:pointer(at) .. self:pointer(at))
    end
    self.space:write(item.address + 2, ("<I1"):pack(wide and 0x2c or 0x1b))
    item.links = item.address + is[4]
    entries[i] = item.links
  end
  link(self, self:symbol("PsActiveProcessHead"), entries)
  self:set_pointer("PsInitialSystemProcess", entries[1] and entries[1] - is[4] or 0)
end

-- The first processor's way into the kernel, below 1 MiB, from which images without a header are read.
local function low_stub(self)
  if not self.stub then return end
  self.memory:write(self.stub << 12, structure(0xb0, { { 0, "<i8", 0x00000001000600e9 },
    { 0x70, "<i8", self.kernel_base + self.kernel.entry }, { 0xa0, "<i8", self.space.root << 12 } }))
end

--- Build a machine.
-- @tparam table spec see machines.lua
-- @tparam string kernels folder with the linked kernels
-- @treturn Machine
function machine.new(spec, kernels)
  local self <const> = setmetatable({ spec = spec }, machine)
  self.random = generator(spec.seed or 7)
  self.memory = memory.new(spec.runs)
  self.stub = spec.low_stub and self.memory:frames()
  local swizzled <const> = spec.build >= 17763 and spec.mode ~= "x86" and spec.invalid_mask or nil
  self.space = space.new(self.memory, spec.mode, { invalid_mask = swizzled,
    new_software = spec.build >= 17763 })
  self.bits = (spec.mode == "x86" or spec.mode == "pae") and 32 or 64
  self.tracker = spec.tracker or machine.tracker_of(spec.build, self.bits)
  self.places = setmetatable({}, { __index = regions[spec.mode] })
  for name, value in pairs(spec.places or {}) do self.places[name] = value end
  self.first = { nonpaged = self.places.nonpaged, paged = self.places.paged }
  pool.plan(self, generator(spec.build))
  load_kernel(self, kernels .. "/" .. spec.kernel)
  load_modules(self)
  unload_drivers(self)
  lay_processors(self)
  lay_trackers(self)
  lay_big_pages(self)
  lay_descriptors(self)
  set_totals(self)
  processes(self)
  pool.lay(self)
  debugger_block(self)
  shared_data(self)
  low_stub(self)
  if not spec.no_self_map then self.space:map_self(self.places.self) end
  if swizzled and self.symbols.MiState then
    self:set("MiState", ("<i8"):pack(swizzled), spec.mask_offset)
  end
  if spec.no_self_map then return self end
  sessions.lay(self, function(...) return tracker_entry(trackers[self.tracker], ...) end,
    function(item) return (big_entry(self, item)) end)
  return self
end

return machine
