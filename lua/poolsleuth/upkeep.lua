--- Upkeep: what `history` does with a history, one action a run.
-- @module poolsleuth.upkeep
local format  = require "poolsleuth.format"
local history = require "poolsleuth.history"
local site    = require "poolsleuth.site"
local system  = require "poolsleuth.system"

local upkeep = {}

local DAMAGED <const> = 1

local function misuse(text) error({ message = text, status = 64 }, 0) end

local function moment(time) return time and format.time(time, "T") or nil end

-- Every answer tells which hosts there are.
local function hosts_of(case, opened)
  local list = {}
  for i, host in ipairs(case:must(opened:hosts())) do
    list[i] = { name = host.name, first = moment(host.first), last = moment(host.last),
      snapshots = host.snapshots, aliases = host.aliases }
  end
  return list
end

local actions = {}

function actions.check(_, opened)
  local sound, message, err = opened:check()
  if sound then return { action = "check", problems = {} } end
  return { action = "check", problems = err and err.problems or { message } }, DAMAGED
end

function actions.vacuum(case, opened)
  local before = system.probe(opened:path())
  case:must(opened:vacuum())
  local after = system.probe(opened:path())
  return { action = "vacuum", size_before = before and before.size, size_after = after and after.size }
end

-- What is older than so much before the newest snapshot of its host goes.
function actions.keep(case, opened, args)
  local removed = 0
  for _, host in ipairs(case:must(opened:hosts())) do
    if host.last and site.is_called(host, args.host or host.name) then
      local before = math.floor(host.last - args.keep)
      removed = removed + case:must(opened:prune { before = before, host = host.name })
    end
  end
  return { action = "keep", removed = removed }
end

function actions.rename(case, opened, args)
  if #args.rename ~= 2 then misuse "--rename takes two names, OLD NEW" end
  case:must(opened:rename_host(args.rename[1], args.rename[2]))
  return { action = "rename", renamed = args.rename }
end

function actions.import(case, opened, args)
  local counted, message, err = opened:import(args.import, { limits = case.options.limits })
  if not counted then case:must(nil, args.import .. ": " .. message, err) end
  return { action = "import", added = counted.added, known = counted.snapshots - counted.added }
end

--- What writes a history as text: for the field `stream` of a document.
-- @tparam Case case
-- @tparam table args `export` ("csv" or "jsonl"), `host`
-- @treturn function of an open file
function upkeep.exporter(case, args)
  local opened = case:must(history.open(case, { read_only = true }))
  if args.host then args.host = site.host(case, opened, args.host).name end
  return function(file)
    local _ <close> = opened
    return opened:export(file, args.export, args.host)
  end
end

function actions.sql(case, opened, args)
  if args.sql:lower():find "snapshot" then history.mark_clock_steps(opened) end
  local rows, columns, err = opened:sql(args.sql, nil, {
    progress = function() return not system.interrupted() end })
  if not rows then case:must(nil, "--sql: " .. columns, err) end
  return { action = "sql", columns = columns, rows = rows }
end

local ORDER <const> = { "rename", "import", "keep", "check", "vacuum", "sql" }
local READS <const> = { check = true, sql = true }

-- The actions that the arguments ask for, in a sensible order.
local function asked(args)
  local list = {}
  for _, name in ipairs(ORDER) do
    local value = args[name]
    if type(value) == "table" then value = #value > 0 end
    if value then list[#list + 1] = name end
  end
  return list
end

--- Do what the arguments ask for.
-- @tparam Case case
-- @tparam table args of `history`
-- @treturn table data of a document of kind "history"
-- @treturn int exit status
function upkeep.run(case, args)
  local list, writes = asked(args), false
  for _, name in ipairs(list) do writes = writes or not READS[name] end
  local opened <close> = case:must(history.open(case, { read_only = not writes }))
  local done, status = {}, 0
  for i, name in ipairs(list) do
    local result, worse = actions[name](case, opened, args)
    done[i], status = result, math.max(status, worse or 0)
  end
  return { history = opened:path(), hosts = hosts_of(case, opened), actions = done }, status
end

return upkeep
