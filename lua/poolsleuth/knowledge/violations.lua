-- violations.lua - what Driver Verifier stops a machine for with bug check C4, by its first parameter.
--   left   true where pool is left behind by a driver
--   bytes  the parameters that tell how many bytes, allocations  the one that tells how many allocations,
--   name   of the row is the first parameter;  driver  the parameter that points at the driver's name

local page <const> = "Microsoft driver documentation, bug check 0xC4"

return {
  { name = "0x60", left = true, bytes = { 2, 3 }, allocations = 4,
    text = "a driver was unloaded and had not freed its pool", source = page, confidence = "high" },
  { name = "0x61", left = false, text = "a driver allocated pool while it was being unloaded", source = page,
    confidence = "high" },
  { name = "0x62", left = true, driver = 2, allocations = 4,
    text = "a driver was unloaded and had not freed its pool", source = page, confidence = "high" },
}
