--- The view of files that a command made.
-- @module poolsleuth.view.written
return function(data)
  local rows = {}
  for i, path in ipairs(data.files) do rows[i] = { "Written", path } end
  local blocks = { { type = "facts", rows = rows } }
  for _, note in ipairs(data.notes or {}) do
    blocks[#blocks + 1] = { type = "paragraph", text = note, tight = #blocks > 1 }
  end
  return blocks
end
