-- limits.lua - how large the pools may get, by Windows build, bitness and memory.  A limit that the
-- evidence itself carries (!vm, a dump) comes first; these serve where it carries none.
-- A limit is the smallest of what a row gives: ram_percent of physical memory, bytes, and the commit limit
-- where commit is true; it is never under least_bytes.  registry names a value under Session
-- Manager\Memory Management that, where it is set, lowers the limit; registry_size one that sets it.

local MiB <const> = 1024 * 1024
local GiB <const> = 1024 * MiB
local TiB <const> = 1024 * GiB
local table_of_limits <const> = "Microsoft documentation, Memory Limits for Windows Releases"
local registry_keys <const> = "Microsoft documentation, Memory Management Registry Keys"
local pushing <const> = "Russinovich, Pushing the Limits of Windows: Paged and Nonpaged Pool"
local pal <const> = "PAL threshold tables"

return {
  {
    windows = "2000", from = 2195, to = 2195, bits = 32, pool = "nonpaged",
    bytes = 256 * MiB, registry_size = "NonPagedPoolSize",
    text = "256 MiB at most, less with little memory",
    source = table_of_limits, confidence = "high",
  },
  {
    windows = "2000 with /3GB", from = 2195, to = 2195, bits = 32, pool = "nonpaged",
    large_user_space = true, bytes = 128 * MiB, registry_size = "NonPagedPoolSize",
    text = "128 MiB at most",
    source = table_of_limits, confidence = "high",
  },
  {
    windows = "2000", from = 2195, to = 2195, bits = 32, pool = "paged",
    bytes = 350 * MiB, registry_size = "PagedPoolSize",
    text = "350 MiB",
    source = table_of_limits, confidence = "high",
  },
  {
    windows = "XP, Server 2003", from = 2600, to = 3790, bits = 32, pool = "nonpaged",
    ram_percent = 21, least_bytes = 32 * MiB, bytes = 256 * MiB, registry_size = "NonPagedPoolSize",
    text = "a fifth of memory, 256 MiB at most",
    source = table_of_limits .. "; the share below 1.2 GiB of memory: " .. pal, confidence = "medium",
  },
  {
    windows = "XP, Server 2003 with /3GB", from = 2600, to = 3790, bits = 32, pool = "nonpaged",
    large_user_space = true, bytes = 128 * MiB, registry_size = "NonPagedPoolSize",
    text = "128 MiB at most",
    source = table_of_limits, confidence = "high",
  },
  {
    windows = "XP", from = 2600, to = 2600, bits = 32, pool = "paged",
    bytes = 490 * MiB, registry_size = "PagedPoolSize",
    text = "490 MiB at most; often 180 to 350",
    source = table_of_limits, confidence = "medium",
  },
  {
    windows = "Server 2003", from = 3790, to = 3790, bits = 32, pool = "paged",
    bytes = 530 * MiB, registry_size = "PagedPoolSize",
    text = "530 MiB at most; often 180 to 350",
    source = table_of_limits, confidence = "medium",
  },
  {
    windows = "XP, Server 2003 with /3GB", from = 2600, to = 3790, bits = 32, pool = "paged",
    large_user_space = true, bytes = 158 * MiB, registry_size = "PagedPoolSize",
    text = "about 158 MiB",
    source = pal, confidence = "medium",
  },
  {
    windows = "XP, Server 2003", from = 3790, to = 3790, bits = 64, pool = "nonpaged",
    ram_percent = 40, bytes = 128 * GiB,
    text = "about 40 % of memory, 128 GiB at most",
    source = "400 KB for each MB of memory; " .. pal .. " take 75 %", confidence = "medium",
  },
  {
    windows = "XP, Server 2003", from = 3790, to = 3790, bits = 64, pool = "paged",
    bytes = 128 * GiB, commit = true,
    text = "128 GiB at most, by configuration",
    source = table_of_limits, confidence = "medium",
  },
  {
    windows = "Vista", from = 6000, to = 6000, bits = 64, pool = "nonpaged",
    ram_percent = 40, bytes = 128 * GiB,
    text = "40 % of memory, 128 GiB at most",
    source = table_of_limits, confidence = "high",
  },
  {
    windows = "Vista", from = 6000, to = 6000, bits = 64, pool = "paged",
    bytes = 128 * GiB, commit = true,
    text = "128 GiB or the commit limit",
    source = table_of_limits, confidence = "high",
  },
  {
    windows = "Vista and later", from = 6000, bits = 32, pool = "nonpaged",
    ram_percent = 75, bytes = 2 * GiB, registry = "NonPagedPoolLimit",
    text = "75 % of memory, 2 GiB at most",
    source = pushing .. "; " .. registry_keys, confidence = "medium",
  },
  {
    windows = "Vista and later with increased user space", from = 6000, bits = 32, pool = "nonpaged",
    large_user_space = true, ram_percent = 75, bytes = 1 * GiB, registry = "NonPagedPoolLimit",
    text = "75 % of memory, and what the kernel's gigabyte leaves",
    source = table_of_limits .. "; " .. registry_keys, confidence = "low",
  },
  {
    windows = "Vista and later", from = 6000, bits = 32, pool = "paged",
    bytes = 2 * GiB, commit = true, registry = "PagedPoolLimit",
    text = "2 GiB or the commit limit",
    source = pushing .. "; " .. registry_keys, confidence = "medium",
  },
  {
    windows = "Vista and later with increased user space", from = 6000, bits = 32, pool = "paged",
    large_user_space = true, bytes = 1 * GiB, commit = true, registry = "PagedPoolLimit",
    text = "what the kernel's gigabyte leaves, or the commit limit",
    source = table_of_limits .. "; " .. registry_keys, confidence = "low",
  },
  {
    windows = "Vista SP1, 7, Server 2008 and 2008 R2", from = 6001, to = 7601, bits = 64, pool = "nonpaged",
    ram_percent = 75, bytes = 128 * GiB,
    text = "75 % of memory, 128 GiB at most",
    source = table_of_limits, confidence = "high",
  },
  {
    windows = "Vista SP1, 7, Server 2008 and 2008 R2", from = 6001, to = 7601, bits = 64, pool = "paged",
    bytes = 128 * GiB, commit = true,
    text = "128 GiB or the commit limit",
    source = table_of_limits, confidence = "high",
  },
  {
    windows = "8, Server 2012", from = 9200, to = 9200, bits = 64, pool = "nonpaged",
    ram_percent = 100, bytes = 128 * GiB,
    text = "all memory, 128 GiB at most",
    source = table_of_limits, confidence = "medium",
  },
  {
    windows = "8, Server 2012", from = 9200, to = 9200, bits = 64, pool = "paged",
    bytes = 384 * GiB, commit = true,
    text = "384 GiB or the commit limit",
    source = table_of_limits, confidence = "medium",
  },
  {
    windows = "8.1 to 11, Server 2012 R2 to 2025", from = 9600, bits = 64, pool = "nonpaged",
    ram_percent = 100, bytes = 16 * TiB,
    text = "all memory, 16 TiB at most",
    source = table_of_limits .. "; !vm of Windows 10 samples shows 16 TiB", confidence = "medium",
  },
  {
    windows = "8.1 to 11, Server 2012 R2 to 2025", from = 9600, bits = 64, pool = "paged",
    bytes = 15872 * GiB, commit = true,
    text = "15.5 TiB or the commit limit",
    source = table_of_limits, confidence = "medium",
  },
}
