-- record into a history, while memory runs out: what is in it is whole, and the same once more adds the rest.
local evidence = require "tests.lua.support.evidence"
local image    = require "tests.lua.support.image"
local store    = require "poolsleuth.store"
local whole    = require "tests.lua.support.whole"

if (...) > 1 then return nil end

local sources = { whole.file("memory-acme.sys", image.with_tag "LkaL") }
for hour = 1, 3 do
  sources[#sources + 1] = whole.file(("memory-2026-11-01T%02d-05-00.log"):format(hour),
    evidence.poolmon(evidence.rows(hour)))
end

local function words_in(folder)
  return { "record", "--host", "SRV1", "--history", folder .. "/history.db", "-o", "/dev/null",
    table.unpack(sources) }
end

local function sound(folder)
  local cli <const> = require "poolsleuth.cli"
  local status, answer, complaint = cli.answer { "--scripts", "scripts", table.unpack(words_in(folder)) }
  assert(status == 0 or status == 3, complaint)
  local history <close> = assert(store.open(folder .. "/history.db"))
  assert(history:check())
  assert(#assert(history:snapshots "SRV1") == 3, answer)
end

local run, look = whole.written(words_in, nil, sound)
return run, "SRV1", look
