-- Two files of which there are both or none, for the out-of-memory host.
local own_scripts = require "poolsleuth.own_scripts"

local one, other = os.tmpname(), os.tmpname()

local function take(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  os.remove(path)
  return file ~= nil
end

take(one)
take(other)
local ok, problem = pcall(own_scripts.write, { { path = one, bytes = "1" }, { path = other, bytes = "2" } })
local first, second, rest = take(one), take(other), take(one .. ".new") or take(other .. ".new")
assert(first == second and not rest, "one file of two is left behind")
if not ok then error(problem, 0) end
