--- Machines: the series of each machine of a site, from its history or from folders of snapshots.
-- @module poolsleuth.machines
local baseline      = require "poolsleuth.baseline"
local convert       = require("poolsleuth.arguments").convert
local history       = require "poolsleuth.history"
local hosts         = require "poolsleuth.hosts"
local machine_parts = require "poolsleuth.machine_parts"
local series        = require "poolsleuth.series"
local site          = require "poolsleuth.site"

local machines = {}

local DAY <const> = 86400

local function same(a, b) return a == nil or b == nil or hosts.same(a, b) end

-- A series per machine from snapshots in files; what is wrong with it is told with the machine's name.
local function from_files(case, args)
  local list, groups = { newest = 0 }, machine_parts.of(case.snapshots, args.sources)
  local several = #groups > 1
  for _, group in ipairs(groups) do
    local built = series.build(group.entries, {})
    for _, text in ipairs(built.problems) do
      case:problem { text = several and ("%s: %s"):format(group.name, text) or text }
    end
    if not built.times then
      case:problem { severity = "refused", text = group.name .. ": nights need snapshots with times" }
    else
      list.newest = math.max(list.newest, built.times[#built.times])
      if same(args.host, group.name) then list[#list + 1] = { host = group.name, series = built } end
    end
  end
  return list
end

-- The nights of each host of a history; without a source, of the site's own.
local function from_histories(case, args, list)
  for _, one in ipairs(case.histories) do
    for _, host in ipairs(case:must(one.history:hosts())) do
      list.newest = math.max(list.newest, host.last or 0)
      if host.last and site.is_called(host, args.host or host.name) then
        local reach = { from = host.last - baseline.REACH }
        local nights = case:must(history.series(one.history, host.name, reach))
        for _, text in ipairs(nights.problems) do case:problem { text = host.name .. ": " .. text } end
        list[#list + 1] = { host = host.name, series = nights, history = one.history }
      end
    end
  end
end

--- Read the sources.
-- @tparam Case case
-- @tparam table args `sources`, `host`
-- @treturn {table,...} each `host`, `series`, and `history` where it is from one; by name; and `newest`, the
--   time of the newest snapshot of all machines
function machines.load(case, args)
  site.load(case, args.sources)
  local list = from_files(case, args)
  from_histories(case, args, list)
  if #list == 0 and #case.histories > 0 then
    case:must(nil, args.host and ("no host '%s' in the history"):format(args.host) or "the history is empty")
  elseif #list == 0 then
    case:need("snapshots", #case.snapshots > 0)
    case:must(nil, args.host and ("no snapshots of the machine '%s'"):format(args.host)
      or "no snapshots with times")
  end
  return list
end

--- The moment that is judged: what the word says, or the newest snapshot of all.
-- @tparam {table,...} list of @{machines.load}
-- @tparam ?string word
-- @treturn int seconds
function machines.night(list, word)
  if word == nil then return list.newest end
  if word:lower() == "now" then return os.time() end
  local at, hint = convert("time", word)
  if not at then error({ message = "--at: " .. hint, status = 64 }, 0) end
  return at
end

--- The drivers of a machine that changed in a night, as far as its history tells.
-- @tparam table machine
-- @tparam int at the end of the night
-- @treturn {table,...} `name`, `before`, `after`
function machines.driver_changes(machine, at)
  if not machine.history then return {} end
  return machine.history:driver_changes(machine.host, at - DAY, at)
end

return machines
