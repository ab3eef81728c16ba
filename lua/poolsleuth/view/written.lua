--- The view of files that a command made.
-- @module poolsleuth.view.written
return function(data)
  local rows = {}
  for i, path in ipairs(data.files) do rows[i] = { "Written", path } end
  local columns = { { key = 1, name = "What", csv = "what" }, { key = 2, name = "Path", csv = "path" } }
  local blocks = { { type = "table", only = "csv", columns = columns, rows = rows },
                   { type = "facts", rows = rows } }
  for _, note in ipairs(data.notes or {}) do
    blocks[#blocks + 1] = { type = "paragraph", text = note, tight = #blocks > 2 }
  end
  return blocks
end
