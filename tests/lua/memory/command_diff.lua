-- diff, while memory runs out.
local evidence = require "tests.lua.support.evidence"
local whole    = require "tests.lua.support.whole"

return whole.of { "diff", whole.file("memory-before.log", evidence.poolmon(evidence.rows(1))),
  whole.file("memory-after.log", evidence.poolmon(evidence.rows(9))) }
