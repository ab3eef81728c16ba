-- largest.lua - the modules of poolsleuth in stock Lua: the largest tags of a text.
--
-- lua5.4 largest.lua FILE
local text   = require "poolsleuth.text"
local format = require "poolsleuth.format"

local parsed, message = text.read((assert(arg[1], "usage: largest.lua FILE")))
if not parsed then
  io.stderr:write(message, "\n")
  os.exit(1)
end
local rows = parsed.snapshots[1]:rows()
table.sort(rows, function(a, b) return a.bytes > b.bytes end)
for i = 1, math.min(3, #rows) do print(format.tag(rows[i].tag), rows[i].bytes) end
