-- What investigate makes of several playbooks' findings.
local made_up = require "poolsleuth.made_up"

local MIB <const> = 1 << 20
local acme = made_up.driver("acmeflt.sys", { tag = "Lk47" })

local function leaking(hour)
  return made_up.among(hour, { "Lk47", 5000 + math.floor(20000 * hour), 1000, 1024 })
end

-- Event objects that become more, and the handles of those who have them.
local function events(hour)
  local kept = 470000 + math.floor(19538 * hour)
  return made_up.among(hour, { "Even", 50633533 + kept, 50633533, 48 })
end

local function handles(hour, count)
  local list = { { process = "w3wp.exe", pid = 4444, type = "Event", count = count } }
  for i = 1, 20 do
    list[#list + 1] = { process = ("quiet%02d.exe"):format(i), pid = 4 * i, type = "Event", count = 20 + i }
  end
  for _, item in ipairs(list) do item.time = made_up.time(hour) end
  return list
end

-- Buffers of event tracing, large from the first snapshot to the last.
local function buffers() return made_up.among(0, { "EtwB", 6400, 0, 64 << 10 }) end

local sessions = {}
for i = 1, 8 do
  sessions[i] = { name = "Session" .. i, state = "Running", buffers = 800, buffer_bytes = 64 << 10,
                  time = made_up.time(0) }
end

-- A second accusation.
local repeated <const> = { "\nLEAK", "\nSUSPECT", "\nHIGH" }

return {
  { name = "a tag that is never freed, and its driver",
    evidence = { texts = made_up.series(10, 1, leaking), drivers = { acme } },
    expect = { '^LEAK tag="Lk47".*driver=acmeflt.sys', "confidence=high" }, reject = repeated, status = 2 },

  { name = "objects and handles: the process stands for the tag, once",
    evidence = { texts = made_up.series(12, 1, events), handles = handles(11, 680100) },
    expect = { '^USER%-HANDLE%-LEAK tag="Even"', "process=w3wp.exe" }, reject = repeated, status = 2 },

  { name = "users see 503: the handle leak is the cause, the refusal follows",
    evidence = { texts = made_up.series(12, 1, function(hour)
      return events(hour), { nonpaged_bytes = 120 * MIB }
    end), handles = handles(11, 680100), marks = { { reason = "Connections_Refused", count = 90 } } },
    expect = { '^USER%-HANDLE%-LEAK tag="Even"', "process=w3wp.exe" }, status = 2 },

  { name = "what is large is as large as it was set to be",
    evidence = { texts = { made_up.snapshot(0, buffers()) }, loggers = sessions },
    expect = { '\nBY%-DESIGN tag="EtwB"' }, reject = { 'HIGH tag="EtwB"' }, status = 1 },

  { name = "one moment of a machine that is well: too little to call it so",
    evidence = { texts = { made_up.snapshot(0, { { "CM31", 20000, 0, 4096 } }) } },
    expect = { "^NOT%-ENOUGH%-DATA" }, reject = repeated, status = 3 },

  { name = "a machine that is well",
    evidence = { texts = made_up.series(10, 1, made_up.crowd) },
    expect = { "^NO%-LEAK" }, reject = repeated, status = 0 },

  { name = "only the playbooks that were asked for",
    evidence = { texts = made_up.series(12, 1, events), handles = handles(11, 680100) },
    args = { only = "find-leaking-driver" }, expect = { '^LEAK tag="Even"' }, reject = { "w3wp" } },

  { name = "an expression that is none", args = { only = "leak and" },
    evidence = { texts = made_up.series(3, 1, leaking) }, expect = { "missing" }, status = 65 },
}
