--- Stories from the field as evidence made to measure, and changes of it that leave the truth as it is.
local arguments = require "poolsleuth.arguments"
local case      = require "poolsleuth.case"
local lists     = require "poolsleuth.lists"
local made_up   = require "poolsleuth.made_up"
local shelf     = require "poolsleuth.shelf"
local verdict   = require "poolsleuth.verdict"

local stories = {}

--- A repeatable stream of numbers from 0 to n - 1.
-- @tparam int seed
-- @treturn function from n to the next number
function stories.stream(seed)
  return function(n)
    seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
    return (seed >> 8) % n
  end
end

--- A list in another order, the same for the same seed.
-- @tparam {any,...} list
-- @tparam int seed
-- @treturn {any,...}
function stories.shuffled(list, seed)
  local random, copy = stories.stream(seed), table.move(list, 1, #list, 1, {})
  for i = #copy, 2, -1 do
    local j = 1 + random(i)
    copy[i], copy[j] = copy[j], copy[i]
  end
  return copy
end

local USUAL <const> = { name = "as it was", scale = 1, noise = 0, suffix = "",
                        keep = function() return true end, order = function(list) return list end }
local function changed(change) return setmetatable(change, { __index = USUAL }) end

--- What changes without changing the truth; each field is one change.
stories.CHANGES = {
  USUAL,
  changed { name = "under other names", suffix = "2" },
  changed { name = "in blocks four times as large", scale = 4 },
  changed { name = "in another order", order = function(list) return stories.shuffled(list, 7) end },
  changed { name = "with snapshots missing", keep = function(i) return i % 4 ~= 3 end },
  changed { name = "among noise", noise = 60 },
}

--- Snapshots of what a story's rows are at each hour, changed.
-- @tparam table change of stories.CHANGES
-- @tparam int count
-- @tparam number hours between two
-- @tparam function rows_at as for made_up.series
-- @treturn {table,...} texts
function stories.series(change, count, hours, rows_at)
  local texts = made_up.series(count, hours, function(hour, i)
    local rows, memory = rows_at(hour, i)
    local random = stories.stream(i)
    for _, row in ipairs(rows) do row[4] = row[4] * change.scale end
    for n = 1, change.noise do
      local made = 10000 + 300 * n + math.floor(500 * hour)
      rows[#rows + 1] = { ("Q%03d"):format(n), made, made - 900 - random(60), 48 + 16 * (n % 13) }
    end
    return rows, memory
  end)
  local kept = {}
  for i, text in ipairs(texts) do
    if i == 1 or i == #texts or change.keep(i) then kept[#kept + 1] = text end
  end
  return change.order(kept)
end

--- Handles of twenty quiet processes, and of those that count.
-- @tparam table change
-- @tparam string type_name
-- @tparam number hour
-- @tparam table counts by process
-- @treturn {table,...}
function stories.handles(change, type_name, hour, counts)
  local list = {}
  for i = 1, 20 do
    list[i] = { process = ("quiet%02d.exe"):format(i), pid = 4 * i, type = type_name, count = 2 + i }
  end
  for process, count in pairs(counts) do
    list[#list + 1] = { process = process, pid = 4444, type = type_name, count = count }
  end
  for _, item in ipairs(list) do item.time = made_up.time(hour) end
  return change.order(list)
end

--- What a shipped playbook finds, worst first.
-- @tparam string name
-- @tparam table evidence as tests of scripts have it
-- @treturn {table,...} findings
function stories.findings(name, evidence)
  local def = assert(shelf.load_named(("scripts/playbooks/%s.lua"):format(name)))
  local made = case.new { texts = evidence.texts, drivers = evidence.drivers, config = {},
    options = { host = { folders = { { path = "scripts/playbooks" } }, globals = {} } } }
  for _, list in ipairs(lists.NAMES) do
    for line, item in ipairs(evidence[list] or {}) do
      item.source, item.line = { path = list }, line
      table.insert(made[list], item)
    end
  end
  def.open()(made, assert(arguments.check(def, { sources = {} })))
  return verdict.sort(made.findings)
end

return stories
