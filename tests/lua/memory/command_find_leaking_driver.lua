-- The playbook, while memory runs out.
local evidence = require "tests.lua.support.evidence"
local whole    = require "tests.lua.support.whole"

local image    = require "tests.lua.support.image"

return whole.of { "find-leaking-driver",
  whole.file("memory-2026-11-01T00-05-00.log", evidence.poolmon(evidence.rows(1))),
  whole.file("memory-2026-11-01T08-05-00.log", evidence.poolmon(evidence.rows(9))),
  whole.file("memory-acme.sys", image.with_tag "LkaL") }
