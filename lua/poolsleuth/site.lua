--- Site: histories among the sources of a case, and the series that a script asks of them.
-- @module poolsleuth.site
local format  = require "poolsleuth.format"
local history = require "poolsleuth.history"
local store   = require "poolsleuth.store"
local window  = require "poolsleuth.window"

local site = {}

local MOST_NAMES <const> = 20

local function misuse(text) error({ message = text, status = 64 }, 0) end

--- Open a history that is among the sources.
-- @tparam Case case
-- @tparam table input
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] table `code`
function site.add(case, input)
  local opened, message, err = store.open(input.path, { read_only = true })
  if not opened then return nil, message, err end
  case.histories[#case.histories + 1] = { history = opened, source = input }
  return true
end

--- Take an open history as a source.
-- @tparam Case case
-- @tparam History opened
function site.open(case, opened)
  local input = { path = opened:path(), kind = "history", problems = {}, complete = true }
  case.inputs[#case.inputs + 1] = input
  case.histories[#case.histories + 1] = { history = opened, source = input }
end

--- Read the sources; the site's history where there are none.
-- @tparam Case case
-- @tparam {string,...} sources
function site.load(case, sources)
  if #sources > 0 or #case.snapshots > 0 then
    case:load(sources)
  else
    site.open(case, case:must(history.open(case, { read_only = true })))
  end
end

--- Read the series that arguments ask for by sources, times, window and limits; ends the run where there is
-- no snapshot.
-- @tparam Case case
-- @tparam table args as of shared_arguments
function site.load_series(case, args)
  case.options.interval, case.options.times = args.interval, args.time
  case.options.window, case.options.machine = window.of(args), args
  site.load(case, args.sources)
  case:need("snapshots", #case.series.entries > 0)
end

--- Whether a host of a history goes by a name, or did so once.
-- @tparam table host of History:hosts
-- @tparam ?string wanted
-- @treturn boolean
function site.is_called(host, wanted)
  if not wanted then return false end
  if host.name:lower() == wanted:lower() then return true end
  for _, alias in ipairs(host.aliases or {}) do
    if alias:lower() == wanted:lower() then return true end
  end
  return false
end

-- One host of a history: the one that was asked for, or the only one.
-- The first of many names.
local function some(names)
  local more = #names - MOST_NAMES
  local text = table.concat(names, ", ", 1, math.min(#names, MOST_NAMES))
  return more > 0 and ("%s and %d more"):format(text, more) or text
end

local function host_in(known, wanted, path)
  local names = {}
  for i, host in ipairs(known) do
    names[i] = host.name
    if site.is_called(host, wanted) then return host end
  end
  if #known == 0 then error({ message = path .. ": the history is empty", status = 65 }, 0) end
  if wanted then
    error({ message = ("%s: no host '%s'; there are %s"):format(path, wanted, some(names)),
      status = 65 }, 0)
  end
  if #known > 1 then
    misuse(("%s holds %d hosts: say --host with one of %s"):format(path, #known, some(names)))
  end
  return known[1]
end

--- A host of a history by one of its names; the only one without a name.
-- @tparam Case case
-- @tparam History opened
-- @tparam ?string wanted
-- @treturn table as of History:hosts; ends the run where there is none
function site.host(case, opened, wanted)
  return host_in(case:must(opened:hosts()), wanted, opened:path())
end

--- A host's part of a history as a series.
-- @tparam Case case
-- @tparam History opened
-- @tparam ?table wanted of window.of
-- @treturn table a series; ends the run where there is none
function site.series_of(case, opened, wanted)
  wanted = wanted or {}
  local path = opened:path()
  local host = site.host(case, opened, wanted.host)
  local from, to = window.ends(wanted, host.first, host.last)
  local series = case:must(history.series(opened, host.name, { from = from, to = to }))
  if #series.entries == 0 then
    local text = "%s: no snapshot of %s from %s to %s; there are some from %s to %s"
    case:must(nil, text:format(path, host.name, format.time(from), format.time(to), format.time(host.first),
      format.time(host.last)))
  end
  return series
end

--- The series of the case's only history.
-- @tparam Case case
-- @treturn table
function site.series(case)
  if #case.histories > 1 then misuse "one history at a time: there are several among the sources" end
  if #case.snapshots > 0 then
    misuse "a history or snapshots in files, not both; record puts the files into the history"
  end
  return site.series_of(case, case.histories[1].history, case.options.window)
end

--- For scripts that look at one moment: the newest snapshot of the window stands in for the history.
-- @tparam Case case
function site.take_newest(case)
  if #case.histories == 0 or #case.snapshots > 0 then return end
  local series = site.series(case)
  local newest = series.entries[#series.entries]
  case.histories[1].taken = true
  case.snapshots[1] = newest
  rawset(case, "series", { entries = { newest }, times = { newest.time }, problems = {}, host = series.host,
    time_source = newest.time_source, span_s = 0 })
end

return site
