--- CSV for spreadsheets (RFC 4180): the first table of the document with its raw values.
-- @module poolsleuth.render.csv
local cell   = require "poolsleuth.render.cell"
local format = require "poolsleuth.format"

-- A leading = + - @ would make a spreadsheet run the cell; numbers keep their sign.
local function field(text)
  text = format.clean(text)
  if text:find "^[=+@\t\r-]" and not tonumber(text) then text = "'" .. text end
  if text:find '[",\r\n]' or text:find "^%s" or text:find "%s$" then
    return '"' .. text:gsub('"', '""') .. '"'
  end
  return text
end

--- Render the first table as CSV.
-- @tparam table document `blocks`
-- @treturn string
return function(document)
  for _, block in ipairs(document.blocks) do
    if block.type == "table" then
      local lines, names = {}, {}
      for i, column in ipairs(block.columns) do names[i] = field(column.csv or column.key or column.name) end
      lines[1] = table.concat(names, ",")
      for _, row in ipairs(block.rows) do
        local cells = {}
        for i, column in ipairs(block.columns) do cells[i] = field(cell.raw(column, row)) end
        lines[#lines + 1] = table.concat(cells, ",")
      end
      return table.concat(lines, "\r\n") .. "\r\n"
    end
  end
  return ""
end
