--- Rows of a snapshot as commands show them: chosen, sorted, with their owners and totals.
-- @module poolsleuth.rows
local format = require "poolsleuth.format"
local owners = require "poolsleuth.owners"

local rows = {}

local SORTS <const> = { "by_bytes", "by_diff", "by_allocs", "by_frees", "by_per_alloc", "by_tag" }

--- The sort key that the arguments of `show` ask for; raises when they ask for two.
-- @tparam table args booleans `by_bytes`, `by_diff`, `by_allocs`, `by_frees`, `by_per_alloc`, `by_tag`
-- @treturn string field of a row
function rows.sort_key(args)
  local chosen
  for _, name in ipairs(SORTS) do
    if args[name] and chosen then error({ message = "sort by one key, not by two", status = 64 }, 0) end
    if args[name] then chosen = name end
  end
  return (chosen or "by_bytes"):sub(4)
end

--- Sort rows: biggest first, unknown last; tags by their characters; ties by tag, pool and session.
-- @tparam {table,...} list sorted in place
-- @tparam string key field of a row
function rows.sort(list, key)
  table.sort(list, function(a, b)
    local x, y = a[key], b[key]
    if key ~= "tag" and x ~= y then
      if x == nil or y == nil then return y == nil end
      return x > y
    end
    if a.tag ~= b.tag then return a.tag < b.tag end
    if a.pool ~= b.pool then return a.pool < b.pool end
    return tostring(a.session) < tostring(b.session)
  end)
end

local function any_matches(globs, tag)
  for _, glob in ipairs(globs) do
    if glob:matches_tag(tag) then return true end
  end
  return false
end

--- A function that says of a row whether the arguments want it.
-- @tparam table args `paged`, `nonpaged`, `tags`, `exclude` (globs), `match` (regex)
-- @treturn function of a row and its owner's text
function rows.filter(args)
  local pool = args.paged ~= args.nonpaged and (args.paged and "paged" or "nonpaged") or nil
  local wanted, unwanted = args.tags or {}, args.exclude or {}
  return function(row, owner)
    if pool and row.pool ~= pool then return false end
    if #wanted > 0 and not any_matches(wanted, row.tag) then return false end
    if any_matches(unwanted, row.tag) then return false end
    if not args.match then return true end
    local text = table.concat({ format.tag_text(row.tag), row.note or "", owner or "" }, " ")
    return args.match:matches(text)
  end
end

local FIELDS <const> = {
  "pool", "session", "allocs", "frees", "diff", "bytes", "per_alloc", "delta_allocs", "delta_frees",
  "delta_bytes", "note", "line",
}

-- A row as the document has it.
local function row_data(row, owner)
  local data = { tag = format.tag_text(row.tag), tag_hex = format.tag_hex(row.tag), flags = {} }
  for _, name in ipairs(FIELDS) do data[name] = row[name] end
  if row.session ~= nil then data.session = row.session end
  for i, flag in ipairs(row.flags or {}) do data.flags[i] = flag end
  data.owner = owner
  return data
end

-- Sums over rows of system pool and of sessions; sessions' totals stand in rows of their own.  A sum of
-- rows none of which knows the number is unknown.
local function sums_of(list, field)
  local sums, rows_of, known_of = { nonpaged = 0, paged = 0 }, {}, {}
  for _, row in ipairs(list) do
    rows_of[row.pool] = true
    known_of[row.pool] = known_of[row.pool] or row[field] ~= nil
    sums[row.pool] = sums[row.pool] + (row[field] or 0)
  end
  for name in pairs(sums) do
    if rows_of[name] and not known_of[name] then sums[name] = nil end
  end
  return sums
end

local function coverage_of(list, memory)
  local sums, coverage = { nonpaged = 0, paged = 0 }, {}
  for _, row in ipairs(list) do
    if row.session == nil then sums[row.pool] = sums[row.pool] + (row.bytes or 0) end
  end
  for _, pool in ipairs { "nonpaged", "paged" } do
    local total = memory[pool .. "_bytes"]
    if total and total > 0 and sums[pool] > 0 then
      coverage[#coverage + 1] = { pool = pool, rows_bytes = sums[pool], total_bytes = total,
                                  ratio = sums[pool] / total }
    end
  end
  return coverage
end

local function head_of(entry, list)
  local snapshot = entry.snapshot
  local first, last = snapshot:lines()
  local memory, uptime = {}, nil
  for name, value in pairs(entry.memory or snapshot:memory()) do
    if name == "uptime_s" then uptime = value else memory[name] = value end
  end
  local sums, in_use = sums_of(list, "bytes"), sums_of(list, "diff")
  return {
    time = entry.time and format.time(entry.time, "T") or nil,
    time_source = entry.time and entry.time_source or nil,
    host = snapshot:host(), uptime_s = uptime, source = entry.source.path, origin = snapshot:origin(),
    scope = snapshot:scope(), lines = first and { first, last } or nil, memory = memory,
    coverage = coverage_of(list, memory),
    totals = { rows = #list, nonpaged_bytes = sums.nonpaged, paged_bytes = sums.paged,
               nonpaged_diff = in_use.nonpaged, paged_diff = in_use.paged },
  }
end

--- A snapshot as a document of kind "snapshot" has it.
-- @tparam table case
-- @tparam table entry of case.snapshots
-- @tparam table args of `show`
-- @treturn table data
function rows.snapshot(case, entry, args)
  local key, wants, owner_of = rows.sort_key(args), rows.filter(args), owners.finder(case, args)
  local chosen <const> = {}
  local data
  do -- the rows go as they are copied below, so that a million of them are there but once
    local all = entry.snapshot:rows()
    for _, row in ipairs(all) do
      local owner = owner_of(row)
      if wants(row, owner and owner.text) then chosen[#chosen + 1] = row end
    end
    data = head_of(entry, all)
  end
  rows.sort(chosen, key)
  if args.by == "driver" then data.owners = owners.group(chosen, owner_of) end
  data.rows = {}
  for i, row in ipairs(chosen) do
    if args.top and i > args.top and args.by ~= "driver" then break end
    local owner = owner_of(row)
    data.rows[i] = row_data(row, owner and owner.text)
    chosen[i] = false
  end
  if data.owners and args.top then data.owners = table.move(data.owners, 1, args.top, 1, {}) end
  return data
end

-- A lone !vm beside a !poolused of the same text gives it its totals.
local function host_of_totals(list, at)
  for _, next_to in ipairs { at + 1, at - 1 } do
    local other = list[next_to]
    if other and other.source == list[at].source and other.snapshot:scope() ~= "totals" then return other end
  end
  return nil
end

--- The snapshots in the order of their sources, totals joined to the rows that they belong to.
-- @tparam table case
-- @treturn {table,...} entries
function rows.joined(case)
  local joined, with_rows = {}, 0
  local dated = case.series -- gives the entries their times
  for _, entry in ipairs(case.snapshots) do
    if entry.snapshot:scope() ~= "totals" then with_rows = with_rows + 1 end
  end
  for i, entry in ipairs(case.snapshots) do
    local totals = entry.snapshot:scope() == "totals"
    local host = totals and host_of_totals(case.snapshots, i)
    if host then
      for name, value in pairs(entry.memory) do
        if host.memory[name] == nil then host.memory[name] = value end
      end
    end
    local merged = host or (totals and with_rows == 1 and #dated.entries == 1)
    if not merged then joined[#joined + 1] = entry end
  end
  return joined
end

return rows
