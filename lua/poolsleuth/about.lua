--- About: which machine an answer is about where the evidence is of several, and what of it is that one's.
-- @module poolsleuth.about
local format        = require "poolsleuth.format"
local growth        = require "poolsleuth.growth"
local hosts         = require "poolsleuth.hosts"
local json          = require "poolsleuth.json"
local machine_parts = require "poolsleuth.machine_parts"
local series        = require "poolsleuth.series"
local triage        = require "poolsleuth.triage"
local verdict       = require "poolsleuth.verdict"

local about = {}

-- The worst that the tags of a machine show: a glance, to choose by.
local function glance(case, part, limits)
  local built = series.build(part.entries, {})
  local moved = growth.measure(built)
  local judge = moved.count == 1 and triage.high or triage.grown
  local list = judge(case, moved, limits, 1)
  local short = moved.span_s and moved.span_s < limits.short_span_s
  local enough = #moved.rows > 0 and moved.count > 2 and not short
  part.verdict, part.weight = enough and "NO-LEAK" or "NOT-ENOUGH-DATA", 0
  for _, one in ipairs(list) do
    local weight = moved.count == 1 and one.row.last_bytes or one.row.growth
    part.verdict, part.tag, part.pool, part.weight = one.word, one.row.tag, one.row.pool, weight
  end
  part.rank = verdict.accuses(part.verdict) and verdict.rank(part.verdict) or math.huge
end

local function worse(a, b)
  local x, y = a.rank, b.rank
  if x ~= y then return x < y end
  if x ~= math.huge and a.weight ~= b.weight then return a.weight > b.weight end
  if #a.entries ~= #b.entries then return #a.entries > #b.entries end
  return a.name:lower() < b.name:lower()
end

local function worst_of(case, parts)
  local limits, worst = verdict.with_thresholds(case.config.thresholds), nil
  for _, part in ipairs(parts) do
    glance(case, part, limits)
    if not worst or worse(part, worst) then worst = part end
  end
  return worst
end

local function names_of(parts)
  local names = {}
  for i, part in ipairs(parts) do names[i] = part.name end
  return table.concat(names, ", ")
end

local function named(parts, host)
  for _, part in ipairs(parts) do
    if part.name:lower() == host:lower() then return part end
  end
  for _, part in ipairs(parts) do
    if hosts.same(part.name, host) then return part end
  end
  local only = #parts == 1 and parts[1].unnamed and parts[1] -- nothing says that it is another one
  return only or nil
end

-- A series needs tags: what has only totals is chosen where there is nothing else.
local function with_rows(parts)
  local list = {}
  for _, part in ipairs(parts) do
    local rows = false
    for _, entry in ipairs(part.entries) do rows = rows or entry.snapshot:scope() ~= "totals" end
    if rows then list[#list + 1] = part end
  end
  return #list > 0 and list or parts
end

--- Which machine the snapshots of a case are to be of: the one that was asked for, or of several the one in
-- which most is wrong.
-- @tparam Case case
-- @tparam ?string host that was asked for
-- @treturn[1] table `name`, `entries`, `by` (of machine_parts.of), `parts` (all of them), and `asked`
-- @treturn[2] nil
-- @treturn[2] string there is none of that name, and which there are
function about.choose(case, host)
  local parts = machine_parts.of(case.snapshots, case.roots)
  local chosen = host and named(parts, host)
  if host and not chosen then
    return nil, ("no snapshot of the machine '%s'; there are some of %s"):format(host, names_of(parts))
  end
  chosen = chosen or (#parts > 1 and worst_of(case, with_rows(parts))) or parts[1]
  return { name = chosen.name, unnamed = chosen.unnamed, by = chosen.by, entries = chosen.entries,
           parts = parts, asked = host ~= nil }
end

local HOW <const> = {
  content = "by what they say", folder = "by their folders", ["file name"] = "by the names of their files",
  counts = "by their counters, memory and boots: nothing names them", none = "as nothing names them",
}

local function how_told(parts)
  local list, seen = {}, {}
  for _, part in ipairs(parts) do
    if not seen[part.by] then list[#list + 1], seen[part.by] = HOW[part.by], true end
  end
  return table.concat(list, ", ")
end

--- What is to be said of the choice among the remarks.
-- @tparam table chosen of @{choose}
-- @treturn ?string nil where there is one machine
function about.note(chosen)
  if #chosen.parts < 2 then return nil end
  return ("the snapshots are of %d machines (%s), told apart %s: this is about %s alone"):format(
    #chosen.parts, names_of(chosen.parts), how_told(chosen.parts), chosen.name)
end

--- The choice as documents have it.
-- @tparam Case case
-- @treturn ?table `about` (the machine's name), `asked` (it was asked for), `others`: each `name`,
--   `snapshots`, and the worst at a glance (`verdict`, `tag`); nil where there is one machine
function about.data(case)
  local chosen = rawget(case, "about")
  if not chosen or #chosen.parts < 2 then return nil end
  local others = {}
  for _, part in ipairs(chosen.parts) do
    if part.name ~= chosen.name then
      local accused = part.verdict and verdict.accuses(part.verdict) and part.tag
      local one = { name = part.name, snapshots = #part.entries, verdict = part.verdict }
      if accused then one.tag, one.tag_hex = format.tag_text(accused), format.tag_hex(accused) end
      others[#others + 1] = one
    end
  end
  return { about = chosen.name, asked = chosen.asked, others = json.array(others) }
end

return about
