-- A snapshot that Lua makes, for the out-of-memory host.
local pool = require "poolsleuth.pool"

local snapshot = assert(pool.snapshot {
  origin = "mine", host = "SRV1", memory = { nonpaged_bytes = 4096 },
  rows = { { tag = "LkaL", pool = "paged", bytes = 5, note = "[a.sys]" }, { tag = "x", diff = 1 } },
})
assert(#snapshot == 2 and snapshot:rows()[1].note == "[a.sys]" and snapshot:host() == "SRV1")
