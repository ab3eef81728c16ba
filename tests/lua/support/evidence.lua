--- Evidence made to measure: poolmon logs with tags that behave as told.
local evidence = {}

local HEAD <const> = " Memory:%9dK Avail:%8dK  PageFlts:%7d   InRam Krnl:%5dK P:%6dK\r\n"
  .. " Commit:%8dK Limit:%8dK Peak:%8dK            Pool N:%5dK P:%6dK\r\n"
  .. " System pool information\r\n"
  .. " Tag  Type     Allocs            Frees            Diff   Bytes       Per Alloc\r\n\r\n"

--- One poolmon log as `poolmon -n` writes it.
-- @tparam {table,...} rows each `tag`, `pool` ("Nonp" or "Paged"), `allocs`, `frees`, `each` (bytes)
-- @treturn string
function evidence.poolmon(rows)
  local total, lines = { Nonp = 0, Paged = 0 }, {}
  for _, row in ipairs(rows) do
    local diff = row.allocs - row.frees
    total[row.pool] = total[row.pool] + diff * row.each
    lines[#lines + 1] = (" %-4s %-5s %10d (   0) %10d (   0) %8d %11d (     0) %6d\r\n")
      :format(row.tag, row.pool, row.allocs, row.frees, diff, diff * row.each, row.each)
  end
  return HEAD:format(16776628, 9000000, 12345, 9000, total.Paged // 1024 // 2, 7000000, 33553256, 7200000,
    total.Nonp // 1024 + 1, total.Paged // 1024 + 1) .. table.concat(lines)
end

local quiet <const> = {
  { tag = "CM31", pool = "Paged", allocs = 9784, frees = 6312, each = 4931 },
  { tag = "MmSt", pool = "Paged", allocs = 812345, frees = 790001, each = 3000 },
  { tag = "File", pool = "Nonp", allocs = 9012345, frees = 8990000, each = 368 },
  { tag = "EtwB", pool = "Nonp", allocs = 240, frees = 40, each = 65536 },
  { tag = "Irp ", pool = "Nonp", allocs = 77012345, frees = 77010000, each = 960 },
}

--- The rows of a machine at an hour: quiet tags that wobble, and one tag that nothing frees.
-- @tparam integer hour
-- @tparam[opt] string tag the leaking one, "LkaL"; false for none
-- @treturn {table,...}
function evidence.rows(hour, tag)
  local rows = {}
  for i, row in ipairs(quiet) do
    local wobble = (hour * 7 + i * 3) % 5
    rows[i] = { tag = row.tag, pool = row.pool, each = row.each, allocs = row.allocs + hour * 1000 + wobble,
                frees = row.frees + hour * 1000 }
  end
  if tag ~= false then
    local allocs = 2100000 + hour * 420000
    rows[#rows + 1] = { tag = tag or "LkaL", pool = "Nonp", each = 512, allocs = allocs, frees = 12 }
  end
  return rows
end

--- Write a series of logs an hour apart, named by their time.
-- @tparam Folder folder from tests.lua.support.folder
-- @tparam integer count
-- @tparam[opt] string tag as for @{rows}
-- @treturn {string,...} their paths, in order
function evidence.logs(folder, count, tag)
  local paths = {}
  for hour = 0, count - 1 do
    local name = ("poolmon-2026-11-%02dT%02d-05-00.log"):format(1 + hour // 24, hour % 24)
    paths[#paths + 1] = folder:write(name, evidence.poolmon(evidence.rows(hour, tag)))
  end
  return paths
end

--- What `!poolused 2` prints, with one big tag.
-- @treturn string
function evidence.poolused()
  return "2: kd> !poolused 2\n   Sorting by NonPaged Pool Consumed\n\n"
    .. "  Pool Used:\n            NonPaged            Paged\n Tag    Allocs     Used    Allocs     Used\n"
    .. " LkaL   900000 460800000         0        0\tUNKNOWN pooltag 'LkaL', please update pooltag.txt\n"
    .. " File    22345   8222960         0        0\tFile objects\n"
    .. " TOTAL  922345 469022960         0        0\n"
end

return evidence
