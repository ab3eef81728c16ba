--- HTML: one page that needs nothing else, light and dark, without scripts.
-- @module poolsleuth.render.html
local cell   = require "poolsleuth.render.cell"
local format = require "poolsleuth.format"

local STYLE <const> = [[
:root { color-scheme: light dark; --line: #8884; --soft: #8881 }
:root { --bad: #c62828; --warn: #a86400; --good: #2e7d32 }
@media (prefers-color-scheme: dark) { :root { --bad: #ff8a80; --warn: #ffcc80; --good: #a5d6a7 } }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem }
h1 { font-size: 1.4rem } h2 { font-size: 1.15rem; margin-top: 2rem }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
caption { text-align: left; font-weight: 600; padding: .3rem 0 }
th, td { text-align: left; padding: .2rem .7rem; border-bottom: 1px solid var(--line); vertical-align: top }
th { position: sticky; top: 0; background: Canvas }
td.right, th.right { text-align: right }
td.tag, code, pre { font-family: ui-monospace, monospace; white-space: pre }
pre { background: var(--soft); padding: .6rem .8rem; border-radius: .4rem; overflow-x: auto }
pre.verdict { white-space: pre-wrap; font-weight: 600; border-left: .3rem solid var(--line) }
.bad { color: var(--bad) } .warn { color: var(--warn) } .good { color: var(--good) } .dim { opacity: .7 }
pre.bad { border-color: var(--bad) } pre.warn { border-color: var(--warn) }
pre.good { border-color: var(--good) }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem } dd { margin: 0 }
@media print { th { position: static } body { margin: 0 } }
]]

local ENTITIES <const> = {
  ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;",
}

local function escape(text)
  return (format.clean(tostring(text)):gsub("[&<>\"']", ENTITIES))
end

local function class(name)
  return name and (' class="%s"'):format(name) or ""
end

local write = {}

function write.heading(out, block)
  out[#out + 1] = ("<h2>%s</h2>"):format(escape(block.text))
end

function write.paragraph(out, block)
  out[#out + 1] = ("<p%s>%s</p>"):format(class(block.style), escape(block.text))
end

function write.facts(out, block)
  out[#out + 1] = "<dl>"
  for _, row in ipairs(block.rows) do
    out[#out + 1] = ("<dt>%s</dt><dd>%s</dd>"):format(escape(row[1]), escape(row[2]))
  end
  out[#out + 1] = "</dl>"
end

local function table_cells(columns, kind, text_of)
  local cells = {}
  for i, column in ipairs(columns) do
    local style = column.kind == "tag" and "tag" or cell.align(column) == "right" and "right" or nil
    cells[i] = ("<%s%s>%s</%s>"):format(kind, class(style), escape(text_of(column)), kind)
  end
  return table.concat(cells)
end

function write.table(out, block)
  local columns = cell.columns(block)
  out[#out + 1] = '<div class="wide"><table>'
  if block.title then out[#out + 1] = ("<caption>%s</caption>"):format(escape(block.title)) end
  local head = table_cells(columns, "th", function(column) return column.name end)
  out[#out + 1] = ("<thead><tr>%s</tr></thead><tbody>"):format(head)
  for _, row in ipairs(block.rows) do
    local cells = table_cells(columns, "td", function(column) return cell.text(column, row) end)
    out[#out + 1] = ("<tr%s>%s</tr>"):format(class(block.style and block.style(row)), cells)
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
  return ("<pre%s>%s</pre>"):format(class(style), table.concat(lines, "\n"))
end

function write.code(out, block)
  out[#out + 1] = pre(block.text)
end

function write.verbatim(out, block)
  out[#out + 1] = pre((block.text:gsub("\r", ""):gsub("\n$", "")))
end

function write.verdict(out, block)
  out[#out + 1] = pre(block.line, "verdict " .. (block.style or ""))
end

function write.steps(out, block)
  out[#out + 1] = "<ol>"
  for _, step in ipairs(block.items) do
    out[#out + 1] = "<li>" .. escape(step.text)
    if step.command then out[#out + 1] = pre(step.command) end
    if step.undo then out[#out + 1] = ('<div class="dim">Undo: %s</div>'):format(escape(step.undo)) end
    out[#out + 1] = "</li>"
  end
  out[#out + 1] = "</ol>"
end

--- Render blocks as one HTML page.
-- @tparam table document `blocks`, `title`
-- @tparam table options `version`
-- @treturn string
return function(document, options)
  local out = {
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    ("<title>%s</title>\n<style>\n%s</style></head><body>"):format(escape(document.title), STYLE),
    ("<h1>%s</h1>"):format(escape(document.title)),
  }
  for _, block in ipairs(document.blocks) do
    local writer = write[block.type] or error("unknown block type " .. tostring(block.type))
    writer(out, block)
  end
  out[#out + 1] = ('<p class="dim">poolsleuth %s</p></body></html>'):format(escape(options.version or ""))
  return table.concat(out, "\n") .. "\n"
end
