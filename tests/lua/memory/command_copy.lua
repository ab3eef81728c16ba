-- A copy of a playbook and its test, which is both or none, while memory runs out.
local whole = require "tests.lua.support.whole"

local function words_in(folder)
  return { "copy", "not-pool", "--to", folder .. "/mine/not-pool.lua", "--force", "-o", "/dev/null" }
end

local number <const> = ...
if number > 2 then return nil end
local OLD <const> = { ["mine/not-pool.lua"] = "old", ["mine/not-pool.test.lua"] = "old test" }
local before <const> = number == 2 and OLD or nil
local run, look = whole.written(words_in, before)
return run, before and "over another" or "anew", look
