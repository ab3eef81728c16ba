--- call_sites - how many pool call sites are recovered, and how rightly.
-- First the fixtures, whose truth is known; then the drivers of $POOLSLEUTH_CORPUS, counted by machine;
-- then systeminformer.sys against the tags in its own source.
local found, pe = pcall(require, "poolsleuth.pe")
local fixtures = require "tests.lua.support.fixtures"
local service_tag = require "poolsleuth.service_tag"

local corpus <const> = os.getenv "POOLSLEUTH_CORPUS" or ""

local function print_line(format, ...) print(format:format(...)) end

local function files_below(folder)
  local list = {}
  local pipe <close> = assert(io.popen(("find '%s' -type f | sort"):format(folder:gsub("'", "'\\''"))))
  for line in pipe:lines() do
    if line:lower():find "%.sys$" or line:lower():find "%.dll$" then list[#list + 1] = line end
  end
  return list
end

--- The share a of b in per cent, or a dash.
local function share(a, b) return b > 0 and ("%.1f %%"):format(100 * a / b) or "-" end

-- --- fixtures ---

local function report_fixtures()
  local manifest = fixtures.manifest()
  if not manifest then
    print "fixtures: skipped, they are not built (make fixtures)"
    return
  end
  print_line("%-12s %9s %9s %7s %7s %9s", "fixtures", "expected", "found", "recall", "wrong", "unknown")
  for _, group in ipairs(fixtures.groups(manifest)) do
    local sum = { expected = 0, found = 0, wrong = 0, unknown = 0 }
    for _, entry in ipairs(group) do
      local judged = fixtures.judge(entry, assert(pe.parse(fixtures.read(entry))))
      sum.expected, sum.found = sum.expected + judged.expected, sum.found + judged.found
      sum.wrong, sum.unknown = sum.wrong + #judged.wrong, sum.unknown + judged.unknown
    end
    print_line("%-12s %9d %9d %7s %7d %9d", group.name, sum.expected, sum.found,
      share(sum.found, sum.expected), sum.wrong, sum.unknown)
  end
  if manifest.skipped > 0 then print_line("%d compilers are not installed", manifest.skipped) end
end

-- --- real drivers ---

-- Imports that carry a tag, as a driver that has one of them can be expected to show a tag.
local tagged <const> = {}
for name in ([[
  ExAllocatePoolWithTag ExAllocatePoolWithQuotaTag ExAllocatePoolWithTagPriority ExAllocatePool2
  ExAllocatePool3 FsRtlAllocatePoolWithTag FsRtlAllocatePoolWithQuotaTag ExInitializePagedLookasideList
  ExInitializeNPagedLookasideList ExInitializeLookasideListEx NdisInitializeNPagedLookasideList
  MmAllocateMappingAddress MmAllocateMappingAddressEx ExAllocateCacheAwareRundownProtection
  IoInitializeRemoveLockEx NdisAllocateMemoryWithTag NdisAllocateMemoryWithTagPriority
  NdisAllocateGenericObject FltAllocatePoolAlignedWithTag VideoPortAllocatePool EngAllocMem
  EngAllocUserMem StorPortExtendedFunction NdisAllocateNetBufferListPool NdisAllocateNetBufferPool
  NdisAllocateTimerObject ExCreatePool MmAllocateContiguousMemoryEx WdfVersionBind]]):gmatch "%S+" do
  tagged[name] = true
end

local function imports_tagged(driver)
  for _, import in ipairs(driver.imports) do
    if import.name and tagged[import.name] then return true end
  end
  return false
end

local function new_count()
  return { files = 0, importing = 0, with_tag = 0, direct = 0, constant = 0, wrapped = 0, reasons = {},
           made = 0, templates = 0, unreachable = 0 }
end

--- Add one driver's allocating sites to a machine's count.
local function add_driver(count, driver)
  local has_tag = false
  count.files = count.files + 1
  for _, site in ipairs(driver.sites) do
    local made = site.reason == service_tag.REASON
    if made then count.made = count.made + 1 end
    if site.template then count.templates = count.templates + 1 end
    if site.reachable == false then count.unreachable = count.unreachable + 1 end
    if site.role == "allocates" and not made then
      if #(site.via or {}) > 0 then
        count.wrapped = count.wrapped + 1
      else
        count.direct = count.direct + 1
        if site.tag then count.constant = count.constant + 1 end
        if not site.tag then
          local reason = site.reason or "no reason given"
          count.reasons[reason] = (count.reasons[reason] or 0) + 1
        end
      end
    end
    has_tag = has_tag or made or site.role == "allocates" and site.tag ~= nil
  end
  if imports_tagged(driver) then
    count.importing = count.importing + 1
    if has_tag then count.with_tag = count.with_tag + 1 end
  end
end

local function print_count(machine, count)
  print_line("%-8s %5d %9d %9d %8s %8d %8d %8s %8d", machine, count.files, count.importing, count.with_tag,
    share(count.with_tag, count.importing), count.direct, count.constant,
    share(count.constant, count.direct), count.wrapped)
  local reasons = {}
  for reason in pairs(count.reasons) do reasons[#reasons + 1] = reason end
  table.sort(reasons, function(a, b)
    if count.reasons[a] ~= count.reasons[b] then return count.reasons[a] > count.reasons[b] end
    return a < b
  end)
  for _, reason in ipairs(reasons) do
    print_line("         not constant: %-40s %6d", reason, count.reasons[reason])
  end
  print_line("         made by the framework %d, known in part %d, in code that nothing leads to %d",
    count.made, count.templates, count.unreachable)
end

local function report_corpus(results)
  local machines, by_machine, failed, seen = {}, {}, 0, {}
  for _, result in ipairs(results) do
    local driver = result.driver
    if not driver then failed = failed + 1 end
    if driver and not seen[result.sha256] then
      seen[result.sha256] = true
      if not by_machine[driver.machine] then
        by_machine[driver.machine] = new_count()
        machines[#machines + 1] = driver.machine
      end
      add_driver(by_machine[driver.machine], driver)
    end
  end
  table.sort(machines)
  print_line("%-8s %5s %9s %9s %8s %8s %8s %8s %8s", "machine", "files", "importing", "with tag", "share",
    "direct", "constant", "share", "wrapped")
  for _, machine in ipairs(machines) do print_count(machine, by_machine[machine]) end
  if failed > 0 then print_line("%d files are no drivers or could not be read", failed) end
end

-- --- systeminformer.sys and its source's tags ---

--- The tags of a header of `#define NAME 'abcd'` lines, in memory order, each with its names.
local function oracle(path)
  local tags = {}
  for line in io.lines(path) do
    local name, text = line:match "^#define%s+(%S+)%s+'(....)'"
    if name then
      local tag = text:reverse()
      tags[tag] = tags[tag] and tags[tag] .. " " .. name or name
    end
  end
  return tags
end

local function sorted_keys(set)
  local keys = {}
  for key in pairs(set) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

-- A list of tags on lines of eight.
local function print_tags(what, tags)
  for first = 1, #tags, 8 do
    local line = table.concat(tags, " ", first, math.min(first + 7, #tags))
    print_line("  %-22s %s", first == 1 and what or "", line)
  end
end

--- Compare a driver's tags with its source's.  A tag whose bytes the file lacks may not be compiled in.
local function report_oracle(result, truth)
  local seen, wrong, missed, absent = {}, {}, {}, {}
  for _, site in ipairs(result.driver.sites) do
    if site.tag and site.role ~= "frees" then
      local set = truth[site.tag] and seen or wrong
      set[site.tag] = true
    end
  end
  local file <close> = assert(io.open(result.path, "rb"))
  local bytes = file:read "a"
  for tag in pairs(truth) do
    if not seen[tag] then
      local set = bytes:find(tag, 1, true) and missed or absent
      set[tag] = true
    end
  end
  local tags = { sorted_keys(seen), sorted_keys(missed), sorted_keys(absent), sorted_keys(wrong) }
  print_line("%s, %s: its source has %d tags", result.path:match "[^/]+$", result.driver.machine,
    #sorted_keys(truth))
  print_line("  found %d, missed %d, not in the file %d, wrong or of other sources %d", #tags[1], #tags[2],
    #tags[3], #tags[4])
  print_tags("missed", tags[2])
  print_tags("not in the file", tags[3])
  print_tags("wrong or other", tags[4])
end

local function report_drivers()
  if corpus == "" then
    print "real drivers: skipped, POOLSLEUTH_CORPUS is not set"
    return
  end
  local begin = os.clock()
  local paths = files_below(corpus .. "/drivers")
  local results = assert(pe.scan(paths, {}))
  local spent = os.clock() - begin
  print_line("%d files scanned in %.2f s of processor time: %.0f drivers a second and core", #paths, spent,
    #paths / spent)
  report_corpus(results)
  for _, result in ipairs(results) do
    local folder = result.path:match "^(.*)/[^/]*systeminformer%.sys$"
    if folder and result.driver and result.driver.sites_supported then
      report_oracle(result, oracle(folder .. "/ORACLE_pooltags.h"))
    end
  end
end

if not found then
  print("skipped: " .. tostring(pe):match "^[^\n]*")
  return
end
report_fixtures()
print ""
report_drivers()
