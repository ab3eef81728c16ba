--- The view of what goes along with a tag.
-- @module poolsleuth.view.correlation
local format = require "poolsleuth.format"
local json   = require "poolsleuth.json"

local known <const> = json.known

local function lead(row)
  local seconds = known(row.lead_s)
  if not seconds or seconds == 0 then return nil end
  return format.duration(math.abs(seconds)) .. (seconds > 0 and " before" or " after")
end

local function ratio(row) return ("%.3f"):format(row.ratio) end

local COMMON <const> = {
  { key = "ratio", name = "For one", align = "right", get = ratio },
  { key = "residual", name = "Unexplained", kind = "percent" },
  { key = "lead_s", name = "Ahead", optional = true, get = lead, empty = "" },
}

local function with_common(first)
  return table.move(COMMON, 1, #COMMON, #first + 1, first)
end

local TAGS <const> = with_common {
  { key = "tag", name = "Tag", kind = "tag" }, { key = "pool", name = "Pool" },
  { key = "growth_bytes", name = "Grew by", kind = "bytes" },
  { key = "freed_ratio", name = "Freed", kind = "percent", optional = true },
}

local WHAT <const> = { nonpaged_bytes = "nonpaged pool", paged_bytes = "paged pool" }

local PROCESSES <const> = with_common {
  { key = "name", name = "Process", flex = true, at_least = 16 },
  { key = "id", name = "PID", optional = true },
  { key = "what", name = "What", get = function(row) return WHAT[row.what] or row.what end },
  { key = "growth", name = "Rose by", align = "right", get = function(row)
    return row.what:find "bytes" and format.bytes(row.growth) or format.count(row.growth // 1)
  end },
}

local function apart(row)
  local seconds = known(row.apart_s)
  if not seconds then return nil end
  return format.span(math.abs(seconds)) .. (seconds <= 0 and " before" or " after")
end

local DRIVERS <const> = {
  { key = "name", name = "Driver" },
  { key = "before", name = "Before", flex = true, at_least = 12, empty = "none" },
  { key = "after", name = "After", flex = true, at_least = 12, empty = "gone" },
  { key = "time", name = "Changed", optional = true,
    get = function(row) return known(row.time) and row.time:sub(1, 16):gsub("T", " ") or nil end },
  { key = "apart_s", name = "The growth began", optional = true, get = apart, align = "right" },
}

local function add(blocks, title, columns, rows)
  if #rows == 0 then return end
  blocks[#blocks + 1] = { type = "heading", text = title, level = 2 }
  blocks[#blocks + 1] = { type = "table", columns = columns, rows = rows }
end

return function(data)
  local facts = { { "Tag", ('"%s", %s pool'):format(data.tag, data.pool) } }
  if known(data.host) then facts[#facts + 1] = { "Host", data.host } end
  facts[#facts + 1] = { "Grew by",
    ("%s in %d snapshots"):format(format.bytes(data.growth_bytes), data.snapshots) }
  if known(data.began) then facts[#facts + 1] = { "Began", "about " .. data.began:gsub("T", " ") } end
  local blocks = { { type = "facts", rows = facts } }
  add(blocks, "Processes that go along with it", PROCESSES, data.processes)
  add(blocks, "Tags that go along with it", TAGS, data.tags)
  add(blocks, "Drivers that changed", DRIVERS, data.drivers)
  if #blocks == 1 then
    blocks[2] = { type = "paragraph",
      text = "Nothing goes along with it: no other tag, no process, no driver's change." }
  end
  return blocks
end
