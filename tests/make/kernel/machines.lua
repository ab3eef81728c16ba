--- The machines that the fixtures are of.
-- @module tests.make.kernel.machines
local machines <const> = {}

-- Tags that any machine has, so that the few of interest are not alone.
local function crowd(tags, count)
  for i = 1, count do
    local tag <const> = ("Z%03d"):format(i)
    local numbers <const> = { 40 * i + 17, 39 * i, (i + 17) * 96 }
    tags[#tags + 1] = { tag = tag, nonpaged = i % 3 ~= 0 and numbers or nil,
      paged = i % 3 ~= 1 and numbers or nil }
  end
  return tags
end

local function some_processes()
  return { { name = "System", id = 4, nonpaged = 0, paged = 0 },
    { name = "smss.exe", id = 0x1a4, nonpaged = 1080, paged = 9320 },
    { name = "leaksvc.exe", id = 0x8a0, nonpaged = 5242880, paged = 130048, session = 0 },
    { name = "winword.exe", id = 0xb1c, nonpaged = 20480, paged = 301056, session = 1 } }
end

-- A server of the year 2008 whose nonpaged pool a driver eats that is on no disk: 32 bits, /3GB, four
-- processors.  What its tracker says is what its debugger printed.
machines.story2 = {
  build = 3790, service_pack = 2, version = { 5, 2 }, lab = "3790.srv03_sp2_gdr.080813-1204", mode = "pae",
  kernel = "story2", kernel_base = 0xe0800000, kernel_path = "\\WINDOWS\\system32\\ntkrpamp.exe",
  processors = 4, product = 3, system_range = 0xc0000000, seed = 2,
  places = { nonpaged = 0xe1400000, paged = 0xe4000000, expansion = 0xfb000000, drivers = 0xf5000000 },
  runs = { { 1, 0x9e }, { 0x100, 0xdff00 - 0x100 } }, bits = 0xdff00,
  bugcheck = { 0xe2, 0, 0, 0, 0 }, time = 1228822800, uptime = 259200 + 7265,
  totals = { physical_pages = 851420, available_pages = 573277, resident_available_pages = 800628,
    nonpaged_pages = 31369, nonpaged_limit = 31986 * 4096, paged_pages = 22019, paged_limit = 38912 * 4096,
    paged_pools = { 19071, 735, 747, 720, 746 }, commit_limit = 1715000, committed = 241003, peak = 260114,
    highest_page = 0xdfeff, failures = 3 },
  modules = {
    { file = "hal", name = "hal.dll", path = "\\WINDOWS\\system32\\hal.dll", base = 0xe0a00000 },
    { file = "keeps", name = "keeps.sys", path = "keeps.sys", base = 0xf7c40000 },
    { file = "filter", name = "filter.sys", path = "\\SystemRoot\\system32\\drivers\\filter.sys",
      base = 0xf5f70000 },
    { file = "guid", name = "{7C1E9A52-4D0B-4F3E-9B61-2A5D80C7F3E4}.sys", base = 0xf50b3000,
      path = "\\??\\C:\\WINDOWS\\system32\\drivers\\{7C1E9A52-4D0B-4F3E-9B61-2A5D80C7F3E4}.sys" },
  },
  processes = some_processes(),
  unloaded = { { name = "kmixer.sys", base = 0xf4c60000, size = 0x2b000, time = 1228700000 },
    { name = "acpiec.sys", base = 0xf7b2a000, size = 0x3000, time = 1228600000 } },
  tags = crowd({
    { tag = "None", nonpaged = { 3000246479, 3000000000, 50827424 } },
    { tag = "MmCm", nonpaged = { 1212, 14, 18462512 } },
    { tag = "Irp ", nonpaged = { 4012345, 4009944, 1009240 } },
    { tag = "File", nonpaged = { 912345, 901122, 1706888 } },
    { tag = "Thre", nonpaged = { 51200, 49910, 804960 } },
    { tag = "MmSt", paged = { 88123, 77123, 19911040 } },
    { tag = "CM31", paged = { 9120, 1200, 24576000 } },
    { tag = "Ntff", paged = { 712345, 691122, 16982016 } },
    { tag = "Toke", paged = { 61234, 60234, 1123456 }, nonpaged = { 10, 10, 0 } },
    { tag = "KpFi", nonpaged = { 5123, 5000, 98400 }, paged = { 77, 70, 4480 } },
    { tag = "Ovfl", nonpaged = { 5, 3, 640 } },
  }, 300),
  big = {
    { tag = "None", size = 0x3000, owner = 5 }, { tag = "None", size = 0x2000, owner = 5 },
    { tag = "MmCm", size = 0x4000 }, { tag = "KpFi", size = 0x1000, owner = 3 },
    { tag = "CM31", size = 0x2000, pool = "paged" }, { tag = "Thre", size = 0x1000, free = true },
  },
}

-- The tags of every other machine.  Counts of 32 bits have turned over; one has a byte that is no letter,
-- and protected ones have bit 31.
local function usual(narrow, count)
  return crowd({
    { tag = "LkaL", nonpaged = { 91234, 1234, 46080000 } },
    { tag = "KpFi", paged = { 30123, 20000, 6478720 } },
    { tag = "FlCx", nonpaged = narrow and { 5000000321, 5000000000, 30816 } or { 50000000321, 50000000000,
      30816 } },
    { tag = "Busy", paged = { 4294967290, 4294967000, 27840 }, nonpaged = { 77, 70, 448 } },
    { tag = "Even", nonpaged = { 812345, 812345, 0 }, paged = { 9, 9, 0 } },
    { tag = "CM  ", paged = { 812, 12, 3276800 } },
    { tag = "Io\0\0", nonpaged = { 12, 2, 1280 } },
    { tag = "Pro\xe3", nonpaged = { 210, 120, 92160 } },
    { tag = "Ovfl", nonpaged = { 61, 21, 5120 }, paged = { 7, 5, 96 } },
  }, count)
end

-- What the machines of the matrix have in common.
local function machine(given)
  local wide <const> = given.mode ~= "x86" and given.mode ~= "pae"
  local architecture <const> = given.mode == "arm64" and "aarch64" or wide and "x86_64" or "i686"
  local drivers <const> = ({ x64 = 0xfffff88001000000, la57 = 0xfffff80431000000,
    arm64 = 0xfffff80064400000 })
    [given.mode] or 0xf7000000
  local first <const> = given.mode == "arm64" and 0x40000 or 0
  local spec <const> = {
    kernel = ("%s-%d"):format(architecture, given.build), processors = 3, product = 1, seed = given.build,
    tracker_count = 257, invalid_mask = 0x0000200000000000, mask_offset = 0x1580 + 0xc0,
    runs = { { first + 1, 0x9d }, { first + 0x100, 0xeff } },
    bugcheck = { 0xd1, 0x10, 2, 0, wide and -0x7ffbfffff000 or 0xf7002000 }, time = 1700000000,
      uptime = 86461,
    system_range = wide and 0xffff800000000000 or 0x80000000,
    totals = { physical_pages = 3997, available_pages = 1234, resident_available_pages = 2345,
      nonpaged_pages = 700, nonpaged_limit = 900 * 4096, paged_pages = 555, paged_limit = 2000 * 4096,
      paged_pools = { 300, 200, 55 }, commit_limit = 9000, committed = 4321, peak = 5432,
      highest_page = first + 0xffe, failures = 2 },
    modules = {
      { file = "hal", name = "hal.dll", path = "\\SystemRoot\\system32\\hal.dll", base = drivers + 0x20000,
        path_page = "trimmed" },
      { file = "keeps", name = "keeps.sys", path = "\\??\\C:\\Windows\\System32\\keeps.sys", base = drivers },
      { file = "filter", name = "filter.sys", path = "\\SystemRoot\\system32\\drivers\\filter.sys",
        base = drivers + 0x70000, path_page = "paged out" },
    },
    unloaded = { { name = "dump_storport.sys", base = drivers + 0x200000, size = 0xd000, time = 1699999000 },
      { name = "gone.sys", base = drivers + 0x300000, size = 0x5000, time = 1699999900 } },
    processes = some_processes(),
    tags = usual(given.build < 16299, given.crowd or 90),
    big = {
      { tag = "LkaL", size = 0x3000, owner = 4 }, { tag = "LkaL", size = 0x1800, owner = 4 },
      { tag = "KpFi", size = 0x2000, pool = "paged", owner = 3 }, { tag = "CM  ", size = 0x4000,
        pool = "paged" },
      { tag = "Even", size = 0x1000, free = true },
    },
  }
  for name, value in pairs(given) do spec[name] = value end
  if given.high and given.mode ~= "x86" then spec.runs[3] = { 0x100003, 0xfb } end
  return spec
end

machines.xp_x86 = machine { mode = "x86", build = 2600, version = { 5, 1 }, processors = 1,
  lab = "2600.xpsp_sp3_gdr.080814-1236", service_pack = 3 }
machines.vista_x86 = machine { mode = "x86", build = 6002, version = { 6, 0 }, service_pack = 2,
  lab = "6002.18005.x86fre.lh_sp2rtm.090410-1830" }
-- A machine with more tags than its tables have room for.
machines.crowded_x86 = machine { mode = "x86", build = 7601, version = { 6, 1 }, service_pack = 1,
  crowd = 280,
  lab = "7601.17514.x86fre.win7sp1_rtm.101119-1850" }
machines.crowded_x64 = machine { mode = "x64", build = 19041, version = { 10, 0 }, crowd = 280,
  low_stub = true,
  lab = "19041.1.amd64fre.vb_release.191206-1406" }
machines.win7_pae = machine { mode = "pae", build = 7601, version = { 6, 1 }, service_pack = 1, high = true,
  lab = "7601.17514.x86fre.win7sp1_rtm.101119-1850" }
machines.win81_pae = machine { mode = "pae", build = 9600, version = { 6, 3 },
  lab = "9600.17415.x86fre.winblue_r4.141028-1500" }
machines.win10_pae = machine { mode = "pae", build = 19041, version = { 10, 0 }, high = true,
  lab = "19041.1.x86fre.vb_release.191206-1406" }
machines.limits_pae = machine { mode = "pae", build = 21390, version = { 10, 0 },
  lab = "21390.1.x86fre.co_release.210521-1658" }
machines.win2003_x64 = machine { mode = "x64", build = 3790, version = { 5, 2 }, service_pack = 2,
  lab = "3790.srv03_sp2_rtm.070216-1710" }
machines.win7_x64 = machine { mode = "x64", build = 7601, version = { 6, 1 }, service_pack = 1, high = true,
  lab = "7601.17514.amd64fre.win7sp1_rtm.101119-1850" }
machines.win81_x64 = machine { mode = "x64", build = 9600, version = { 6, 3 }, low_stub = true,
  lab = "9600.17415.amd64fre.winblue_r4.141028-1500" }
machines.win10_15063_x64 = machine { mode = "x64", build = 15063, version = { 10, 0 }, low_stub = true,
  lab = "15063.0.amd64fre.rs2_release.170317-1834" }
machines.win10_16299_x64 = machine { mode = "x64", build = 16299, version = { 10, 0 }, low_stub = true,
  lab = "16299.15.amd64fre.rs3_release.170928-1534" }
machines.win10_x64 = machine { mode = "x64", build = 19041, version = { 10, 0 }, low_stub = true,
  high = true,
  lab = "19041.1.amd64fre.vb_release.191206-1406", context_tag = 2 }
machines.win11_x64 = machine { mode = "x64", build = 22621, version = { 10, 0 }, low_stub = true,
  lab = "22621.1.amd64fre.ni_release.220506-1250" }
machines.win11_24h2_x64 = machine { mode = "x64", build = 26100, version = { 10, 0 }, low_stub = true,
  lab = "26100.1.amd64fre.ge_release.240331-1435" }
machines.server2022_la57 = machine { mode = "la57", build = 20348, version = { 10, 0 }, product = 3,
  lab = "20348.1.amd64fre.fe_release.210507-1500" }
machines.server2025_la57 = machine { mode = "la57", build = 26100, version = { 10, 0 }, product = 3,
  lab = "26100.1.amd64fre.ge_release.240331-1435" }
machines.win10_arm64 = machine { mode = "arm64", build = 19041, version = { 10, 0 },
  lab = "19041.1.arm64fre.vb_release.191206-1406" }
machines.win11_arm64 = machine { mode = "arm64", build = 22621, version = { 10, 0 },
  lab = "22621.1.arm64fre.ni_release.220506-1250" }

return machines
