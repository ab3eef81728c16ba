--- PE files as the loader of a made-up kernel takes them: mapped, exports by name, imports bound.
-- @module tests.make.kernel.portable
local portable <const> = {}

local function text_at(bytes, offset)
  return bytes:match("^[^\0]*", offset + 1)
end

--- Lay a file out as it lies in memory.
-- @tparam string file its bytes
-- @treturn table `bytes` (its whole size), `size`, `base`, `entry`, `timestamp`, `checksum`, `bits`,
-- `sections` ({name, rva, size, discardable}), `pdb`
function portable.map(file)
  local image <const> = { sections = {} }
  local pe <const> = ("<I4"):unpack(file, 0x3c + 1)
  local count, timestamp = ("<I2I4"):unpack(file, pe + 6 + 1)
  local optional <const> = pe + 24
  local wide <const> = ("<I2"):unpack(file, optional + 1) == 0x20b
  image.bits = wide and 64 or 32
  image.timestamp = timestamp
  image.entry = ("<I4"):unpack(file, optional + 16 + 1)
  image.base = wide and ("<i8"):unpack(file, optional + 24 + 1) or ("<I4"):unpack(file, optional + 28 + 1)
  image.size, image.header_size, image.checksum = ("<I4I4I4"):unpack(file, optional + 56 + 1)
  image.directories = optional + (wide and 112 or 96)
  local parts <const> = { file:sub(1, image.header_size) }
  local length = #parts[1]
  local headers <const> = optional + ("<I2"):unpack(file, pe + 20 + 1)
  for i = 0, count - 1 do
    local at <const> = headers + 40 * i
    local size, rva, raw_size, raw = ("<I4I4I4I4"):unpack(file, at + 8 + 1)
    local flags <const> = ("<I4"):unpack(file, at + 36 + 1)
    image.sections[#image.sections + 1] = { name = file:sub(at + 1, at + 8):match("^[^\0]*"), rva = rva,
      size = size,
      discardable = flags & 0x02000000 ~= 0 }
    local content <const> = file:sub(raw + 1, raw + math.min(raw_size, size))
    parts[#parts + 1] = ("\0"):rep(rva - length)
    parts[#parts + 1] = content
    length = rva + #content
  end
  parts[#parts + 1] = ("\0"):rep(image.size - length)
  image.bytes = table.concat(parts)
  return image
end

local function directory(image, index)
  return ("<I4I4"):unpack(image.bytes, image.directories + 8 * index + 1)
end

--- Exports by name.
-- @tparam table image
-- @treturn {[string]=integer,...} their RVAs
function portable.exports(image)
  local names <const> = {}
  local at <const> = directory(image, 0)
  if at == 0 then return names end
  local count <const> = ("<I4"):unpack(image.bytes, at + 24 + 1)
  local functions, name_table, ordinals = ("<I4I4I4"):unpack(image.bytes, at + 28 + 1)
  for i = 0, count - 1 do
    local name <const> = text_at(image.bytes, ("<I4"):unpack(image.bytes, name_table + 4 * i + 1))
    local ordinal <const> = ("<I2"):unpack(image.bytes, ordinals + 2 * i + 1)
    names[name] = ("<I4"):unpack(image.bytes, functions + 4 * ordinal + 1)
  end
  return names
end

local function patch(image, offset, text)
  image.bytes = image.bytes:sub(1, offset) .. text .. image.bytes:sub(offset + #text + 1)
end
portable.patch = patch

--- Move an image to where it is loaded, and say so in its header.
-- @tparam table image
-- @tparam integer base
function portable.relocate(image, base)
  local delta <const> = base - image.base
  local at, size = directory(image, 5)
  local stop <const> = at + size
  while at ~= 0 and at < stop do
    local page, length = ("<I4I4"):unpack(image.bytes, at + 1)
    for i = 8, length - 2, 2 do
      local fixup <const> = ("<I2"):unpack(image.bytes, at + i + 1)
      local where <const> = page + (fixup & 0xfff)
      if fixup >> 12 == 3 then
        patch(image, where, ("<I4"):pack((("<I4"):unpack(image.bytes, where + 1) + delta) & 0xffffffff))
      elseif fixup >> 12 == 10 then
        patch(image, where, ("<i8"):pack(("<i8"):unpack(image.bytes, where + 1) + delta))
      end
    end
    at = at + length
  end
  image.base = base
  local header <const> = ("<I4"):unpack(image.bytes, 0x3c + 1) + 24
  if image.bits == 64 then
    patch(image, header + 24, ("<i8"):pack(base))
  else
    patch(image, header + 28, ("<I4"):pack(base))
  end
end

--- Fill the import table with addresses.
-- @tparam table image
-- @tparam function resolve (dll, name) → address
-- @treturn {[string]=integer,...} the RVA of each function's slot
function portable.bind(image, resolve)
  local slots <const> = {}
  local width <const>, form <const> = image.bits // 8, image.bits == 64 and "<i8" or "<I4"
  local at = directory(image, 1)
  while at ~= 0 do
    local lookup, _, _, dll, slot = ("<I4I4I4I4I4"):unpack(image.bytes, at + 1)
    if slot == 0 then break end
    dll = text_at(image.bytes, dll)
    while true do
      local hint <const> = form:unpack(image.bytes, lookup + 1)
      if hint == 0 then break end
      local name <const> = text_at(image.bytes, hint + 2)
      slots[name] = slot
      local address <const> = assert(resolve(dll, name), dll .. " does not export " .. name)
      patch(image, slot, form:pack(image.bits == 64 and address or address & 0xffffffff))
      lookup, slot = lookup + width, slot + width
    end
    at = at + 20
  end
  return slots
end

--- Name, GUID and age of the image's PDB.
-- @tparam table image
-- @treturn ?table `{name=, guid=, age=}`
function portable.pdb(image)
  local at, size = directory(image, 6)
  for entry = at, at + size - 28, 28 do
    local kind, _, rva = ("<I4I4I4"):unpack(image.bytes, entry + 12 + 1)
    if kind == 2 and image.bytes:sub(rva + 1, rva + 4) == "RSDS" then
      local a, b, c = ("<I4I2I2"):unpack(image.bytes, rva + 4 + 1)
      local rest <const> = image.bytes:sub(rva + 12 + 1, rva + 20):gsub(".", function(byte)
        return ("%02X"):format(byte:byte())
      end)
      return { name = text_at(image.bytes, rva + 24), guid = ("%08X%04X%04X"):format(a, b, c) .. rest,
        age = ("<I4"):unpack(image.bytes, rva + 20 + 1) }
    end
  end
end

return portable
