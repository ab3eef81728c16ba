-- loggers.lua - event trace sessions: whose they are.  usual: found running on healthy machines.

local documentation <const> = "Microsoft documentation, event tracing"
local field <const> = "field practice, not cited"

return {
  { name = "Circular Kernel Context Logger", usual = true, owner = "Windows",
    text = "the kernel's own ring of events", source = documentation, confidence = "high" },
  { name = "NT Kernel Logger", usual = false, owner = "a tool that traces the kernel",
    text = "runs only while somebody traces the kernel: xperf, Process Monitor, an agent",
    source = documentation, confidence = "high" },
  { name = "EventLog-*", usual = true, owner = "Windows Event Log", text = "feeds an event log",
    source = documentation, confidence = "high" },
  { name = "Eventlog-Security", usual = true, owner = "Windows Event Log", text = "feeds the security log",
    source = documentation, confidence = "high" },
  { name = "Diagtrack-Listener", usual = true, owner = "Windows telemetry",
    text = "connected user experiences and telemetry", source = field, confidence = "medium" },
  { name = "DiagLog", usual = true, owner = "Windows diagnostics", text = "the diagnostic policy service",
    source = field, confidence = "medium" },
  { name = "WdiContextLog", usual = true, owner = "Windows diagnostics", text = "diagnostic infrastructure",
    source = field, confidence = "medium" },
  { name = "NtfsLog", usual = true, owner = "Windows", text = "the file system's log", source = field,
    confidence = "medium" },
  { name = "UBPM", usual = true, owner = "Windows", text = "the background process manager", source = field,
    confidence = "medium" },
  { name = "WiFiSession", usual = true, owner = "Windows", text = "wireless networking", source = field,
    confidence = "medium" },
  { name = "LwtNetLog", usual = true, owner = "Windows", text = "light network log", source = field,
    confidence = "medium" },
  { name = "UserNotPresentTraceSession", usual = true, owner = "Windows", text = "power management",
    source = field, confidence = "medium" },
  { name = "*NVIDIA*", usual = false, owner = "NVIDIA", text = "the graphics driver's telemetry",
    source = "MicrosoftEdge/WebView2Feedback#5593", confidence = "high" },
  { name = "NOCAT*", usual = false, owner = "NVIDIA", text = "the graphics driver's telemetry",
    source = "MicrosoftEdge/WebView2Feedback#5593", confidence = "high" },
}
