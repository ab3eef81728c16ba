--- The view of a diff: what grew between two snapshots.
-- @module poolsleuth.view.diff
local format = require "poolsleuth.format"
local json   = require "poolsleuth.json"

local SHORT_POOL <const> = { nonpaged = "nonp", paged = "paged" }

-- A difference carries its sign.
local function signed(key, name, show)
  local function get(row)
    local value = row[key]
    if value == nil or value == json.null then return nil end
    return (value > 0 and "+" or "") .. show(value)
  end
  return { key = key, name = name, align = "right", optional = true, get = get }
end

local COLUMNS <const> = {
  { key = "tag", name = "Tag", kind = "tag" },
  { key = "pool", name = "Pool", get = function(row) return SHORT_POOL[row.pool] or row.pool end },
  { key = "session", name = "Session", optional = true },
  signed("d_allocs", "Allocs", format.count),
  signed("d_frees", "Frees", format.count),
  signed("d_diff", "Diff", format.count),
  signed("d_bytes", "Bytes", format.bytes),
  { key = "bytes_per_hour", name = "Rate", kind = "rate", optional = true },
  { key = "freed_ratio", name = "Freed", kind = "percent", optional = true },
  { key = "state", name = "State" },
}

local function side(name, about)
  if not about or about == json.null then return nil end
  local time = about.time and about.time ~= json.null and "  " .. about.time:gsub("T", " ") or ""
  return { name, tostring(about.source) .. time }
end

local function row_style(row)
  return (row.state == "new" or row.state == "vanished") and "dim" or nil
end

return function(data)
  local facts = {}
  facts[#facts + 1] = side("Before", data.before)
  facts[#facts + 1] = side("After", data.after)
  local interval = data.interval_s ~= json.null and data.interval_s or nil
  local apart = "unknown, so there are no rates"
  if interval then
    local from = data.interval_source ~= json.null and data.interval_source
    apart = format.span(interval) .. (from and (" (%s)"):format(from) or "")
  end
  facts[#facts + 1] = { "Apart", apart }
  local blocks = { { type = "facts", rows = facts } }
  if data.reboot == true then
    blocks[#blocks + 1] = { type = "paragraph", style = "warn", lead = "!", text =
      "Counters fell: the machine was restarted in between. Differences count from the restart." }
  end
  blocks[#blocks + 1] = { type = "table", columns = COLUMNS, rows = data.rows, style = row_style,
                          empty = "No row changed." }
  return blocks
end
