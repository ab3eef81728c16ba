--- Groups: the snapshots from before a change and those from after it, as the command line gives them.
-- @module poolsleuth.groups
local growth     = require "poolsleuth.growth"
local series     = require "poolsleuth.series"
local site       = require "poolsleuth.site"
local time_words = require "poolsleuth.time_words"
local window     = require "poolsleuth.window"

local groups = {}

local function misuse(text) error({ message = text, status = 64 }, 0) end

-- The sources of both sides, from whichever form was used.
local function sides_of(args)
  local named = #args.earlier + #args.later
  if named > 0 then
    if #args.earlier == 0 or #args.later == 0 or #args.sources > 0 then
      misuse "--before and --after name both groups, and there is no other source beside them"
    end
    return args.earlier, args.later
  end
  if #args.sources ~= 2 then
    misuse("give two sources, BEFORE and AFTER; or --before A B --after C D; "
      .. "or one series with --fixed-at TIME")
  end
  return { args.sources[1] }, { args.sources[2] }
end

-- The snapshots that some sources add to the case.
local function load_side(case, paths, args, name)
  local from, known = #case.snapshots, #case.histories
  case:load(paths)
  if #case.histories > known then
    return site.series_of(case, case.histories[#case.histories].history, { host = args.host })
  end
  local added = table.move(case.snapshots, from + 1, #case.snapshots, 1, {})
  added = window.of_host(added, args.host, paths)
  if #added == 0 then
    if case.failed then case:need("snapshots", false) end
    case:must(nil, ("no snapshots %s the change: none in %s"):format(name, table.concat(paths, ", ")))
  end
  return series.build(added, { interval_s = args.interval })
end

-- One series, cut in two.
local function cut(case, args)
  case:load(args.sources)
  case.options.interval, case.options.window = args.interval, window.of { host = args.host }
  local whole = case.series
  case:need("snapshots", #whole.entries > 0)
  if not whole.times then misuse "--fixed-at needs snapshots with times" end
  local at = time_words.must(args.fixed_at, whole.times[1], whole.times[#whole.times], "--fixed-at")
  local before, after = series.part(whole, nil, at - 1), series.part(whole, at, nil)
  if #before.entries == 0 or #after.entries == 0 then
    case:must(nil, ("no snapshot %s %s"):format(#before.entries == 0 and "before" or "since", args.fixed_at))
  end
  return before, after
end

local function note(case, one, name)
  for _, text in ipairs(one.problems) do case:problem { text = ("%s: %s"):format(name, text) } end
end

--- Load and measure both sides.
-- @tparam Case case
-- @tparam table args `sources`, `earlier`, `later`, `fixed_at`, `host`, `interval`
-- @treturn Growth before
-- @treturn Growth after
function groups.load(case, args)
  local before, after
  if args.fixed_at then
    before, after = cut(case, args)
  else
    local earlier, later = sides_of(args)
    before = load_side(case, earlier, args, "before")
    after = load_side(case, later, args, "after")
  end
  note(case, before, "before")
  if after.problems ~= before.problems then note(case, after, "after") end
  if before.times and after.times and before.times[#before.times] > after.times[1] then
    case:problem { severity = "flagged",
      text = "the snapshots from before the change reach into those from after it" }
  end
  return growth.measure(before), growth.measure(after)
end

return groups
