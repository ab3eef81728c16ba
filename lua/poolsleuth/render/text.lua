--- Text for a terminal: aligned, at most as wide as it, coloured when asked.
-- @module poolsleuth.render.text
local cell   = require "poolsleuth.render.cell"
local format = require "poolsleuth.format"
local plot   = require "poolsleuth.render.plot"

local STYLES <const> = { heading = "1", dim = "2", bad = "1;31", warn = "33", good = "32", command = "36" }
local NARROWEST_TEXT <const> = 8

local function paint(options, style, text)
  if not options.color or not STYLES[style] or text == "" then return text end
  return ("\27[%sm%s\27[0m"):format(STYLES[style], text)
end

-- Lines of a text, the first behind `first` and the others behind `rest`.
local function hang(out, options, text, first, rest, style)
  local lines = format.wrap(format.clean(text), math.max(20, options.width - #rest))
  for i, line in ipairs(lines) do
    out[#out + 1] = (i == 1 and first or rest) .. paint(options, style, line)
  end
end

local block_writers = {}

function block_writers.heading(out, block, options)
  out[#out + 1] = paint(options, "heading", format.clean(block.text))
end

function block_writers.paragraph(out, block, options)
  local lead = block.lead and block.lead .. " " or ""
  hang(out, options, block.text, lead, (" "):rep(#lead), block.style)
end

function block_writers.facts(out, block, options)
  local widest = 0
  for _, row in ipairs(block.rows) do widest = math.max(widest, format.width(row[1])) end
  for _, row in ipairs(block.rows) do
    hang(out, options, tostring(row[2]), format.pad(row[1], widest + 2), (" "):rep(widest + 2))
  end
end

-- What a column shows under its name in each row, how wide each is, and the widest.
local function measure(column, rows)
  local text_of, width_of = cell.reader(column), format.width
  local widest = width_of(column.name)
  local texts, sizes = { column.name }, { widest }
  for r, row in ipairs(rows) do
    local text = text_of(row)
    local size = width_of(text)
    texts[r + 1], sizes[r + 1] = text, size
    if size > widest then widest = size end
  end
  return texts, sizes, widest
end

local function total_width(widths, gap)
  local total = -gap
  for _, width in ipairs(widths) do total = total + (width > 0 and width + gap or 0) end
  return total
end

-- Columns marked `flex` give way, the last one first.  Returns whether that was enough.
local function shrink(columns, widths, gap, available)
  for i = #columns, 1, -1 do
    local excess = total_width(widths, gap) - available
    if excess > 0 and columns[i].flex and widths[i] > 0 then
      local floor = math.max(columns[i].at_least or NARROWEST_TEXT, format.width(columns[i].name))
      widths[i] = math.max(math.min(floor, widths[i]), widths[i] - excess)
    end
  end
  return total_width(widths, gap) <= available
end

-- Make a table fit: shorten text, then narrow the gaps, then drop columns marked `may_go` (their
-- width becomes 0).  Returns the gap between columns.
local function fit(columns, widths, available)
  if total_width(widths, 2) <= available or shrink(columns, widths, 2, available) then return 2 end
  if shrink(columns, widths, 1, available) then return 1 end
  for i = #columns, 1, -1 do
    if columns[i].may_go and total_width(widths, 1) > available then widths[i] = 0 end
  end
  return 1
end

-- Cells cut and filled up, in place, to the width of their column.
local function fill(column, texts, sizes, width)
  local right = cell.align(column) == "right"
  for r, text in ipairs(texts) do
    local size = sizes[r]
    if size > width and column.flex then text, size = format.cut(text, width) end
    if size < width then
      local blanks = (" "):rep(width - size)
      text = right and blanks .. text or text .. blanks
    end
    texts[r] = text
  end
end

-- The lines of a table, the one with the columns' names first.
local function table_lines(columns, rows, available)
  local texts, sizes, widths = {}, {}, {}
  for i, column in ipairs(columns) do texts[i], sizes[i], widths[i] = measure(column, rows) end
  local blank, shown = (" "):rep(fit(columns, widths, available)), {}
  for i, column in ipairs(columns) do
    if widths[i] > 0 then
      fill(column, texts[i], sizes[i], widths[i])
      shown[#shown + 1] = texts[i]
    end
  end
  local lines, cells = {}, {}
  for r = 1, #rows + 1 do
    for i, column in ipairs(shown) do cells[i] = column[r] end
    lines[r] = format.trim_end(table.concat(cells, blank))
  end
  return lines
end

function block_writers.table(out, block, options)
  if block.title then out[#out + 1] = paint(options, "heading", format.clean(block.title)) end
  if #block.rows == 0 then
    out[#out + 1] = block.empty or "(nothing)"
    return
  end
  local lines = table_lines(cell.columns(block), block.rows, options.width)
  out[#out + 1] = paint(options, "dim", lines[1])
  for r, row in ipairs(block.rows) do
    out[#out + 1] = paint(options, block.style and block.style(row), lines[r + 1])
  end
end

local function write_items(out, items, options, indent, ordered)
  for i, item in ipairs(items) do
    local text = type(item) == "table" and item.text or item
    local mark = ordered and ("%d. "):format(i) or "- "
    hang(out, options, text, indent .. mark, indent .. (" "):rep(#mark), type(item) == "table" and item.style)
    if type(item) == "table" and item.items then
      write_items(out, item.items, options, indent .. (" "):rep(#mark), false)
    end
  end
end

function block_writers.list(out, block, options)
  write_items(out, block.items, options, "  ", block.ordered)
end

-- Commands are not wrapped: they are there to be copied.
function block_writers.code(out, block, options)
  for line in (block.text .. "\n"):gmatch "(.-)\n" do
    out[#out + 1] = "    " .. paint(options, "command", format.clean(line))
  end
end

-- A file for another machine: every byte as it is.
function block_writers.verbatim(out, block)
  out[#out + 1] = (block.text:gsub("\n$", ""))
end

function block_writers.verdict(out, block, options)
  if block.sentence then
    hang(out, options, block.sentence, "", "", "heading")
    out[#out + 1] = ""
  end
  local line = format.clean(block.line)
  local word, rest = line:match "^(%S+)(.*)$"
  out[#out + 1] = paint(options, block.style, word or line) .. (rest or "")
end

function block_writers.steps(out, block, options)
  for i, step in ipairs(block.items) do
    local mark = ("  %d. "):format(i)
    hang(out, options, step.text, mark, (" "):rep(#mark))
    if step.command then
      for line in (step.command .. "\n"):gmatch "(.-)\n" do
        out[#out + 1] = "       " .. paint(options, "command", format.clean(line))
      end
    end
    if step.undo then hang(out, options, "undo: " .. step.undo, "       ", "             ", "dim") end
  end
end

function block_writers.tiles(out, block, options)
  local rows = {}
  for i, tile in ipairs(block.items) do
    rows[i] = { tile.label, tile.note and tile.note ~= "" and ("%s (%s)"):format(tile.value, tile.note)
      or tile.value }
  end
  block_writers.facts(out, { rows = rows }, options)
end

function block_writers.chart(out, block, options)
  if block.title then out[#out + 1] = paint(options, "heading", format.clean(block.title)) end
  for _, line in ipairs(plot.lines(block, options)) do out[#out + 1] = "  " .. line end
end

--- Render blocks as text.
-- @tparam table document `blocks`
-- @tparam table options `width`, `color`, `utf8` (whether charts may use blocks; by the user's locale)
-- @treturn string
return function(document, options)
  local blocks_fit = options.utf8
  if blocks_fit == nil then blocks_fit = plot.is_utf8() end
  options = { width = options.width or 80, color = options.color, utf8 = blocks_fit }
  local out, last = {}, nil
  for _, block in ipairs(document.blocks) do
    local writer = block_writers[block.type] or error("unknown block type " .. tostring(block.type))
    if last and not block.tight and last.type ~= "heading" then out[#out + 1] = "" end
    writer(out, block, options)
    last = block
  end
  return table.concat(out, "\n") .. (#out > 0 and "\n" or "")
end
