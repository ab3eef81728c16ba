-- proxies.lua - proxy tags: memory that Windows allocates for a caller, under its own tag.
-- A pair names the routines that make a driver hold such memory (any of acquire) and those that give
-- it back (any of release is enough).  A driver that imports the one and not the other is a lead.

local references = {
  "ObfDereferenceObject", "ObDereferenceObject", "ObDereferenceObjectDeferDelete",
  "ObfDereferenceObjectWithTag", "ObDereferenceObjectDeferDeleteWithTag",
}
local frees = { "ExFreePool", "ExFreePoolWithTag", "ExFreePool2" }
local pages_for_mdl = {
  "MmAllocatePagesForMdl", "MmAllocatePagesForMdlEx", "MmAllocateNodePagesForMdlEx",
  "MmAllocatePartitionNodePagesForMdlEx",
}
local contiguous = {
  acquire = {
    "MmAllocateContiguousMemory", "MmAllocateContiguousMemoryEx", "MmAllocateContiguousNodeMemory",
    "MmAllocateContiguousMemorySpecifyCache", "MmAllocateContiguousMemorySpecifyCacheNode",
  },
  release = { "MmFreeContiguousMemory", "MmFreeContiguousMemorySpecifyCache" },
}
local files = {
  {
    acquire = {
      "ZwCreateFile", "NtCreateFile", "ZwOpenFile", "NtOpenFile", "IoCreateFile", "IoCreateFileEx",
      "IoCreateFileSpecifyDeviceObjectHint",
    },
    release = { "ZwClose", "NtClose", "ObCloseHandle" },
  },
  { acquire = { "FltCreateFile", "FltCreateFileEx", "FltCreateFileEx2" }, release = { "FltClose",
    "ZwClose" } },
  { acquire = { "IoGetDeviceObjectPointer", "IoCreateStreamFileObject", "IoCreateStreamFileObjectLite" },
    release = references },
}
local net_buffers = {
  {
    acquire = {
      "NdisAllocateNetBufferList", "NdisAllocateNetBufferAndNetBufferList",
      "NdisAllocateCloneNetBufferList", "NdisAllocateReassembledNetBufferList",
      "NdisAllocateFragmentNetBufferList",
    },
    release = {
      "NdisFreeNetBufferList", "NdisFreeCloneNetBufferList", "NdisFreeReassembledNetBufferList",
      "NdisFreeFragmentNetBufferList",
    },
  },
  { acquire = { "NdisAllocateNetBuffer" }, release = { "NdisFreeNetBuffer" } },
}
local callout_buffers = {
  {
    acquire = { "FwpsAllocateCloneNetBufferList0" },
    release = { "FwpsFreeCloneNetBufferList0" },
  },
  {
    acquire = { "FwpsReferenceNetBufferList0" },
    release = { "FwpsDereferenceNetBufferList0" },
  },
  {
    acquire = { "FwpsAllocateNetBufferAndNetBufferList0" },
    release = { "FwpsFreeNetBufferList0" },
  },
}
local views = {
  { acquire = { "ZwMapViewOfSection" }, release = { "ZwUnmapViewOfSection" } },
  { acquire = { "MmMapLockedPages", "MmMapLockedPagesSpecifyCache" }, release = { "MmUnmapLockedPages" } },
  { acquire = { "ZwAllocateVirtualMemory" }, release = { "ZwFreeVirtualMemory" } },
}
local interfaces = {
  {
    acquire = { "IoRegisterDeviceInterface", "IoGetDeviceInterfaceAlias" },
    release = { "RtlFreeUnicodeString", "ExFreePool", "ExFreePoolWithTag" },
  },
  { acquire = { "IoGetDeviceInterfaces" }, release = frees },
}

return {
  {
    tag = "Irp ", what = "I/O request packets that a driver builds or that wait for completion",
    pairs = {
      {
        acquire = {
          "IoAllocateIrp", "IoAllocateIrpEx", "IoMakeAssociatedIrp", "IoBuildAsynchronousFsdRequest",
        },
        release = { "IoFreeIrp" },
      },
    },
    source = "Microsoft driver documentation, IoAllocateIrp", confidence = "high",
  },
  {
    tag = "Mdl ", what = "memory descriptor lists that a driver allocates to describe a buffer",
    pairs = { { acquire = { "IoAllocateMdl" }, release = { "IoFreeMdl" } } },
    source = "Microsoft driver documentation, IoAllocateMdl", confidence = "high",
  },
  {
    tag = "Mmdi", what = "memory descriptor lists made for pages that a driver takes; the pages and the list "
      .. "are given back apart",
    pairs = {
      { acquire = pages_for_mdl, release = { "MmFreePagesFromMdl", "MmFreePagesFromMdlEx" } },
      { acquire = pages_for_mdl, release = frees, note = "the list itself" },
    },
    source = "Microsoft driver documentation, MmAllocatePagesForMdlEx; winfsp/winfsp#534",
    confidence = "high",
  },
  {
    tag = "MmCm", what = "physically contiguous memory that a driver asks the memory manager for",
    pairs = { contiguous },
    source = "Microsoft driver documentation, MmAllocateContiguousMemory", confidence = "high",
  },
  {
    tag = "Cont", what = "physically contiguous memory for device drivers",
    pairs = { contiguous },
    source = "Microsoft driver documentation, MmAllocateContiguousMemory", confidence = "high",
  },
  {
    tag = "IoWI", what = "work items that a driver queues to the system's worker threads",
    pairs = { { acquire = { "IoAllocateWorkItem" }, release = { "IoFreeWorkItem" } } },
    source = "Microsoft driver documentation, IoAllocateWorkItem", confidence = "high",
  },
  {
    tag = "Strg", what = "strings that run-time library routines allocate for their caller",
    pairs = {
      {
        acquire = {
          "RtlAnsiStringToUnicodeString", "RtlOemStringToUnicodeString", "RtlUpcaseUnicodeString",
          "RtlDowncaseUnicodeString", "RtlDuplicateUnicodeString", "RtlCreateUnicodeString",
          "RtlConvertSidToUnicodeString", "RtlFormatCurrentUserKeyPath", "RtlStringFromGUID",
        },
        release = { "RtlFreeUnicodeString", "ExFreePool", "ExFreePoolWithTag" },
      },
      {
        acquire = { "RtlUnicodeStringToAnsiString", "RtlUpcaseUnicodeStringToAnsiString" },
        release = { "RtlFreeAnsiString", "ExFreePool", "ExFreePoolWithTag" },
      },
      {
        acquire = { "RtlUnicodeStringToOemString", "RtlUpcaseUnicodeStringToOemString" },
        release = { "RtlFreeOemString", "RtlFreeAnsiString", "ExFreePool", "ExFreePoolWithTag" },
      },
    },
    source = "Microsoft driver documentation, RtlAnsiStringToUnicodeString; sandboxie-plus/Sandboxie#444",
    confidence = "high",
  },
  {
    tag = "File", what = "file objects: one for each open, alive while a handle or a reference is",
    pairs = files,
    source = "Microsoft driver documentation, ZwCreateFile and FltCreateFileEx2", confidence = "high",
  },
  {
    tag = "IoNm", what = "names of open file objects; they live as long as the file object does",
    pairs = files,
    source = "Microsoft driver documentation, ZwCreateFile; microsoft/WSL#40804", confidence = "medium",
  },
  {
    tag = "Toke",
    what = "access tokens: kept alive by handles, by impersonation and by references of drivers",
    pairs = {
      {
        acquire = { "SeCaptureSubjectContext", "SeCaptureSubjectContextEx" },
        release = { "SeReleaseSubjectContext" },
      },
      {
        acquire = { "PsReferencePrimaryToken" },
        release = { "PsDereferencePrimaryToken", "ObfDereferenceObject", "ObDereferenceObject" },
      },
      {
        acquire = { "PsReferenceImpersonationToken" },
        release = { "PsDereferenceImpersonationToken", "ObfDereferenceObject", "ObDereferenceObject" },
      },
      {
        acquire = { "SeCreateClientSecurity", "SeCreateClientSecurityFromSubjectContext" },
        release = {
          "PsDereferencePrimaryToken", "PsDereferenceImpersonationToken", "ObfDereferenceObject",
          "ObDereferenceObject",
        },
      },
      {
        acquire = { "ZwOpenProcessTokenEx", "ZwOpenThreadTokenEx", "ZwDuplicateToken" },
        release = { "ZwClose", "NtClose", "ObCloseHandle" },
      },
    },
    source = "Microsoft driver documentation, SeCaptureSubjectContext and PsReferencePrimaryToken",
    confidence = "high",
  },
  {
    tag = "Proc",
    what = "process objects: a process that ended stays while anybody holds a handle or a reference",
    pairs = {
      { acquire = { "PsLookupProcessByProcessId" }, release = references },
      {
        acquire = { "ObReferenceObjectByHandle", "ObReferenceObjectByHandleWithTag",
          "ObReferenceObjectByPointer" },
        release = references,
      },
      { acquire = { "ZwOpenProcess", "ObOpenObjectByPointer" }, release = { "ZwClose", "NtClose",
        "ObCloseHandle" } },
    },
    source = "Microsoft driver documentation, PsLookupProcessByProcessId; cheat-engine/cheat-engine#273",
    confidence = "high",
  },
  {
    tag = "Thre",
    what = "thread objects: a thread that ended stays while anybody holds a handle or a reference",
    pairs = {
      { acquire = { "PsLookupThreadByThreadId", "PsLookupProcessThreadByCid" }, release = references },
      { acquire = { "PsCreateSystemThread", "PsCreateSystemThreadEx" },
        release = { "ZwClose", "NtClose", "ObCloseHandle" } },
      { acquire = { "ObReferenceObjectByHandle", "ObReferenceObjectByHandleWithTag" }, release = references },
    },
    source = "Microsoft driver documentation, PsCreateSystemThread and PsLookupThreadByThreadId",
    confidence = "high",
  },
  {
    tag = "Key ", what = "open registry keys",
    pairs = {
      {
        acquire = {
          "ZwOpenKey", "ZwOpenKeyEx", "ZwCreateKey", "ZwOpenKeyTransacted", "ZwCreateKeyTransacted",
          "IoOpenDeviceRegistryKey", "IoOpenDeviceInterfaceRegistryKey", "IoOpenDriverRegistryKey",
        },
        release = { "ZwClose", "NtClose", "ObCloseHandle" },
      },
    },
    source = "Microsoft driver documentation, ZwOpenKey", confidence = "high",
  },
  {
    tag = "Even", what = "event objects: made by programs through handles, and by drivers",
    pairs = {
      {
        acquire = { "IoCreateNotificationEvent", "IoCreateSynchronizationEvent", "ZwCreateEvent",
          "ZwOpenEvent" },
        release = { "ZwClose", "NtClose", "ObCloseHandle" },
      },
      { acquire = { "ObReferenceObjectByHandle", "ObReferenceObjectByHandleWithTag" }, release = references },
    },
    source = "Microsoft driver documentation, IoCreateNotificationEvent and ZwCreateEvent",
    confidence = "high",
  },
  {
    tag = "Sect", what = "section objects: file mappings and shared memory",
    pairs = {
      {
        acquire = { "ZwCreateSection", "ZwOpenSection", "FltCreateSectionForDataScan" },
        release = { "ZwClose", "NtClose", "ObCloseHandle", "FltCloseSectionForDataScan" },
      },
    },
    source = "Microsoft driver documentation, ZwCreateSection", confidence = "high",
  },
  {
    tag = "Vad?",
    what = "descriptors of address ranges in processes; drivers add some when they map memory to user mode",
    pairs = views,
    source = "Microsoft driver documentation, ZwMapViewOfSection and MmMapLockedPagesSpecifyCache",
    confidence = "medium",
  },
  {
    tag = "FMfn", what = "file names that the filter manager looks up and caches for minifilters",
    pairs = {
      {
        acquire = {
          "FltGetFileNameInformation", "FltGetFileNameInformationUnsafe",
            "FltGetDestinationFileNameInformation",
          "FltReferenceFileNameInformation",
        },
        release = { "FltReleaseFileNameInformation" },
      },
    },
    source = "Microsoft driver documentation, FltGetFileNameInformation; sandboxie-plus/Sandboxie#1371",
    confidence = "high",
  },
  {
    tag = "FMsl", what = "the filter manager's list of minifilter contexts for a stream",
    pairs = {
      { acquire = { "FltAllocateContext", "FltGetStreamContext", "FltGetStreamHandleContext" },
        release = { "FltReleaseContext", "FltReleaseContexts" } },
    },
    source = "Microsoft driver documentation, FltAllocateContext", confidence = "medium",
  },
  {
    tag = "FMfc", what = "the filter manager's list of minifilter contexts for a file",
    pairs = {
      { acquire = { "FltAllocateContext", "FltGetFileContext" },
        release = { "FltReleaseContext", "FltReleaseContexts" } },
    },
    source = "Microsoft driver documentation, FltAllocateContext; microsoft/Windows-Containers#646",
    confidence = "medium",
  },
  {
    tag = "Fecf", what = "classify contexts that the filter engine keeps for a callout driver",
    pairs = {
      { acquire = { "FwpsAcquireClassifyHandle0" }, release = { "FwpsReleaseClassifyHandle0" } },
    },
    source = "Microsoft driver documentation, FwpsAcquireClassifyHandle0; "
      .. "microsoft/Windows-driver-samples#1191",
    confidence = "high",
  },
  {
    tag = "Acrl", what = "redirect data that the TCP/IP stack keeps for a callout driver",
    pairs = {
      { acquire = { "FwpsAcquireClassifyHandle0", "FwpsAcquireWritableLayerDataPointer0" },
        release = { "FwpsReleaseClassifyHandle0", "FwpsApplyModifiedLayerData0" } },
      { acquire = { "FwpsRedirectHandleCreate0" }, release = { "FwpsRedirectHandleDestroy0" } },
    },
    source = "Microsoft driver documentation, FwpsAcquireWritableLayerDataPointer0; "
      .. "qbittorrent/qBittorrent#17218",
    confidence = "medium",
  },
  {
    tag = "Wfpn",
    what = "network buffer lists that the filtering platform makes or holds for a callout driver",
    pairs = callout_buffers,
    source = "Microsoft driver documentation, FwpsAllocateCloneNetBufferList0; qbittorrent/qBittorrent#11247",
    confidence = "high",
  },
  {
    tag = "Nbuf", what = "network buffers that the network stack allocates for a driver",
    pairs = net_buffers,
    source = "Microsoft driver documentation, NdisAllocateNetBufferList", confidence = "medium",
  },
  {
    tag = "NDnd", what = "network buffer lists and their data that NDIS allocates for a driver",
    pairs = net_buffers,
    source = "Microsoft driver documentation, NdisAllocateNetBufferList", confidence = "medium",
  },
  {
    tag = "Pp  ", what = "strings and lists that plug and play returns to its caller",
    pairs = interfaces,
    source = "Microsoft driver documentation, IoRegisterDeviceInterface; Microsoft KB950162",
    confidence = "medium",
  },
  {
    tag = "IoSe", what = "security descriptors that the I/O manager keeps with device interfaces and devices",
    pairs = interfaces,
    source = "Microsoft KB950162", confidence = "low",
  },
  {
    tag = "EtwR", what = "registrations of event providers",
    pairs = { { acquire = { "EtwRegister", "EtwRegisterClassicProvider" }, release = { "EtwUnregister" } } },
    source = "Microsoft driver documentation, EtwRegister", confidence = "high",
  },
}
