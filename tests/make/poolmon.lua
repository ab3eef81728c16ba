--- Writes poolmon's -n log in its wide form.
-- @module poolmon
local poolmon = {}

local function kib(bytes) return bytes // 1024 end

--- The text of one snapshot, rows by falling bytes, lines ended as Windows does.
-- @tparam table snapshot memory figures in bytes (physical, available, faults, commit, commit_limit,
--   commit_peak, nonpaged, paged, resident_kernel, resident_paged) and rows {tag, pool, allocs, frees, bytes}
-- @treturn string
function poolmon.text(snapshot)
  local rows = table.move(snapshot.rows, 1, #snapshot.rows, 1, {})
  table.sort(rows, function(a, b)
    if a.bytes ~= b.bytes then return a.bytes > b.bytes end
    if a.tag ~= b.tag then return a.tag < b.tag end
    return a.pool < b.pool
  end)
  local lines = {
    (" Memory:%9dK Avail:%8dK  PageFlts:%9d   InRam Krnl:%5dK P:%5dK"):format(
      kib(snapshot.physical), kib(snapshot.available), snapshot.faults,
      kib(snapshot.resident_kernel), kib(snapshot.resident_paged)),
    (" Commit:%8dK Limit:%8dK Peak:%8dK            Pool N:%5dK P:%5dK"):format(
      kib(snapshot.commit), kib(snapshot.commit_limit), kib(snapshot.commit_peak),
      kib(snapshot.nonpaged), kib(snapshot.paged)),
    "",
    " Tag  Type     Allocs            Frees               Diff            Bytes                 Per Alloc",
    "",
  }
  for _, row in ipairs(rows) do
    local diff = row.allocs - row.frees
    lines[#lines + 1] = (" %s %-5s%19d%19d%18d%15d%17d"):format(row.tag, row.pool, row.allocs, row.frees,
      diff, row.bytes, diff > 0 and row.bytes // diff or 0)
  end
  lines[#lines + 1] = ""
  return table.concat(lines, "\r\n")
end

--- Write a file, or raise.
-- @tparam string path
-- @tparam string text
function poolmon.write(path, text)
  local file <close> = assert(io.open(path, "wb"))
  assert(file:write(text))
end

return poolmon
