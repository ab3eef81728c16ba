-- commands.lua - what to do next: what it shows, the exact command, and how to undo it.
--   command, undo  may hold {tag}, {tag_filter} (as poolmon takes it), {tag_hex} (as poolhittag takes it: the
--                  tag's bytes reversed), {tags} (at most four, joined by +), {driver}, {service}, {process},
--                  {pid}, {type}, {session}, {logger}; what is not known stands as <name>
--   kd             typed into a kernel debugger

local wpt <const> = "Microsoft documentation, Windows Performance Toolkit"
local debugging <const> = "Microsoft driver documentation, debugger commands"
local sysinternals <const> = "Sysinternals documentation"
local gflags <const> = "Microsoft driver documentation, GFlags"
local verifier <const> = "Microsoft driver documentation, Driver Verifier"
local windows <const> = "Microsoft documentation, Windows commands"
local powershell <const> = "Microsoft documentation, PowerShell"

return {
  -- Snapshots and counters.
  { name = "watch-tag", text = "Watch this one tag live, sorted by bytes",
    command = "poolmon {tag_filter} /b", undo = "press q", source = "Microsoft driver documentation, PoolMon",
    confidence = "high" },
  { name = "snapshots",
    text = "Take a snapshot every 30 minutes for a working day, eight or more: this writes the script for it",
    command = "poolsleuth collect -o collect.cmd", undo = "collect.cmd undo, on the server",
    source = "this program", confidence = "high" },
  { name = "session-snapshots", text = "Take snapshots of each session's pool, twice, an hour apart",
    command = "poolmon /s{session} /n session.log", source = "Microsoft driver documentation, PoolMon",
    confidence = "high" },
  { name = "memory-counters", text = "Log the totals of memory for a day",
    command = "typeperf \"\\Memory\\*\" -si 300 -sc 288 -f CSV -o memory.csv", source = windows,
    confidence = "high" },
  { name = "counter-log", text = "Log both pools and the handles of each process for a day or two",
    command = "logman create counter poolsleuth -c \"\\Memory\\Pool Nonpaged Bytes\" \"\\Memory\\Pool Paged "
      .. "Bytes\" \"\\Process(*)\\Handle Count\" -si 300 -f csv -o C:\\poolsleuth\\memory & logman start "
      .. "poolsleuth", undo = "logman stop poolsleuth & logman delete poolsleuth", source = windows,
    confidence = "high" },
  { name = "pool-limits", text = "See how full the pools are, and their limits", command = "!vm 1", kd = true,
    source = debugging, confidence = "high" },
  { name = "full-dump",
    text = "Where a dump can be afforded: take one from Sysinternals NotMyFault or the keyboard, and give "
      .. "it to dump-triage", command = "poolsleuth dump-triage MEMORY.DMP", source = "this program",
    confidence = "high" },

  -- Handles and processes.
  { name = "handles-by-process", text = "List the processes with their handle counts, twice, an hour apart",
    command = "powershell \"Get-Process | Export-Csv ('handles-{0:yyyy-MM-ddTHH-mm-ss}.csv' -f (Get-Date)) "
      .. "-NoTypeInformation\"", source = powershell, confidence = "high" },
  { name = "handles-by-type", text = "Count the handles of each process by type",
    command = "handle.exe -accepteula -a -nobanner > handles.txt", source = sysinternals,
    confidence = "high" },
  { name = "handles-of-process", text = "See what {process} holds open, by type",
    command = "handle.exe -accepteula -s -p {pid}", source = sysinternals, confidence = "high" },
  { name = "handle-counter", text = "Log the handle count of every process for a day",
    command = "typeperf \"\\Process(*)\\Handle Count\" -si 300 -sc 288 -f CSV -o handles.csv",
    source = windows, confidence = "high" },
  { name = "handle-trace",
    text = "Trace who opens the handles in {process}: wait, then list those still open",
    command = "!htrace -enable; g; !htrace -diff", undo = "!htrace -disable", kd = true, source = debugging,
    confidence = "high" },
  { name = "restart-process",
    text = "Restart {process} outside working hours: the tag falls at once if it holds the handles",
    command = "taskkill /pid {pid}", undo = "start the service or program again", source = windows,
    confidence = "high" },
  { name = "process-list", text = "List the processes that live, with what they have in memory",
    command = "powershell \"Get-Process | Export-Csv processes.csv -NoTypeInformation\"", source = powershell,
    confidence = "high" },
  { name = "kd-processes", text = "List all process objects: the ended ones have no handles",
    command = "!process 0 0", kd = true, source = debugging, confidence = "high" },
  { name = "kd-handles", text = "See who has handles of this type", command = "!handle 0 3 0 {type}",
    kd = true, source = debugging, confidence = "high" },
  { name = "kd-find", text = "Find some of the blocks in the pool", command = "!poolfind {tag} 0", kd = true,
    source = debugging, confidence = "high" },
  { name = "logon-sessions", text = "List the logon sessions, and the processes in each",
    command = "logonsessions.exe -accepteula -p", source = sysinternals, confidence = "high" },
  { name = "graphics-objects",
    text = "List the processes of each session with their graphics and window objects",
    command = "memsnap -g graphics.log", source = "field practice, not cited", confidence = "medium" },

  -- Who allocates.
  { name = "reference-trace", text = "Trace who references these objects; !obtrace shows the stacks",
    command = "gflags /ko /t {tag}", undo = "gflags /ko /d", source = gflags, confidence = "high" },
  { name = "pool-hit", text = "Break at the next allocation with the tag: who calls?",
    command = "ed nt!poolhittag {tag_hex}", undo = "ed nt!poolhittag 0", kd = true, source = debugging,
    confidence = "high" },
  { name = "xperf", text = "Record the allocations of these tags with their stacks for some minutes",
    command = "xperf -on PROC_THREAD+LOADER+POOL -stackwalk PoolAlloc+PoolFree -PoolTag {tags} -BufferSize "
      .. "1024 -MaxFile 1024 -FileMode Circular", undo = "xperf -d pool.etl", source = wpt,
    confidence = "high" },
  { name = "wpr", text = "Or with the recorder that Windows 10 and later bring along",
    command = "wpr -pooltag {tags} & wpr -start Pool", undo = "wpr -stop pool.etl", source = wpt,
    confidence = "medium" },
  { name = "verifier",
    text = "Let Driver Verifier count the pool of {driver} (takes effect at the next boot)",
    command = "verifier /flags 0x8 /driver {driver}", undo = "verifier /reset", source = verifier,
    confidence = "high" },
  { name = "verifier-counts", text = "See what each verified driver holds", command = "!verifier 3 {driver}",
    kd = true, source = verifier, confidence = "high" },
  { name = "safe-mode",
    text = "Start in Safe Mode with networking for the usual time of growth: does it grow without other "
      .. "makers' drivers?", command = "bcdedit /set {default} safeboot network",
    undo = "bcdedit /deletevalue {default} safeboot", source = windows, confidence = "high" },
  { name = "loaded-drivers", text = "List what is loaded, with paths",
    command = "driverquery /v /fo csv > loaded.csv", source = windows, confidence = "high" },

  -- Filters and the network.
  { name = "filters", text = "List the minifilters with their altitudes", command = "fltmc filters",
    source = windows, confidence = "high" },
  { name = "filter-instances", text = "List the volumes that the minifilters stand on",
    command = "fltmc instances", source = windows, confidence = "high" },
  { name = "unload-filter", text = "Unload the filter for an hour: does the tag stop growing?",
    command = "fltmc unload {service}", undo = "fltmc load {service}", source = windows,
    confidence = "high" },
  { name = "wfp-state", text = "List the callouts, filters and providers of the filtering platform",
    command = "netsh wfp show state file=wfpstate.xml", source = windows, confidence = "high" },
  { name = "wfp-filters", text = "List the filters that are in force, and whose they are",
    command = "netsh wfp show filters file=wfpfilters.xml", source = windows, confidence = "high" },
  { name = "bindings", text = "See which filters stand on the network cards",
    command = "powershell \"Get-NetAdapterBinding -AllBindings\"", source = powershell, confidence = "high" },
  { name = "unbind", text = "Take the filter off one network card for an hour: does the tag stop growing?",
    command = "powershell \"Disable-NetAdapterBinding -Name <card> -ComponentID {service}\"",
    undo = "powershell \"Enable-NetAdapterBinding -Name <card> -ComponentID {service}\"", source = powershell,
    confidence = "high" },
  { name = "stop-service", text = "Stop the service for an hour: does the tag stop growing?",
    command = "sc stop {service}", undo = "sc start {service}", source = windows, confidence = "high" },

  -- Event tracing, caches, the registry, memory that is not pool.
  { name = "loggers", text = "List the running trace sessions", command = "logman query -ets",
    source = windows, confidence = "high" },
  { name = "logger", text = "See the buffers of {logger}", command = "logman query \"{logger}\" -ets",
    source = windows, confidence = "high" },
  { name = "stop-logger", text = "Stop {logger}; its owner may start it again",
    command = "logman stop \"{logger}\" -ets", undo = "restart the program or service that owns it",
    source = windows, confidence = "high" },
  { name = "cache-test",
    text = "Press on memory with Sysinternals Testlimit for a minute: a cache gives way, a leak does not",
    command = "testlimit64.exe -d 64 -c 64", undo = "press Ctrl-C", source = sysinternals,
    confidence = "medium" },
  { name = "trim-earlier",
    text = "On 32-bit Windows, let the memory manager trim paged pool earlier (restart)",
    command = "reg add \"HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Memory Management\" /v "
      .. "PoolUsageMaximum /t REG_DWORD /d 60",
    undo = "reg delete \"HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Memory Management\" /v "
      .. "PoolUsageMaximum", source = "Microsoft KB312362", confidence = "high" },
  { name = "hive-sizes", text = "List the hives of the system and of the users with their sizes",
    command = "dir /a /s %SystemRoot%\\System32\\config\\* C:\\Users\\NTUSER.DAT C:\\Users\\UsrClass.dat > "
      .. "hives.txt", source = windows, confidence = "high" },
  { name = "kd-hives", text = "List the loaded hives", command = "!reg hivelist", kd = true,
    source = debugging, confidence = "high" },
  { name = "memory-map",
    text = "See what the physical pages are used for: Driver Locked and Page Table are not pool",
    command = "RAMMap.exe", source = sysinternals, confidence = "high" },
  { name = "kd-memory", text = "See what the physical pages are used for", command = "!memusage 8; !vm",
    kd = true, source = debugging, confidence = "high" },

  -- Events and logs.
  { name = "pool-events", text = "Export the events of the last month that speak of the pools",
    command = "wevtutil qe System /q:\"*[System[(EventID=2019 or EventID=2020 or EventID=2004 or "
      .. "EventID=333)]]\" /f:text > events.txt", source = windows, confidence = "high" },
  { name = "httperr", text = "Copy the logs of http.sys",
    command = "robocopy %SystemRoot%\\System32\\LogFiles\\HTTPERR D:\\httperr *.log",
    undo = "rmdir /s D:\\httperr", source = "Microsoft KB820729", confidence = "high" },
  { name = "http-less-free",
    text = "To win time: let http.sys accept connections down to 8 MB of free pool (restart the HTTP "
      .. "service)",
    command = "reg add HKLM\\SYSTEM\\CurrentControlSet\\Services\\HTTP\\Parameters /v "
      .. "EnableAggressiveMemoryUsage /t REG_DWORD /d 1",
    undo = "reg delete HKLM\\SYSTEM\\CurrentControlSet\\Services\\HTTP\\Parameters /v "
      .. "EnableAggressiveMemoryUsage", source = "Microsoft KB934878", confidence = "high" },

  -- Services, requests, drivers of several machines.
  { name = "services", text = "List the services of all drivers, those that are stopped too",
    command = "sc query type= driver state= all bufsize= 262144 > services.txt", source = windows,
    confidence = "high" },
  { name = "kd-wdf", text = "See what a framework driver holds, by its own count",
    command = "!wdfkd.wdfpoolusage {service}", kd = true, source = debugging, confidence = "high" },
  { name = "kd-irps", text = "List the requests that are under way, and the drivers that they wait in",
    command = "!irpfind", kd = true, source = debugging, confidence = "high" },
  { name = "sockets", text = "List the sockets with their processes, twice, an hour apart",
    command = "netstat -anob > sockets.txt", source = windows, confidence = "high" },
  { name = "pipes", text = "List the named pipes with the number of their open instances",
    command = "pipelist.exe -accepteula > pipes.txt", source = sysinternals, confidence = "high" },
  { name = "driver-versions", text = "On every machine: list its drivers with their versions",
    command = "sigcheck.exe -accepteula -nobanner -c -e %SystemRoot%\\System32\\drivers > "
      .. "%COMPUTERNAME%-drivers.csv", source = sysinternals, confidence = "high" },
  { name = "roll-back",
    text = "On one machine that is affected, go back to the version of {driver} before: does the growth end?",
    command = "pnputil /enum-drivers", undo = "install the newer version again", source = windows,
    confidence = "medium" },
  { name = "count-starts",
    text = "Take a snapshot, start it ten times in a row, and take another: give both with --starts 10",
    command = "poolmon /n before.log", source = "Microsoft driver documentation, PoolMon",
    confidence = "high" },
}
