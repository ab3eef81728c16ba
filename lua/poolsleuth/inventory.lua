--- Inventory: which version of each driver a machine had, and when, by whatever tells: its folder of drivers,
-- listings with versions, the history.
-- @module poolsleuth.inventory
local hosts   = require "poolsleuth.hosts"
local moments = require "poolsleuth.moments"
local series  = require "poolsleuth.series"
local sources = require "poolsleuth.sources"

local inventory = {}

--- Compare versions number by number.
-- @tparam string a "1.10.0"
-- @tparam string b "1.9"
-- @treturn int less than 0 where a is the older one, 0 where they are the same, more than 0 otherwise
function inventory.compare(a, b)
  local x, y = a:gmatch "%d+", b:gmatch "%d+"
  while true do
    local m, n = tonumber(x() or ""), tonumber(y() or "")
    if not m and not n then break end
    if (m or 0) ~= (n or 0) then return (m or 0) < (n or 0) and -1 or 1 end
  end
  return 0
end

-- Does a file or an item belong to a machine?  Where there is but one, what names none is its.
local function is_of(machine, owner, alone)
  if owner then return owner:lower() == machine.host:lower() end
  return alone
end

local function add(list, name, version, time)
  local file = sources.basename(name):lower()
  if not file:find "%." then file = file .. ".sys" end
  if version and version ~= "" then list[#list + 1] = { name = file, version = version, time = time } end
end

local function from_folders(case, machine, roots, alone, list)
  for _, record in ipairs(case.every_driver:all()) do
    for _, path in ipairs(record.paths) do
      if is_of(machine, hosts.below(path, roots), alone) then
        add(list, record.name, record.file_version)
      end
    end
  end
end

local function from_listings(case, machine, roots, alone, list)
  for _, kind in ipairs { "modules", "files" } do
    local own = {}
    for _, item in ipairs(case[kind]) do
      local path = item.source and item.source.path
      local owner = item.host or (path and hosts.below(path, roots))
      if is_of(machine, owner, alone) then own[#own + 1] = item end
    end
    for _, moment in ipairs(moments.of(own)) do
      for _, item in ipairs(moment.items) do
        add(list, item.name or item.path or "", item.version, moment.time)
      end
    end
  end
end

local function from_history(machine, list)
  if not machine.history then return end
  local rows = machine.history:sql(
    "SELECT name, version, time FROM driver WHERE host = ? ORDER BY time", { machine.host })
  for _, row in ipairs(rows or {}) do add(list, row.name, row.version, row.time) end
end

-- When each version came; the first of a driver was there from the beginning.
local function by_driver(list)
  local drivers = {}
  for _, one in ipairs(list) do
    drivers[one.name] = drivers[one.name] or {}
    table.insert(drivers[one.name], one)
  end
  for _, versions in pairs(drivers) do
    table.sort(versions, function(a, b)
      local x, y = a.time or math.mininteger, b.time or math.mininteger
      if x ~= y then return x < y end
      return inventory.compare(a.version, b.version) < 0
    end)
    versions[1].time = nil
  end
  return drivers
end

-- The moments within a series at which a driver got another version.
local function changes_in(drivers, times)
  local list, seen = {}, {}
  for _, versions in pairs(drivers) do
    for i = 2, #versions do
      local at, other = versions[i].time, versions[i].version ~= versions[i - 1].version
      local within = at and times[1] and at > times[1] and at <= times[#times]
      if other and within and not seen[at] then list[#list + 1], seen[at] = at, true end
    end
  end
  table.sort(list)
  return list
end

local function versions_at(drivers, time)
  local versions = {}
  for name, list in pairs(drivers) do
    for _, one in ipairs(list) do
      if not one.time or (time and one.time <= time) then versions[name] = one.version end
    end
  end
  return versions
end

--- The time of a machine in pieces through which its drivers stayed the same.
-- @tparam Case case
-- @tparam table machine of machines.load: `host`, `series`, `history`
-- @tparam {string,...} roots the sources that the user named: a folder below one is a machine's
-- @tparam boolean alone it is the only machine
-- @treturn {table,...} each `host`, `series`, `from` (seconds), `versions` (by file name in lower case)
function inventory.spans(case, machine, roots, alone)
  local list = {}
  from_folders(case, machine, roots, alone, list)
  from_listings(case, machine, roots, alone, list)
  from_history(machine, list)
  local drivers, spans = by_driver(list), {}
  local cuts = changes_in(drivers, machine.series.times)
  for i = 0, #cuts do
    local from, to = cuts[i], cuts[i + 1] and cuts[i + 1] - 1
    local part = #cuts > 0 and series.part(machine.series, from, to) or machine.series
    spans[#spans + 1] = { host = machine.host, series = part, from = part.times[1],
                          versions = versions_at(drivers, part.times[1]) }
  end
  return spans
end

return inventory
