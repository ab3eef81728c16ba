--- The view of marks: when somebody was refused, for want of pool or another reason.
-- @module poolsleuth.view.marks
local COLUMNS <const> = {
  { key = "time", name = "From" },
  { key = "until", name = "To", optional = true },
  { key = "pool", name = "Pool", optional = true },
  { key = "count", name = "Times", kind = "count", optional = true },
  { key = "reason", name = "Reason", flex = true, at_least = 16 },
  { key = "host", name = "Host", optional = true, may_go = true },
}

return function(data)
  local texts, seen = {}, {}
  for _, mark in ipairs(data.marks) do
    local text = mark.text
    if type(text) == "string" and not seen[text] then texts[#texts + 1], seen[text] = text, true end
  end
  local blocks = { { type = "table", columns = COLUMNS, rows = data.marks, empty = "No mark." } }
  for _, text in ipairs(texts) do
    blocks[#blocks + 1] = { type = "paragraph", style = "dim", text = text .. "." }
  end
  return blocks
end
