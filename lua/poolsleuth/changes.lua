--- Changes between two snapshots, as the command `diff` shows them.
-- @module poolsleuth.changes
local format     = require "poolsleuth.format"
local pool       = require "poolsleuth.pool"
local rows       = require "poolsleuth.rows"
local time_words = require "poolsleuth.time_words"

local changes = {}

-- The snapshots with rows that one source gave to the case.
local function with_rows(entries, from)
  local found = {}
  for i = from, #entries do
    if entries[i].snapshot:scope() ~= "totals" then found[#found + 1] = entries[i] end
  end
  return found
end

local function one_of(case, path, from)
  local found = with_rows(case.snapshots, from)
  if #found == 0 and case.failed then case:need("snapshots", false) end
  if #found == 0 then
    case:must(nil, path .. ": no snapshot with rows in it", { code = "format" })
  end
  return found
end

-- The newest snapshot up to a moment, else the first of all.
local function up_to(series, moment)
  local found = series.entries[1]
  for _, entry in ipairs(series.entries) do
    if entry.time <= moment then found = entry end
  end
  return found
end

local function is_moment(word)
  return time_words.is_one(word) and not require("lfs").attributes(word, "mode")
end

-- Two moments of one machine in the site's history.
local function pair_in_history(case, before, after)
  local site = require "poolsleuth.site"
  site.open(case, case:must(require("poolsleuth.history").open(case, { read_only = true })))
  local series = case.series
  local times = series.times
  local function at(word) return up_to(series, time_words.must(word, times[1], times[#times])) end
  return at(before), at(after)
end

--- Read the two sides of a diff.
-- @tparam table case
-- @tparam string before a source, or a moment in the history
-- @tparam string after likewise; the same source twice means its first and its last snapshot
-- @treturn table entry of case.snapshots
-- @treturn table entry of case.snapshots
function changes.load_pair(case, before, after)
  if is_moment(before) and is_moment(after) then return pair_in_history(case, before, after) end
  case:load { before }
  if #case.histories > 0 and before == after then
    local whole = case.series
    return whole.entries[1], whole.entries[#whole.entries]
  end
  local first = one_of(case, before, 1)
  if before == after then
    local ordered = with_rows(case.series.entries, 1)
    return ordered[1], ordered[#ordered]
  end
  local count = #case.snapshots
  case:load { after }
  local second = one_of(case, after, count + 1)
  local dated = case.series -- gives the entries their times
  for _, text in ipairs(dated.problems) do case:problem { text = text } end
  return first[#first], second[#second]
end

local function side_data(entry)
  return { source = entry.source.path, time = entry.time and format.time(entry.time, "T") or nil,
           line = (entry.snapshot:lines()) }
end

local FIELDS <const> = { "pool", "session", "d_allocs", "d_frees", "d_diff", "d_bytes", "bytes_per_hour",
                         "freed_ratio", "state" }

local function row_data(row, per_hour)
  local data = { tag = format.tag_text(row.tag), tag_hex = format.tag_hex(row.tag) }
  for _, name in ipairs(FIELDS) do data[name] = row[name] end
  if data.bytes_per_hour == nil and per_hour and row.d_bytes then
    data.bytes_per_hour = row.d_bytes * per_hour
  end
  return data
end

--- What changed from one snapshot to another.
-- @tparam table before entry of case.snapshots
-- @tparam table after
-- @tparam table args of `diff`
-- @treturn table data of a document of kind "diff"
function changes.between(before, after, args)
  local result = pool.diff(before.snapshot, after.snapshot)
  local interval, known_from = args.interval or result.interval_s, args.interval and "given" or "content"
  local dated = before.time and after.time and before ~= after
  if not interval and dated then
    interval, known_from = after.time - before.time, after.time_source
  end
  if interval and interval <= 0 then interval = nil end
  local wants, chosen = rows.filter(args), {}
  for _, row in ipairs(result.rows) do
    if (row.state ~= "same" or args.all) and wants(row) then chosen[#chosen + 1] = row end
  end
  rows.sort(chosen, "d_bytes")
  local data = { before = side_data(before), after = side_data(after), interval_s = interval,
                 interval_source = interval and known_from or nil,
                 reboot = result.reboot, rows = {} }
  for i, row in ipairs(chosen) do
    if args.top and i > args.top then break end
    data.rows[i] = row_data(row, interval and 3600 / interval)
  end
  return data
end

return changes
