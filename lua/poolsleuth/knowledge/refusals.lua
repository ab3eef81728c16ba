-- refusals.lua - reasons in httperr logs, and what they speak of.
--   means  "pool": http.sys itself refuses for want of nonpaged pool;  "application": the worker process
--          or its queue does;  "client": the other side

local page <const> = "Microsoft KB820729"

return {
  { name = "Connections_Refused", means = "pool",
    text = "http.sys refused new connections because little nonpaged pool is left",
    source = page .. " and KB934878", confidence = "high" },
  { name = "Connection_Dropped_List_Full", means = "pool",
    text = "connections were dropped while the list of lingering ones was full", source = page,
    confidence = "medium" },
  { name = "QueueFull", means = "application",
    text = "the queue of an application pool is full: its worker process is too slow or stands still",
    source = page, confidence = "high" },
  { name = "AppOffline", means = "application", text = "an application pool was switched off after it failed",
    source = page, confidence = "high" },
  { name = "Disabled", means = "application", text = "an administrator switched an application pool off",
    source = page, confidence = "high" },
  { name = "ConnLimit", means = "application", text = "the site's limit of connections was reached",
    source = page, confidence = "high" },
  { name = "N/A", means = "application",
    text = "the service is not available: an internal error, such as want of memory", source = page,
    confidence = "medium" },
  { name = "Connection_*", means = "client", text = "connections ended before a request was complete",
    source = page, confidence = "high" },
  { name = "Timer_*", means = "client", text = "a time limit of a connection ran out", source = page,
    confidence = "high" },
}
