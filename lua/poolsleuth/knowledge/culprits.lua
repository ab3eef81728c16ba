-- culprits.lua - who was guilty in public reports.
--   kind    leak: the driver leaks;  user: a program causes it;  victim: the tag grows because another
--           leaks;  normal: large by design;  limit: a limit was reached
--   cited   the row's cause and end are in its source: only these may move a verdict, the rest are hints
--   versions  the driver's versions the report speaks of, where it names them

return {
  {
    tags = { "NtFC", "NtfC", "Ntfc", "NtFF" }, driver = "ntfs.sys", kind = "victim",
    cause = "file control blocks that a filter above ntfs (wcifs, bindflt) keeps referenced",
    remedy = "update Windows; until then restart, and avoid the container or sandbox feature that opens the "
      .. "files",
    source = "microsoft/WSL#40804 and #41644", cited = true, confidence = "high",
  },
  {
    tags = { "WCsc", "WCfc", "WCri", "WCse", "WCss" }, driver = "wcifs.sys", kind = "leak",
    cause = "stream and file contexts are leaked at every open of a container layer's file",
    versions = "10.0.26100", remedy = "update Windows; until then restart",
    source = "microsoft/Windows-Containers#646, microsoft/WSL#41296", cited = true, confidence = "high",
  },
  {
    tags = { "FMwi", "FMfc", "FOCX", "IoFE", "SQSF" }, driver = "wcifs.sys", kind = "victim",
    cause = "these rise one to one with the contexts that wcifs leaks (IoFE two to one)",
    remedy = "update Windows; until then restart",
    source = "microsoft/WSL#40804 and #41296", cited = true, confidence = "high",
  },
  {
    tags = { "Toke", "SeAt", "SeTd", "SeTl" }, driver = "nt", kind = "user",
    cause = "short-lived helper processes leave their tokens behind",
    remedy = "update the application that starts them", source = "openai/codex#30926", cited = false,
    confidence = "medium",
  },
  {
    tags = { "Toke" }, driver = "nt", kind = "user", cause = "a logon for each command that is never closed",
    remedy = "reuse one logon", source = "openai/codex#33356; Ask the Directory Services Team",
    cited = false, confidence = "medium",
  },
  {
    tags = { "File", "IoNm", "D2d " }, driver = "bindflt.sys", kind = "victim",
    cause = "sandboxed launches through the bind filter keep files referenced",
    remedy = "stop the sandbox feature and restart", source = "openai/codex#31212", cited = true,
    confidence = "medium",
  },
  {
    tags = { "FMfn" }, driver = "fltmgr.sys", kind = "leak",
    cause = "the name cache grows while no minifilter is attached",
    remedy = "", source = "Microsoft support team blog Japan, 2022-04-19", cited = false,
    confidence = "medium",
  },
  {
    tags = { "FMfn" }, driver = "sbiedrv.sys", kind = "leak",
    cause = "file name information is looked up and not released on one path",
    remedy = "update Sandboxie", source = "sandboxie-plus/Sandboxie#1371", cited = true, confidence = "high",
  },
  {
    tags = { "FMfn", "FMsl" }, driver = "a third-party minifilter", kind = "victim",
    cause = "a virus scanner or backup filter above keeps names and contexts",
    remedy = "update the filter", source = "field practice", cited = false, confidence = "low",
  },
  {
    tags = { "Proc" }, driver = "amdkmdag.sys", kind = "leak", versions = "32.0.11002.41",
    cause = "a reference to each process that used the graphics card is kept",
    remedy = "driver 32.0.21045.1000", source = "microsoft/Windows-Dev-Performance#137", cited = true,
    confidence = "high",
  },
  {
    tags = { "Proc" }, driver = "netprofm", kind = "user",
    cause = "the network list service keeps handles to ended processes, about 64 KiB each",
    remedy = "update Windows", source = "microsoft/Windows-Dev-Performance#65", cited = false,
    confidence = "medium",
  },
  {
    tags = { "Proc" }, driver = "dbk64.sys", kind = "leak",
    cause = "processes are looked up by number and never dereferenced",
    remedy = "a build with pull request 273", source = "cheat-engine/cheat-engine#273", cited = true,
    confidence = "high",
  },
  {
    tags = { "Thre" }, driver = "systeminformer.sys", kind = "user",
    cause = "the System process held about 109,000 handles of ended threads",
    remedy = "close the handles", source = "winsiderss/systeminformer#913", cited = false,
    confidence = "medium",
  },
  {
    tags = { "Even" }, driver = "a service", kind = "user",
    cause = "leaked event handles, where a private tag rises at the same slope",
    remedy = "fix or restart the service", source = "dumpanalysis.org, pattern 189", cited = true,
    confidence = "medium",
  },
  {
    tags = { "4321" }, driver = "npcap.sys", kind = "leak", versions = "0.9995",
    cause = "allocations under a placeholder tag are not freed", remedy = "a later release",
    source = "nmap/npcap#213", cited = false, confidence = "medium",
  },
  {
    tags = { "NPBL", "Mdl " }, driver = "npcap.sys", kind = "leak", versions = "0.9988",
    cause = "buffer lists of the loopback path are not freed", remedy = "a later release",
    source = "nmap/nmap#1966 and #1976", cited = false, confidence = "medium",
  },
  {
    tags = { "NpCD", "NpNL", "NpNB", "NpPD" }, driver = "npcap.sys", kind = "leak", versions = "1.76-1.77",
    cause = "copies of network buffers are not freed", remedy = "a later release",
    source = "nmap/npcap#688", cited = true, confidence = "high",
  },
  {
    tags = { "SysR" }, driver = "sysmondrv.sys", kind = "leak", versions = "7.01-7.03",
    cause = "the old rules are kept at every reload of the configuration", remedy = "a later release",
    source = "MicrosoftDocs/sysinternals#92", cited = false, confidence = "medium",
  },
  {
    tags = { "Strg" }, driver = "sbiedrv.sys", kind = "leak", versions = "0.6.0",
    cause = "strings that run-time routines return are not freed",
    remedy = "the next build of Sandboxie-Plus",
    source = "sandboxie-plus/Sandboxie#444", cited = true, confidence = "high",
  },
  {
    tags = { "Mmdi" }, driver = "viofs.sys", kind = "leak",
    cause = "pages are given back but the list that described them is not freed",
    remedy = "a build with pull request 1022",
    source = "winfsp/winfsp#534, virtio-win/kvm-guest-drivers-windows#1022",
    cited = true, confidence = "high",
  },
  {
    tags = { "Mdl " }, driver = "netkvm.sys", kind = "leak",
    cause = "lists are kept when the card is unplugged",
    remedy = "a later release", source = "virtio-win/kvm-guest-drivers-windows#73", cited = false,
    confidence = "medium",
  },
  {
    tags = { "Mdl " }, driver = "zfsin.sys", kind = "leak", cause = "a chain of lists is freed only in part",
    remedy = "a build with pull request 227", source = "openzfsonwindows/ZFSin#227", cited = true,
    confidence = "high",
  },
  {
    tags = { "Acrl" }, driver = "protonvpn.calloutdriver.sys", kind = "leak", versions = "1.0.5.0",
    cause = "redirect data of the split tunnel is never freed",
    remedy = "turn the split tunnel off, or update",
    source = "qbittorrent/qBittorrent#17218", cited = false, confidence = "medium",
  },
  {
    tags = { "Wfpn" }, driver = "a network suite of the card's maker", kind = "leak",
    cause = "a callout driver keeps network buffers", remedy = "remove the suite",
    source = "qbittorrent/qBittorrent#11247", cited = false, confidence = "medium",
  },
  {
    tags = { "Irp " }, driver = "mullvad-split-tunnel.sys", kind = "leak", versions = "1.3.0.0",
    cause = "requests are never completed or freed", remedy = "update the driver",
    source = "mullvad/mullvadvpn-app#10738", cited = false, confidence = "medium",
  },
  {
    tags = { "Irp " }, driver = "an application", kind = "user",
    cause = "overlapped receives are posted without bound", remedy = "fix the program",
    source = "dzone article on overlapped receives", cited = false, confidence = "low",
  },
  {
    tags = { "NpFr", "Irp " }, driver = "an application", kind = "user",
    cause = "data in a named pipe that nobody reads", remedy = "read the pipe",
    source = "WinDbg-Feedback#393", cited = false, confidence = "medium",
  },
  {
    tags = { "EtwD", "Etwr" }, driver = "NVIDIA trace sessions", kind = "user",
    cause = "event providers and trace sessions that multiply", versions = "WebView2 145 and later",
    remedy = "stop the sessions (logman stop NAME -ets), disable the service that starts them",
    source = "MicrosoftEdge/WebView2Feedback#5593, ciderapp/Cider-2#1946", cited = true, confidence = "high",
  },
  {
    tags = { "NVRM" }, driver = "nvlddmkm.sys", kind = "leak", versions = "566.03",
    cause = "nvidia-smi runs inside WSL", remedy = "a newer driver", source = "microsoft/WSL#12756",
    cited = false,
    confidence = "medium",
  },
  {
    tags = { "UlHT" }, driver = "http.sys", kind = "leak",
    cause = "a hash table of 262,144 bytes is left by each container start",
    remedy = "update Windows; Server 2019 is not affected", source = "microsoft/Windows-Containers#70",
    cited = true,
    confidence = "high",
  },
  {
    tags = { "amda", "IoWI" }, driver = "amdacpbus2.sys", kind = "leak",
    cause = "work items of the audio co-processor are not freed", remedy = "update the driver",
    source = "a bug check blog of November 2024", cited = false, confidence = "low",
  },
  {
    tags = { "Fecf" }, driver = "a callout driver", kind = "leak",
    cause = "classify handles are not released",
    remedy = "release each handle", source = "microsoft/Windows-driver-samples#1191", cited = true,
    confidence = "high",
  },
  {
    tags = { "#EVT", "#EDD", "#KTP", "#TLQ" }, driver = "Bitdefender threat defence", kind = "leak",
    cause = "events of the behaviour monitor pile up", remedy = "update or remove the product",
    source = "a public report against an Obsidian plug-in, number 3099", cited = false, confidence = "medium",
  },
  {
    tags = { "MFeS" }, driver = "mfeavfk.sys", kind = "leak", cause = "the scanner's filter leaks",
    remedy = "McAfee VSCore 5.6.0", source = "vendor release note 1253234", cited = true, confidence = "high",
  },
  {
    tags = { "Pp  " }, driver = "EFI variable drivers", kind = "leak",
    cause = "32 bytes are lost at each call that reads the system's environment", remedy = "avoid the call",
    source = "EFI_Driver_Access#1", cited = true, confidence = "medium",
  },
  {
    tags = { "Pp  ", "IoSe" }, driver = "nt", kind = "leak",
    cause = "drivers are loaded and unloaded in a loop",
    remedy = "the update of KB950162", source = "Microsoft KB950162", cited = true, confidence = "high",
  },
  {
    tags = { "AfdB" }, driver = "afd.sys", kind = "leak", cause = "cases of out-of-band data and of sockets",
    remedy = "the updates of KB296265, KB824602 and KB927493",
    source = "Microsoft KB296265, KB824602, KB927493, KB931311", cited = true, confidence = "high",
  },
  {
    tags = { "MmSt" }, driver = "nt", kind = "limit",
    cause = "mapped files fill the paged pool of 32-bit file servers",
    remedy = "PoolUsageMaximum=60 and PagedPoolSize=-1", source = "Microsoft KB312362", cited = true,
    confidence = "high",
  },
  {
    tags = { "NpSN", "NpSB" }, driver = "rclone mount with WinFsp", kind = "leak",
    cause = "named pipe memory rises with the mount; the cause is open", remedy = "",
    source = "rclone/rclone#9075", cited = false, confidence = "low",
  },
  {
    tags = { "lx??" }, driver = "lxcore.sys", kind = "leak", cause = "sockets of the Linux subsystem",
    remedy = "update Windows", source = "microsoft/WSL#2535", cited = false, confidence = "medium",
  },
  {
    tags = { "Qc??" }, driver = "msquic.sys", kind = "leak",
    cause = "lookaside lists and per-processor pools",
    remedy = "a build with pull requests 615 and 660", source = "microsoft/msquic#615 and #660",
    cited = true, confidence = "medium",
  },
  {
    tags = { "Key ", "CM??" }, driver = "appinfo service", kind = "user",
    cause = "registry handles are not closed",
    remedy = "update Windows", source = "microsoft/WSL#9851", cited = false, confidence = "medium",
  },
  {
    tags = { "Key " }, driver = "InputLeap service", kind = "user", cause = "registry handles are not closed",
    remedy = "a later release", source = "input-leap/input-leap#2353", cited = false, confidence = "medium",
  },
  {
    tags = { "LSwn", "LSwr" }, driver = "srv.sys", kind = "limit",
    cause = "work contexts of the SMB1 server up to MaxWorkItems; events 2021 and 2022",
    remedy = "tune MaxWorkItems", source = "Microsoft KB317249", cited = true, confidence = "medium",
  },
  {
    tags = { "LSbf", "LSbc" }, driver = "srvnet.sys", kind = "leak", cause = "buffers of older SMB servers",
    remedy = "", source = "recalled", cited = false, confidence = "low",
  },
  {
    tags = { "Drsd" }, driver = "rasdd.dll", kind = "leak",
    cause = "the printer driver of Microsoft's teaching example of a paged pool leak",
    remedy = "update the printer driver", source = "Microsoft driver documentation, PoolMon examples",
    cited = true,
    confidence = "high",
  },
  {
    tags = { "None" }, driver = "drivers that call ExAllocatePool", kind = "leak",
    cause = "allocations without a tag", remedy = "Driver Verifier's pool tracking names the driver",
    source = "Microsoft documentation, Poolmon Remarks", cited = true, confidence = "high",
  },
  {
    tags = { "Ddk ", "Wdm " }, driver = "drivers built with default tags", kind = "leak",
    cause = "the tag of the headers, used by unrelated drivers",
    remedy = "scan the drivers, then Driver Verifier",
    source = "Microsoft driver documentation, warning C28147", cited = true, confidence = "high",
  },
  {
    tags = { "Cont", "MmCm" }, driver = "network, graphics and capture drivers", kind = "normal",
    cause = "contiguous buffers", remedy = "", source = "recalled", cited = false, confidence = "low",
  },
  {
    tags = { "iGig", "IE1Q", "I40E", "IXGB", "FM10", "ICE ", "ICEX" }, driver = "Intel network drivers",
    kind = "normal", cause = "rings and buffers of the card; some versions leaked",
    remedy = "update the network driver", source = "intel mfd-network-adapter source", cited = true,
    confidence = "medium",
  },
  {
    tags = { "AleE", "AlE?", "TcpE", "TTcb", "UdpA" }, driver = "an application", kind = "user",
    cause = "sockets or ports that a program does not close, or a callout that holds them",
    remedy = "compare netstat -ano with the tag", source = "recalled", cited = false, confidence = "low",
  },
  {
    tags = { "Nbuf", "NDnd", "NDpp", "NDam" }, driver = "network drivers and filters", kind = "victim",
    cause = "NDIS allocates for the card's driver or a filter",
    remedy = "update them; unbind filters one by one",
    source = "recalled", cited = false, confidence = "low",
  },
  {
    tags = { "EtwB" }, driver = "trace sessions", kind = "normal", cause = "buffers of running loggers",
    remedy = "logman query -ets", source = "recalled", cited = false, confidence = "low",
  },
  {
    tags = { "MmCa", "MmCi", "CcSc", "Vad?" }, driver = "nt", kind = "normal",
    cause = "mapped and cached files on file servers and during backups", remedy = "",
    source = "recalled", cited = false, confidence = "low",
  },
  {
    tags = { "Gh05", "Gla?", "Usqm", "Uspi", "Gh?5" }, driver = "an application", kind = "user",
    cause = "a program leaks graphics or window objects",
    remedy = "find the process by its GDI and USER counts",
    source = "recalled", cited = false, confidence = "low",
  },
  {
    tags = { "HalD" }, driver = "network and storage drivers", kind = "normal",
    cause = "map registers and buffers for direct memory access", remedy = "update the driver",
    source = "recalled", cited = false, confidence = "low",
  },
  {
    tags = { "DxgK", "Vi12", "DAL?" }, driver = "the graphics driver", kind = "normal",
    cause = "graphics memory bookkeeping", remedy = "update the graphics driver", source = "recalled",
    cited = false,
    confidence = "low",
  },
  {
    tags = { "ALPC", "AlMs" }, driver = "a service", kind = "user",
    cause = "a server that does not read its messages",
    remedy = "restart or fix the service", source = "recalled", cited = false, confidence = "low",
  },
  {
    tags = { "IoCo", "Sema", "Muta", "Time" }, driver = "an application", kind = "user",
    cause = "handles that a program does not close", remedy = "find the process by its handle count",
    source = "recalled", cited = false, confidence = "low",
  },
  {
    tags = { "CIcr", "CI??" }, driver = "ci.dll", kind = "leak", cause = "code integrity in some builds",
    remedy = "update Windows", source = "recalled", cited = false, confidence = "low",
  },
  {
    tags = { "RxFc", "Rx??", "Mrx?" }, driver = "rdbss.sys", kind = "user", cause = "open files on shares",
    remedy = "update Windows; close the files", source = "recalled", cited = false, confidence = "low",
  },
  {
    tags = { "UlRB", "Ul??" }, driver = "http.sys", kind = "user", cause = "request buffers under load",
    remedy = "find the web application that does not answer", source = "recalled", cited = false,
    confidence = "low",
  },
  {
    tags = { "Wofc", "WofX" }, driver = "wof.sys", kind = "normal", cause = "compressed system files",
    remedy = "",
    source = "recalled", cited = false, confidence = "low",
  },
  {
    tags = { "SeSd", "ObNm" }, driver = "nt", kind = "victim",
    cause = "security descriptors and names that rise with the objects they belong to", remedy = "",
    source = "pattern of several public reports", cited = false, confidence = "medium",
  },
  {
    tags = { "Ovfl" }, driver = "nt", kind = "limit",
    cause = "the tag table was full: this row holds what had no row of its own", remedy = "restart",
    source = "recalled", cited = false, confidence = "low",
  },
}
