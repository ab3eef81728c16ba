-- A new script and its test, which is both or none, while memory runs out.
local whole = require "tests.lua.support.whole"

local KINDS <const> = { "--command", "--dialect" }

local number <const> = ...
if number > 3 then return nil end
local run, look = whole.written(function(folder)
  return { "new", folder .. "/mine/acme-check", "-o", "/dev/null", KINDS[number - 1] }
end)
return run, KINDS[number - 1] or "playbook", look
