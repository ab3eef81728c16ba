--- Lua files of scripts and their tests, read to their end before they are understood: half a file that
-- cannot be read is no shorter script.
-- @module poolsleuth.chunk
local system = require "poolsleuth.system"

local chunk = {}

local LARGEST <const> = 1 << 24

--- Load a file as text, as loadfile does.
-- @tparam string path
-- @tparam[opt=_G] table env
-- @treturn[1] function
-- @treturn[2] nil
-- @treturn[2] string what is wrong
-- @treturn[2] ?table `code` where it could not be read
function chunk.load(path, env)
  local text, message, err = system.read(path, LARGEST)
  if not text then return nil, message, err end
  text = text:gsub("^\xEF\xBB\xBF", ""):gsub("^#[^\n]*", "")
  return load(text, "@" .. path, "t", env or _G)
end

return chunk
