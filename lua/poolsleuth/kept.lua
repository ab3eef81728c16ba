--- Files that the program keeps for its user.
-- @module poolsleuth.kept
local kept = {}

--- Where a file of ours lies, as the XDG base directories have it.
-- @tparam string variable "XDG_CACHE_HOME", "XDG_STATE_HOME"; one that is not absolute does not count
-- @tparam string fallback below the home folder, ".cache"
-- @tparam string name of the file
-- @tparam[opt] function getenv instead of os.getenv
-- @treturn ?string a path; nil where there is no home to keep it in
function kept.path(variable, fallback, name, getenv)
  getenv = getenv or os.getenv
  local folder, home = getenv(variable), getenv "HOME"
  if not folder or folder:sub(1, 1) ~= "/" then
    folder = home and home ~= "" and ("%s/%s"):format(home, fallback) or nil
  end
  return folder and ("%s/poolsleuth/%s"):format(folder, name)
end

--- Make the folders above a path, as far as they are missing.
-- @tparam string path
function kept.make_folders(path)
  local lfs = require "lfs"
  for at in path:gmatch "()/" do
    if at > 1 then lfs.mkdir(path:sub(1, at - 1)) end
  end
end

return kept
