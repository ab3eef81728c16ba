--- The view of drivers compared with older versions of them.
-- @module poolsleuth.view.driver-changes
local format = require "poolsleuth.format"
local json   = require "poolsleuth.json"

local known <const> = json.known

local function tag_of(row)
  return known(row.tag) and ('"%s"'):format(row.tag) or ("(%s)"):format(known(row.reason) or "not constant")
end

local COLUMNS <const> = {
  { key = "state", name = "Change" },
  { key = "tag", name = "Tag", get = tag_of },
  { key = "was", name = "Was", optional = true,
    get = function(row) return known(row.was) and ('"%s"'):format(row.was) end, empty = "" },
  { key = "api", name = "API", flex = true, at_least = 16 },
  { key = "sites_before", name = "Before", kind = "count" },
  { key = "sites_after", name = "After", kind = "count" },
}

local UNFREED <const> = {
  { key = "tag", name = "Tag", get = tag_of },
  { key = "allocates_before", name = "Allocs before", kind = "count" },
  { key = "allocates_after", name = "after", kind = "count" },
  { key = "frees_before", name = "Frees before", kind = "count" },
  { key = "frees_after", name = "after", kind = "count" },
  { key = "text", name = "Look at it", flex = true, at_least = 16 },
}

local function side_text(side)
  local version = known(side.file_version) or "no version"
  local time = known(side.timestamp) and format.time(side.timestamp) or "no time"
  return ("%s  (%s, linked %s, %s call sites)"):format(side.path, version, time, format.count(side.sites))
end

local function add_pair(blocks, pair)
  blocks[#blocks + 1] = { type = "heading", text = pair.name, level = 2 }
  blocks[#blocks + 1] = { type = "facts", rows = { { "Before", side_text(pair.before) },
                                                   { "After", side_text(pair.after) } } }
  if pair.identical then
    blocks[#blocks + 1] = { type = "paragraph", text = "The same file." }
    return
  end
  blocks[#blocks + 1] = { type = "table", title = "Calls of pool APIs", columns = COLUMNS,
                          rows = pair.changes,
                          empty = "No call of a pool API came, went or changed its tag." }
  if #pair.unfreed > 0 then
    blocks[#blocks + 1] = { type = "table", title = "Allocations without a matching free", columns = UNFREED,
                            rows = pair.unfreed }
  end
end

local function add_rest(blocks, title, paths)
  if #paths == 0 then return end
  blocks[#blocks + 1] = { type = "heading", text = title, level = 3 }
  blocks[#blocks + 1] = { type = "list", items = paths }
end

return function(data)
  local blocks, same, alike = {}, 0, {}
  for _, pair in ipairs(data.pairs) do
    if #data.pairs == 1 or #pair.changes + #pair.unfreed > 0 then
      add_pair(blocks, pair)
    elseif pair.identical then
      same = same + 1
    else
      alike[#alike + 1] = pair.after.path
    end
  end
  if same > 0 then
    blocks[#blocks + 1] = { type = "paragraph", text = ("%d of %d drivers are the same file."):format(
      same, #data.pairs) }
  end
  add_rest(blocks, "Other files with the same calls of pool APIs", alike)
  add_rest(blocks, "Only before", data.only_before)
  add_rest(blocks, "Only after", data.only_after)
  if #blocks == 0 then blocks[1] = { type = "paragraph", text = "No driver has a counterpart." } end
  return blocks
end
