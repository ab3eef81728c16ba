--- Recorder: one run of `record`, from its arguments to its answer.
-- @module poolsleuth.recorder
local convert   = require("poolsleuth.arguments").convert
local recording = require "poolsleuth.recording"
local severity  = require "poolsleuth.severity"

local recorder = {}

local NOTHING_NEW <const>, DAMAGED <const> = 3, 1

-- Take the snapshots that the last file added away from the case.
local function taken(case)
  local entries = {}
  for i, entry in ipairs(case.snapshots) do
    entries[i], case.snapshots[i] = entry, nil
  end
  return entries
end

-- End the run with what the history says; what was written before stays.
local function must(case, self, done, message, err)
  if done then return end
  case:must(nil, ("%s: %d snapshots are recorded, the rest is not; the next run takes it up"):format(
    message, self.added), err or { code = "io" })
end

local function first_of(list) return list and #list == 1 and list[1] or nil end

-- The times that were given; "now" is the clock's.
local function given_times(words)
  local times = {}
  for i, word in ipairs(words) do
    local at, message = os.time(), nil
    if word:lower() ~= "now" then at, message = convert("time", word) end
    if not at then error({ message = "--time: " .. message, status = 64 }, 0) end
    times[i] = at
  end
  return times
end

-- Times that the user gives make a series of all snapshots together.
local function record_dated(case, self, args, given)
  case:load(args.sources)
  local count = #case.snapshots
  case:need("snapshots", count > 0 or #case.driver_paths > 0 or #case.processes > 0)
  if count == 0 then return end
  if args.interval then
    local first = case:must(first_of(given), "--interval needs --time of the first snapshot")
    local times = {}
    for i = 1, count do times[i] = math.floor(first + (i - 1) * args.interval) end
    case.options.times = times
  else
    case.options.times = given
  end
  local dated = case.series
  for _, text in ipairs(dated.problems) do case:problem { text = text } end
  must(case, self, self:take_dated(dated.entries))
end

local function record_streaming(case, self, args)
  case:load(args.sources, function() must(case, self, self:take(taken(case))) end)
  local again = self:waiting_files()
  for _, path in ipairs(again) do case.by_path[path] = nil end
  local inputs = #case.inputs
  case:load(again, function() must(case, self, self:take_by_file_time(taken(case))) end)
  for i = #case.inputs, inputs + 1, -1 do case.inputs[i] = nil end
  must(case, self, self:flush())
end

-- The only machine that snapshots named: drivers without a name of their own are its.
local function only_host(self)
  local name
  for _, about in pairs(self.hosts) do
    if name then return nil end
    name = about.name
  end
  return name
end

local function is_damaged(case)
  for _, input in ipairs(case.inputs) do
    for _, problem in ipairs(input.problems) do
      if severity.is_missing(problem.severity) then return true end
    end
  end
  return case.failed ~= nil
end

local function status_of(case, self, kept)
  if self.refused > 0 or is_damaged(case) then return DAMAGED end
  return (self.added > 0 or kept) and 0 or NOTHING_NEW
end

local function remark(case, self)
  if self.unnamed > 0 then
    case:problem { text = ("%d snapshots name no machine and are recorded as 'unnamed': --host says which, "
      .. "history --rename corrects it"):format(self.unnamed) }
  end
  if self.added == 0 and self.known > 0 then
    case:problem { text = "nothing is new: every snapshot was in the history already" }
  end
end

--- Read the sources into a history.
-- @tparam Case case
-- @tparam History history
-- @tparam table args `sources`, `host`, `time`, `interval`
-- @treturn table data of a document of kind "record"
-- @treturn int exit status
function recorder.run(case, history, args)
  local times = given_times(args.time)
  local self = recording.new(case, history, { host = args.host, roots = args.sources })
  if #times > 0 or args.interval then
    record_dated(case, self, args, times)
  else
    record_streaming(case, self, args)
  end
  self.only_host = only_host(self)
  local time, kept = first_of(times), false
  if #case.driver_paths > 0 then
    must(case, self, self:take_drivers(case.drivers:all(), time))
    kept = true
  end
  if #case.processes > 0 then
    must(case, self, self:take_processes(case.processes, time))
    kept = true
  end
  local other = case.histories[1]
  if other then
    case:must(nil, other.source.path .. ": is a history itself: history --export jsonl writes it as text, "
      .. "history --import takes that in", { code = "format" })
  end
  case:need("snapshots", kept or self.added + self.known + self.refused > 0)
  remark(case, self)
  return self:data(), status_of(case, self, kept)
end

return recorder
