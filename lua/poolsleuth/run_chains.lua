--- Run chains: snapshots that name no machine, parted into machines by what they count.
-- Allocations ever made only rise while a machine runs, in every tag.  Snapshots of one run therefore make a
-- chain; what fits into no chain is of another run.  Runs that follow each other may be of one machine that
-- was restarted; runs at the same time are of different machines.  So are different amounts of memory, and
-- boots that contradict each other.
-- @module poolsleuth.run_chains
local run_chains = {}

local MOST_TAGS <const>, MANY_TAGS <const>, FEWEST_TAGS <const> = 64, 16, 4
local OUT_OF_LINE <const> = 0.03   -- of the tags, or a single one: wrapped counters, figures mistyped
local WRAP <const> = 1 << 31
local SAME_MEMORY <const> = 0.01   -- what tools round
local SAME_BOOT <const> = 600      -- seconds; clocks are corrected
local ZONE_STEP <const>, ZONE_SLACK <const>, FARTHEST_ZONE <const> = 900, 120, 14 * 3600
local SET_BACK <const> = 3 * 3600   -- seconds by which clocks may be; more is a restart
local JUMP <const> = 10            -- times the usual step: no clock that was set back, but another machine
local BUSIER <const> = 20          -- times the usual rate: no restart explains so much

-- The tags with the most allocations of the first snapshot that has enough: looked up in all others.
local function sample_keys(entries)
  for _, entry in ipairs(entries) do
    local rows = {}
    for _, row in ipairs(entry.snapshot:rows()) do
      if (row.allocs or 0) > 0 and not row.session then rows[#rows + 1] = row end
    end
    if #rows >= FEWEST_TAGS then
      table.sort(rows, function(a, b)
        if a.allocs ~= b.allocs then return a.allocs > b.allocs end
        if a.value ~= b.value then return a.value < b.value end
        return a.pool < b.pool
      end)
      return table.move(rows, 1, math.min(#rows, MOST_TAGS), 1, {})
    end
  end
  return {}
end

-- What tells runs apart: counts by place in the sample, memory, and when Windows was started.
local function features_of(entry, keys, index, at)
  local one = { at = at or index, timed = at ~= nil, index = index, counts = {},
                memory = entry.memory.physical_bytes }
  for i, key in ipairs(keys) do
    local row = entry.snapshot:find(key.value, key.pool)
    one.counts[i] = row and row.allocs or false
  end
  local time, uptime = entry.snapshot:time(), entry.memory.uptime_s
  one.boot = time and uptime and time - uptime or nil
  return one
end

-- How the counts of b stand to those of a, by the tags that both have: "on" (none fell), "back" (none rose),
-- "mixed", or nil where these are too few; and by how much they are more.
local function relation(a, b)
  local rises, falls, shared, sum = 0, 0, 0, 0
  for i, before in ipairs(a.counts) do
    local after = b.counts[i]
    local step = before and after and after - before
    if step and math.abs(step) < WRAP then
      shared, sum = shared + 1, sum + step
      if step > 0 then rises = rises + 1 elseif step < 0 then falls = falls + 1 end
    end
  end
  if shared < FEWEST_TAGS then return nil, 0 end
  local odd = math.max(1, OUT_OF_LINE * shared)
  if falls <= odd then return "on", sum end
  return rises <= odd and "back" or "mixed", sum
end

local function step_from(a, b)
  local _, step = relation(a, b)
  return step
end

local function same_memory(a, b)
  if not a.memory or not b.memory then return true end
  return math.abs(a.memory - b.memory) <= SAME_MEMORY * math.max(a.memory, b.memory)
end

-- Boots that are the same but for the clock: corrected, or of another zone.
local function same_boot(a, b)
  if not a.boot or not b.boot then return true end
  local apart = math.abs(a.boot - b.boot)
  local off = (apart + ZONE_SLACK) % ZONE_STEP
  return apart <= SAME_BOOT or (apart <= FARTHEST_ZONE and off <= 2 * ZONE_SLACK)
end

-- Can a chain be of the machine whose last run is given, which was restarted in between?
local function may_be_restarted(run, chain)
  return same_memory(run, chain) and (same_boot(run, chain) or chain.boot >= run.to - SAME_BOOT)
end

-- Where a snapshot stands in a chain by its counts, and how far from its neighbours.
local function place_in(chain, one)
  local at = #chain + 1
  while chain[at - 1] and relation(chain[at - 1], one) == "back" do at = at - 1 end
  local before, after = chain[at - 1], chain[at]
  local near, known = math.huge, false
  for _, pair in ipairs { before and { before, one } or false, after and { one, after } or false } do
    local how, step = nil, 0
    if pair then how, step = relation(pair[1], pair[2]) end
    if how and how ~= "on" then return nil end
    if how then near, known = math.min(near, step), true end
  end
  local anew = after and known and one.timed and one.at - after.at > (before and SET_BACK or 0)
  if anew then return nil end
  return at, near
end

local function add_to_chains(chains, one)
  local best, best_at, nearest
  for _, chain in ipairs(chains) do
    local at, near
    if same_memory(chain, one) and same_boot(chain, one) then at, near = place_in(chain, one) end
    if at and (not nearest or near < nearest) then best, best_at, nearest = chain, at, near end
  end
  if not best then
    best, best_at = {}, 1
    chains[#chains + 1] = best
  end
  table.insert(best, best_at, one)
  best.memory, best.boot = best.memory or one.memory, best.boot or one.boot
end

local function median(values)
  table.sort(values)
  return values[(#values + 1) // 2] or 0
end

-- A chain whose counts jump may be of two machines, one of which counts more.  Its parts are joined again
-- where they follow each other.
local function split(chain, add)
  local steps = {}
  for i = 2, #chain do steps[i - 1] = step_from(chain[i - 1], chain[i]) end
  local usual, part = median(table.move(steps, 1, #steps, 1, {})), {}
  for i, one in ipairs(chain) do
    if i > 1 and steps[i - 1] > JUMP * usual then
      add(part)
      part = {}
    end
    part[#part + 1] = one
  end
  add(part)
end

local function chains_of(list)
  local chains = {}
  for _, one in ipairs(list) do add_to_chains(chains, one) end
  return chains
end

local function memory_varies(list)
  local known
  for _, one in ipairs(list) do
    if known and not same_memory(known, one) then return true end
    known = known or one.memory and one
  end
  return false
end

-- A virtual machine is given memory and loses it while it runs: where many tags count on at an even pace,
-- other memory is no other machine.
local function forget_given_memory(list, tags)
  if tags < MANY_TAGS or not memory_varies(list) then return end
  local without = {}
  for i, one in ipairs(list) do without[i] = setmetatable({ memory = false, of = i }, { __index = one }) end
  for _, chain in ipairs(chains_of(without)) do
    split(chain, function(part)
      for i, one in ipairs(part) do part[i] = list[one.of] end
      if #part < 3 or not memory_varies(part) then return end
      for _, one in ipairs(part) do one.memory = nil end
    end)
  end
end

-- What a chain is as a whole.
local function sum_up(chain)
  chain.from, chain.to = math.huge, -math.huge
  for _, one in ipairs(chain) do
    chain.from, chain.to = math.min(chain.from, one.at), math.max(chain.to, one.at)
    chain.memory, chain.boot = chain.memory or one.memory, chain.boot or one.boot
  end
end

-- So much cannot have been counted since a restart in between, at the pace of the run before; without times
-- nothing speaks for a restart but that all counts fell.
local function is_too_busy(run, chain)
  local first, last, next_one = run[1], run[#run], chain[1]
  local span, gap = last.at - first.at, next_one.at - last.at
  if relation(last, next_one) ~= "mixed" then return false end
  if not last.timed then return true end
  if #run < 3 or span <= 0 then return false end
  local counted = 0
  for i, before in ipairs(last.counts) do counted = counted + (before and next_one.counts[i] or 0) end
  return counted > BUSIER * step_from(first, last) / span * gap
end

-- Is there another chain at the same time that goes on from a run sooner?
local function goes_on_elsewhere(last, chain, chains)
  local how, step = relation(last, chain[1])
  for _, other in ipairs(chains) do
    local at_once = other ~= chain and other.from > last.at
      and other.from <= chain.to and other.to >= chain.from
    local other_how, other_step
    if at_once then other_how, other_step = relation(last, other[1]) end
    if other_how == "on" and (how ~= "on" or other_step < step) then return true end
  end
  return false
end

-- The machine whose last run ended before a chain begins, if it can be only one.
local function machine_for(machines, chain, chains)
  local found
  for _, machine in ipairs(machines) do
    local run = machine[#machine]
    local last = run[#run]
    local fits = machine.to < chain.from and may_be_restarted(machine, chain)
      and not is_too_busy(run, chain) and not goes_on_elsewhere(last, chain, chains)
    if fits and found then return nil end
    found = fits and machine or found
  end
  return found
end

local function join_runs(chains)
  for _, chain in ipairs(chains) do sum_up(chain) end
  table.sort(chains, function(a, b)
    if a.from ~= b.from then return a.from < b.from end
    return a[1].index < b[1].index
  end)
  local machines = {}
  for _, chain in ipairs(chains) do
    local machine = machine_for(machines, chain, chains)
    if not machine then
      machine = {}
      machines[#machines + 1] = machine
    end
    machine[#machine + 1], machine.to, machine.boot = chain, chain.to, chain.boot or machine.boot
    machine.memory = machine.memory or chain.memory
  end
  return machines
end

-- The entries of each machine in their order, the machine of the first entry first.
local function gather(machines, entries)
  local machine_of, groups = {}, {}
  for _, machine in ipairs(machines) do
    for _, chain in ipairs(machine) do
      for _, one in ipairs(chain) do machine_of[one.index] = machine end
    end
  end
  for i, entry in ipairs(entries) do
    local machine = machine_of[i]
    if not machine.entries then
      machine.entries = {}
      groups[#groups + 1] = machine.entries
    end
    table.insert(machine.entries, entry)
  end
  return groups
end

-- The features of snapshots by time, and how many tags they are of.
local function features_by_time(entries, times)
  local keys, list = sample_keys(entries), {}
  for i, entry in ipairs(entries) do list[i] = features_of(entry, keys, i, times and times[i]) end
  table.sort(list, function(a, b)
    if a.at ~= b.at then return a.at < b.at end
    return a.index < b.index
  end)
  return list, #keys
end

local function is_in_order(chain)
  for i = 2, #chain do
    if chain[i].timed and chain[i].at < chain[i - 1].at then return false end
  end
  return true
end

--- Do many tags count on from each snapshot to the next at an even pace, so that all are of one run?
-- @tparam {table,...} entries of case.snapshots
-- @tparam ?{int,...} times of them, in seconds
-- @treturn boolean
function run_chains.is_one_run(entries, times)
  local list, tags = features_by_time(entries, times)
  if tags < MANY_TAGS or #list < 3 then return false end
  forget_given_memory(list, tags)
  local chains, parts = chains_of(list), 0
  if #chains > 1 or not is_in_order(chains[1]) then return false end
  split(chains[1], function() parts = parts + 1 end)
  return parts == 1
end

--- Part snapshots by machine.
-- @tparam {table,...} entries of case.snapshots
-- @tparam ?{int,...} times of them, in seconds; where they are not known they are taken to be in order
-- @treturn {{table,...},...} the entries of each machine in order, the first one's first
function run_chains.part(entries, times)
  if #entries < 2 then return { entries } end
  local list, tags = features_by_time(entries, times)
  forget_given_memory(list, tags)
  local parts = {}
  for _, chain in ipairs(chains_of(list)) do split(chain, function(part) parts[#parts + 1] = part end) end
  return gather(join_runs(parts), entries)
end

return run_chains
