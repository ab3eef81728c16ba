-- starts.lua - tags of which a piece stays for each start of something.
--   what   the thing that starts;  bytes  how large the piece is, where a report says so

return {
  { name = "UlHT", what = "container", bytes = 262144, text = "a hash table of http.sys for each container",
    source = "microsoft/Windows-Containers#70", confidence = "high" },
  { name = "NVRM", what = "graphics-client", text = "memory of the graphics driver for each WSL client",
    source = "microsoft/WSL#12756", confidence = "medium" },
  { name = "lx??", what = "linux-process", text = "memory of the Linux subsystem for each process",
    source = "microsoft/WSL#2535", confidence = "medium" },
}
