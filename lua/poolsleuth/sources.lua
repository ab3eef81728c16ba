--- Sources: from what the user named to files, each with its kind by content.
-- @module poolsleuth.sources
local glob = require "poolsleuth.glob"
local lfs  = require "lfs"

local sources = {}

local function is_missing(message)
  return message:find("No such file", 1, true) or message:find("Not a directory", 1, true)
end

-- The files that a glob matches, or why its folder cannot be read.
local function expand_glob(path)
  local files, folder, name_glob = {}, path:match "^(.*/)([^/]*)$"
  local pattern = glob.compile(name_glob or path)
  local names, message, err = require("poolsleuth.folder").names(folder or ".")
  if not names and is_missing(message) then return files end
  if not names then return nil, ("%s: %s"):format(folder or path, message), err end
  for _, name in ipairs(names) do
    local found = (folder or "") .. name
    if pattern:matches(name) and lfs.attributes(found, "mode") == "file" then files[#files + 1] = found end
  end
  return files
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
  local problems = {}
  if path == "-" then return { "-" }, problems end
  local mode, message = lfs.attributes(path, "mode")
  if mode == "directory" then
    local found, unreached = require("poolsleuth.folder").files(path, { limits = limits })
    if not found then return nil, path .. ": " .. unreached, { code = "io" } end
    local first = unreached[1]
    if #found == 0 and first then return nil, first.path .. ": " .. first.message, { code = "io" } end
    return found, unreached
  end
  if mode then return { path }, problems end
  if path:find "[*?]" then
    local files, unread, err = expand_glob(path)
    if not files then return nil, unread, err end
    if #files > 0 then return files, problems end
    return nil, path .. ": no file matches", { code = "missing" }
  end
  local missing = message and is_missing(message)
  return nil, path .. ": " .. (missing and "no such file or folder" or tostring(message):gsub("^.-: ", "")),
    { code = missing and "missing" or "io" }
end

--- The last part of a path, with either kind of slash.
-- @tparam string path
-- @treturn string
function sources.basename(path)
  return path:match "^.*[/\\](.*)$" or path
end

--- The same without its ending, in small letters: what a driver is called in every list.
-- @tparam string path
-- @treturn string
function sources.stem(path)
  return (sources.basename(path):lower():gsub("%.%w+$", ""))
end

return sources
