-- Every verdict that etw-buffers can give, each on the smallest evidence that earns it.
local made_up = require "poolsleuth.made_up"

local KIB <const> = 1024

-- Buffers of 64 KiB under EtwB, and what the session consumers hold.
local function tracing(count, buffers, more, consumers)
  return made_up.series(count, 1, function(hour)
    return made_up.among(hour, { "EtwB", buffers + 900 + more * hour, 900, 64 * KIB },
      { "EtwD", 2000 + (consumers or 0) * hour, 900, 512 })
  end)
end

-- Sessions that are running at an hour: the usual ones, and so many of one program.
local function loggers(hour, buffers, own)
  local list = {
    { name = "EventLog-Application", buffers = 8, buffer_bytes = 64 * KIB },
    { name = "Circular Kernel Context Logger", buffers = buffers, buffer_bytes = 64 * KIB },
  }
  for i = 1, own or 0 do list[#list + 1] = { name = "NOCAT" .. i, buffers = 16, buffer_bytes = 64 * KIB } end
  for _, item in ipairs(list) do item.time = made_up.time(hour) end
  return list
end

local function both(first, second) return table.move(second, 1, #second, #first + 1, first) end

return {
  {
    name = "a program starts session after session: ETW-SESSION-LEAK",
    evidence = { texts = tracing(10, 3000, 500), loggers = both(loggers(0, 64, 2), loggers(9, 64, 20)) },
    expect = { "^ETW%-SESSION%-LEAK .*sessions=22 gained=18 owner=NVIDIA" }, status = 2,
  },
  {
    name = "a session that nobody knows is named by its name",
    evidence = { loggers = both({ { name = "AcmeTrace-1", time = made_up.time(0) } }, {
      { name = "AcmeTrace-1", time = made_up.time(5) }, { name = "AcmeTrace-2", time = made_up.time(5) },
      { name = "AcmeTrace-3", time = made_up.time(5) }, { name = "AcmeTrace-4", time = made_up.time(5) } }) },
    expect = { "^ETW%-SESSION%-LEAK sessions=4 gained=3 owner=acmetrace%-%*" },
  },
  {
    name = "nearly all sessions that there can be, in one listing: HIGH",
    evidence = { texts = tracing(1, 300, 0), loggers = loggers(0, 64, 58) },
    expect = { "^HIGH .*sessions=60 .*owner=NVIDIA" }, status = 1,
  },
  {
    name = "as much as the sessions were given: BY-DESIGN",
    evidence = { texts = tracing(4, 4000, 0), loggers = loggers(3, 3900) },
    expect = { '^BY%-DESIGN tag="EtwB" pool=nonpaged loggers=2 total=244MiB' }, status = 0,
  },
  {
    name = "far more than the sessions were given, and it grows: SUSPECT",
    evidence = { texts = tracing(10, 4000, 500), loggers = loggers(9, 100) },
    expect = { '^SUSPECT tag="EtwB" pool=nonpaged loggers=2' }, status = 1,
  },
  {
    name = "far more, in one snapshot: HIGH",
    evidence = { texts = tracing(1, 4000, 0), loggers = loggers(0, 100) },
    expect = { '^HIGH tag="EtwB"' }, status = 1,
  },
  {
    name = "what consumers hold grows while the sessions stay: SUSPECT",
    evidence = { texts = tracing(10, 100, 0, 90000), loggers = loggers(9, 100) },
    expect = { '^SUSPECT tag="EtwD" pool=nonpaged loggers=2' },
  },
  {
    name = "contradictory: the sessions have far more than the tag holds",
    evidence = { texts = tracing(4, 4000, 0), loggers = loggers(3, 40000) },
    expect = { "^BY%-DESIGN .*confidence=low" },
  },
  {
    name = "too little: it is large, and nobody listed the sessions",
    evidence = { texts = tracing(1, 4000, 0) }, expect = { "^NOT%-ENOUGH%-DATA" }, status = 3,
  },
  {
    name = "too little: no tag of event tracing",
    evidence = { texts = { made_up.snapshot(0, made_up.crowd(0)) } },
    expect = { "^NOT%-ENOUGH%-DATA" },
  },
  {
    name = "a healthy server",
    evidence = { texts = tracing(10, 300, 0), loggers = loggers(9, 290) }, expect = { "^NO%-LEAK" },
    status = 0,
  },
  { name = "nothing at all", status = 65 },
}
