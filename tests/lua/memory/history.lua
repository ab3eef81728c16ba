-- A history that is written, asked, exported and read again, for the out-of-memory host.
local pool = require "poolsleuth.pool"
local store = require "poolsleuth.store"

-- In memory where there is such a place: each round makes a file and waits for the disk otherwise.
local path, text = os.tmpname(), os.tmpname()
os.remove(path)
local shared <const> = "/dev/shm/poolsleuth-" .. path:match "[^/]*$"
local probe = io.open(shared, "wb")
if probe then
  probe:close()
  os.remove(shared)
  path = shared
end

local function remove_all()
  for _, name in ipairs { path, path .. "-wal", path .. "-shm", text } do os.remove(name) end
end

local function use(h)
  for i = 1, 2 do
    local given = assert(pool.snapshot { origin = "poolmon", host = "A", memory = { uptime_s = i },
      rows = { { tag = "Leak", pool = "paged", allocs = i, frees = 0, diff = i, bytes = 64 * i,
        note = "n" } } })
    assert(assert(h:record("A", given, { time = i * 60, source = "a.log" })))
  end
  assert(h:record_drivers("A", 60, { { name = "a.sys", version = "1" } }))
  assert(h:record_processes("A", 60, { { name = "a.exe", pid = 4, handles = 3 } }))
  assert(#assert(h:hosts()) == 1 and #assert(h:processes "A") == 1 and #assert(h:driver_changes "A") == 0)
  assert(#assert(h:snapshots "A") == 2 and assert(h:load(1)):host() == "A")
  assert(assert(h:growth "A").rows[1].d_bytes == 64 and #assert(h:slopes "A") == 1)
  assert(#assert(h:days "A") == 1 and #assert(h:trend "A"):rows() == 1)
  assert(#assert(h:sql "SELECT tag FROM pool_sample") == 2)
  local file <close> = assert(io.open(text, "wb"))
  assert(h:export(file, "jsonl"))
  file:close()
  assert(assert(h:import(text)).added == 0)
end

local h, message = store.open(path)
if not h then
  remove_all()
  error(message, 0)
end
local ok, problem = pcall(use, h)
h:close()
remove_all()
if not ok then error(problem, 0) end
