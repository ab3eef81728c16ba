-- A debugger's command on a built dump, while memory runs out.
local lfs   = require "lfs"
local whole = require "tests.lua.support.whole"

local dump = (os.getenv "POOLSLEUTH_FIXTURES" or "build/fixtures") .. "/dumps/win7.dmp"
if not lfs.attributes(dump) then return function() end end
return whole.of { "kd", dump, "-c", "lm; !vm; !poolused 2" }
