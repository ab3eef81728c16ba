--- The view of a recording: what was added, by machine.
-- @module poolsleuth.view.record
local format = require "poolsleuth.format"
local json   = require "poolsleuth.json"

local known <const> = json.known

local function spelled(field)
  return function(row) return known(row[field]) and row[field]:gsub("T", " ") or nil end
end

local function some(field)
  return function(row) return (known(row[field]) or 0) > 0 and row[field] or nil end
end

local COLUMNS <const> = {
  { key = "name", name = "Host", flex = true, at_least = 12 },
  { key = "added", name = "Added", kind = "count" },
  { key = "known", name = "Known", kind = "count" },
  { key = "first", name = "First", optional = true, get = spelled "first" },
  { key = "last", name = "Last", optional = true, get = spelled "last" },
  { key = "drivers", name = "Drivers", kind = "count", optional = true, get = some "drivers" },
  { key = "processes", name = "Lists", kind = "count", optional = true, get = some "processes" },
}

local function summary(data)
  local text = ("%s added to %s"):format(format.counted(data.added, "snapshot"), data.history)
  if data.known > 0 then text = text .. (", %s known already"):format(format.count(data.known)) end
  if data.refused > 0 then text = text .. (", %s refused"):format(format.count(data.refused)) end
  return text .. "."
end

local function times(data)
  local parts = {}
  for i, source in ipairs(data.time_sources) do
    parts[i] = ("%s (%s)"):format(source.name, format.count(source.snapshots))
  end
  return #parts > 0 and "Times are from: " .. table.concat(parts, ", ") .. "." or nil
end

return function(data)
  local blocks = {}
  if #data.hosts > 0 then blocks[1] = { type = "table", columns = COLUMNS, rows = data.hosts } end
  blocks[#blocks + 1] = { type = "paragraph", text = summary(data) }
  local from = times(data)
  if from then blocks[#blocks + 1] = { type = "paragraph", text = from, style = "dim", tight = true } end
  return blocks
end
