--- Writes the functions of a made-up kernel: kernel.lua ARCH BUILD OUT.s OUT.def [NAME=RVA...]
--
-- A function is a name and the bytes of arguments that it takes off an x86 stack.  Those that are named
-- with an RVA lie there, which must ascend; the others follow where there is room.
local arch <const>, build <const>, source <const>, exports <const> = arg[1], tonumber(arg[2]), arg[3], arg[4]

local functions <const> = {
  { "KeInitializeEvent", 12 }, { "_wcsnicmp" }, { "IoCreateDevice", 28 }, { "IofCompleteRequest", fast = 8 },
  { "ExAllocatePool", 8 }, { "ExAllocatePoolWithTag", 12 }, { "ExAllocatePoolWithQuota", 8 },
  { "ExAllocatePoolWithQuotaTag", 12 }, { "ExAllocatePool2", 16, from = 19041 }, { "ExFreePool", 4 },
  { "ExFreePoolWithTag", 8 }, { "KeBugCheckEx", 20 }, { "MmAllocateContiguousMemory", 12 },
  { "IoDeleteDevice", 4 }, { "RtlInitUnicodeString", 8 }, { "KeWaitForSingleObject", 20 },
}
local data <const> = { "PsLoadedModuleList", "PsInitialSystemProcess", "NtBuildNumber", "KeNumberProcessors" }

local x86 <const> = arch == "i686"
local placed <const> = {}
for i = 5, #arg do
  local name, rva = arg[i]:match("^(.-)=(.+)$")
  placed[name] = tonumber(rva)
end

-- The name as the compiler would have it.
local function decorated(item)
  if not x86 then return item[1] end
  if item.fast then return "@" .. item[1] .. "@" .. item.fast end
  return item[2] and ("_%s@%d"):format(item[1], item[2]) or "_" .. item[1]
end

local bodies <const> = {
  i686 = "  .byte 0x8b,0xff\n  pushl %%ebp\n  movl %%esp, %%ebp\n  xorl %%eax, %%eax\n"
    .. "  popl %%ebp\n  ret $%d\n",
  x86_64 = "  subq $40, %%rsp\n  xorl %%eax, %%eax\n  addq $40, %%rsp\n  ret\n",
  aarch64 = "  mov x0, #0\n  ret\n",
}

for i = #functions, 1, -1 do
  if (functions[i].from or 0) > build then table.remove(functions, i) end
end
table.sort(functions, function(a, b)
  local left <const>, right <const> = placed[a[1]] or 0, placed[b[1]] or 0
  if left ~= right then return left < right end
  return a[1] < b[1]
end)

local out <const> = { "  .text\n", "  .globl KiSystemStartup\nKiSystemStartup:\n", bodies[arch]:format(0) }
if x86 then out[2] = "  .globl _KiSystemStartup\n_KiSystemStartup:\n" end
for _, item in ipairs(functions) do
  local name <const> = decorated(item)
  if placed[item[1]] then
    out[#out + 1] = ("  .org 0x%x, 0xcc\n"):format(placed[item[1]] - 0x1000)
  else
    out[#out + 1] = "  .p2align 4, 0xcc\n"
  end
  out[#out + 1] = ('  .globl "%s"\n"%s":\n'):format(name, name)
  out[#out + 1] = bodies[arch]:format(item.fast and 0 or item[2] or 0)
end
out[#out + 1] = '  .section POOLCODE,"xr"\n  .byte 0xcc\n  .section INIT,"xr"\n  .byte 0xcc\n'
assert(io.open(source, "w")):write(table.concat(out)):close()

local def <const> = { "LIBRARY ntoskrnl.exe", "EXPORTS" }
for _, item in ipairs(functions) do
  local name <const> = decorated(item)
  def[#def + 1] = name:find("@", 1, true) and ("  %s=%s"):format(item[1], name) or "  " .. item[1]
end
for _, name in ipairs(data) do def[#def + 1] = ("  %s DATA"):format(name) end
assert(io.open(exports, "w")):write(table.concat(def, "\n"), "\n"):close()
