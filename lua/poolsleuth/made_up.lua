--- Made-up evidence for the tests of scripts: snapshots with rows of one's own, drivers that import what one
-- says.  The clock begins at 2026-11-01 00:00, and hours may be fractions.
-- @module poolsleuth.made_up
local made_up = {}

local EPOCH <const> = 1793491200 -- 2026-11-01 00:00:00 UTC
local KIB <const> = 1024
local PHYSICAL <const>, AVAILABLE <const> = 16468560 * KIB, 12072536 * KIB
local POOLS <const> = { nonpaged = "Nonp", paged = "Paged" }

--- The time of an hour, as listings have it.
-- @tparam number hour
-- @treturn int seconds since 1970
function made_up.time(hour) return EPOCH + math.floor(hour * 3600) end

local function file_name(stem, hour)
  return os.date("!" .. stem .. "-%Y-%m-%dT%H-%M-%S.log", made_up.time(hour))
end

local function row_text(row, totals)
  local tag, allocs, frees, size = row[1], row[2], row[3], row[4]
  local diff, pool = allocs - frees, row.pool or "nonpaged"
  local shown = row.diff or diff
  totals[pool] = totals[pool] + shown * size
  return (" %-4s %-5s %12d %12d %10d %14d %8d"):format(tag, POOLS[pool], allocs, frees, shown, shown * size,
    size)
end

--- A snapshot as poolmon -n writes it.
-- @tparam number hour when it was taken
-- @tparam {table,...} rows each { tag, allocs, frees, bytes of one, pool = "paged", diff = other than
--   allocs - frees }
-- @tparam[opt] table memory `physical_bytes`, `available_bytes`, `nonpaged_bytes`, `paged_bytes` in place of
--   the sums of the rows, `name` of the file, `session` whose pool it is
-- @treturn table { name, text } for evidence.texts
function made_up.snapshot(hour, rows, memory)
  memory = memory or {}
  local lines, totals = {}, { nonpaged = 0, paged = 0 }
  for i, row in ipairs(rows) do lines[i] = row_text(row, totals) end
  local paged = memory.paged_bytes or math.max(totals.paged, KIB)
  local nonpaged = memory.nonpaged_bytes or math.max(totals.nonpaged, KIB)
  local physical, available = memory.physical_bytes or PHYSICAL, memory.available_bytes or AVAILABLE
  local head = ([[

 Memory:%dK Avail:%dK  PageFlts:468600648   InRam Krnl:56708K P:%dK
 Commit:4100436K Limit:17517136K Peak:11685564K            Pool N:%dK P:%dK
%s
 Tag  Type     Allocs         Frees    Diff   Bytes    Per Alloc

]]):format(physical // KIB, available // KIB, paged // KIB, nonpaged // KIB, paged // KIB,
    memory.session and (" Session %d pool information"):format(memory.session) or "")
  return { name = memory.name or file_name("poolmon", hour),
           text = head .. table.concat(lines, "\n") .. "\n" }
end

--- Snapshots at even distances.
-- @tparam int count
-- @tparam number hours between them
-- @tparam function rows_at from the hour and the number of the snapshot to its rows, and maybe to its memory
-- @treturn {table,...} for evidence.texts
function made_up.series(count, hours, rows_at)
  local texts = {}
  for i = 1, count do
    local hour = (i - 1) * hours
    local rows, memory = rows_at(hour, i)
    texts[i] = made_up.snapshot(hour, rows, memory)
  end
  return texts
end

--- What every server has, steady: some churn in tags that nobody minds.
-- @tparam number hour
-- @treturn {table,...} rows
function made_up.crowd(hour)
  local busy = math.floor(hour * 9000)
  return {
    { "Ntfx", 2500000 + busy, 2490000 + busy, 400 }, { "CcSc", 900000 + busy, 899000 + busy, 512 },
    { "Thrd", 90000 + busy, 89000 + busy, 1024 }, { "FMsl", 8000, 2000, 256, pool = "paged" },
    { "Usc4", 60000 + busy, 58000 + busy, 2048, pool = "paged" },
  }
end

--- The crowd and more rows.
-- @tparam number hour
-- @param ... rows
-- @treturn {table,...} rows
function made_up.among(hour, ...)
  local rows = made_up.crowd(hour)
  return table.move({ ... }, 1, select("#", ...), #rows + 1, rows)
end

--- The totals of both pools as !vm shows them.
-- @tparam table memory `nonpaged_bytes`, `nonpaged_limit_bytes`, `paged_bytes`, `paged_limit_bytes`
-- @treturn string
function made_up.vm(memory)
  local lines = { "*** Virtual Memory Usage ***" }
  local function add(label, bytes)
    if bytes then
      lines[#lines + 1] = ("      %s %8d   (%8d Kb)"):format(label, bytes // (4 * KIB), bytes // KIB)
    end
  end
  add("NonPagedPool Usage:", memory.nonpaged_bytes)
  add("NonPagedPool Max:  ", memory.nonpaged_limit_bytes)
  add("PagedPool Usage:   ", memory.paged_bytes)
  add("PagedPool Maximum: ", memory.paged_limit_bytes)
  return table.concat(lines, "\n") .. "\n"
end

--- A driver that imports routines, and maybe allocates with a tag.
-- @tparam string name "acme.sys"
-- @tparam[opt] table given `imports` (names), `company`, `version`, `tag`, `pool`
-- @treturn table for evidence.drivers
function made_up.driver(name, given)
  given = given or {}
  local imports, sites = {}, {}
  for i, api in ipairs(given.imports or {}) do imports[i] = { dll = "ntoskrnl.exe", name = api } end
  if given.tag then
    sites[1] = { api = "ExAllocatePoolWithTag", role = "allocates", rva = 0x1a40, function_rva = 0x1a00,
      tag = given.tag, pool = given.pool or "nonpaged", argument = 2, confidence = "high", via = {} }
  end
  return { path = "drivers/" .. name, machine = "x64", file_version = given.version or "1.2.3.0",
    imports = imports, sites = sites,
    version = { CompanyName = given.company or "Acme Inc.", FileDescription = name } }
end

--- A whole list of processes, as quiet as one likes.
-- @tparam number hour
-- @tparam[opt] {table,...} more processes of one's own
-- @tparam[opt=40] int count how many quiet ones
-- @treturn {table,...} for evidence.processes
function made_up.processes(hour, more, count)
  local list = {}
  for i = 1, count or 40 do
    list[i] = { id = 4 * i, name = ("quiet%02d.exe"):format(i), handles = 150 + i, threads = 4,
                working_set_bytes = 20 * KIB * KIB }
  end
  table.move(more or {}, 1, #(more or {}), #list + 1, list)
  for _, process in ipairs(list) do process.time = made_up.time(hour) end
  return list
end

return made_up
