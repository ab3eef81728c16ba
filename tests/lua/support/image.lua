--- A driver of one function, made by hand: it allocates pool with one tag.  For tests that must not
-- need a compiler.
local image = {}

local SECTION <const> = 0x1000 -- where the one section is loaded
local RAW <const> = 0x200      -- where it lies in the file, and its size

-- sub rsp,28h; mov edx,1000h; xor ecx,ecx; mov r8d,TAG; call [slot]; add rsp,28h; ret
local function code(tag, slot)
  local before = "\x48\x83\xEC\x28\xBA\0\x10\0\0\x31\xC9\x41\xB8" .. tag
  local next_rva = SECTION + #before + 6
  return before .. string.pack("<c2i4", "\xFF\x15", slot - next_rva) .. "\x48\x83\xC4\x28\xC3"
end

local function place(bytes, at, piece)
  return bytes .. ("\0"):rep(at - #bytes) .. piece
end

local function section(tag)
  local names, slot = SECTION + 0x120, SECTION + 0xE0
  local body = code(tag, slot)
  local length = #body
  body = place(body, 0x80, string.pack("<I4I4I4I4I4", SECTION + 0xC0, 0, 0, SECTION + 0x100, slot))
  body = place(body, 0xC0, string.pack("<I8", names))
  body = place(body, 0xE0, string.pack("<I8", names))
  body = place(body, 0x100, "ntoskrnl.exe\0")
  body = place(body, 0x120, "\0\0ExAllocatePoolWithTag\0")
  body = place(body, 0x150, string.pack("<I4I4I4", SECTION, SECTION + length, SECTION + 0x160))
  body = place(body, 0x160, "\1\4\1\0\4\x42\0\0")
  return place(body, RAW, "")
end

local function headers()
  local directories = { [1] = { SECTION + 0x80, 40 }, [3] = { SECTION + 0x150, 12 } }
  local out = {
    "MZ", ("\0"):rep(0x3A), string.pack("<I4", 0x40), "PE\0\0",
    string.pack("<I2I2I4I4I4I2I2", 0x8664, 1, 0x65000000, 0, 0, 240, 0x22),
    string.pack("<I2BBI4I4I4I4I4", 0x20B, 14, 0, RAW, 0, 0, SECTION, SECTION),
    string.pack("<I8I4I4I2I2I2I2I2I2I4I4I4I4I2I2", 0x140000000, 0x1000, 0x200, 10, 0, 0, 0, 10, 0, 0,
      0x2000, 0x200, 0, 1, 0),
    string.pack("<I8I8I8I8I4I4", 0x100000, 0x1000, 0x100000, 0x1000, 0, 16),
  }
  for i = 0, 15 do
    local directory = directories[i] or { 0, 0 }
    out[#out + 1] = string.pack("<I4I4", directory[1], directory[2])
  end
  out[#out + 1] = string.pack("<c8I4I4I4I4I4I4I2I2I4", ".text\0\0\0", RAW, SECTION, RAW, RAW, 0, 0, 0, 0,
    0x60000020)
  return place(table.concat(out), RAW, "")
end

--- The bytes of an x64 image that allocates with a tag.
-- @tparam string tag four bytes
-- @treturn string
function image.with_tag(tag)
  assert(#tag == 4)
  return headers() .. section(tag)
end

return image
