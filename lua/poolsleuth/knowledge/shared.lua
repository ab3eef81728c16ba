-- shared.lua - tags that identify nobody: defaults that many drivers use, and tags of libraries that
-- are linked into unrelated drivers.  kind is "untagged", "default" or "library".
-- apis: a driver that uses the tag imports one of these (where the tag is not in its code).

return {
  {
    tag = "None", kind = "untagged",
    text = "allocations without a tag: the caller used ExAllocatePool or ExAllocatePoolWithQuota",
    apis = { "ExAllocatePool", "ExAllocatePoolWithQuota" },
    source = "Microsoft documentation, Poolmon Remarks for Windows Server 2003", confidence = "high",
  },
  {
    tag = "Ddk ", kind = "default",
    text = "the default tag that older driver headers give to ExAllocatePool; dozens of drivers use it",
    source = "Microsoft driver documentation, warning C28147", confidence = "high",
  },
  {
    tag = "Wdm ", kind = "default",
    text = "the default tag that the WDM headers give to ExAllocatePool; dozens of drivers use it",
    source = "Microsoft driver documentation, warning C28147", confidence = "high",
  },
  {
    tag = "FxDr", kind = "default",
    text = "the framework's tag for KMDF drivers whose service name is too short to make one",
    source = "Windows-Driver-Frameworks source on GitHub", confidence = "high",
  },
  {
    tag = "IFs ", kind = "default",
    text = "the default tag of the file system headers; many file systems and filters share it",
    source = "field practice, not cited", confidence = "low",
  },
  {
    tag = "Tag1", kind = "default",
    text = "a tag copied from sample code; unrelated drivers share it",
    source = "Microsoft driver documentation, sample code", confidence = "medium",
  },
  {
    tag = "1gaT", kind = "default",
    text = "a tag copied from sample code with its letters in reading order; unrelated drivers share it",
    source = "Microsoft driver documentation, sample code", confidence = "medium",
  },
  {
    tag = "SeSd", kind = "library",
    text = "security descriptors: of the kernel itself, and of the secure-device library that is linked into "
      .. "unrelated drivers",
    source = "own scans of driver files; Microsoft driver documentation, IoCreateDeviceSecure",
    confidence = "high",
  },
  {
    tag = "SeAl", kind = "library",
    text = "access lists built by the secure-device library that is linked into unrelated drivers",
    source = "own scans of driver files; Microsoft driver documentation, IoCreateDeviceSecure",
    confidence = "high",
  },
  {
    tag = "SeTs", kind = "library",
    text = "scratch memory of the secure-device library that is linked into unrelated drivers",
    source = "own scans of driver files; Microsoft driver documentation, IoCreateDeviceSecure",
    confidence = "high",
  },
  {
    tag = "PpRb", kind = "library",
    text = "registry reads of the secure-device library that is linked into unrelated drivers",
    source = "own scans of driver files; Microsoft driver documentation, IoCreateDeviceSecure",
    confidence = "high",
  },
  {
    tag = "PpUc", kind = "library",
    text = "strings of the secure-device library that is linked into unrelated drivers",
    source = "own scans of driver files; Microsoft driver documentation, IoCreateDeviceSecure",
    confidence = "high",
  },
  {
    tag = "AuxK", kind = "library",
    text = "the auxiliary kernel-mode library (module lists and the like), linked into unrelated drivers",
    source = "own scans of driver files; Microsoft driver documentation, AuxKlibInitialize",
    confidence = "high",
  },
  {
    tag = "PcCr", kind = "library",
    text = "objects made by audio drivers' shared base class code, linked into unrelated drivers",
    source = "own scans of driver files", confidence = "medium",
  },
}
