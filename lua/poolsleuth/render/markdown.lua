--- Markdown for tickets and wikis.
-- @module poolsleuth.render.markdown
local cell   = require "poolsleuth.render.cell"
local format = require "poolsleuth.format"
local plot   = require "poolsleuth.render.plot"

local CHART_WIDTH <const> = 100

local function escape(text)
  return (format.clean(text):gsub("[\\`*_<>|#%[%]]", "\\%0"))
end

-- Text between backquotes, as many as it needs.
local function code(text)
  text = format.clean(text)
  local fence = "`"
  while text:find(fence, 1, true) do fence = fence .. "`" end
  local blank = (text:find "^`" or text:find "`$") and " " or ""
  return fence .. blank .. text .. blank .. fence
end

local write = {}

function write.heading(out, block)
  out[#out + 1] = ("#"):rep(block.level or 2) .. " " .. escape(block.text)
end

function write.paragraph(out, block)
  out[#out + 1] = escape(block.text)
end

function write.facts(out, block)
  for _, row in ipairs(block.rows) do
    out[#out + 1] = ("- **%s:** %s"):format(escape(row[1]), escape(tostring(row[2])))
  end
end

function write.table(out, block)
  local columns = cell.columns(block)
  if block.title then out[#out + 1] = "**" .. escape(block.title) .. "**\n" end
  local names, rules = {}, {}
  for i, column in ipairs(columns) do
    names[i] = escape(column.name)
    rules[i] = cell.align(column) == "right" and "---:" or "---"
  end
  out[#out + 1] = "| " .. table.concat(names, " | ") .. " |"
  out[#out + 1] = "| " .. table.concat(rules, " | ") .. " |"
  for _, row in ipairs(block.rows) do
    local cells = {}
    for i, column in ipairs(columns) do
      local text = cell.text(column, row)
      local is_code = column.kind == "tag" or column.kind == "hash" and text ~= format.UNKNOWN
      -- In a table a backslash before a bar is no escape of the bar to every reader, and code has no other.
      local fits = is_code and not text:find("\\|", 1, true)
      cells[i] = fits and code(text):gsub("|", "\\|") or escape(text)
    end
    out[#out + 1] = "| " .. table.concat(cells, " | ") .. " |"
  end
end

local function items(out, list, indent, ordered)
  for i, item in ipairs(list) do
    local text = type(item) == "table" and item.text or item
    out[#out + 1] = indent .. (ordered and i .. ". " or "- ") .. escape(text)
    if type(item) == "table" and item.items then items(out, item.items, indent .. "   ", false) end
  end
end

function write.list(out, block)
  items(out, block.items, "", block.ordered)
end

local function fenced(text, indent)
  local fence = "```"
  while text:find(fence, 1, true) do fence = fence .. "`" end
  local body = text:gsub("[^\n]+", function(line) return indent .. format.clean(line) end)
  return ("%s%s\n%s\n%s%s"):format(indent, fence, body, indent, fence)
end

function write.code(out, block)
  out[#out + 1] = fenced(block.text, "")
end

function write.verbatim(out, block)
  out[#out + 1] = fenced((block.text:gsub("\r", ""):gsub("\n$", "")), "")
end

function write.tiles(out, block)
  for _, tile in ipairs(block.items) do
    local note = tile.note and tile.note ~= "" and (" (%s)"):format(escape(tile.note)) or ""
    out[#out + 1] = ("- %s: **%s**%s"):format(escape(tile.label), escape(tile.value), note)
  end
end

function write.chart(out, block)
  out[#out + 1] = "**" .. escape(block.title) .. "**\n"
  out[#out + 1] = fenced(table.concat(plot.lines(block, { width = CHART_WIDTH, utf8 = true }), "\n"), "")
end

function write.verdict(out, block)
  if block.sentence then out[#out + 1] = "**" .. escape(block.sentence) .. "**\n" end
  out[#out + 1] = fenced(block.line, "")
end

function write.steps(out, block)
  for i, step in ipairs(block.items) do
    out[#out + 1] = ("%d. %s"):format(i, escape(step.text))
    if step.command then out[#out + 1] = "\n" .. fenced(step.command, "   ") .. "\n" end
    if step.undo then out[#out + 1] = "   Undo: " .. escape(step.undo) end
  end
end

--- Render blocks as Markdown.
-- @tparam table document `blocks`, `title`
-- @treturn string
return function(document)
  local out = { "# " .. escape(document.title) }
  for _, block in ipairs(document.blocks) do
    out[#out + 1] = ""
    local writer = write[block.type] or error("unknown block type " .. tostring(block.type))
    writer(out, block)
  end
  return table.concat(out, "\n") .. "\n"
end
