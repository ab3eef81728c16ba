-- Every verdict that minifilter-pin can give, each on the smallest evidence that earns it.
local made_up = require "poolsleuth.made_up"

-- Files that are opened and closed, of which so many an hour stay; and what a filter keeps for each of them.
local function pinned(own, per_hour, size)
  return function(hour)
    local stay, busy = math.floor((per_hour or 40000) * hour), math.floor(900000 * hour)
    local function row(tag, block, pool)
      return { tag, 5000000 + busy + stay, 4900000 + busy, block * (size or 1), pool = pool }
    end
    return made_up.among(hour, row("NtfC", 400), row("FOCX", 160, "paged"), row("File", 384),
      row("IoNm", 96, "paged"),
      own and { own, 100000 + stay, 200, 256, pool = "paged" } or nil)
  end
end

local function file_handles(holder, count)
  local list = {}
  for i = 1, 20 do
    list[i] = { process = ("quiet%02d.exe"):format(i), pid = 4 * i, type = "File", count = 30 + i }
  end
  list[21] = { process = holder, pid = 4444, type = "File", count = count }
  for _, item in ipairs(list) do item.time = made_up.time(9) end
  return list
end

local fltmc = {
  { name = "WdFilter", altitude = "328010" }, { name = "acmeflt", altitude = "385250.5" },
  { name = "wcifs", altitude = "189900" },
}
local acmeflt = made_up.driver("acmeflt.sys", { tag = "AcSc", imports = { "FltRegisterFilter" } })
local other = made_up.driver("tidyflt.sys", { imports = { "FltRegisterFilter" }, company = "Tidy Ltd." })

return {
  {
    name = "the filter's own tag is never freed and the others follow it: PINNED-BY-FILTER",
    evidence = { texts = made_up.series(10, 1, pinned "AcSc"), drivers = { acmeflt, other },
      modules = fltmc },
    expect = { '^PINNED%-BY%-FILTER tag="AcSc" pool=paged along=3 ', "driver=acmeflt.sys version=1.2.3" },
    status = 2,
  },
  {
    name = "the same where no driver is at hand: a public report names it",
    evidence = { texts = made_up.series(10, 1, pinned "WCsc"), modules = fltmc },
    expect = { '^PINNED%-BY%-FILTER tag="WCsc" .*driver=wcifs.sys' },
  },
  {
    name = "no tag of its own, and handles do not explain the files: PINNED-BY-FILTER, but by whom is open",
    evidence = { texts = made_up.series(10, 1, pinned()), drivers = { acmeflt, other },
      handles = file_handles("svc.exe", 200) },
    expect = { "^PINNED%-BY%-FILTER .*along=3 .*candidates=2 confidence=low" }, reject = { "driver=" },
  },
  {
    name = "a program has handles to the files: USER-HANDLE-LEAK",
    evidence = { texts = made_up.series(10, 1, pinned()), drivers = { acmeflt },
      handles = file_handles("backup.exe", 459000) },
    expect = { '^USER%-HANDLE%-LEAK tag="File" .*process=backup.exe pid=4444' }, reject = { "driver=" },
    status = 2,
  },
  {
    name = "no tag of its own and no handles: SUSPECT, and what would decide",
    evidence = { texts = made_up.series(10, 1, pinned()) },
    expect = { "^SUSPECT .*along=3 .*confidence=low" }, reject = { "driver=" }, status = 1,
  },
  {
    name = "two snapshots: SUSPECT at most", evidence = { texts = made_up.series(2, 1, pinned "AcSc") },
    expect = { "^SUSPECT .*along=0" }, status = 1,
  },
  {
    name = "one snapshot: HIGH at most",
    evidence = { texts = { made_up.snapshot(9, pinned("AcSc", 80000)(9)) } },
    expect = { '^HIGH tag="[%w]+" .*along=0' }, status = 1,
  },
  {
    name = "contradictory: far more handles than files",
    evidence = { texts = made_up.series(10, 1, pinned()), handles = file_handles("svc.exe", 90000000) },
    expect = { "^SUSPECT .*confidence=low" }, reject = { "process=" },
  },
  {
    name = "a healthy server", evidence = { texts = made_up.series(10, 1, pinned("AcSc", 0)) },
    expect = { "^NO%-LEAK" }, status = 0,
  },
  {
    name = "too little: no tag of open files",
    evidence = { texts = { made_up.snapshot(0, made_up.crowd(0)) } },
    expect = { "^NOT%-ENOUGH%-DATA" }, status = 3,
  },
  { name = "nothing at all", status = 65 },
}
