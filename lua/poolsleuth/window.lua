--- Windows: the part of a series that a question is about, by machine and by time.
-- @module poolsleuth.window
local format     = require "poolsleuth.format"
local hosts      = require "poolsleuth.hosts"
local series     = require "poolsleuth.series"
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
-- @tparam[opt] {string,...} roots sources whose folders may name machines
-- @treturn {table,...}
function window.of_host(snapshots, host, roots)
  if not host then return snapshots end
  local kept = {}
  for _, entry in ipairs(snapshots) do
    local of = hosts.of(entry, roots or {})
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

--- Keep what lies within the window's times; raises where the series has none, or nothing lies there.
-- @tparam table whole of series.build
-- @tparam table wanted of @{window.of}
-- @treturn table a series
function window.narrow(whole, wanted)
  if not (wanted.since or wanted.before) or #whole.entries == 0 then return whole end
  if not whole.times then
    error({ message = "--since and --until need snapshots with times", status = 65 }, 0)
  end
  local oldest, newest = whole.times[1], whole.times[#whole.times]
  local from, to = window.ends(wanted, oldest, newest)
  local part = series.part(whole, from, to)
  if #part.entries == 0 then
    error({ message = ("no snapshot from %s to %s; there are some from %s to %s"):format(
      format.time(from), format.time(to), format.time(oldest), format.time(newest)), status = 65 }, 0)
  end
  return part
end

return window
