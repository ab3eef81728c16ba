--- The view of events of event logs: how often each came, then each.
-- @module poolsleuth.view.events
local format = require "poolsleuth.format"
local json = require "poolsleuth.json"

local known <const> = json.known

local SUMS <const> = {
  { key = "id", name = "Event", align = "right" },
  { key = "provider", name = "Provider", flex = true, at_least = 12, optional = true },
  { key = "level", name = "Level", optional = true },
  { key = "count", name = "Times", kind = "count" },
  { key = "first", name = "First", optional = true },
  { key = "last", name = "Last", optional = true },
}

local COLUMNS <const> = {
  { key = "time", name = "Time", optional = true },
  { key = "host", name = "Host", optional = true, may_go = true },
  { key = "id", name = "Event", align = "right" },
  { key = "provider", name = "Provider", optional = true },
  { key = "level", name = "Level", optional = true, may_go = true },
  { key = "text", name = "Text", optional = true, flex = true, at_least = 24 },
}

-- Equal events together, the most frequent first.
local function sums_of(events)
  local sums, found = {}, {}
  for _, event in ipairs(events) do
    local key = ("%s|%s"):format(event.id, event.provider)
    local sum = found[key]
    if not sum then
      sum = { id = event.id, provider = event.provider, level = event.level, count = 0, line = event.line }
      found[key], sums[#sums + 1] = sum, sum
    end
    sum.count = sum.count + 1
    local time = known(event.time)
    if time and (not sum.first or time < sum.first) then sum.first = time end
    if time and (not sum.last or time > sum.last) then sum.last = time end
  end
  table.sort(sums, function(a, b)
    if a.count ~= b.count then return a.count > b.count end
    return a.line < b.line
  end)
  return sums
end

return function(data)
  local blocks = { { type = "table", columns = COLUMNS, rows = data.events, empty = "No event." } }
  local sums = sums_of(data.events)
  if #sums < #data.events then
    blocks[2] = { type = "heading", text = "How often", level = 2 }
    blocks[3] = { type = "table", columns = SUMS, rows = sums }
  end
  blocks[#blocks + 1] = { type = "paragraph", style = "dim",
    text = format.counted(#data.events, "event") .. "." }
  return blocks
end
