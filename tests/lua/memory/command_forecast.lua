-- forecast, while memory runs out.
local evidence = require "tests.lua.support.evidence"
local whole    = require "tests.lua.support.whole"

local words = { "forecast", "--limit", "8GiB" }
for hour = 1, 5 do
  words[#words + 1] = whole.file(("memory-2026-11-01T%02d-05-00.log"):format(hour),
    evidence.poolmon(evidence.rows(hour)))
end
return whole.of(words)
