--- The view of a history: its machines, and what was done to it.
-- @module poolsleuth.view.history
local format = require "poolsleuth.format"
local json   = require "poolsleuth.json"

local known <const> = json.known

local function spelled(field)
  return function(row) return known(row[field]) and row[field]:gsub("T", " ") or nil end
end

local HOSTS <const> = {
  { key = "name", name = "Host", flex = true, at_least = 12 },
  { key = "snapshots", name = "Snapshots", kind = "count" },
  { key = "first", name = "First", get = spelled "first" },
  { key = "last", name = "Last", get = spelled "last" },
  { key = "aliases", name = "Also called", kind = "list", optional = true, flex = true, empty = "" },
}

local count <const> = format.counted

local tell = {}

function tell.check(done, blocks)
  if #done.problems == 0 then
    blocks[#blocks + 1] = { type = "paragraph", text = "The history is sound.", style = "good" }
    return
  end
  blocks[#blocks + 1] = { type = "paragraph", style = "bad",
    text = ("The history is damaged: %s."):format(count(#done.problems, "problem")) }
  blocks[#blocks + 1] = { type = "list", items = done.problems }
end

function tell.vacuum(done, blocks)
  blocks[#blocks + 1] = { type = "paragraph", text = ("The file took %s and takes %s now."):format(
    format.bytes(known(done.size_before)), format.bytes(known(done.size_after))) }
end

function tell.keep(done, blocks)
  blocks[#blocks + 1] = { type = "paragraph", text = count(done.removed, "snapshot") .. " removed." }
end

function tell.rename(done, blocks)
  blocks[#blocks + 1] = { type = "paragraph",
    text = ("%s is called %s now."):format(done.renamed[1], done.renamed[2]) }
end

function tell.import(done, blocks)
  blocks[#blocks + 1] = { type = "paragraph", text = ("%s taken in, %s known already."):format(
    count(done.added, "snapshot"), format.count(done.known)) }
end

function tell.sql(done, blocks)
  local columns = {}
  for i, name in ipairs(done.columns) do
    columns[i] = { key = name, name = name, flex = true, at_least = 6 }
  end
  blocks[#blocks + 1] = { type = "table", columns = columns, rows = done.rows, empty = "No row." }
end

return function(data)
  local blocks, alone = {}, false
  for _, done in ipairs(data.actions) do
    tell[done.action](done, blocks)
    alone = alone or done.action == "sql"
  end
  if not alone then
    table.insert(blocks, 1, { type = "table", columns = HOSTS, rows = data.hosts,
      empty = "The history is empty." })
    table.insert(blocks, 1, { type = "facts", rows = { { "History", data.history } } })
  end
  return blocks
end
