--- Companions: the evidence that `correlate` lays beside a tag, from files and from a history.
-- @module poolsleuth.companions
local belongings = require "poolsleuth.belongings"
local format     = require "poolsleuth.format"
local series     = require "poolsleuth.series"

local companions = {}

--- The row of the tag that is asked for: of two pools that in which it grew most.
-- @tparam Case case
-- @tparam Growth moved
-- @tparam table args `tag`, `paged`, `nonpaged`
-- @treturn table a row; ends the run where there is none
function companions.row_of(case, moved, args)
  local pool = args.paged ~= args.nonpaged and (args.paged and "paged" or "nonpaged") or nil
  for _, row in ipairs(moved.rows) do
    local same = (row.value & 0x7fffffff) == (string.unpack("<I4", args.tag) & 0x7fffffff)
    if same and (not pool or pool == row.pool) and row.session ~= "all" then return row end
  end
  case:must(nil, ("no snapshot has the tag %s"):format(format.tag(args.tag)))
end

-- The times of lists that hold none: the file's name, else the file's own.
local function dated(processes)
  local list = {}
  for _, process in ipairs(processes) do
    local source = process.source or {}
    local time = process.time or (source.path and series.time_of_name(source.path)) or source.mtime
    if time then list[#list + 1] = setmetatable({ time = time }, { __index = process }) end
  end
  return list
end

local function range_of(case)
  local times = case.series.times
  return times[1], times[#times]
end

--- Lists of processes, from the sources and from the history.
-- @tparam Case case
-- @treturn {table,...} items with `time`
function companions.processes(case)
  local list = dated(belongings.list(case, "processes"))
  local known = case.histories[1]
  if not known then return list end
  local from, to = range_of(case)
  for _, process in ipairs(case:must(known.history:processes(case.series.host, from, to))) do
    process.id = process.pid
    list[#list + 1] = process
  end
  return list
end

local function drivers_in(case, folder)
  local first = #case.driver_paths + 1
  case:load { folder }
  return case:drivers_of(table.move(case.driver_paths, first, #case.driver_paths, 1, {}))
end

-- What differs between two folders of drivers, by name.
local function between_folders(case, before, after)
  local old, changes = {}, {}
  for _, record in ipairs(drivers_in(case, before)) do old[record.name:lower()] = record end
  for _, record in ipairs(drivers_in(case, after)) do
    local was = old[record.name:lower()]
    if not was or was.sha256 ~= record.sha256 then
      changes[#changes + 1] = { name = record.name, path = record.path, before = was, after = record }
    end
    old[record.name:lower()] = nil
  end
  for _, record in pairs(old) do
    changes[#changes + 1] = { name = record.name, path = record.path, before = record }
  end
  table.sort(changes, function(a, b) return a.name:lower() < b.name:lower() end)
  return changes
end

--- The drivers that changed meanwhile.
-- @tparam Case case
-- @tparam table args `drivers_before`, `drivers_after`
-- @treturn {table,...} each `name`, `path`, `time`, `before`, `after`
function companions.driver_changes(case, args)
  if args.drivers_before and args.drivers_after then
    return between_folders(case, args.drivers_before, args.drivers_after)
  elseif args.drivers_before or args.drivers_after then
    error({ message = "--drivers-before and --drivers-after go together", status = 64 }, 0)
  end
  local known = case.histories[1]
  if not known then return {} end
  local from, to = range_of(case)
  return case:must(known.history:driver_changes(case.series.host, from, to))
end

local function moment(time) return time and format.time(time, "T") or nil end

--- The data of the answer.
-- @tparam Case case
-- @tparam Growth moved
-- @tparam table row
-- @tparam table found `began`, `tags`, `processes`, `drivers`
-- @treturn table
function companions.data(case, moved, row, found)
  for _, driver in ipairs(found.drivers) do driver.time = moment(driver.time) end
  return { tag = format.tag_text(row.tag), tag_hex = format.tag_hex(row.tag), pool = row.pool,
    host = case.series.host, snapshots = moved.count, from = moment(moved.first.time),
    to = moment(moved.last.time), time_source = case.series.time_source, growth_bytes = row.growth,
    slope_bytes_per_hour = row.slope, freed_ratio = row.freed_ratio, began = moment(found.began),
    tags = found.tags, processes = found.processes, drivers = found.drivers }
end

return companions
