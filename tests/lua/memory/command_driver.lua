-- driver, while memory runs out.
local image = require "tests.lua.support.image"
local whole = require "tests.lua.support.whole"

return whole.of { "driver", whole.file("memory-acme.sys", image.with_tag "LkaL"), "--json" }
