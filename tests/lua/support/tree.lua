--- The project's own files, as the tests of its layout see them.
local lfs = require "lfs"

local tree = {}

local function walk(folder, found)
  for name in lfs.dir(folder) do
    local path = folder .. "/" .. name
    if name:sub(1, 1) ~= "." then
      local mode = lfs.symlinkattributes(path, "mode")
      if mode == "directory" then walk(path, found) elseif mode == "file" then found[#found + 1] = path end
    end
  end
end

--- Files below a folder whose path matches a pattern, sorted.
-- @tparam string folder
-- @tparam[opt] string pattern a Lua pattern
-- @treturn {string,...}
function tree.files(folder, pattern)
  local all, found = {}, {}
  if lfs.attributes(folder, "mode") == "directory" then walk(folder, all) end
  for _, path in ipairs(all) do
    if not pattern or path:find(pattern) then found[#found + 1] = path end
  end
  table.sort(found)
  return found
end

--- The bytes of a file.
-- @tparam string path
-- @treturn string
function tree.read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

--- Call a function with each line of a file and its number.
-- @tparam string path
-- @tparam function visit
function tree.lines(path, visit)
  local number = 0
  for line in (tree.read(path) .. "\n"):gmatch "(.-)\r?\n" do
    number = number + 1
    visit(line, number)
  end
end

--- What git tracks, or nil outside of a checkout.
-- @treturn ?{string,...}
function tree.tracked()
  local pipe = io.popen "git ls-files -z 2>/dev/null"
  local names = {}
  for name in pipe:read("a"):gmatch "%Z+" do names[#names + 1] = name end
  pipe:close()
  return #names > 0 and names or nil
end

return tree
