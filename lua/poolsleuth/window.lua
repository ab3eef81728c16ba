--- Windows: the part of a series that a question is about, by machine and by time.
-- @module poolsleuth.window
local time_words = require "poolsleuth.time_words"

local window = {}

--- The window that arguments ask for.
-- @tparam table args `host`, `since`, `before`
-- @treturn ?table nil where they ask for none
function window.of(args)
  if not (args.host or args.since or args.before) then return nil end
  return { host = args.host, since = args.since, before = args.before }
end

--- The snapshots of one machine; those that name no machine are taken to be of it.
-- @tparam {table,...} snapshots entries
-- @tparam ?string host
-- @treturn {table,...}
function window.of_host(snapshots, host)
  if not host then return snapshots end
  local kept = {}
  for _, entry in ipairs(snapshots) do
    local of = entry.snapshot:host()
    if not of or of:lower() == host:lower() then kept[#kept + 1] = entry end
  end
  return kept
end

--- The two ends of a window in seconds.
-- @tparam table wanted of @{window.of}
-- @tparam ?int oldest
-- @tparam ?int newest
-- @treturn ?int
-- @treturn ?int
function window.ends(wanted, oldest, newest)
  local from = wanted.since and time_words.must(wanted.since, oldest, newest, "--since")
  local to = wanted.before and time_words.must(wanted.before, oldest, newest, "--until")
  return from, to
end

--- Keep what lies within the window's times; raises where the series has none.
-- @tparam table series of series.build, changed in place
-- @tparam table wanted of @{window.of}
function window.narrow(series, wanted)
  if not (wanted.since or wanted.before) or #series.entries == 0 then return end
  if not series.times then
    error({ message = "--since and --until need snapshots with times", status = 65 }, 0)
  end
  local from, to = window.ends(wanted, series.times[1], series.times[#series.times])
  local entries, times = {}, {}
  for i, entry in ipairs(series.entries) do
    local at = series.times[i]
    if (not from or at >= from) and (not to or at <= to) then
      entries[#entries + 1], times[#times + 1] = entry, at
    end
  end
  series.entries, series.times = entries, times
  series.span_s = #times > 0 and times[#times] - times[1] or nil
end

return window
