-- Everything known of a tag, by call sites and by bytes, while memory runs out.
local image = require "tests.lua.support.image"
local whole = require "tests.lua.support.whole"

local driver <const> = whole.file("memory-acme.sys", image.with_tag "LkaL")
return whole.of_several({
  { "tag", "LkaL", "MmSt", "--drivers", driver, name = "call sites" },
  { "tag", "LkaL", "--drivers", driver, "--raw", name = "--raw" },
}, (...))
