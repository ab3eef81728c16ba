--- The view of a forecast: what ends when, the first end in front.
-- @module poolsleuth.view.forecast
local format = require "poolsleuth.format"
local json   = require "poolsleuth.json"
local series = require "poolsleuth.view.series_facts"

local known <const> = json.known

local function what(row)
  return known(row.tag) and ('"%s" alone'):format(row.tag) or row.what
end

local function ends_in(row)
  local hours = known(row.hours)
  return hours and format.duration(hours * 3600) or "no end"
end

local function between(row)
  local low, high = known(row.hours_low), known(row.hours_high)
  if not low then return nil end
  return format.duration(low * 3600) .. ".." .. (high and format.duration(high * 3600) or "never")
end

local NEAR_HOURS <const> = 100 * 24

local function at(row)
  local near = (known(row.hours) or 0) < NEAR_HOURS
  return known(row.at) and (near and row.at:sub(6, 16) or row.at:sub(1, 10)):gsub("T", " ") or nil
end

-- A bound in a word or two.
local function bound(row)
  local basis = known(row.basis)
  return basis and basis:gsub("^the ", ""):gsub("physical ", ""):gsub(" that was given", " given") or nil
end

local COLUMNS <const> = {
  { key = "what", name = "What", get = what },
  { key = "pool", name = "Pool", optional = true, may_go = true,
    get = function(row) return known(row.tag) and row.pool or nil end, empty = "" },
  { key = "slope_bytes_per_hour", name = "Rate", kind = "rate" },
  { key = "room_bytes", name = "Left", kind = "size" },
  { key = "hours", name = "Ends in", align = "right", get = ends_in },
  { key = "between", name = "Between", align = "right", optional = true, get = between },
  { key = "at", name = "At", optional = true, get = at },
  { key = "basis", name = "Which is", get = bound, flex = true, at_least = 16 },
}

local RAW <const> = {
  { key = "what" }, { key = "tag" }, { key = "tag_hex" }, { key = "pool" }, { key = "slope_bytes_per_hour" },
  { key = "low" }, { key = "high" }, { key = "used_bytes" }, { key = "limit_bytes" }, { key = "room_bytes" },
  { key = "hours" }, { key = "hours_low" }, { key = "hours_high" }, { key = "at" }, { key = "basis" },
  { key = "source" },
}

local function milestones(rows)
  local items = {}
  for _, row in ipairs(rows) do
    for _, one in ipairs(row.milestones or {}) do
      items[#items + 1] = ("%s: %s in %s%s"):format(row.what, one.text, format.duration(one.hours * 3600),
        known(one.at) and ", " .. one.at:sub(1, 16):gsub("T", " ") or "")
    end
  end
  return items
end

local function sources(rows)
  local items, seen = {}, {}
  for _, row in ipairs(rows) do
    local basis = known(row.basis)
    if basis and known(row.source) and not seen[basis] then
      seen[basis] = true
      items[#items + 1] = ("%s, by: %s"):format(basis, row.source)
    end
  end
  return items
end

return function(data)
  local blocks, ended = series(data, RAW)
  if ended then return blocks end
  blocks[#blocks + 1] = { type = "table", columns = COLUMNS, rows = data.rows,
    empty = "Nothing is known that bounds the pools: say --limit, or --windows and --ram." }
  local before = milestones(data.rows)
  if #before > 0 then
    blocks[#blocks + 1] = { type = "heading", text = "Before that", level = 3 }
    blocks[#blocks + 1] = { type = "list", items = before }
  end
  local from = sources(data.rows)
  if #from > 0 then blocks[#blocks + 1] = { type = "list", items = from } end
  return blocks
end
