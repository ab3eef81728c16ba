-- by_design.lua - tags that are large on healthy systems: caches, buffers and bookkeeping.
-- They are set aside unless they carry the growth.  elastic: shrinks when memory gets short.
-- check: how to tell the normal size from a leak.

return {
  {
    tag = "EtwB", text = "buffers of running event trace sessions: their number and size are configured",
    check = "logman query -ets lists the sessions; the sum of buffers times buffer size explains the tag",
    source = "Microsoft documentation, EVENT_TRACE_PROPERTIES; microsoft/WSL#41296", confidence = "high",
  },
  {
    tag = "smNp", elastic = true,
    text = "bookkeeping of the memory compression store; follows how much memory is compressed",
    check = "compare with Get-Process -Name 'Memory Compression'",
    source = "microsoft/WSL#41296 (a healthy share on a large machine)", confidence = "medium",
  },
  {
    tag = "smCB", elastic = true, text = "buffers of the memory compression store",
    source = "microsoft/WSL#41296 (a healthy share on a large machine)", confidence = "medium",
  },
  {
    tag = "smSt", elastic = true, text = "the memory compression store itself",
    source = "field practice, not cited", confidence = "low",
  },
  {
    tag = "smWd", elastic = true, text = "work descriptors of the memory compression store",
    source = "field practice, not cited", confidence = "low",
  },
  {
    tag = "MmSt", elastic = true,
    text = "prototype page table entries of mapped files: grows with open and cached files and is trimmed "
      .. "late",
    check = "see whether it shrinks when memory gets short; on 32-bit file servers set PoolUsageMaximum",
    source = "Microsoft KB312362; Ask the Performance Team, Getting to know the MmSt pool tag",
    confidence = "high",
  },
  {
    tag = "MmCa", elastic = true,
    text = "control areas: one for each file that is mapped or cached; follows the number of cached files",
    source = "field practice, not cited", confidence = "medium",
  },
  {
    tag = "MmCi", elastic = true, text = "control areas of image files that are mapped",
    source = "field practice, not cited", confidence = "medium",
  },
  {
    tag = "CcSc", elastic = true, text = "the cache manager's map of one cached file each",
    source = "ReactOS source (cache manager tags)", confidence = "medium",
  },
  {
    tag = "Vad?",
    text = "descriptors of the address ranges of processes; follows processes and their mappings",
    source = "field practice, not cited", confidence = "medium",
  },
  {
    tag = "CM31", text = "registry hives that are loaded: follows the size of the hives",
    check = "compare with the sizes of the files in System32\\config and of the users' profile hives",
    source = "Microsoft documentation, registry hives; field practice", confidence = "medium",
  },
  {
    tag = "CM25", text = "registry hives that are loaded: follows the size of the hives",
    check = "compare with the sizes of the files in System32\\config and of the users' profile hives",
    source = "Microsoft documentation, registry hives; field practice", confidence = "medium",
  },
  {
    tag = "CM??", text = "the registry: hives and their bookkeeping",
    source = "Microsoft driver documentation, GFlags example 9", confidence = "medium",
  },
  {
    tag = "HalD", text = "buffers and map registers for direct memory access, fixed when a device starts",
    check = "constant between snapshots is normal; steady growth points at a network or storage driver",
    source = "microsoft/WSL#41296 (a healthy share on a large machine)", confidence = "medium",
  },
  {
    tag = "Cont",
    text = "physically contiguous memory of device drivers: rings and capture buffers, fixed at start",
    check = "constant between snapshots is normal",
    source = "Microsoft driver documentation, MmAllocateContiguousMemory", confidence = "high",
  },
  {
    tag = "MmCm",
    text = "physically contiguous memory of device drivers: rings and capture buffers, fixed at start",
    check = "constant between snapshots is normal",
    source = "Microsoft driver documentation, MmAllocateContiguousMemory", confidence = "high",
  },
  {
    tag = "FMfn", elastic = true, text = "the filter manager's cache of file names; follows file activity",
    check = "a share that only rises, on an idle system, points at a minifilter that keeps names",
    source = "Microsoft driver documentation, FltGetFileNameInformation", confidence = "medium",
  },
  {
    tag = "Wofc", elastic = true, text = "the overlay filter for compressed system files",
    source = "field practice, not cited", confidence = "low",
  },
  {
    tag = "WofX", elastic = true, text = "the overlay filter for compressed system files",
    source = "field practice, not cited", confidence = "low",
  },
  {
    tag = "LSwn", text = "work contexts of the SMB1 server, normal size; the limit is MaxWorkItems",
    check = "events 2021 and 2022 of the server say that work items run short",
    source = "Microsoft KB317249", confidence = "medium",
  },
  {
    tag = "LSwr", text = "work contexts of the SMB1 server, raw size; the limit is MaxWorkItems",
    check = "events 2021 and 2022 of the server say that work items run short",
    source = "Microsoft KB317249", confidence = "medium",
  },
  {
    tag = "Pool",
    text = "the pool manager's own tables; grow in steps with the number of tags and big blocks",
    source = "field practice, not cited", confidence = "low",
  },
}
