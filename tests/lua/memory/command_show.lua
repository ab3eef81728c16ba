-- show, while memory runs out.
local evidence = require "tests.lua.support.evidence"
local whole    = require "tests.lua.support.whole"

return whole.of { "show", whole.file("memory-show.log", evidence.poolmon(evidence.rows(1))), "--json" }
