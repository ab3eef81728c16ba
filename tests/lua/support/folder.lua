--- Folders that a test fills and that vanish with it.
-- `local folder <close> = folders.new()`
local lfs = require "lfs"

local folders = {}

local Folder = {}
Folder.__index = Folder

local function remove(path)
  if lfs.symlinkattributes(path, "mode") ~= "directory" then return os.remove(path) end
  for name in lfs.dir(path) do
    if name ~= "." and name ~= ".." then remove(path .. "/" .. name) end
  end
  return lfs.rmdir(path)
end

--- The path of something in the folder.
-- @tparam[opt] string name relative to it; without, the folder itself
-- @treturn string
function Folder:path(name)
  return name and self.root .. "/" .. name or self.root
end

--- Make a folder below, and those above it.
-- @tparam string name
-- @treturn string its path
function Folder:mkdir(name)
  local path = self.root
  for part in name:gmatch "[^/]+" do
    path = path .. "/" .. part
    lfs.mkdir(path)
  end
  return path
end

--- Write a file, with the folders above it.
-- @tparam string name
-- @tparam string bytes
-- @tparam[opt] integer mtime seconds since 1970
-- @treturn string its path
function Folder:write(name, bytes, mtime)
  local above = name:match "^(.*)/[^/]*$"
  if above then self:mkdir(above) end
  local path = self:path(name)
  do
    local file <close> = assert(io.open(path, "wb"))
    assert(file:write(bytes))
  end
  if mtime then assert(lfs.touch(path, mtime)) end
  return path
end

--- Make a file of size bytes that takes no room on the disk.
-- @tparam string name
-- @tparam integer size
-- @treturn string its path
function Folder:hole(name, size)
  local path = self:path(name)
  local file <close> = assert(io.open(path, "wb"))
  assert(file:seek("set", size - 1))
  assert(file:write "\0")
  return path
end

--- The bytes of a file.
-- @tparam string name
-- @treturn string
function Folder:read(name)
  local file <close> = assert(io.open(self:path(name), "rb"))
  return file:read "a"
end

function Folder:__close() remove(self.root) end

--- Make an empty folder.
-- @treturn Folder
function folders.new()
  local root = os.tmpname()
  os.remove(root)
  assert(lfs.mkdir(root))
  return setmetatable({ root = root }, Folder)
end

return folders
