-- Every verdict that object-handle-leak can give, each on the smallest evidence that earns it.
local made_up = require "poolsleuth.made_up"

-- Event objects that become 4,200 an hour more.
local function leaking(hour)
  local kept = 20000 + 4200 * hour
  return made_up.among(hour, { "Even", 51000000 + kept + 900000 * hour, 51000000 + 900000 * hour, 48 })
end

-- What each process holds, an hour apart.
local function handles(hour, holder, count, type_name)
  local list = {}
  for i = 1, 12 do
    list[i] = { process = ("quiet%02d.exe"):format(i), pid = 8 * i, type = type_name, count = 90 + i }
  end
  list[13] = { process = holder, pid = 4242, type = type_name, count = count }
  for _, item in ipairs(list) do item.time = made_up.time(hour) end
  return list
end

local function both(first, second) return table.move(second, 1, #second, #first + 1, first) end

local service_gains = both(handles(0, "svc.exe", 19000, "Event"), handles(9, "svc.exe", 56800, "Event"))

local story = made_up.snapshot(0, { { "Even", 51231806, 50633533, 48, diff = 684922 },
  { "CcSc", 900000, 10000, 512 }, { "File", 90000, 80000, 400 } })

local takes = made_up.driver("acmeflt.sys", { imports = { "ObReferenceObjectByHandle" } })
local gives_back = made_up.driver("tidy.sys",
  { imports = { "ObReferenceObjectByHandle", "ObfDereferenceObject" }, company = "Tidy Ltd." })

return {
  {
    name = "ten snapshots, and the handles of one service grow with the objects: USER-HANDLE-LEAK",
    evidence = { texts = made_up.series(10, 1, leaking), handles = service_gains },
    expect = { '^USER%-HANDLE%-LEAK tag="Even" pool=nonpaged holder=user%-handles process=svc.exe pid=4242',
      "handles=56800 handle%-rate=%+4200/h", "confidence=high" }, status = 2,
  },
  {
    name = "one moment: HIGH at most, but the process is named",
    evidence = { texts = { story }, handles = handles(0, "w3wp.exe", 683000, "Event") },
    expect = { '^HIGH tag="Even"', "holder=user%-handles process=w3wp.exe pid=4242 handles=683000" },
    reject = { "driver=", "LEAK" }, status = 1,
  },
  {
    name = "handle counts without types, as Get-Process has them, name it too",
    evidence = { texts = { story },
      processes = made_up.processes(0, { { id = 4242, name = "w3wp", handles = 684000 } }) },
    expect = { '^HIGH tag="Even"', "process=w3wp pid=4242 handles=684000" },
  },
  {
    name = "two snapshots: SUSPECT at most",
    evidence = { texts = made_up.series(2, 1, leaking), handles = handles(1, "svc.exe", 23000, "Event") },
    expect = { '^SUSPECT tag="Even"', "process=svc.exe" }, status = 1,
  },
  {
    name = "handles do not explain the objects: KERNEL-REFERENCE-LEAK, and who takes references",
    evidence = { texts = made_up.series(10, 1, leaking), handles = handles(9, "svc.exe", 300, "Event"),
      drivers = { gives_back, takes } },
    expect = { '^KERNEL%-REFERENCE%-LEAK tag="Even" pool=nonpaged holder=kernel%-references',
      "driver=acmeflt.sys version=1.2.3" }, reject = { "process=" }, status = 2,
  },
  {
    name = "no handles at all: who holds them is open",
    evidence = { texts = made_up.series(10, 1, leaking) },
    expect = { '^SUSPECT tag="Even" pool=nonpaged holder=open' }, reject = { "process=", "driver=" },
    status = 1,
  },
  {
    name = "handles explain a part: nobody is named",
    evidence = { texts = made_up.series(10, 1, leaking), handles = handles(9, "svc.exe", 38000, "Event") },
    expect = { "^SUSPECT .*holder=both .*confidence=low" }, reject = { "process=" },
  },
  {
    name = "contradictory: far more handles than objects",
    evidence = { texts = made_up.series(10, 1, leaking), handles = handles(9, "svc.exe", 9000000, "Event") },
    expect = { "^SUSPECT .*holder=contradiction .*confidence=low" }, reject = { "process=" }, status = 1,
  },
  {
    name = "handles of other types only say nothing",
    evidence = { texts = { story },
      handles = { { process = "a.exe", pid = 4, type = "Semaphore", count = 4 } } },
    expect = { "^HIGH .*holder=open" },
  },
  {
    name = "a healthy server",
    evidence = { texts = made_up.series(10, 1, function(hour)
      local busy = math.floor(90000 * hour)
      return made_up.among(hour, { "Even", 800000 + busy, 780000 + busy, 48 },
        { "File", 2500000 + busy, 2400000 + busy + (hour % 3 == 0 and 900 or 0), 400 })
    end), handles = handles(9, "svc.exe", 2000, "Event") },
    expect = { "^NO%-LEAK" }, status = 0,
  },
  {
    name = "too little: no tag of an object type",
    evidence = { texts = { made_up.snapshot(0, { { "LkaL", 9000, 10, 64 } }) } },
    expect = { "^NOT%-ENOUGH%-DATA" }, status = 3,
  },
  { name = "no snapshots at all", evidence = { handles = handles(0, "svc.exe", 3, "Event") }, status = 65 },
}
