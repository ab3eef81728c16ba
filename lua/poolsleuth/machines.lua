--- Machines: the series of each machine of a site, from its history or from folders of snapshots.
-- @module poolsleuth.machines
local convert = require("poolsleuth.arguments").convert
local hosts   = require "poolsleuth.hosts"
local series  = require "poolsleuth.series"

local machines = {}

local DAY <const> = 86400

local function same(a, b) return a == nil or b == nil or a:lower() == b:lower() end

-- A series per machine from snapshots in files; what is wrong with it is told with the machine's name.
local function from_files(case, args)
  local list, groups = {}, hosts.group(case.snapshots, args.sources)
  local several = #groups > 1
  for _, group in ipairs(groups) do
    local built = same(args.host, group.name) and series.build(group.entries, {})
    for _, text in ipairs(built and built.problems or {}) do
      case:problem { text = several and ("%s: %s"):format(group.name, text) or text }
    end
    if built and built.times then
      list[#list + 1] = { host = group.name, series = built }
    elseif built then
      case:problem { severity = "refused", text = group.name .. ": nights need snapshots with times" }
    end
  end
  return list
end

--- Read the sources.
-- @tparam Case case
-- @tparam table args `sources`, `host`
-- @treturn {table,...} each `host`, `series`, and `history` where it is from one; by name
function machines.load(case, args)
  case:load(args.sources)
  local list = from_files(case, args)
  if #list == 0 then
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
  local newest = 0
  for _, machine in ipairs(list) do
    newest = math.max(newest, machine.series.times[#machine.series.times])
  end
  if word == nil then return newest end
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
  return machine.history:driver_changes(machine.host, at - DAY, at) or {}
end

return machines
