--- Limits: how far each pool may grow on the machine at hand, and where each number is from.
-- A limit that the user gives comes first, then what the evidence says of its own machine, then the table of
-- limits by version, bitness and memory.  Free memory and free commit bound a pool besides.
-- @module poolsleuth.limits
local belongings = require "poolsleuth.belongings"
local convert    = require("poolsleuth.arguments").convert
local releases   = require "poolsleuth.knowledge.releases"

local limits = {}
limits.__index = limits

local POOL_OF <const> = { nonpaged = "nonpaged", n = "nonpaged", paged = "paged", p = "paged" }
local MEMORY <const> = "NonPagedPoolSize NonPagedPoolLimit PagedPoolSize PagedPoolLimit"

local function misuse(form, ...)
  error({ message = form:format(...), status = 64 }, 0)
end

-- "Windows Server 2008 R2" and "2008r2" are one.
local function plain_name(text)
  return (text:lower():gsub("microsoft", ""):gsub("windows", ""):gsub("server", ""):gsub("%s+r2", "r2")
    :gsub("^%s+", ""):gsub("%s+$", ""):gsub("%s+", " "))
end

--- The build of a version of Windows.
-- @tparam string text a name or a build number
-- @treturn[1] int
-- @treturn[1] ?int bits, where the release exists in one width only
-- @treturn[2] nil where there is no such version
function limits.build_of(text)
  local number = math.tointeger(tonumber(text:match "^%d+$" or text:match "^%d+%.%d+%.(%d+)"))
  if number and number > 2025 then return number end
  local name = plain_name(text)
  for _, release in ipairs(releases) do
    for _, known in ipairs(release.names) do
      if known == name then return release.build, release.bits end
    end
  end
end

local function given_limits(words)
  local given = {}
  for _, word in ipairs(words or {}) do
    local name, size = word:match "^(%a+)=(.+)$"
    local pool = name and POOL_OF[name:lower()]
    local bytes = (pool or not name) and convert("bytes", size or word)
    if not bytes then misuse("--limit '%s' is no size such as 4GiB, nonpaged=256M or paged=350M", word) end
    for _, each in ipairs(pool and { pool } or { "nonpaged", "paged" }) do given[each] = bytes end
  end
  return given
end

-- Values as regedit shows them: 0 is the default, all bits set is as much as there can be.
local function registry_values(words)
  local values = {}
  for _, word in ipairs(words or {}) do
    local name, text = word:match "^%s*(%a+)%s*[=:]%s*(%S+)%s*$"
    local value = text and (math.tointeger(tonumber(text)) or convert("bytes", text))
    local known = name and (" " .. MEMORY .. " "):lower():find(" " .. name:lower() .. " ", 1, true)
    if not known or not value then
      misuse("--registry '%s' is not NAME=VALUE with one of %s", word, MEMORY)
    end
    if value > 0 and value ~= 0xFFFFFFFF then values[name:lower()] = value end
  end
  return values
end

-- What a dump among the sources says of its machine.
local function from_dumps(case, machine)
  for _, entry in ipairs(belongings.list(case, "dumps")) do
    local facts = entry.dump:facts()
    machine.build = machine.build or facts.build
    machine.bits = machine.bits or facts.bits
  end
end

--- What is known of the limits of a case.
-- @tparam Case case
-- @tparam[opt] table args `limit`, `windows`, `bits`, `ram`, `large_user_space`, `registry`, as
--   poolsleuth.shared_arguments declares them
-- @treturn Limits
function limits.new(case, args)
  args = args or {}
  local machine = { bits = args.bits, physical_bytes = args.ram, registry = registry_values(args.registry),
    large_user_space = args.large_user_space or false }
  if args.bits and args.bits ~= 32 and args.bits ~= 64 then misuse("--bits is 32 or 64") end
  if args.windows then
    local build, bits = limits.build_of(args.windows)
    if not build then
      misuse("--windows '%s' is no version such as XP, '2008 R2', 11 or a build number", args.windows)
    end
    machine.build, machine.bits = build, machine.bits or bits
  end
  from_dumps(case, machine)
  return setmetatable({ machine = machine, given = given_limits(args.limit), case = case }, limits)
end

-- The limit by the table, for a machine that is known well enough.
local function from_table(self, pool, memory)
  local machine = self.machine
  if not machine.build then return nil end
  return self.case.knowledge:limit(pool, { build = machine.build, bits = machine.bits or 64,
    physical_bytes = machine.physical_bytes or memory.physical_bytes,
    commit_limit_bytes = memory.commit_limit_bytes, registry = machine.registry,
    large_user_space = machine.large_user_space })
end

-- The limit of the pool itself.
local function own_limit(self, pool, memory)
  if self.given[pool] then
    return { limit_bytes = self.given[pool], basis = "the limit that was given", confidence = "high" }
  end
  local said = memory[pool .. "_limit_bytes"]
  if said and said > 0 then
    return { limit_bytes = said, basis = "the pool's own limit", confidence = "high" }
  end
  local row = from_table(self, pool, memory)
  if not row then return nil end
  return { limit_bytes = row.bytes, confidence = row.confidence, basis = "the limit of Windows",
    source = ("%s: %s; %s"):format(row.windows, row.text, row.source) }
end

--- What bounds a pool, the least room first.
-- @tparam string pool "nonpaged" or "paged"
-- @tparam table memory totals of the newest snapshot
-- @tparam[opt] int used bytes of the pool, where memory does not tell them
-- @treturn {table,...} each `limit_bytes`, `room_bytes`, `used_bytes`, `basis`, `source`, `confidence`
function limits:of(pool, memory, used)
  used = memory[pool .. "_bytes"] or used
  local list = {}
  local function add(room, found)
    found.room_bytes, found.used_bytes = math.max(0, room), used
    list[#list + 1] = found
  end
  local own = own_limit(self, pool, memory)
  if own and used then add(own.limit_bytes - used, own) end
  if self.given[pool] and used then return list end
  if pool == "nonpaged" and memory.available_bytes then
    add(memory.available_bytes, { limit_bytes = memory.physical_bytes, basis = "free physical memory",
      confidence = "medium" })
  end
  if memory.commit_bytes and memory.commit_limit_bytes then
    add(memory.commit_limit_bytes - memory.commit_bytes, { limit_bytes = memory.commit_limit_bytes,
      basis = "free commit", confidence = "medium" })
  end
  table.sort(list, function(a, b)
    if a.room_bytes ~= b.room_bytes then return a.room_bytes < b.room_bytes end
    return a.basis < b.basis
  end)
  return list
end

--- What bounds the pools by the evidence alone, whatever the machine is.
limits.of_evidence = setmetatable({ machine = { registry = {} }, given = {} }, limits)

return limits
