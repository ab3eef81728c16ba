--- The view of tags: everything known of each.
-- @module poolsleuth.view.tag
local json = require "poolsleuth.json"

local known <const> = json.known

local function source_items(sources)
  local items = {}
  for i, source in ipairs(sources) do
    local where = known(source.where) and (" [%s]"):format(source.where) or ""
    items[i] = ("%s: %s%s"):format(source.kind, source.text, where)
  end
  return items
end

local function suspect_items(suspects)
  local items = {}
  for i, suspect in ipairs(suspects) do
    local head = { known(suspect.driver) or "?" }
    head[#head + 1] = known(suspect.file_version)
    head[#head + 1] = known(suspect.company)
    local text = table.concat(head, ", ")
    if known(suspect.score) then text = ("%s (score %.2f)"):format(text, suspect.score) end
    local reasons = table.move(suspect.reasons or {}, 1, #(suspect.reasons or {}), 1, {})
    if known(suspect.path) and suspect.path ~= suspect.driver then reasons[#reasons + 1] = suspect.path end
    items[i] = { text = text, items = reasons }
  end
  return items
end

local CSV <const> = {
  { key = "tag", name = "Tag" }, { key = "tag_hex", name = "Hex" }, { key = "kind", name = "Kind" },
  { key = "text", name = "Text" }, { key = "where", name = "Where" }, { key = "score", name = "Score" },
}

-- Sources and drivers as rows of one table.
local function flat(tags)
  local rows = {}
  for _, tag in ipairs(tags) do
    for _, source in ipairs(known(tag.sources) or {}) do
      rows[#rows + 1] = { tag = tag.tag, tag_hex = tag.tag_hex, kind = source.kind, text = source.text,
                          where = known(source.where) }
    end
    for _, suspect in ipairs(known(tag.suspects) or {}) do
      rows[#rows + 1] = { tag = tag.tag, tag_hex = tag.tag_hex, kind = "driver", text = suspect.driver,
                          where = known(suspect.path), score = known(suspect.score) }
    end
  end
  return rows
end

return function(data)
  local blocks = { { type = "table", only = "csv", columns = CSV, rows = flat(data.tags) } }
  for _, tag in ipairs(data.tags) do
    blocks[#blocks + 1] = { type = "heading", text = ('"%s"  0x%s'):format(tag.tag, tag.tag_hex) }
    local items = source_items(known(tag.sources) or {})
    if #items == 0 then
      blocks[#blocks + 1] = { type = "paragraph", text =
        "Nothing is known of this tag: no tag file and no rule names it." }
    else
      blocks[#blocks + 1] = { type = "list", items = items }
    end
    local suspects = suspect_items(known(tag.suspects) or {})
    if #suspects > 0 then
      blocks[#blocks + 1] = { type = "heading", text = "Drivers", level = 3 }
      blocks[#blocks + 1] = { type = "list", items = suspects, ordered = true }
    end
  end
  return blocks
end
