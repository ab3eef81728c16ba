--- The view of the folders where scripts are looked for, first one first.
-- @module poolsleuth.view.folders
local COLUMNS <const> = {
  { key = "origin", name = "Kind" },
  { key = "path", name = "Folder" },
  { key = "skipped", name = "Not used because", optional = true, empty = "" },
}

return function(data)
  return { { type = "table", columns = COLUMNS, rows = data.folders } }
end
