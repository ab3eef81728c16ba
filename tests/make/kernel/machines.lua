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

return machines
