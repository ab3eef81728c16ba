--- Numbers and addresses as the debugger writes them.
-- @module poolsleuth.kd.address
local address = {}

--- An address of a target: as 32 bits, or as 64 with a mark in the middle.
-- @tparam int value
-- @tparam int bits 32 or 64
-- @treturn string
function address.text(value, bits)
  if bits == 32 then return ("%08x"):format(value & 0xFFFFFFFF) end
  return ("%08x`%08x"):format(value >> 32, value & 0xFFFFFFFF)
end

--- A value as an address of the target: one of 32 bits takes its sign along.
-- @tparam int value
-- @tparam int bits
-- @treturn int
function address.extend(value, bits)
  if bits ~= 32 or value >> 32 ~= 0 or value & 0x80000000 == 0 then return value end
  return value | ~0xFFFFFFFF
end

--- What is known of an address: "nt!ExAllocatePool+0x4c", or the module and the distance into it.
-- @tparam Dump dump
-- @tparam int value
-- @treturn ?string nil where no module holds it
-- @treturn ?table `module`, `base`, `symbol`, `address`
function address.symbol(dump, value)
  local file, base, symbol, at = dump:near(value)
  if not file then return nil end
  local place = { module = address.module_name(file), file = file, base = base, symbol = symbol,
                  address = at }
  local from = symbol and at or base
  local text = place.module .. (symbol and "!" .. symbol or "")
  if value ~= from then text = text .. ("+0x%x"):format(value - from) end
  return text, place
end

local KERNELS <const> = { ["ntoskrnl.exe"] = true, ["ntkrnlpa.exe"] = true, ["ntkrnlmp.exe"] = true,
                          ["ntkrpamp.exe"] = true }

--- The debugger's name of a module: its file's name without the ending, `nt` for the kernel.
-- @tparam string file
-- @treturn string
function address.module_name(file)
  if KERNELS[file:lower()] then return "nt" end
  return (file:gsub("%.[^.]*$", ""))
end

return address
