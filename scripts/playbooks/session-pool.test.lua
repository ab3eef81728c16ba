-- Every verdict that session-pool can give, each on the smallest evidence that earns it.
local made_up = require "poolsleuth.made_up"

-- Snapshots of one session's pool: bitmaps grow by so many an hour.
local function session(number, count, bitmaps, more)
  return made_up.series(count, 1, function(hour)
    return {
      { "Gh05", bitmaps + 900 + more * hour, 900, 4096, pool = "paged" },
      { "Usac", 9000 + 300 * math.floor(hour), 8000 + 300 * math.floor(hour), 512, pool = "paged" },
      { "Ttfd", 4000, 3000, 640, pool = "paged" },
    }, { session = number }
  end)
end

local function draws(hour, number, gdi)
  return { time = made_up.time(hour), id = 5120, name = "report.exe", session = number, gdi_objects = gdi,
           user_objects = 90, handles = 400 }
end

return {
  {
    name = "bitmaps pile up in session 3, and one process there has nearly all it may: SESSION-LEAK",
    evidence = { texts = session(3, 10, 2000, 900), processes = { draws(0, 3, 1100), draws(9, 3, 9998) } },
    expect = { '^SESSION%-LEAK tag="Gh05" pool=paged session=3 process=report.exe pid=5120 gdi=9998' },
    status = 2,
  },
  {
    name = "without a list of processes, the session alone",
    evidence = { texts = session(3, 10, 2000, 900) },
    expect = { '^SESSION%-LEAK tag="Gh05" pool=paged session=3' }, reject = { "process=" },
  },
  {
    name = "two snapshots: SUSPECT at most",
    evidence = { texts = session(3, 2, 2000, 900), processes = { draws(1, 3, 7000) } },
    expect = { "^SUSPECT .*session=3 process=report.exe" }, status = 1,
  },
  {
    name = "one large snapshot: HIGH at most",
    evidence = { texts = session(3, 1, 60000, 0) }, expect = { "^HIGH .*session=3" }, status = 1,
  },
  {
    name = "contradictory: the process with so many is in another session",
    evidence = { texts = session(3, 10, 2000, 900), processes = { draws(9, 7, 9998) } },
    expect = { "^SESSION%-LEAK .*session=3.*confidence=low" }, reject = { "process=" },
  },
  {
    name = "no snapshot of a session, but a process near its limit: HIGH",
    evidence = { processes = { draws(0, 2, 9700) } },
    expect = { "^HIGH session=2 process=report.exe pid=5120 gdi=9700" }, status = 1,
  },
  {
    name = "a healthy session",
    evidence = { texts = session(3, 10, 2000, 0), processes = { draws(9, 3, 300) } },
    expect = { "^NO%-LEAK" }, status = 0,
  },
  {
    name = "too little: no session's pool",
    evidence = { texts = { made_up.snapshot(0, { { "LkaL", 9, 2, 64 } }) } },
    expect = { "^NOT%-ENOUGH%-DATA" }, status = 3,
  },
  { name = "nothing at all", status = 65 },
}
