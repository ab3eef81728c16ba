--- The view of files as sigcheck describes them.
-- @module poolsleuth.view.files
local format = require "poolsleuth.format"

local COLUMNS <const> = {
  { key = "path", name = "File", flex = true, at_least = 20 },
  { key = "verified", name = "Verified", optional = true },
  { key = "signed_at", name = "Signed", optional = true, may_go = true },
  { key = "publisher", name = "Publisher", optional = true, flex = true, at_least = 12, may_go = true },
  { key = "company", name = "Company", optional = true, flex = true, at_least = 12 },
  { key = "version", name = "Version", optional = true },
  { key = "machine", name = "Machine", optional = true, may_go = true },
  { key = "description", name = "Description", optional = true, flex = true, at_least = 12, may_go = true },
}

return function(data)
  return {
    { type = "table", columns = COLUMNS, rows = data.files, empty = "No file." },
    { type = "paragraph", style = "dim", text = format.counted(#data.files, "file") .. "." },
  }
end
