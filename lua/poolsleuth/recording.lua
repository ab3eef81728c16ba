--- Recording: from sources of any kind to a history, batch by batch.
-- A batch is read first and then written as a whole, so that a run that is killed, a full disk or a locked
-- file costs nothing but what was not written yet; the next run takes it up, because what is known is not
-- added.
-- @module poolsleuth.recording
local format = require "poolsleuth.format"
local hosts  = require "poolsleuth.hosts"
local series = require "poolsleuth.series"

local recording = {}
recording.__index = recording

local BATCH <const> = 288 -- snapshots held at a time
local CLOSEST <const> = 60 -- modification times nearer than that are of copied files

--- A recording that has not begun.
-- @tparam Case case
-- @tparam History history
-- @tparam table options `host`, `roots` (the sources as they were named)
-- @treturn Recording `hosts` ({table,...} by name: `added`, `known`, `first`, `last`, `drivers`,
--   `processes`), `added`, `known`, `refused`
function recording.new(case, history, options)
  return setmetatable({ case = case, history = history, host = options.host, roots = options.roots,
    batch = {}, waiting = {}, hosts = {}, time_sources = {}, added = 0, known = 0, refused = 0,
    unnamed = 0 }, recording)
end

local function host_of(self, entry)
  if self.host then return self.host end
  local name = hosts.of(entry, self.roots)
  if name then return name end
  self.unnamed = self.unnamed + 1
  return hosts.UNNAMED
end

-- What the answer tells of a host.
local function account(self, name)
  local found = self.hosts[name:lower()]
  if not found then
    found = { name = name, added = 0, known = 0, drivers = 0, processes = 0 }
    self.hosts[name:lower()] = found
  end
  return found
end

local function count(self, item, outcome)
  local about = account(self, item.host)
  about[outcome], self[outcome] = about[outcome] + 1, self[outcome] + 1
  about.first = math.min(about.first or item.time, item.time)
  about.last = math.max(about.last or item.time, item.time)
  if outcome == "added" then
    self.time_sources[item.time_source] = (self.time_sources[item.time_source] or 0) + 1
  end
end

-- Keep one snapshot; inside a transaction, so that a failure ends the batch.
local function keep(self, item)
  local outcome, message, err = self.history:record(item.host, item.entry.snapshot, {
    time = item.time, time_source = item.time_source, source = item.entry.source.path,
    sha256 = item.entry.source.sha256, line = (item.entry.snapshot:lines()) })
  if not outcome then return nil, message, err end
  item.outcome = outcome
  return true
end

--- Write what was read so far.
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] table `code`
function recording:flush()
  local batch = self.batch
  if #batch == 0 then return true end
  self.batch = {}
  table.sort(batch, function(a, b)
    if a.host ~= b.host then return a.host < b.host end
    if a.time ~= b.time then return a.time < b.time end
    return a.place < b.place
  end)
  local ok, message, err = self.history:transaction(function()
    for _, item in ipairs(batch) do
      local done, why, cause = keep(self, item)
      if not done then return nil, why, cause end
    end
    return true
  end)
  if not ok then
    self.left = (self.left or 0) + #batch
    return nil, message, err
  end
  for _, item in ipairs(batch) do count(self, item, item.outcome) end
  return true
end

local function refuse(self, entry, text)
  self.refused = self.refused + 1
  self.case:problem { source = entry.source.path, line = (entry.snapshot:lines()), severity = "refused",
    text = text }
end

local function append(self, entry, time, time_source)
  local batch = self.batch
  batch[#batch + 1] = { entry = entry, time = math.floor(time), time_source = time_source, place = #batch,
    host = host_of(self, entry) }
end

--- Take the snapshots of a file: those with a time are written with the next batch.
-- @tparam {table,...} entries of one file
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] table `code`
function recording:take(entries)
  for _, entry in ipairs(entries) do
    local time, time_source = series.time_of(entry, #entries == 1)
    if not time then
      refuse(self, entry, #entries == 1 and "no time is known of it: say --time, maybe --time now"
        or "the file holds several snapshots without times: say --time, one each, or --interval")
    elseif time_source == "modification time" then
      self.waiting[#self.waiting + 1] = { path = entry.source.path, time = time }
    else
      append(self, entry, time, time_source)
    end
  end
  if #self.batch >= BATCH then return self:flush() end
  return true
end

--- Take snapshots whose times are settled already.
-- @tparam {table,...} entries with `time` and `time_source`
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] table `code`
function recording:take_dated(entries)
  for _, entry in ipairs(entries) do append(self, entry, entry.time, entry.time_source) end
  return self:flush()
end

-- Files that have but their modification times: copied files lie close together, and are not dated by them.
local function trusted(waiting)
  table.sort(waiting, function(a, b) return a.time < b.time end)
  for i = 2, #waiting do
    if waiting[i].time - waiting[i - 1].time < CLOSEST then return false end
  end
  return true
end

--- The files that wait for the end, because only all their modification times together tell whether these can
-- be trusted.
-- @treturn {string,...} paths to read again; none where their times are not to be trusted, which is said
function recording:waiting_files()
  local waiting, paths = self.waiting, {}
  self.waiting = {}
  if not trusted(waiting) then
    self.refused = self.refused + #waiting
    local text = "%d snapshots have no time but that of their files, and these lie within a minute of each "
      .. "other (copied files?): say --time, one each, or --interval"
    self.case:problem { severity = "refused", text = text:format(#waiting) }
    return paths
  end
  for i, file in ipairs(waiting) do paths[i] = file.path end
  return paths
end

--- Take the snapshot of a file by its modification time.
-- @tparam {table,...} entries of one file
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] table `code`
function recording:take_by_file_time(entries)
  for _, entry in ipairs(entries) do append(self, entry, entry.source.mtime, "modification time") end
  if #self.batch >= BATCH then return self:flush() end
  return true
end

local DRIVER_FIELDS <const> = { "path", "name", "sha256", "timestamp" }

local function driver_of(record)
  local driver = { version = record.file_version }
  for _, field in ipairs(DRIVER_FIELDS) do driver[field] = record[field] end
  return driver
end

-- When an inventory was taken: as given, or with the newest snapshot of its machine.
local function inventory_time(self, name, given)
  if given then return given, "given" end
  local about = self.hosts[name:lower()]
  if about and about.last then return about.last, "newest snapshot" end
  return os.time(), "clock"
end

--- Keep the drivers as the inventory of their machines.
-- @tparam {table,...} records of the driver index
-- @tparam ?int time given
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] table `code`
function recording:take_drivers(records, time)
  local of_host, names = {}, {}
  for _, record in ipairs(records) do
    local name = self.host or hosts.below(record.path, self.roots) or self.only_host or hosts.UNNAMED
    if not of_host[name] then
      of_host[name], names[#names + 1] = {}, name
    end
    table.insert(of_host[name], driver_of(record))
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local at = inventory_time(self, name, time)
    local ok, message, err = self.history:record_drivers(name, at, of_host[name])
    if not ok then return nil, message, err end
    account(self, name).drivers = #of_host[name]
  end
  return true
end

local function counts_of(process)
  return { name = process.name, pid = process.id, handles = process.handles, threads = process.threads,
    paged_bytes = process.paged_bytes, nonpaged_bytes = process.nonpaged_bytes }
end

local function process_time(process, time)
  return time or process.time or series.time_of_name(process.source.path) or process.source.mtime
end

--- Keep lists of processes with their handles and threads.
-- @tparam {table,...} processes of the case
-- @tparam ?int time given
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] table `code`
function recording:take_processes(processes, time)
  local lists, found = {}, {}
  for _, process in ipairs(processes) do
    local at = process_time(process, time)
    local name = self.host or process.host or hosts.below(process.source.path, self.roots) or self.only_host
      or hosts.UNNAMED
    local key = ("%s\0%s"):format(name:lower(), at)
    if at and not found[key] then
      found[key] = { name = name, time = math.floor(at) }
      lists[#lists + 1] = found[key]
    end
    if at then table.insert(found[key], counts_of(process)) end
  end
  for _, list in ipairs(lists) do
    local ok, message, err = self.history:record_processes(list.name, list.time, list)
    if not ok then return nil, message, err end
    account(self, list.name).processes = account(self, list.name).processes + 1
  end
  return true
end

--- What the run came to.
-- @treturn table data of a document of kind "record"
function recording:data()
  local data = { added = self.added, known = self.known, refused = self.refused, left = self.left or 0,
    time_sources = {}, hosts = {} }
  for name, number in pairs(self.time_sources) do
    data.time_sources[#data.time_sources + 1] = { name = name, snapshots = number }
  end
  table.sort(data.time_sources, function(a, b) return a.name < b.name end)
  for _, about in pairs(self.hosts) do
    data.hosts[#data.hosts + 1] = { name = about.name, added = about.added, known = about.known,
      first = about.first and format.time(about.first, "T"), drivers = about.drivers,
      last = about.last and format.time(about.last, "T"), processes = about.processes }
  end
  table.sort(data.hosts, function(a, b) return a.name:lower() < b.name:lower() end)
  return data
end

return recording
