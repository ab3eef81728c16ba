-- Every verdict that http-refusal can give, each on the smallest evidence that earns it.
local made_up = require "poolsleuth.made_up"

local MIB <const> = 1 << 20

-- Refusals as the log of http.sys tells them.
local function log(reason, count)
  return { { reason = reason, count = count, time = made_up.time(5), ["until"] = made_up.time(6) } }
end

local story = { { "Even", 51231806, 50633533, 48, diff = 684922 }, { "CcSc", 900000, 840000, 512 },
  { "Ntfx", 90000, 50000, 400 } }

local quiet = { { "Aaaa", 90, 80, 400 }, { "Bbbb", 90, 80, 400 }, { "Cccc", 90, 80, 400 },
  { "Dddd", 90, 80, 400 }, { "Eeee", 90, 80, 400 }, { "Ffff", 90, 80, 400 }, { "Gggg", 90, 80, 400 } }

-- A snapshot, and the totals of a pool of 128 MiB of which so many MiB are left.
local function texts(rows, left)
  if not left then return { made_up.snapshot(0, rows) } end
  local used = (128 - left) * MIB
  local totals = made_up.vm { nonpaged_bytes = used, nonpaged_limit_bytes = 128 * MIB }
  return { made_up.snapshot(0, rows, { nonpaged_bytes = used }), { name = "vm.txt", text = totals } }
end

return {
  {
    name = "connections are refused, and events pile up: secondary to that",
    evidence = { texts = texts(story), marks = log("Connections_Refused", 40) },
    expect = { '^HTTP%-REFUSAL tag="Even" pool=nonpaged secondary%-to=pool%-leak reason=Connections_Refused '
      .. "times=40" }, status = 2,
  },
  {
    name = "the same with the pool's limit: sure",
    evidence = { texts = texts(story, 12), marks = log("Connections_Refused", 40) },
    expect = { '^HTTP%-REFUSAL tag="Even" .*left=12MiB' },
  },
  {
    name = "with handle counts beside it, the process that has them",
    evidence = { texts = texts(story, 12), marks = log("Connections_Refused", 40),
      processes = made_up.processes(0, { { id = 4242, name = "w3wp", handles = 683000 } }) },
    expect = { '^HTTP%-REFUSAL tag="Even" .*holder=user%-handles process=w3wp pid=4242 handles=683000' },
  },
  {
    name = "the log alone: what took the pool is open",
    evidence = { marks = log("Connections_Refused", 3) },
    expect = { "^HTTP%-REFUSAL secondary%-to=open .*confidence=low" }, reject = { "tag=" },
  },
  {
    name = "the application's own fault", evidence = { texts = texts(story), marks = log("QueueFull", 9) },
    expect = { "^HTTP%-REFUSAL secondary%-to=none reason=QueueFull times=9" }, reject = { "tag=" },
    status = 2,
  },
  {
    name = "hardly any pool is left, and nobody was refused yet: HIGH",
    evidence = { texts = { texts(quiet, 12)[2] } }, expect = { "^HIGH secondary%-to=full%-pool left=12MiB" },
    status = 1,
  },
  {
    name = "hardly any pool is left, but there is no http.sys to refuse anything",
    evidence = { texts = texts(quiet, 12), modules = { { name = "ntoskrnl.exe" }, { name = "tcpip.sys" } } },
    expect = { "^NO%-LEAK" },
  },
  {
    name = "contradictory: refused, yet much of the pool is left",
    evidence = { texts = texts(quiet, 90), marks = log("Connections_Refused", 40) },
    expect = { "^HTTP%-REFUSAL .*left=90MiB.*confidence=low" },
  },
  {
    name = "a healthy server: clients give up, which is no refusal",
    evidence = { texts = texts(quiet, 90), marks = log("Timer_ConnectionIdle", 400) },
    expect = { "^NO%-LEAK" }, status = 0,
  },
  {
    name = "too little: no log, and no limit", evidence = { texts = texts(quiet) },
    expect = { "^NOT%-ENOUGH%-DATA" }, status = 3,
  },
  { name = "nothing at all", status = 65 },
}
