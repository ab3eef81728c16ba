-- text_expected.lua - what a reader must find in each real text sample, written down by eye and by
-- hand from the samples themselves, never from a reader's output.
--
-- A sample is a file of the corpus (`file`, its first line is a source remark and not part of it) or
-- text typed here (`text`, the rows of the stories).
--   lines    data lines in the sample        rows     rows of the model that they make
--   first, last   cells of the first and the last row; a cell that is absent is unknown
--   also     cells of further rows, by row number
--   session  nil, a number or "all", the same for every row
--   memory   totals in bytes (or counts), exactly these must be known
--   flagged  row number -> the flags that its arithmetic earns (no other row may have them)
--   refusable   a foreign table: its data lines may be refused, but then each by line
-- A poolmon line makes one row.  A !poolused line makes a row a pool whose side is not all zero, the
-- nonpaged one first, and one nonpaged row where both sides are zero.

local K <const> = 1024

local function poolmon(tag, pool, allocs, frees, diff, bytes, per_alloc, deltas)
  local d = deltas or {}
  return {
    tag = tag, pool = pool, allocs = allocs, frees = frees, diff = diff, bytes = bytes,
    per_alloc = per_alloc, delta_allocs = d[1], delta_frees = d[2], delta_bytes = d[3],
  }
end

local function used(tag, pool, diff, bytes)
  return { tag = tag, pool = pool, diff = diff, bytes = bytes }
end

-- The two header lines of poolmon, in K: Memory, Avail, PageFlts, Krnl, P; Commit, Limit, Peak, N, P.
local function header(one, two)
  return {
    physical_bytes = one and one[1] * K, available_bytes = one and one[2] * K,
    page_faults = one and one[3], kernel_resident_bytes = one and one[4] * K,
    paged_resident_bytes = one and one[5] * K,
    commit_bytes = two[1] * K, commit_limit_bytes = two[2] * K, commit_peak_bytes = two[3] * K,
    nonpaged_bytes = two[4] * K, paged_bytes = two[5] * K,
  }
end

local still <const> = { 0, 0, 0 }

local gflags_first = poolmon("CM  ", "paged", 1283, 1002, 281, 1377312, 4901, still)
local gflags_last = poolmon("MmSt", "paged", 614, 441, 173, 83456, 482, still)
local gflags_also = {
  [2] = poolmon("Strg", "paged", 10385, 6658, 3727, 317952, 85, { 10, 4, 512 }),
  [3] = poolmon("Fat ", "paged", 6662, 4971, 1691, 174560, 103, { 8, 6, 128 }),
}
local gflags_memory = header({ 16224, 4564, 31, 684, 680 }, { 24140, 24952, 24932, 744, 2180 })

local display_first = poolmon("Wait", "nonpaged", 3971107, 3971077, 30, 8456, 281, still)
local display_last = poolmon("SePa", "nonpaged", 680348, 680321, 27, 3656, 135, still)
local display_also = {
  [2] = poolmon("ObSt", "nonpaged", 2791258, 2791258, 0, 0, 0, still),
  [5] = poolmon("Io  ", "nonpaged", 1021112, 1020985, 127, 91912, 723, { 1, 1, 0 }),
  [7] = poolmon("Key ", "paged", 954821, 953979, 842, 87528, 103, still),
}
local display_memory = header({ 260620, 96364, 0, 1916, 17856 }, { 203500, 640916, 260632, 8332, 27220 })

local ntfs_first = poolmon("NtFA", "nonpaged", 9112, 9112, 0, 0, 0, still)
local ntfs_memory = header({ 260620, 65152, 85, 2116, 19560 }, { 237688, 640916, 260632, 8500, 33024 })

local sessions_first = poolmon("Bmfd", "paged", 361, 336, 25, 57832, 2313, still)
local sessions_also = { [4] = poolmon("Dh 1", "paged", 24, 24, 0, 0, 0, still) }
local sessions_memory = header({ 523572, 233036, 344, 1828, 18380 },
  { 193632, 1279764, 987356, 14332, 18644 })

local abc_first = used("Abc ", "paged", 36405, 33930272)
local abc_last = used("Ggb ", "paged", 22, 828384)
local abc_also = {
  [4] = used("Gla5", "nonpaged", 1, 128),
  [5] = used("Gla5", "paged", 2222, 924352),
}

local used_first = used("1394", "nonpaged", 1, 520)
local used_also = {
  [6] = used("AGP ", "nonpaged", 1, 344),
  [7] = used("AGP ", "paged", 2, 384),
  [10] = used("AcpA", "paged", 1, 504),
  [11] = used("AcpB", "paged", 4, 576),
}

local even = poolmon("Even", "nonpaged", 51231806, 50633533, 684922, 32878688, 48)

local poolmon_samples = {
  {
    file = "msdocs/poolmon__example-9---detecting-a-pool-memory-leak__1.txt",
    lines = 4, rows = 4, first = gflags_first, last = gflags_last, also = gflags_also,
    memory = gflags_memory,
  },
  {
    file = "msdocs/poolmon__poolmon-display__1.txt",
    lines = 8, rows = 8, first = display_first, last = display_last, also = display_also,
    memory = display_memory,
  },
  {
    file = "msdocs/poolmon__poolmon-examples__1.txt",
    lines = 13, rows = 13, first = ntfs_first,
    last = poolmon("NtFv", "paged", 551, 551, 0, 0, 0, still),
    also = { [3] = poolmon("NtFC", "paged", 1579279, 1579269, 10, 640, 64, still) },
    memory = ntfs_memory,
  },
  {
    file = "msdocs/poolmon__poolmon-examples__2.txt",
    lines = 3, rows = 3,
    first = poolmon("1MEM", "nonpaged", 1, 0, 1, 3344, 3344, still),
    last = poolmon("3MEM", "nonpaged", 3, 0, 3, 248, 82, still),
    memory = {},
  },
  {
    file = "msdocs/poolmon__poolmon-examples__3.txt",
    lines = 8, rows = 8,
    first = poolmon("IpEQ", "nonpaged", 1, 0, 1, 1808, 1808, still),
    last = poolmon("IpTI", "nonpaged", 3, 0, 3, 5400, 1800, still),
    also = { [7] = poolmon("IpSI", "nonpaged", 1027, 0, 1027, 53272, 51, still) },
    memory = header({ 130616, 23692, 146, 2108, 9532 }, { 187940, 318628, 192000, 8372, 13384 }),
  },
  {
    file = "msdocs/poolmon__poolmon-examples__4.txt",
    lines = 1, rows = 1,
    first = poolmon("Drsd", "paged", 560, 539, 21, 17472, 832, { 177, 171, 4992 }),
    last = poolmon("Drsd", "paged", 560, 539, 21, 17472, 832, { 177, 171, 4992 }),
    memory = header({ 130480, 91856, 1220, 2484, 7988 }, { 30104, 248432, 34028, 2224, 8004 }),
  },
  {
    file = "msdocs/poolmon__poolmon-examples__5.txt",
    lines = 1, rows = 1,
    first = poolmon("Drsd", "paged", 737, 710, 27, 22464, 832, still),
    last = poolmon("Drsd", "paged", 737, 710, 27, 22464, 832, still),
    memory = header({ 130480, 91808, 1240, 2488, 7996 }, { 30152, 248432, 34052, 2224, 8012 }),
  },
  {
    file = "msdocs/poolmon__poolmon-examples__6.txt",
    lines = 16, rows = 16, session = "all", first = sessions_first,
    last = poolmon("Gdbr", "paged", 6277, 6271, 6, 1872, 312, still),
    also = sessions_also, memory = sessions_memory,
  },
  {
    file = "msdocs/poolmon__poolmon-examples__7.txt",
    lines = 16, rows = 16, session = 0, first = sessions_first,
    last = poolmon("Gdbr", "paged", 6280, 6274, 6, 1872, 312, still),
    also = {
      [4] = sessions_also[4],
      [10] = poolmon("GTmp", "paged", 89079, 89079, 0, 0, 0, { 99, 99, 0 }),
    },
    memory = header({ 523572, 233024, 525, 1828, 18384 }, { 193760, 1279764, 987356, 14340, 18644 }),
  },
  {
    file = "msdocs/poolmon__poolmon-examples__8.txt",
    lines = 16, rows = 16, session = 0,
    first = poolmon("Bmfd", "paged", 421, 396, 25, 57832, 2313, still),
    last = poolmon("Gdbr", "paged", 6972, 6965, 7, 2184, 312, still),
    also = { [5] = poolmon("Dh 2", "paged", 367, 364, 3, 912, 304, still) },
    memory = header({ 523572, 235876, 43, 1900, 18860 }, { 185040, 1279764, 987356, 14684, 19124 }),
  },
  {
    file = "msdocs/poolmon__poolmon-examples__9.txt",
    lines = 0, rows = 0,
    memory = header({ 260620, 44956, 308, 2744, 20444 }, { 185452, 640872, 192472, 8112, 20648 }),
  },
  {
    file = "msdocs/poolmon__using-poolmon-to-find-a-kernel-mode-memory-leak__1.txt",
    lines = 4, rows = 4, first = gflags_first, last = gflags_last, also = gflags_also,
    memory = gflags_memory,
  },
  {
    file = "msdocs/poolmon__using-poolmon-to-find-a-kernel-mode-memory-leak__2.txt",
    lines = 3, rows = 3,
    first = poolmon("HidC", "paged", 1667, 1659, 8, 896, 112, still),
    last = poolmon("HidP", "nonpaged", 1014, 998, 16, 6704, 419, still),
    also = { [2] = poolmon("HidC", "nonpaged", 17375, 17256, 119, 19808, 166, still) },
    memory = header({ 33473120, 20055132, 5, 10444, 1843072 },
      { 15035764, 67027552, 16677444, 1023400, 1955448 }),
  },
  {
    file = "web/poolmon__display_sample_with_deltas.txt",
    lines = 8, rows = 8, first = display_first, last = display_last, also = display_also,
    memory = display_memory,
  },
  {
    file = "web/poolmon__gflags_doc_dashes_line.txt",
    lines = 4, rows = 4, first = gflags_first, last = gflags_last, also = gflags_also,
    memory = header(nil, { 24140, 24952, 24932, 744, 2180 }),
  },
  {
    file = "web/poolmon_g__ntfs_mapped_driver.txt",
    lines = 9, rows = 9, first = ntfs_first,
    last = poolmon("NtFa", "paged", 838, 829, 9, 288, 32, still),
    memory = ntfs_memory,
  },
  {
    file = "web/poolmon_n__intel_mfd_server.txt",
    lines = 13, rows = 13,
    first = poolmon("EtwB", "nonpaged", 6394, 4056, 2338, 163418368, 69896),
    last = poolmon("CM25", "paged", 4849, 0, 4849, 21708800, 4476),
    also = { [3] = poolmon("File", "nonpaged", 25376177, 25200767, 175410, 70145152, 399) },
    memory = header({ 16468560, 12072536, 468600648, 56708, 950888 },
      { 4100436, 17517136, 11685564, 710920, 983564 }),
  },
  {
    file = "web/poolmon_n__win11_wide_columns_census.txt",
    lines = 8, rows = 8,
    first = poolmon("FMfn", "paged", 8665967, 5982729, 2683238, 1495080176, 557),
    last = poolmon("MmSt", "paged", 1624294, 1189612, 434682, 515671920, 1186),
    also = {
      [2] = poolmon("File", "nonpaged", 44288592, 43651808, 636784, 254683680, 399),
      [3] = poolmon("File", "paged", 100, 40, 60, 4000, 66),
    },
    memory = header(nil, { 35762700, 64575904, 43634092, 2275124, 4427892 }),
  },
  {
    file = "web/poolmon_s__sessions_tags_with_inner_space.txt",
    lines = 11, rows = 11, session = "all", first = sessions_first,
    last = poolmon("GUma", "paged", 2, 2, 0, 0, 0, still),
    also = sessions_also, memory = sessions_memory,
  },
}

local poolused_samples = {
  {
    -- Cut in the middle ("..."); TOTAL is the whole machine's.  The description of ohci begins with
    -- digits that are glued to the count: "0" and "1394 OHCI host controller driver".
    file = "msdocs/poolused__-poolused__1.txt",
    lines = 35, rows = 40, first = used_first,
    last = used("vPrt", "paged", 18, 68160),
    also = {
      [6] = used_also[6], [7] = used_also[7], [10] = used_also[10], [11] = used_also[11],
      [15] = used("AcpO", "nonpaged", 4, 208),
      [18] = used("Wmip", "nonpaged", 146, 3504),
      [19] = used("Wmip", "paged", 182, 18600),
      [34] = used("ohci", "nonpaged", 1, 136),
      [35] = used("rx..", "nonpaged", 3, 1248),
    },
    memory = {
      tagged_nonpaged_bytes = 209120008, tagged_nonpaged_diff = 3570214,
      tagged_paged_bytes = 13066104, tagged_paged_diff = 38769,
    },
    flagged = { [35] = { ["tag-ambiguous"] = true } },
  },
  {
    file = "msdocs/poolused__using-the-kernel-debugger-to-find-a-kernel-mode-memory-leak__1.txt",
    lines = 5, rows = 6, first = abc_first, last = abc_last, also = abc_also, memory = {},
  },
  {
    file = "web/poolused1_tag__hevd_verbose_total.txt",
    lines = 1, rows = 1,
    first = poolmon("Hack", "nonpaged", 1, 0, 1, 112),
    last = poolmon("Hack", "nonpaged", 1, 0, 1, 112),
    memory = {
      tagged_nonpaged_bytes = 112, tagged_nonpaged_diff = 1,
      tagged_paged_bytes = 0, tagged_paged_diff = 0,
    },
  },
  {
    file = "web/poolused4__abc_leading_spaces_no_desc.txt",
    lines = 5, rows = 6, first = abc_first, last = abc_last, also = abc_also, memory = {},
  },
  {
    file = "web/poolused__askperf_2009_collapsed_ws.txt",
    lines = 14, rows = 17,
    first = used("8042", "nonpaged", 4, 3944),
    last = used("Acpt", "nonpaged", 1, 120),
    also = {
      [4] = used("AcpA", "paged", 1, 504),
      [5] = used("AcpB", "paged", 4, 704),
      [12] = used("AcpR", "paged", 9, 4208),
    },
    memory = {},
  },
  {
    file = "web/poolused__msdocs_glued_description.txt",
    lines = 13, rows = 15, first = used_first,
    last = used("AcpO", "nonpaged", 4, 208), also = used_also, memory = {},
  },
}

local vm_samples = {
  {
    file = "msdocs/vm__-vm__1.txt",
    lines = 0, rows = 0,
    memory = {
      physical_bytes = 65080 * K, available_bytes = 22172 * K, free_ptes = 45089,
      nonpaged_bytes = 3508 * K, nonpaged_limit_bytes = 25008 * K,
      paged_bytes = 6388 * K, paged_limit_bytes = 53248 * K,
      commit_bytes = 87796 * K, commit_limit_bytes = 145024 * K,
    },
  },
  {
    file = "msdocs/vm__debugging-a-stack-overflow__1.txt",
    lines = 0, rows = 0,
    memory = {
      physical_bytes = 65072 * K, available_bytes = 9196 * K, free_ptes = 42754,
      nonpaged_bytes = 3244 * K, nonpaged_limit_bytes = 25008 * K,
      paged_bytes = 10368 * K, paged_limit_bytes = 53248 * K,
      commit_bytes = 183528 * K, commit_limit_bytes = 202280 * K,
    },
  },
  {
    -- Nonpaged pool is the sum of the executable (0) and the no-execute part.
    file = "web/vm__win10_2gb_five_pagedpools.txt",
    lines = 0, rows = 0,
    memory = {
      physical_bytes = 2096628 * K, available_bytes = 1252248 * K, free_ptes = 4294977640,
      nonpaged_bytes = 56432 * K, nonpaged_limit_bytes = 17179869184 * K,
      paged_bytes = 148316 * K, paged_limit_bytes = 17179869184 * K,
    },
  },
}

local stories = {
  {
    name = "story 2, !vm with a remark behind a value",
    text = [[
2: kd> !vm

*** Virtual Memory Usage ***

Physical Memory: 851420 ( 3405680 Kb)

Page File: \??\C:\pagefile.sys

Current: 3584000 Kb Free Space: 3568552 Kb

Minimum: 3584000 Kb Maximum: 3584000 Kb

Available Pages: 573277 ( 2293108 Kb)

ResAvail Pages: 800628 ( 3202512 Kb)

Locked IO Pages: 1067 ( 4268 Kb)

Free System PTEs: 25102 ( 100408 Kb)

Free NP PTEs: 335 ( 1340 Kb)

Free Special NP: 0 ( 0 Kb)

Modified Pages: 22 ( 88 Kb)

Modified PF Pages: 22 ( 88 Kb)

NonPagedPool Usage: 31369 ( 125476 Kb) ]] .. "\u{DF}" .. [[ Very high

NonPagedPool Max: 31986 ( 127944 Kb)

********** Excessive NonPaged Pool Usage *****

PagedPool 0 Usage: 19071 ( 76284 Kb)

PagedPool 1 Usage: 735 ( 2940 Kb)

PagedPool 2 Usage: 747 ( 2988 Kb)

PagedPool 3 Usage: 720 ( 2880 Kb)

PagedPool 4 Usage: 746 ( 2984 Kb)

PagedPool Usage: 22019 ( 88076 Kb)

PagedPool Maximum: 38912 ( 155648 Kb)

********** 3 pool allocations have failed **********
]],
    lines = 0, rows = 0,
    memory = {
      physical_bytes = 3405680 * K, available_bytes = 2293108 * K, free_ptes = 25102,
      nonpaged_bytes = 125476 * K, nonpaged_limit_bytes = 127944 * K,
      paged_bytes = 88076 * K, paged_limit_bytes = 155648 * K, pool_failures = 3,
    },
  },
  {
    name = "story 2, !poolused /t2 2",
    text = [[
2: kd> !poolused /t2 2

Sorting by NonPaged Pool Consumed

Pool Used:

NonPaged Paged

Tag Allocs Used Allocs Used

None 246479 50827424 0 0 call to ExAllocatePool

MmCm 1198 18462512 0 0 Calls made to MmAllocateContiguousMemory , Binary: nt!mm
]],
    lines = 2, rows = 2,
    first = used("None", "nonpaged", 246479, 50827424),
    last = used("MmCm", "nonpaged", 1198, 18462512),
    memory = {},
  },
  {
    name = "story 3, the row of events with blanks between the columns",
    text = "Memory Tag Analysis:\nTag Type Allocs Frees Diff Bytes Per Alloc\n"
      .. "Even Nonp 51,231,806 50,633,533 684,922 32,878,688 48\n",
    lines = 1, rows = 1, first = even, last = even, memory = {},
    flagged = { { ["diff-mismatch"] = true } },
  },
  {
    name = "story 3, the row of events with the columns glued together",
    text = "Tag  Type     Allocs            Frees            Diff   Bytes       Per Alloc\n"
      .. "Even Nonp 51,231,80650,633,533684,92232,878,68848\n",
    lines = 1, rows = 1, first = even, last = even, memory = {},
    flagged = { { ["diff-mismatch"] = true } },
  },
}

local foreign = {
  {
    -- A home-made table, megabytes with one decimal.  Where it is read its numbers are rounded.
    file = "web/tagtable__wsl41296_ntquery22.txt",
    lines = 6, rows = 6, refusable = true,
    near = {
      [1] = { tag = "NtFC", pool = "nonpaged", bytes = 22390453043, tolerance = 60000 },
      [6] = { tag = "smNp", pool = "nonpaged", bytes = 42572186, tolerance = 60000 },
    },
  },
}

return {
  poolmon = poolmon_samples,
  poolused = poolused_samples,
  vm = vm_samples,
  stories = stories,
  foreign = foreign,
}
