--- The view of rows for a tag file: the file itself.
-- @module poolsleuth.view.tagfile
local COLUMNS <const> = {
  { key = "tag", name = "Tag" }, { key = "binary", name = "Binary" }, { key = "text", name = "Description" },
}

return function(data)
  local lines = { "// tags from call sites of drivers, by poolsleuth", "" }
  for _, row in ipairs(data.rows) do
    local text = row.text ~= "" and " - " .. row.text or ""
    lines[#lines + 1] = ("%-4s - %s%s"):format(row.tag, row.binary, text)
  end
  for _, note in ipairs(data.notes) do lines[#lines + 1] = "// " .. note end
  return { { type = "table", only = "csv", columns = COLUMNS, rows = data.rows },
           { type = "verbatim", text = table.concat(lines, "\n") .. "\n" } }
end
