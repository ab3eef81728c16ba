--- Servers that are well: no playbook may accuse anybody on them.
local made_up = require "poolsleuth.made_up"

local servers = {}

local GIB <const> = 1 << 30

-- How busy the hour is, from 0 at night to 1 at noon.
local function load_at(hour) return (1 - math.cos(hour % 24 / 24 * 2 * math.pi)) / 2 end

-- A repeatable wobble of one part in some hundred.
local function wobble(hour, i, size) return (hour * 7919 + i * 104729) % 101 * size // 5000 end

-- Blocks alive: a floor, more with the load, and some wobble; what is made is nearly all freed.
local function churning(hour, i, tag, floor, with_load, size, pool)
  local alive = floor + math.floor(with_load * load_at(hour)) + wobble(hour, i, floor)
  local made = 50 * floor + hour * (floor + 1000)
  return { tag, made, made - alive, size, pool = pool }
end

local USUAL <const> = {
  { "Even", 24000, 9000, 128 }, { "File", 16000, 8000, 384 }, { "Thre", 1900, 600, 2240 },
  { "Proc", 52, 24, 2688 }, { "Toke", 1400, 700, 2048, "paged" }, { "SeTd", 1400, 700, 192, "paged" },
  { "Sema", 5200, 900, 112 }, { "Muta", 2100, 300, 128 }, { "Key ", 9000, 4000, 320, "paged" },
  { "EtwB", 900, 0, 65536 }, { "EtwR", 9600, 200, 256 }, { "EtwD", 700, 10, 512 },
  { "CM31", 21000, 0, 4096, "paged" }, { "CM25", 3000, 0, 4096, "paged" },
  { "MmSt", 40000, 20000, 1024, "paged" }, { "MmCa", 30000, 12000, 416 }, { "CcSc", 12000, 6000, 512 },
  { "Ntff", 30000, 9000, 1392, "paged" }, { "NtfC", 8000, 3000, 400 }, { "FMfn", 9000, 6000, 512, "paged" },
  { "IoNm", 16000, 8000, 160, "paged" }, { "Irp ", 900, 700, 512 }, { "Mdl ", 700, 500, 192 },
  { "Nbuf", 4000, 2000, 656 }, { "NDnd", 2000, 500, 640 }, { "AfdB", 600, 400, 2048 },
  { "Vad ", 60000, 20000, 144 }, { "MmCm", 90, 0, 262144 }, { "Cont", 40, 0, 524288 },
  { "HalD", 60, 0, 65536 }, { "smNp", 900, 200, 4096 }, { "Gh05", 500, 200, 4096, "paged" },
  { "Usac", 3000, 900, 512, "paged" }, { "Pool", 16, 0, 65536 },
}

-- A file server has the files of the day in its caches, and keeps them until memory is wanted.
local FILES <const> = {
  { "File", 180000, 240000, 384 }, { "MmSt", 90000, 160000, 2048, "paged" }, { "MmCa", 150000, 220000, 416 },
  { "CcSc", 60000, 120000, 512 }, { "Ntff", 120000, 200000, 1392, "paged" }, { "NtfC", 60000, 90000, 400 },
  { "IoNm", 180000, 240000, 160, "paged" }, { "FMfn", 90000, 90000, 512, "paged" },
  { "LSwn", 2000, 400, 4096 }, { "Irp ", 9000, 12000, 512 }, { "Mdl ", 6000, 9000, 192 },
}

local function rows_at(hour, files)
  local rows, place = {}, {}
  local function add(given)
    local row = churning(hour, #rows, given[1], given[2], given[3], given[4], given[5])
    local at = place[given[1]] or #rows + 1
    rows[at], place[given[1]] = row, at
  end
  for _, given in ipairs(USUAL) do add(given) end
  for _, given in ipairs(files or {}) do add(given) end
  return rows
end

local function evidence(files)
  local gib = files and 32 or 16
  local made = {
    texts = made_up.series(25, 1, function(hour)
      local free = gib * GIB // 2 - math.floor(load_at(hour) * gib * GIB // 8)
      return rows_at(hour, files), { physical_bytes = gib * GIB, available_bytes = free }
    end),
    processes = made_up.processes(24, {
      { id = 4000, name = "sqlservr.exe", handles = 3900, threads = 90, working_set_bytes = gib * GIB // 3 },
      { id = 4004, name = "System", handles = 5200, threads = 180, working_set_bytes = GIB },
    }, 50),
    handles = {}, loggers = {}, hives = {
      { path = "C:\\Windows\\System32\\config\\SOFTWARE", bytes = 80 << 20 },
      { path = "C:\\Windows\\System32\\config\\SYSTEM", bytes = 20 << 20 },
    },
    modules = { { name = "ntoskrnl.exe", path = "ntoskrnl.exe" }, { name = "ntfs.sys", path = "ntfs.sys" } },
  }
  for i = 1, 40 do
    made.handles[i] = { process = ("quiet%02d.exe"):format(i), pid = 4 * i, type = "Event", count = 590,
                        time = made_up.time(24) }
  end
  for i, name in ipairs { "EventLog-System", "EventLog-Application", "Circular Kernel Context Logger" } do
    made.loggers[i] = { name = name, buffers = 300, buffer_bytes = 65536, time = made_up.time(24) }
  end
  return made
end

--- A server with some load by day.
-- @treturn table evidence of a test
function servers.healthy() return evidence(nil) end

--- A file server whose caches follow what its users open.
-- @treturn table evidence of a test
function servers.file_server() return evidence(FILES) end

return servers
