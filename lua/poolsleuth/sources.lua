--- Sources: from what the user named to files, each with its kind by content.
-- @module poolsleuth.sources
local glob = require "poolsleuth.glob"
local lfs  = require "lfs"

local sources = {}

local function sorted_entries(folder)
  local names = {}
  local ok, iterate, state = pcall(lfs.dir, folder)
  if not ok then return nil end
  for name in iterate, state do
    if name ~= "." and name ~= ".." then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

local function expand_glob(path, files)
  local folder, name_glob = path:match "^(.*/)([^/]*)$"
  local pattern = glob.compile(name_glob or path)
  for _, name in ipairs(sorted_entries(folder or ".") or {}) do
    if pattern:matches(name) then
      local found = (folder or "") .. name
      if lfs.attributes(found, "mode") == "file" then files[#files + 1] = found end
    end
  end
end

--- The files that a name stands for: itself, those below a folder, those that a glob matches.
-- @tparam string path "-" is standard input
-- @tparam[opt] table limits of the readers, by name
-- @treturn[1] {string,...} sorted within each folder
-- @treturn[1] {table,...} problems, each `path` and `message`
-- @treturn[2] nil
-- @treturn[2] string why there is nothing
-- @treturn[2] table `code` "missing" or "io"
function sources.expand(path, limits)
  local files, problems = {}, {}
  if path == "-" then return { "-" }, problems end
  local mode, message = lfs.attributes(path, "mode")
  if mode == "directory" then
    local found, unreached = require("poolsleuth.folder").files(path, { limits = limits })
    if not found then return nil, path .. ": " .. unreached, { code = "io" } end
    return found, unreached
  end
  if mode then return { path }, problems end
  if path:find "[*?]" then
    expand_glob(path, files)
    if #files > 0 then return files, problems end
    return nil, path .. ": no file matches", { code = "missing" }
  end
  local missing = message and message:find "No such file" or message and message:find "Not a directory"
  return nil, path .. ": " .. (missing and "no such file or folder" or tostring(message):gsub("^.-: ", "")),
    { code = missing and "missing" or "io" }
end

--- The last part of a path, with either kind of slash.
-- @tparam string path
-- @treturn string
function sources.basename(path)
  return path:match "^.*[/\\](.*)$" or path
end

return sources
