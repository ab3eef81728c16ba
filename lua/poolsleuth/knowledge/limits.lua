-- limits.lua - how large the pools may get, by Windows build, bitness and memory.  A limit that the
-- evidence itself carries (!vm) comes first; these serve where it carries none.
-- A limit is the smallest of what a row gives: ram_percent of physical memory, bytes.

local MiB <const> = 1024 * 1024
local GiB <const> = 1024 * MiB
local TiB <const> = 1024 * GiB
local table_of_limits = "Microsoft documentation, Memory Limits for Windows Releases"

return {
  {
    windows = "2000", from = 2195, to = 2195, bits = 32, pool = "nonpaged", bytes = 256 * MiB,
    text = "256 MiB at most, less with little memory", source = table_of_limits, confidence = "high",
  },
  {
    windows = "2000", from = 2195, to = 2195, bits = 32, pool = "paged", bytes = 350 * MiB,
    text = "350 MiB", source = table_of_limits, confidence = "high",
  },
  {
    windows = "XP, Server 2003", from = 2600, to = 3790, bits = 32, pool = "nonpaged", bytes = 256 * MiB,
    text = "256 MiB at most, less with little memory", source = table_of_limits, confidence = "high",
  },
  {
    windows = "XP, Server 2003 with /3GB", from = 2600, to = 3790, bits = 32, pool = "nonpaged",
    large_user_space = true, bytes = 128 * MiB,
    text = "128 MiB at most", source = table_of_limits, confidence = "high",
  },
  {
    windows = "XP", from = 2600, to = 2600, bits = 32, pool = "paged", bytes = 490 * MiB,
    text = "490 MiB at most; often less", source = table_of_limits, confidence = "high",
  },
  {
    windows = "Server 2003", from = 3790, to = 3790, bits = 32, pool = "paged", bytes = 530 * MiB,
    text = "530 MiB at most; often less", source = table_of_limits, confidence = "high",
  },
  {
    windows = "XP, Server 2003", from = 3790, to = 3790, bits = 64, pool = "nonpaged",
    ram_percent = 40, bytes = 128 * GiB,
    text = "about 40 % of memory, 128 GiB at most", source = "PAL threshold tables", confidence = "medium",
  },
  {
    windows = "XP, Server 2003", from = 3790, to = 3790, bits = 64, pool = "paged", bytes = 128 * GiB,
    text = "128 GiB at most, by configuration", source = table_of_limits, confidence = "high",
  },
  {
    windows = "Vista", from = 6000, to = 6000, bits = 64, pool = "nonpaged", ram_percent = 40,
    bytes = 128 * GiB,
    text = "40 % of memory, 128 GiB at most", source = table_of_limits, confidence = "high",
  },
  {
    windows = "Vista", from = 6000, to = 6000, bits = 64, pool = "paged", bytes = 128 * GiB,
    text = "128 GiB", source = table_of_limits, confidence = "high",
  },
  {
    windows = "Vista and later", from = 6000, bits = 32, pool = "nonpaged", ram_percent = 75, bytes = 2 * GiB,
    text = "75 % of memory, 2 GiB at most",
    source = "Russinovich, Pushing the Limits of Windows: Paged and Nonpaged Pool",
    confidence = "medium",
  },
  {
    windows = "Vista and later", from = 6000, bits = 32, pool = "paged", bytes = 2 * GiB,
    text = "2 GiB or the commit limit",
    source = "Russinovich, Pushing the Limits of Windows: Paged and Nonpaged Pool",
    confidence = "medium",
  },
  {
    windows = "Vista SP1, 7, Server 2008 and 2008 R2", from = 6001, to = 7601, bits = 64, pool = "nonpaged",
    ram_percent = 75, bytes = 128 * GiB,
    text = "75 % of memory, 128 GiB at most", source = table_of_limits, confidence = "high",
  },
  {
    windows = "Vista SP1, 7, Server 2008 and 2008 R2", from = 6001, to = 7601, bits = 64, pool = "paged",
    bytes = 128 * GiB,
    text = "128 GiB", source = table_of_limits, confidence = "high",
  },
  {
    windows = "8, Server 2012", from = 9200, to = 9200, bits = 64, pool = "nonpaged",
    ram_percent = 100, bytes = 128 * GiB,
    text = "all memory, 128 GiB at most",
    source = "Microsoft documentation, Memory Limits for Windows Releases",
    confidence = "medium",
  },
  {
    windows = "8, Server 2012", from = 9200, to = 9200, bits = 64, pool = "paged", bytes = 384 * GiB,
    text = "384 GiB or the commit limit", source = table_of_limits, confidence = "medium",
  },
  {
    windows = "8.1, Server 2012 R2 and later", from = 9600, bits = 64, pool = "nonpaged",
    ram_percent = 100, bytes = 16 * TiB,
    text = "all memory, 16 TiB at most", source = "recalled; !vm of Windows 10 samples shows 16 TiB",
    confidence = "low",
  },
  {
    windows = "8.1, Server 2012 R2 and later", from = 9600, bits = 64, pool = "paged", bytes = 15872 * GiB,
    text = "15.5 TiB or the commit limit", source = table_of_limits, confidence = "medium",
  },
}
