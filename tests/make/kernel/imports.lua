--- Writes an import table whose order and place are the caller's: imports.lua OUT.s PAD NAME...
--
-- PAD bytes lie before it in .rdata.  All functions are the kernel's; a name is followed by what x86
-- decorates it
-- with, as in ExAllocatePool@8.
local out <const> = { '  .section .rdata,"dr"\n', ("  .zero %s\n"):format(arg[2]), [[
  .section .idata$2,"dw"
  .rva lookup
  .long 0, 0
  .rva library
  .rva slots
  .section .idata$3,"dw"
  .long 0, 0, 0, 0, 0
]] }
local function names(section, label, item)
  out[#out + 1] = ('  .section .idata$%d,"dw"\n%s:\n'):format(section, label)
  for i = 3, #arg do out[#out + 1] = item(i) end
  out[#out + 1] = section < 6 and "  .long 0\n" or ""
end
names(4, "lookup", function(i) return ("  .rva name%d\n"):format(i) end)
names(5, "slots", function(i)
  return ('  .globl "__imp__%s"\n"__imp__%s":\n  .rva name%d\n'):format(arg[i], arg[i], i)
end)
names(6, "names", function(i)
  return ('  .p2align 1\nname%d:\n  .short 0\n  .asciz "%s"\n'):format(i, (arg[i]:gsub("@%d+$", "")))
end)
out[#out + 1] = '  .section .idata$7,"dw"\nlibrary:\n  .asciz "ntoskrnl.exe"\n'
assert(io.open(arg[1], "w")):write(table.concat(out)):close()
