-- hives.lua - registry hives by the name of their file: whose they are and what bloats them.

local documentation <const> = "Microsoft documentation, Registry Hives"
local field <const> = "field practice, not cited"

return {
  { name = "SOFTWARE", what = "HKLM\\SOFTWARE",
    text = "settings of programs; bloated by installers' leftovers, printer and scanner settings, event "
      .. "subscriptions", source = documentation, confidence = "high" },
  { name = "SYSTEM", what = "HKLM\\SYSTEM",
    text = "services and devices; bloated by devices that come and go, firewall rules and print queues",
    source = documentation, confidence = "high" },
  { name = "COMPONENTS", what = "HKLM\\COMPONENTS", text = "updates; loaded while Windows is serviced",
    source = field, confidence = "medium" },
  { name = "DRIVERS", what = "HKLM\\DRIVERS", text = "the driver store; loaded on demand", source = field,
    confidence = "medium" },
  { name = "DEFAULT", what = "HKU\\.DEFAULT",
    text = "the system account's profile; bloated by printers of remote sessions", source = documentation,
    confidence = "high" },
  { name = "NTUSER.DAT", what = "a user's HKCU",
    text = "a user's settings; all of them are loaded where many users are logged on", source = documentation,
    confidence = "high" },
  { name = "UsrClass.dat", what = "a user's HKCU\\Software\\Classes",
    text = "a user's class settings and folder views", source = documentation, confidence = "high" },
  { name = "SAM", what = "HKLM\\SAM", text = "local accounts", source = documentation, confidence = "high" },
  { name = "SECURITY", what = "HKLM\\SECURITY", text = "the security policy", source = documentation,
    confidence = "high" },
  { name = "BCD*", what = "HKLM\\BCD00000000", text = "boot settings", source = documentation,
    confidence = "high" },
}
