--- HTML: one page that needs nothing else, light and dark, printable, whole without scripts.
-- Its content policy allows the style and the script of this very page and nothing else.
-- @module poolsleuth.render.html
local asset  = require "poolsleuth.render.asset"
local cell   = require "poolsleuth.render.cell"
local charts = require "poolsleuth.render.html.charts"
local escape = require "poolsleuth.render.html.escape"

local function class(name)
  return name and (' class="%s"'):format(name) or ""
end

local write = {}

local function anchor_of(text)
  return (text:lower():gsub("[^%w]+", "-"):gsub("^%-", ""):gsub("%-$", ""))
end

function write.heading(out, block)
  local level = block.level == 3 and 3 or 2
  local anchor = level == 2 and (' id="%s"'):format(escape(anchor_of(block.text))) or ""
  out[#out + 1] = ("<h%d%s>%s</h%d>"):format(level, anchor, escape(block.text), level)
end

function write.paragraph(out, block)
  out[#out + 1] = ("<p%s>%s</p>"):format(class(block.style), escape(block.text))
end

function write.facts(out, block)
  out[#out + 1] = '<dl class="facts">'
  for _, row in ipairs(block.rows) do
    out[#out + 1] = ("<dt>%s</dt><dd>%s</dd>"):format(escape(row[1]), escape(row[2]))
  end
  out[#out + 1] = "</dl>"
end

function write.tiles(out, block)
  out[#out + 1] = '<dl class="tiles">'
  for _, tile in ipairs(block.items) do
    local note = tile.note and ('<dd class="note">%s</dd>'):format(escape(tile.note)) or ""
    out[#out + 1] = ('<div><dt>%s</dt><dd class="value%s">%s</dd>%s</div>'):format(escape(tile.label),
      tile.style and " " .. tile.style or "", escape(tile.value), note)
  end
  out[#out + 1] = "</dl>"
end

local STYLED_KINDS <const> = { tag = "tag", hash = "hash", code = "code", prose = "prose", list = "prose",
                             short = "short" }

local function style_of(column)
  return STYLED_KINDS[column.kind] or cell.align(column) == "right" and "right" or nil
end

local function table_cells(columns, row)
  local cells = {}
  for i, column in ipairs(columns) do
    local tag = column.heads_row and "th" or "td"
    local scope = column.heads_row and ' scope="row"' or ""
    local label = column.name ~= "" and (' data-label="%s"'):format(escape(column.name)) or ""
    cells[i] = ("<%s%s%s%s>%s</%s>"):format(tag, scope, class(style_of(column)), label,
      escape(cell.text(column, row)), tag)
  end
  return table.concat(cells)
end

local function table_head(columns)
  local cells = {}
  for i, column in ipairs(columns) do
    cells[i] = ('<th scope="col"%s>%s</th>'):format(
      class(cell.align(column) == "right" and "right" or nil), escape(column.name))
  end
  return table.concat(cells)
end

-- Such a table becomes a list of cards where there is no room for columns.
local function holds_sentences(columns)
  for _, column in ipairs(columns) do
    if column.kind == "prose" or column.kind == "hash" then return true end
  end
  return false
end

function write.table(out, block)
  local columns = cell.columns(block)
  if #block.rows == 0 and block.empty then
    out[#out + 1] = ('<p class="dim">%s</p>'):format(escape(block.empty))
    return
  end
  local label = escape(block.title or block.label or "table")
  out[#out + 1] = ('<div class="scroll" role="region" tabindex="0" aria-label="%s"><table%s>'):format(label,
    class(holds_sentences(columns) and "stack" or nil))
  if block.title then out[#out + 1] = ("<caption>%s</caption>"):format(escape(block.title)) end
  out[#out + 1] = ("<thead><tr>%s</tr></thead><tbody>"):format(table_head(columns))
  for _, row in ipairs(block.rows) do
    out[#out + 1] = ("<tr%s>%s</tr>"):format(class(block.style and block.style(row)),
      table_cells(columns, row))
  end
  out[#out + 1] = "</tbody></table></div>"
end

local function items(out, list, ordered)
  out[#out + 1] = ordered and "<ol>" or "<ul>"
  for _, item in ipairs(list) do
    local nested = type(item) == "table"
    local text = escape(nested and item.text or item)
    out[#out + 1] = ("<li%s>%s"):format(class(nested and item.style or nil), text)
    if nested and item.items then items(out, item.items, false) end
    out[#out + 1] = "</li>"
  end
  out[#out + 1] = ordered and "</ol>" or "</ul>"
end

function write.list(out, block)
  items(out, block.items, block.ordered)
end

local function pre(text, style)
  local lines = {}
  for line in (text .. "\n"):gmatch "(.-)\n" do lines[#lines + 1] = escape(line) end
  return ('<pre%s tabindex="0">%s</pre>'):format(class(style), table.concat(lines, "\n"))
end

function write.code(out, block)
  out[#out + 1] = pre(block.text)
end

function write.verbatim(out, block)
  out[#out + 1] = pre((block.text:gsub("\r", ""):gsub("\n$", "")))
end

-- The word as a badge, the sentence for people, the rest of the line for those who split it.
function write.verdict(out, block)
  local word, rest = block.line:match "^(%S+)%s*(.*)$"
  word, rest = word or block.line, rest or ""
  local badge = ('<span class="word">%s</span>'):format(escape(word))
  if not block.sentence then
    out[#out + 1] = ('<div class="verdict%s"><p>%s<code>%s</code></p></div>'):format(
      block.style and " " .. block.style or "", badge, escape(rest))
    return
  end
  out[#out + 1] = ('<section class="verdict main%s" aria-label="Verdict"><p>%s</p><p class="sentence">%s</p>'
    .. "<p><code>%s</code></p></section>"):format(block.style and " " .. block.style or "", badge,
    escape(block.sentence), escape(block.line))
end

function write.steps(out, block)
  out[#out + 1] = '<ol class="steps">'
  for _, step in ipairs(block.items) do
    out[#out + 1] = "<li>" .. escape(step.text)
    if step.command then out[#out + 1] = pre(step.command) end
    if step.undo then
      out[#out + 1] = ('<div class="undo">Undo: <code>%s</code></div>'):format(escape(step.undo))
    end
    out[#out + 1] = "</li>"
  end
  out[#out + 1] = "</ol>"
end

function write.chart(out, block)
  charts.write(out, block)
end

-- Links to the sections of a long page.
function write.contents(out, block, blocks)
  out[#out + 1] = ('<nav aria-label="%s"><ul class="jump">'):format(escape(block.text or "Sections"))
  for _, other in ipairs(blocks) do
    if other.type == "heading" and (other.level or 2) == 2 then
      out[#out + 1] = ('<li><a href="#%s">%s</a></li>'):format(escape(anchor_of(other.text)),
        escape(other.text))
    end
  end
  out[#out + 1] = "</ul></nav>"
end

local function has_curves(blocks)
  for _, block in ipairs(blocks) do
    if block.type == "chart" and not block.bars then return true end
  end
  return false
end

local function head(document, style, script)
  local policy = ("default-src 'none'; base-uri 'none'; form-action 'none'; style-src %s; script-src %s")
    :format(asset.policy_hash(style), script and asset.policy_hash(script) or "'none'")
  return {
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
    ('<meta http-equiv="Content-Security-Policy" content="%s">'):format(policy),
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="referrer" content="no-referrer">',
    ("<title>%s</title>\n<style>%s</style></head><body><main>"):format(escape(document.title), style),
    ("<h1>%s</h1>"):format(escape(document.title)),
  }
end

--- Render blocks as one HTML page.
-- @tparam table document `blocks`, `title`
-- @tparam table options `version`
-- @treturn string
return function(document, options)
  local script = has_curves(document.blocks) and charts.script() or nil
  local style = (asset.read "html/page.css" or "") .. (script and charts.style() or "")
  local out = head(document, style, script)
  for _, block in ipairs(document.blocks) do
    local writer = write[block.type] or error("unknown block type " .. tostring(block.type))
    writer(out, block, document.blocks)
  end
  local version = "poolsleuth " .. (options.version or "")
  out[#out + 1] = ("</main><footer>%s</footer>"):format(escape(document.footer or version))
  if script then out[#out + 1] = "<script>" .. script .. "</script>" end
  out[#out + 1] = "</body></html>"
  return table.concat(out, "\n") .. "\n"
end
