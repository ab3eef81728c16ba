-- The script that gathers evidence, over an older one or printed, while memory runs out.
local whole = require "tests.lua.support.whole"

local number <const> = ...
if number == 1 then
  local run, look = whole.written(function(folder) return { "collect", "-o", folder .. "/collect.cmd" } end,
    { ["collect.cmd"] = "an older one\n" })
  return run, "-o", look
end
return whole.of_several({ { "collect", "--powershell", "--explain", name = "--powershell" } }, number - 1)
