--- Parts that the sections of a report are put together from.
-- @module poolsleuth.view.report_page.parts
local json    = require "poolsleuth.json"
local sources = require "poolsleuth.sources"

local parts = {}

local known <const> = json.known

--- A list of the document, empty where it is not known.
-- @param value
-- @treturn table
function parts.list(value) return known(value) or {} end

--- Add a heading.
-- @tparam table blocks
-- @tparam string text
-- @tparam[opt=2] int level
function parts.heading(blocks, text, level)
  blocks[#blocks + 1] = { type = "heading", text = text, level = level or 2 }
end

--- Add a paragraph.
-- @tparam table blocks
-- @tparam string text
-- @tparam[opt] string style
function parts.paragraph(blocks, text, style)
  blocks[#blocks + 1] = { type = "paragraph", text = text, style = style }
end

--- A moment of the document without its T and without seconds that are none.
-- @tparam string text
-- @treturn string
function parts.clock(text) return (text:gsub("T", " "):gsub(":00$", "")) end

--- What sources are called in this format.
-- A ticket has no use for their folders: their names and hashes tell them apart.
-- @tparam table document
-- @treturn function from a path to a name
function parts.namer(document)
  local short = {}
  for _, input in ipairs(document.format == "markdown" and document.inputs or {}) do
    short[input.path] = sources.basename(input.path)
  end
  return function(path) return short[path] or path end
end

--- Add a table of sentences; a terminal is too narrow for it and gets a list.
-- @tparam table blocks
-- @tparam table block
-- @tparam function text_of from a row to an item of the list
function parts.prose(blocks, block, text_of)
  local items = {}
  for i, row in ipairs(block.rows) do items[i] = text_of(row) end
  block.except = "text"
  blocks[#blocks + 1] = block
  blocks[#blocks + 1] = { type = "list", only = "text", items = items }
end

return parts
