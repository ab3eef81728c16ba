--- The view of several snapshots, one below the other.
-- @module poolsleuth.view.snapshots
local json = require "poolsleuth.json"
local one  = require "poolsleuth.view.snapshot"

-- All rows in one table for spreadsheets, each with the snapshot that it is from.
local function flat(snapshots)
  local columns = { { key = "source", name = "Source" }, { key = "time", name = "Time" } }
  local rows = {}
  for _, snapshot in ipairs(snapshots) do
    for _, block in ipairs(one(snapshot)) do
      if block.type == "table" then
        table.move(block.columns, 1, #block.columns, 3, columns)
        for _, row in ipairs(block.rows) do
          local head = { source = snapshot.source, time = snapshot.time }
          rows[#rows + 1] = setmetatable(head, { __index = row })
        end
      end
    end
  end
  return { type = "table", only = "csv", columns = columns, rows = rows }
end

local function of_memory(field)
  return function(snapshot)
    local value = snapshot.memory ~= json.null and snapshot.memory and snapshot.memory[field]
    return value ~= json.null and value or nil
  end
end

local function memory_column(key, name, kind)
  return { key = key, name = name, kind = kind, optional = true, get = of_memory(key) }
end

local TOTALS <const> = {
  { key = "time", name = "Time", optional = true },
  { key = "host", name = "Host", optional = true },
  memory_column("nonpaged_bytes", "Nonpaged", "bytes"),
  memory_column("paged_bytes", "Paged", "bytes"),
  memory_column("nonpaged_allocs", "Nonp allocs", "count"),
  memory_column("paged_allocs", "Paged allocs", "count"),
  memory_column("paged_resident_bytes", "Paged resident", "bytes"),
  memory_column("available_bytes", "Available", "bytes"),
  memory_column("commit_bytes", "Commit", "bytes"),
  memory_column("free_ptes", "Free PTEs", "count"),
  memory_column("handles", "Handles", "count"),
  memory_column("processes", "Processes", "count"),
  memory_column("threads", "Threads", "count"),
  memory_column("events", "Events", "count"),
  memory_column("semaphores", "Semaphores", "count"),
  memory_column("mutexes", "Mutexes", "count"),
  memory_column("sections", "Sections", "count"),
}

-- A log of counters: a line for each sample, not a page.
local function is_log(snapshots)
  for _, snapshot in ipairs(snapshots) do
    if snapshot.origin ~= "counters" then return false end
  end
  return true
end

return function(data)
  if is_log(data.snapshots) then
    return { { type = "table", columns = TOTALS, rows = data.snapshots },
             { type = "paragraph", style = "dim",
               text = ("%d samples of counters."):format(#data.snapshots) } }
  end
  local blocks = { flat(data.snapshots) }
  for _, snapshot in ipairs(data.snapshots) do
    for _, block in ipairs(one(snapshot)) do blocks[#blocks + 1] = block end
  end
  return blocks
end
