--- Page tables of a made-up machine, as each kind of processor has them.
-- @module tests.make.kernel.space
local space <const> = {}
space.__index = space

local PAGE <const> = 4096

-- Where the index of each level lies in an address, from the top; how wide it is; how wide an entry is.
local modes <const> = {
  x86 = { shifts = { 22, 12 }, width = 10, entry = 4 },
  pae = { shifts = { 30, 21, 12 }, width = 9, entry = 8 },
  x64 = { shifts = { 39, 30, 21, 12 }, width = 9, entry = 8 },
  la57 = { shifts = { 48, 39, 30, 21, 12 }, width = 9, entry = 8 },
  arm64 = { shifts = { 39, 30, 21, 12 }, width = 9, entry = 8, arm = true },
}

--- A kernel's address space.
-- @tparam Memory memory
-- @tparam string mode "x86", "pae", "x64", "la57" or "arm64"
-- @tparam[opt] table options `invalid_mask`: what entries that are not present are mixed with;
-- `new_software` (the software formats of 17763 and later)
-- @treturn Space
function space.new(memory, mode, options)
  local self <const> = setmetatable({ memory = memory, mode = modes[mode], name = mode, tables = {},
    frame_of = {}, table_frames = {} }, space)
  for name, value in pairs(options or {}) do self[name] = value end
  self.root = memory:frames()
  self.table_frames[self.root] = 1
  return self
end

local function entry_text(self, value)
  return (self.mode.entry == 4 and "<I4" or "<i8"):pack(self.mode.entry == 4 and value & 0xffffffff or value)
end

local function index_of(self, level, address)
  local width = self.mode.width
  if self.name == "pae" and level == 1 then width = 2 end
  return (address >> self.mode.shifts[level]) & ((1 << width) - 1)
end

function space:set_entry(table_frame, index, value)
  self.tables[table_frame] = self.tables[table_frame] or {}
  self.tables[table_frame][index] = value
  self.memory:write(table_frame * PAGE + index * self.mode.entry, entry_text(self, value))
end

--- An entry that points to the next table.
-- @tparam integer frame
-- @tparam integer level of the table that holds it, from 1 at the top
-- @treturn integer
function space:table_entry(frame, level)
  if self.mode.arm then return frame << 12 | 0x0060000000000703 end
  if self.name == "pae" and level == 1 then return frame << 12 | 1 end
  return frame << 12 | 0x63
end

local function leaf_entry(self, frame)
  if self.mode.arm then return frame << 12 | 0x0060000000000703 end
  return frame << 12 | 0x163
end

-- The table that holds the entry of an address at a level, made where it is missing.
local function table_at(self, address, level)
  local frame = self.root
  for above = 1, level - 1 do
    local index = index_of(self, above, address)
    local entries = self.tables[frame] or {}
    local value = entries[index]
    local below
    if value then
      below = (value & 0x000ffffffffff000) >> 12
    else
      below = self.memory:frames()
      self.table_frames[below] = above + 1
      self:set_entry(frame, index, self:table_entry(below, above))
    end
    frame = below
  end
  return frame, index_of(self, level, address)
end

--- Map pages at an address to frames of their own or to those given.
-- @tparam integer address
-- @tparam integer pages
-- @tparam[opt] integer first
function space:map(address, pages, first)
  local leaf <const> = #self.mode.shifts
  for page = 0, pages - 1 do
    local at = address + page * PAGE
    if not self.frame_of[at >> 12] then
      local frame = first and first + page or self.memory:frames()
      local holder, index = table_at(self, at, leaf)
      self:set_entry(holder, index, leaf_entry(self, frame))
      self.frame_of[at >> 12] = frame
    end
  end
end

--- Map a region with large pages; it begins on the boundary of one.
-- @tparam integer address
-- @tparam integer pages
function space:map_large(address, pages)
  local level <const> = #self.mode.shifts - 1
  local each <const> = 1 << (self.mode.shifts[level] - 12)
  for first = 0, pages - 1, each do
    local at = address + first * PAGE
    local count <const> = math.min(each, pages - first)
    local base <const> = self.memory:frames(count, each)
    local holder, index = table_at(self, at, level)
    local flags <const> = self.mode.arm and 0x0060000000000701 or 0x1e3
    self:set_entry(holder, index, base << 12 | flags)
    self.memory.next = base + each
    for page = 0, count - 1 do self.frame_of[(at >> 12) + page] = base + page end
  end
end

local function invalid(self, value)
  if self.invalid_mask then value = value ~ self.invalid_mask end
  return value
end

local function replace(self, address, value)
  local holder, index = table_at(self, address, #self.mode.shifts)
  self:set_entry(holder, index, value)
end

--- Make a mapped page one in transition: on the standby list, not yet gone.
-- @tparam integer address
function space:trim(address)
  replace(self, address, invalid(self, self.frame_of[address >> 12] << 12 | 1 << 11 | 4 << 5))
end

--- Make a mapped page one that is in a page file.
-- @tparam integer address
-- @tparam integer page its number in the file
function space:page_out(address, page)
  self.memory.pages[self.frame_of[address >> 12]] = nil
  self.frame_of[address >> 12] = nil
  if self.mode.entry == 4 then
    replace(self, address, page << 12 | 4 << 5 | 0 << 1)
  else
    local file <const> = self.new_software and 1 << 12 or 1 << 1
    replace(self, address, invalid(self, page << 32 | 4 << 5 | file))
  end
end

--- Point an entry of the top table to the tables themselves, as Windows does.
-- @tparam integer index the slot; PAE has four, in its last directory
function space:map_self(index)
  if self.name ~= "pae" then
    self:set_entry(self.root, index, self:table_entry(self.root, 1))
    return
  end
  local directories <const> = {}
  for slot = 0, 3 do directories[slot] = table_at(self, slot << 30, 2) end
  for slot = 0, 3 do self:set_entry(directories[3], index + slot, self:table_entry(directories[slot], 2)) end
end

--- Another process' space: what is mapped now is in both, what comes later in one.
-- @tparam integer self_index where its tables map themselves
-- @treturn Space
function space:fork(self_index)
  local other <const> = setmetatable({}, space)
  for name, value in pairs(self) do other[name] = value end
  other.frame_of = setmetatable({}, { __index = self.frame_of })
  repeat other.root = self.memory:frames() until other.root < 0x100000 -- as registers of 32 bits hold it
  self.table_frames[other.root] = 1
  for index, value in pairs(self.tables[self.root]) do
    if self.name == "pae" then
      local directory <const> = self.memory:frames()
      self.table_frames[directory] = 2
      for slot, entry in pairs(self.tables[(value & 0x000ffffffffff000) >> 12] or {}) do
        other:set_entry(directory, slot, entry)
      end
      value = other:table_entry(directory, 1)
    end
    other:set_entry(other.root, index, value)
  end
  other:map_self(self_index)
  return other
end

--- Put bytes at an address that is mapped.
-- @tparam integer address
-- @tparam string bytes
function space:write(address, bytes)
  local at = 1
  while at <= #bytes do
    local frame = assert(self.frame_of[address >> 12], "nothing is mapped there")
    local offset = address & 0xfff
    local part = bytes:sub(at, at + PAGE - offset - 1)
    self.memory:write(frame * PAGE + offset, part)
    at, address = at + #part, address + #part
  end
end

return space
