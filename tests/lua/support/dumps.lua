--- Made-up machines for tests of dumps: built once, written into any container, compared with what is read.
local dump <const> = require "poolsleuth.dump"
local containers <const> = require "tests.make.kernel.containers"
local fixtures <const> = require "tests.make.kernel.fixtures"

local dumps <const> = {}

dumps.folder = (os.getenv("POOLSLEUTH_FIXTURES") or "build/fixtures") .. "/dumps"
dumps.kernels = dumps.folder .. "/kernels"

local built <const> = {}

--- Whether the kernels are there, without which nothing can be built.
function dumps.available()
  local file <close> = io.open(dumps.kernels .. "/x86_64-19041.exe", "rb")
  return file ~= nil
end

--- A machine by name, built once; tests that change it build their own with fixtures.machine.
function dumps.machine(name)
  if not built[name] then
    local m <const> = fixtures.machine(name, dumps.kernels)
    built[name] = { machine = m, manifest = fixtures.manifest(m) }
  end
  return built[name].machine, built[name].manifest
end

--- Write a machine.
-- @treturn string path
function dumps.write(m, container, folder, options)
  local path <const> = ("%s/%s.%s"):format(folder, container, container == "vmware" and "vmem" or "bin")
  containers.write(m, container, path, options)
  return path
end

--- The PDB of a machine's kernel.
function dumps.pdb(m)
  return ("%s/%s/%s"):format(dumps.kernels, m.spec.kernel, m.pdb.name)
end

-- Rows of the system's pool: those of sessions are beside them.
local function without_sessions(rows)
  local list <const> = {}
  for _, row in ipairs(rows) do
    if not row.session then list[#list + 1] = row end
  end
  return list
end

--- What is wrong with rows, compared with what a machine was built with; nil if nothing is.
function dumps.difference(rows, manifest)
  local seen <const> = {}
  local narrow <const> = manifest.tracker == "32" or manifest.tracker == "64"
  for _, row in ipairs(without_sessions(rows)) do
    local tag <const> = row.tag
    local want = manifest.tags[tag] or manifest.tags[tag:sub(1, 3) .. string.char(tag:byte(4) ~ 0x80)]
    want = want and want[row.pool]
    if not want then return ("row of %q in %s that nobody wrote"):format(tag, row.pool) end
    local diff <const> = want.diff
    if row.diff ~= diff or row.bytes ~= want.bytes then
      return ("%q in %s has %s blocks of %s bytes, not %d of %d"):format(tag, row.pool, row.diff,
        row.bytes, diff,
        want.bytes)
    end
    if not narrow and (row.allocs ~= want.allocs or row.frees ~= want.frees) then
      return ("%q in %s has %s allocations and %s frees"):format(tag, row.pool, row.allocs, row.frees)
    end
    seen[tag .. row.pool] = true
    seen[tag:sub(1, 3) .. string.char(tag:byte(4) ~ 0x80) .. row.pool] = true
  end
  for tag, pools in pairs(manifest.tags) do
    for pool in pairs(pools) do
      if not seen[tag .. pool] then return ("no row of %q in %s"):format(tag, pool) end
    end
  end
end

--- Open and read a dump: its rows, its problems in one line, the dump; nil and a message where it does not
-- open.
function dumps.read(path, pdb, options)
  local d, message <const> = dump.open(path, options)
  if not d then return nil, message end
  if pdb then
    local ok, why = d:use_pdb(pdb)
    if not ok then return nil, "PDB: " .. why end
  end
  local snapshot, why = d:snapshot()
  if not snapshot then return nil, why end
  local reasons <const> = {}
  for i, problem in ipairs(d:problems()) do reasons[i] = problem.reason end
  return snapshot:rows(), table.concat(reasons, "; "), d, snapshot
end

return dumps
