--- Made-up machines as files: those that are kept, and any other that a test asks for.
-- @module tests.make.kernel.fixtures
local containers <const> = require "tests.make.kernel.containers"
local machine <const> = require "tests.make.kernel.machine"
local machines <const> = require "tests.make.kernel.machines"

local fixtures <const> = {}

-- Which machine in which container is kept, and the name of the file.
local kept <const> = {
  { "story2", "summary", "story2.dmp" },
  { "xp_x86", "full", "xp.dmp" }, { "win7_x64", "summary", "win7.dmp" }, { "win81_pae", "bitmap5",
    "win81.dmp" },
  { "win10_x64", "bitmap6", "win10.dmp" }, { "win11_x64", "rangesA", "win11.dmp" },
  { "win10_arm64", "bitmap6", "arm64.dmp" }, { "win10_x64", "triage", "mini.dmp" },
  { "server2025_la57", "elf", "server2025.elf" }, { "win11_24h2_x64", "lime", "win11.lime" },
  { "win10_16299_x64", "vmware", "win10.vmem" }, { "vista_x86", "raw", "vista.raw" },
}

local function copy(value)
  if type(value) ~= "table" then return value end
  local out <const> = {}
  for key, item in pairs(value) do out[key] = copy(item) end
  return out
end

--- Build a machine.
-- @tparam string|table what its name, or what machines.lua would say of it
-- @tparam string kernels folder
-- @treturn Machine
function fixtures.machine(what, kernels)
  local spec <const> = copy(type(what) == "string" and machines[what] or what)
  local architecture <const> = (spec.mode == "x86" or spec.mode == "pae") and "i686"
    or spec.mode == "arm64" and "aarch64" or "x86_64"
  for _, item in ipairs(spec.modules) do
    item.file = ("%s/%s/%s.sys"):format(kernels, architecture, item.file)
  end
  return machine.new(spec, kernels)
end

-- What a tag's row comes to.
local function expected(numbers)
  if not numbers then return nil end
  return { allocs = numbers[1], frees = numbers[2], bytes = numbers[3], diff = numbers[1] - numbers[2] }
end

--- What a machine holds, for tests to compare with.
-- @tparam Machine m
-- @treturn table
function fixtures.manifest(m)
  local spec <const> = m.spec
  local out <const> = { build = spec.build, mode = spec.mode, tracker = m.tracker,
    processors = spec.processors,
    bits = m.bits, bugcheck = spec.bugcheck, time = spec.time, uptime = spec.uptime, pdb = m.pdb,
    kernel_base = m.kernel_base, table_base = m.space.root << 12, totals = spec.totals, tags = {},
      modules = {},
    unloaded = {}, symbols = {}, big = {}, tracker_tables = m.tracker_tables, expansion = m.expansion_table,
    tracker_count = spec.tracker_count or 2049, big_table = m.big_table, big_count = spec.big_count or 256,
    system_range = spec.system_range, processes = spec.processes, blocks = m.pool_blocks,
    sessions = m.sessions }
  for _, row in ipairs(spec.tags) do
    out.tags[row.tag] = { nonpaged = expected(row.nonpaged), paged = expected(row.paged) }
  end
  for i, item in ipairs(m.modules) do
    out.modules[i] = { name = item.name, path = item.path, base = item.base, size = item.size,
      timestamp = item.timestamp, slots = item.slots, path_page = item.path_page }
  end
  for i, item in ipairs(spec.unloaded or {}) do
    out.unloaded[i] = { name = item.name, base = item.base, size = item.size, time = item.time }
  end
  for i, item in ipairs(spec.big or {}) do
    out.big[i] = { tag = item.tag, size = item.size, address = item.address, free = item.free,
      pool = item.pool or "nonpaged", owner = item.owner and m.modules[item.owner].name }
  end
  for name in pairs(m.symbols) do out.symbols[name] = m:symbol(name) end
  return out
end

local function literal(value, indent)
  if type(value) ~= "table" then
    return type(value) == "string" and ("%q"):format(value) or tostring(value)
  end
  local keys <const>, parts = {}, {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    if type(a) ~= type(b) then return type(a) == "number" end
    return a < b
  end)
  for i, key in ipairs(keys) do
    local name <const> = i == key and "" or ("[%s] = "):format(literal(key))
    parts[i] = indent .. "  " .. name .. literal(value[key], indent .. "  ")
  end
  return "{\n" .. table.concat(parts, ",\n") .. "\n" .. indent .. "}"
end

--- Write those that are kept, and manifest.lua: what each file holds, by its name.
-- @tparam string kernels
-- @tparam string out folder
function fixtures.write(kernels, out)
  local manifest <const>, built = {}, {}
  for _, item in ipairs(kept) do
    local name <const>, kind <const>, path <const> = item[1], item[2], item[3]
    built[name] = built[name] or fixtures.machine(name, kernels)
    containers.write(built[name], kind, out .. "/" .. path)
    manifest[path] = fixtures.manifest(built[name])
    manifest[path].container = kind
  end
  local file <close> = assert(io.open(out .. "/manifest.lua", "w"))
  file:write("return ", literal(manifest, ""), "\n")
end

return fixtures
