--- The history of a site as scripts use it: where it lies, and a host's part of it as a series.
-- @module poolsleuth.history
local clock_steps = require "poolsleuth.clock_steps"
local format      = require "poolsleuth.format"
local kept        = require "poolsleuth.kept"
local store       = require "poolsleuth.store"
local system      = require "poolsleuth.system"

local history = {}

--- Where the history lies unless it is said.
-- @tparam[opt] function getenv instead of os.getenv
-- @treturn ?string a path; nil where there is no home to keep it in
function history.path(getenv)
  return kept.path("XDG_STATE_HOME", ".local/state", "history.db", getenv)
end

--- Open the history that a case names with `--history`, or the usual one.
-- @tparam table case with `options`
-- @tparam[opt] table how `read_only`: a history that is not there is then a failure; `busy_ms` (without it
--   the site's threshold `history_wait_s`, else ten seconds)
-- @treturn[1] History of @{poolsleuth.store}
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] table `{code=}`
function history.open(case, how)
  how = how or {}
  local path = case.options.history or history.path()
  if not path then
    return nil, "there is no home to keep a history in: say --history FILE", { code = "missing" }
  end
  if not how.read_only then
    kept.make_folders(path)
  else
    local about, message, err = system.probe(path)
    if not about and err.cause == "missing" then err.code = "missing" end
    if not about then return nil, path .. ": " .. message, err end
  end
  local wait = (case.config and case.config.thresholds or {}).history_wait_s
  how.busy_ms = how.busy_ms or (wait and math.floor(wait * 1000))
  return store.open(path, how)
end

-- A history that turns out to be damaged ends the run, as any source does that cannot be read.
local function must(value, message, err)
  if value ~= nil then return value end
  error({ message = message, status = err and err.code == "io" and 74 or 65 }, 0)
end

-- A snapshot is loaded when it is looked at, and kept no longer than it is used.
local function lazy_entry(h, told)
  local loaded = setmetatable({}, { __mode = "v" })
  local entry = { time = told.time, time_source = told.time_source or "history", reboot = told.reboot,
    source = { path = told.source or h:path(), sha256 = told.sha256, kind = "history" }, id = told.id }
  return setmetatable(entry, { __index = function(self, name)
    if name == "snapshot" then
      loaded.snapshot = loaded.snapshot or must(h:load(told.id))
      return loaded.snapshot
    elseif name == "memory" then
      local memory = self.snapshot:memory()
      rawset(self, "memory", memory)
      return memory
    end
  end })
end

-- Allocations ever made, by snapshot, as clock_steps asks for them.
local function clocks_of(h, host)
  return function(from, to)
    local clocks = {}
    for _, count in ipairs(must(h:counts(host, from, to))) do clocks[count.id] = count.allocs end
    return clocks
  end
end

-- Snapshots that stand by their times though they were taken in another order come into that order; the ids
-- of what was looked at, for the trend.
local function set_clock_right(h, host, told, problems)
  local order, steps = {}, {}
  local right = clock_steps.in_runs(told, clocks_of(h, host), function(ordered, back)
    for _, one in ipairs(ordered) do order[#order + 1] = one.id end
    steps[#steps + 1] = ("the clock was set back by about %s at %s: order is by the counters there"):format(
      format.span(back), format.time(ordered[#ordered].time))
  end)
  table.move(steps, 1, #steps, #problems + 1, problems)
  return right, #order > 0 and order or nil
end

--- Let `reboot`, for questions in SQL from then on, tell restarts alone: a clock that was set back makes
-- snapshots look so that follow others by their times, and not by their counters.
-- @tparam History h
function history.mark_clock_steps(h)
  for _, row in ipairs(must(h:sql "SELECT DISTINCT host FROM snapshot WHERE reboot ORDER BY host")) do
    local told, marked = must(h:snapshots(row.host)), {}
    for _, one in ipairs(told) do marked[one] = one.reboot end
    clock_steps.in_runs(told, clocks_of(h, row.host), function(ordered)
      for _, one in ipairs(ordered) do
        if marked[one] then must(h:clock_step(one.id)) end
      end
    end)
  end
end

--- What the history has of a host, as @{poolsleuth.series.build} gives it.
-- Snapshots are loaded when an entry's `snapshot` is looked at; `trend` is made in one go when it is.
-- @tparam History h
-- @tparam string host
-- @tparam[opt] table options `from`, `to` (seconds), `every` (for the trend)
-- @treturn[1] table `entries`, `times`, `time_source`, `span_s`, `host`, `problems`, `trend`, `part`
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] table `{code=}`
function history.series(h, host, options)
  options = options or {}
  local told, message, info = h:snapshots(host, options.from, options.to)
  if not told then return nil, message, info end
  local result = { entries = {}, times = {}, problems = {}, time_source = "history", host = host }
  local order
  told, order = set_clock_right(h, host, told, result.problems)
  for i, one in ipairs(told) do
    result.entries[i], result.times[i] = lazy_entry(h, one), one.time
  end
  if #told > 0 then result.span_s = told[#told].time - told[1].time end
  function result.part(from, to)
    return must(history.series(h, host, { from = from or options.from, to = to or options.to,
      every = options.every }))
  end
  return setmetatable(result, { __index = function(self, name)
    if name ~= "trend" then return nil end
    local trend = must(h:trend(host, options.from, options.to,
      { every = not order and options.every or nil, order = order }))
    rawset(self, "trend", trend)
    return trend
  end })
end

return history
