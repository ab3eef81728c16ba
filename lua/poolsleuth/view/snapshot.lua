--- The view of a snapshot: the poolmon table with what its numbers cover.
-- @module poolsleuth.view.snapshot
local format = require "poolsleuth.format"
local json   = require "poolsleuth.json"

local known <const> = json.known

local function source_line(data)
  local parts = {}
  if known(data.source) then
    local lines = known(data.lines)
    local place = lines and lines[1] and lines[1] > 1 and (" (from line %d)"):format(lines[1]) or ""
    parts[1] = data.source .. place
  end
  if known(data.origin) then parts[#parts + 1] = data.origin end
  if known(data.host) then parts[#parts + 1] = "host " .. data.host end
  return table.concat(parts, "  ·  ")
end

-- "1.1 GiB of 2.0 GiB (55%)", the limit where it is known.
local function filled(bytes, limit)
  if not bytes then return nil end
  if not limit or limit == 0 then return format.bytes(bytes) end
  local share = format.percent(bytes / limit)
  return ("%s of %s at most (%s)"):format(format.bytes(bytes), format.bytes(limit), share)
end

local function memory_facts(data)
  local memory, rows = known(data.memory) or {}, {}
  local function add(name, value) if value then rows[#rows + 1] = { name, value } end end
  if known(data.time) then
    add("Time", ("%s (%s)"):format(data.time:gsub("T", " "), known(data.time_source) or "unknown source"))
  end
  if known(data.uptime_s) then add("Up for", format.span(data.uptime_s)) end
  add("Nonpaged pool", filled(known(memory.nonpaged_bytes), known(memory.nonpaged_limit_bytes)))
  add("Paged pool", filled(known(memory.paged_bytes), known(memory.paged_limit_bytes)))
  if known(memory.physical_bytes) then
    local available = known(memory.available_bytes)
    add("Memory", format.bytes(memory.physical_bytes)
      .. (available and (", %s available"):format(format.bytes(available)) or ""))
  end
  add("Commit", filled(known(memory.commit_bytes), known(memory.commit_limit_bytes)))
  local failures = known(memory.pool_failures)
  if failures then add("Failed", ("%s pool allocations"):format(format.count(failures))) end
  return rows
end

local SHORT_POOL <const> = { nonpaged = "nonp", paged = "paged" }

local SHORT_FLAGS <const> = {
  ["diff-mismatch"] = "diff!", ["per-alloc-mismatch"] = "each!", ["tag-ambiguous"] = "tag?",
  protected = "prot", rounded = "~", duplicate = "dup",
}

local function short_flags(row)
  local short = {}
  for _, flag in ipairs(known(row.flags) or {}) do
    if flag ~= "unconfirmed" then short[#short + 1] = SHORT_FLAGS[flag] or flag end
  end
  return #short > 0 and short or nil
end

local COLUMNS <const> = {
  { key = "tag", name = "Tag", kind = "tag" },
  { key = "tag_hex", name = "Hex", optional = true,
    get = function(row) return row.tag:find(".", 1, true) and row.tag_hex or nil end },
  { key = "pool", name = "Pool", get = function(row) return SHORT_POOL[row.pool] or row.pool end },
  { key = "session", name = "Session", optional = true },
  { key = "allocs", name = "Allocs", kind = "count", optional = true },
  { key = "frees", name = "Frees", kind = "count", optional = true },
  { key = "diff", name = "Diff", kind = "count", optional = true },
  { key = "bytes", name = "Bytes", kind = "bytes" },
  { key = "per_alloc", name = "Per Alloc", kind = "count", optional = true },
  { key = "flags", name = "Flag", kind = "list", optional = true, empty = "", get = short_flags },
  { key = "owner", name = "Owner", flex = true, optional = true, empty = "", may_go = true },
}

local OWNER_COLUMNS <const> = {
  { key = "owner", name = "Driver", flex = true, at_least = 16 },
  { key = "nonpaged_bytes", name = "Nonpaged", kind = "bytes" },
  { key = "paged_bytes", name = "Paged", kind = "bytes" },
  { key = "rows", name = "Rows", kind = "count" },
  { key = "source", name = "Known from" },
  { key = "tags", name = "Tags", kind = "list", flex = true },
}

local function coverage_text(data)
  local parts = {}
  for _, entry in ipairs(known(data.coverage) or {}) do
    local left = entry.ratio < 0.995 and (" (%s is in no row)"):format(format.percent(1 - entry.ratio)) or ""
    parts[#parts + 1] = ("%s of the %s pool's %s%s"):format(
      format.percent(entry.ratio), entry.pool, format.bytes(entry.total_bytes), left)
  end
  if #parts == 0 then return nil end
  return "They cover " .. table.concat(parts, " and ") .. "."
end

local function totals_text(data)
  local totals = known(data.totals)
  if not totals or known(data.scope) == "totals" then return nil end
  local shown = #data.rows == totals.rows and format.count(totals.rows)
    or ("%s of %s"):format(format.count(#data.rows), format.count(totals.rows))
  local nonpaged, paged = known(totals.nonpaged_bytes), known(totals.paged_bytes)
  if not nonpaged and not paged then return ("%s row%s."):format(shown, shown == "1" and "" or "s") end
  return ("%s row%s. All rows of the snapshot together: nonpaged %s, paged %s."):format(
    shown, shown == "1" and "" or "s", nonpaged and format.bytes(nonpaged) or "unknown",
    paged and format.bytes(paged) or "unknown")
end

return function(data)
  local blocks = { { type = "heading", text = source_line(data) } }
  local facts = memory_facts(data)
  if #facts > 0 then blocks[#blocks + 1] = { type = "facts", rows = facts } end
  if known(data.owners) then
    blocks[#blocks + 1] = { type = "table", columns = OWNER_COLUMNS, rows = data.owners }
  elseif #data.rows > 0 or known(data.scope) ~= "totals" then
    blocks[#blocks + 1] = { type = "table", columns = COLUMNS, rows = data.rows, empty = "No row matches." }
  end
  for _, text in ipairs { totals_text(data) or "", coverage_text(data) or "" } do
    if text ~= "" then
      blocks[#blocks + 1] = { type = "paragraph", text = text, style = "dim",
                              tight = blocks[#blocks].type == "paragraph" }
    end
  end
  return blocks
end
