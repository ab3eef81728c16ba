--- The user's own scripts: copies of shipped ones, and new ones from a skeleton.
-- @module poolsleuth.own_scripts
local lfs    = require "lfs"
local shelf  = require "poolsleuth.shelf"
local system = require "poolsleuth.system"

local own_scripts = {}

local function stop(status, form, ...)
  error({ message = form:format(...), status = status }, 0)
end

-- Make a folder and those above it.
local function make_folder(path)
  if path == "" or lfs.attributes(path, "mode") == "directory" then return end
  make_folder(path:match "^(.*)/[^/]*$" or "")
  local ok, message = lfs.mkdir(path)
  if not ok then stop(74, "%s: %s", path, message) end
end

local function read(path)
  local bytes, message = system.read(path, 1 << 24)
  if not bytes then stop(74, "%s: %s", path, message) end
  return bytes
end

-- The contents beside where they belong; what is still there at the end goes.
local function stage(files)
  local staged = setmetatable({}, { __close = function(paths)
    for _, path in ipairs(paths) do os.remove(path) end
  end })
  for i, file in ipairs(files) do staged[i] = file.path .. ".new" end
  return staged
end

--- Where a script of the user's goes.
-- @tparam string name a name, or a path with a slash, which stands for itself
-- @tparam string kind "playbook", "command" or "dialect"
-- @treturn string
function own_scripts.path(name, kind)
  if name:find("/", 1, true) then return name end
  local folder = shelf.user_folder(nil, kind == "dialect" and "plugins" or "scripts")
  if not folder then stop(64, "there is no home folder; give a path instead of a name") end
  if kind == "dialect" then return ("%s/%s/%s.lua"):format(folder, name, name) end
  return ("%s/%ss/%s.lua"):format(folder, kind, name)
end

--- Write files that are not there yet, all or none.
-- @tparam {table,...} files each `path` and `bytes`
-- @tparam[opt] boolean force replace what is there
-- @treturn {string,...} their paths
function own_scripts.write(files, force)
  local paths = {}
  for i, file in ipairs(files) do
    if not force and lfs.symlinkattributes(file.path, "mode") then
      stop(74, "%s is there already; --force replaces it", file.path)
    end
    paths[i] = file.path
  end
  local staged <close> = stage(files)
  for i, file in ipairs(files) do
    make_folder(file.path:match "^(.*)/[^/]*$" or "")
    local ok, message = system.write_file(staged[i], file.bytes)
    if not ok then stop(74, "%s: %s", file.path, message) end
  end
  for i, path in ipairs(paths) do
    local ok, message = os.rename(staged[i], path)
    if not ok then stop(74, "%s: %s", path, message:match "[^:]*$") end
  end
  return paths
end

--- What a user must know of a script in that place.
-- @tparam string path
-- @tparam string name
-- @treturn {string,...}
function own_scripts.notes(path, name)
  local plugins = shelf.user_folder(nil, "plugins")
  if plugins and path:sub(1, #plugins) == plugins then
    local trust = system.is_root() and " --trust-user-scripts" or ""
    return { "Texts in which nothing else is recognised are offered to it.",
             ("Test it with: poolsleuth%s test %s"):format(trust, name) }
  end
  local folder = shelf.user_folder()
  if not folder or path:sub(1, #folder) ~= folder then
    return { ("Run it with: poolsleuth %s"):format(path:find("/", 1, true) and path or "./" .. path) }
  end
  local trust = system.is_root() and " --trust-user-scripts" or ""
  local notes = { ("Run it with: poolsleuth%s %s"):format(trust, name) }
  if lfs.attributes((path:gsub("%.lua$", ".test.lua")), "mode") == "file" then
    notes[2] = ("Test it with: poolsleuth%s test %s"):format(trust, name)
  end
  return notes
end

--- The files of a copy of a script, its tests with it.
-- @tparam string from path of the script
-- @tparam string to
-- @treturn {table,...} files for @{write}
function own_scripts.copy(from, to)
  local files = { { path = to, bytes = read(from) } }
  local tests = from:gsub("%.lua$", ".test.lua")
  if lfs.attributes(tests, "mode") == "file" then
    files[2] = { path = (to:gsub("%.lua$", ".test.lua")), bytes = read(tests) }
  end
  return files
end

local PLAYBOOK <const> = [==[
-- NAME: say here, in a line, what this playbook finds out.
local playbook = require "poolsleuth.playbook"
local format   = require "poolsleuth.format"
local pool     = require "poolsleuth.pool"

return playbook {
  name    = "NAME",
  summary = "Say what grew in nonpaged pool",
  about   = [[
What "poolsleuth help NAME" prints: when to use it and what it needs.]],
  needs   = { "snapshots" },

  -- Typed, checked and explained by help.  Types: string path source integer
  -- number boolean bytes duration tag glob regex time.
  args    = {
    { name = "sources", type = "source", many = true, about = "poolmon logs, folders of them" },
    { name = "grew", flag = "--grew", type = "bytes", default = 1 << 20,
      about = "less growth than this is noise" },
  },

  -- A playbook decides; it does not parse and does not print.
  run = function(case, args)
    case:load(args.sources)
    case:need("snapshots", #case.snapshots > 0)

    -- Snapshots in order of time.  One alone shows what is big, never what grows.
    local entries = case.series.entries
    local first, last = entries[1], entries[#entries]
    if #entries < 2 then
      case:finding { verdict = "NOT-ENOUGH-DATA", evidence = { { text = "one snapshot is not a series" } } }
      return
    end

    for _, row in ipairs(pool.diff(first.snapshot, last.snapshot).rows) do
      if row.pool == "nonpaged" and (row.d_bytes or 0) >= args.grew then
        -- Each number of a finding stands with the source and the line it is from.
        case:finding {
          verdict = "SUSPECT", tag = row.tag, pool = row.pool, freed_ratio = row.freed_ratio,
          confidence = "low",
          evidence = { { text = "grew by " .. format.bytes(row.d_bytes), source = last.source.path } },
          next = { {
            text    = "ask which drivers allocate with this tag",
            command = "poolsleuth tag --drivers DRIVERS/ " .. format.shell_word(format.tag_text(row.tag)),
          } },
        }
      end
    end
    if #case.findings == 0 then case:finding { verdict = "NO-LEAK", evidence = {} } end
  end,
}
]==]

local PLAYBOOK_TEST <const> = [==[
-- The tests of NAME: evidence written out, and what the verdict lines must look like.
local function log(hour, allocs)
  return {
    name = ("poolmon-2026-11-01T%02d-00-00.log"):format(hour),
    text = ([[
 Memory:16000000K Avail:12000000K  PageFlts:  1000   InRam Krnl: 9000K P:50000K
 Commit: 4000000K Limit:17000000K Peak: 5000000K            Pool N:90000K P:80000K

 Tag  Type     Allocs     Frees      Diff       Bytes  Per Alloc

 Acme Nonp  %9d        10 %9d %11d       1024
 Irp  Nonp     90000     80000     10000     9600000        960
]]):format(allocs, allocs - 10, (allocs - 10) * 1024),
  }
end

return {
  {
    name     = "a tag that grows is a suspect",
    evidence = { texts = { log(0, 1010), log(6, 90010) } },
    expect   = { '^SUSPECT tag="Acme" pool=nonpaged' }, -- Lua patterns over the verdict lines
    reject   = { 'tag="Irp "' },
  },
  {
    name     = "a higher threshold keeps it quiet",
    evidence = { texts = { log(0, 1010), log(6, 90010) } },
    args     = { grew = "1GiB" },
    expect   = { "^NO%-LEAK" },
  },
}
]==]

local COMMAND <const> = [==[
-- NAME: say here, in a line, what this command shows.
local command = require "poolsleuth.command"
local format  = require "poolsleuth.format"

return command {
  name    = "NAME",
  summary = "Show the tags that many allocations hold",
  about   = [[
What "poolsleuth help NAME" prints: what it shows and of what.]],
  needs   = { "snapshots" },

  -- Typed, checked and explained by help.  Types: string path source integer
  -- number boolean bytes duration tag glob regex time.
  args    = {
    { name = "source", type = "source", about = "a poolmon log or the text of !poolused" },
    { name = "least", flag = "--least", type = "integer", default = 1000, about = "allocations in use" },
  },

  -- A command gives back a document: its kind decides how it is shown.
  run = function(case, args)
    case:load { args.source }
    case:need("snapshots", #case.snapshots > 0)
    local snapshot, rows = case.snapshots[1].snapshot, {}
    for _, row in ipairs(snapshot:rows()) do
      if (row.diff or 0) >= args.least then
        rows[#rows + 1] = {
          tag = format.tag_text(row.tag), tag_hex = format.tag_hex(row.tag), pool = row.pool,
          diff = row.diff, bytes = row.bytes, flags = {},
        }
      end
    end
    return { kind = "snapshot", data = { source = args.source, origin = snapshot:origin(), rows = rows } }
  end,
}
]==]

local COMMAND_TEST <const> = [==[
-- The tests of NAME: evidence written out, and what the text must look like.
local text = [[
 Memory:16000000K Avail:12000000K  PageFlts:  1000   InRam Krnl: 9000K P:50000K
 Commit: 4000000K Limit:17000000K Peak: 5000000K            Pool N:90000K P:80000K

 Tag  Type     Allocs     Frees      Diff       Bytes  Per Alloc

 Acme Nonp      9010        10      9000     9216000       1024
 Irp  Nonp     90000     89990        10        9600        960
]]

return {
  {
    name     = "only the tag with many allocations is shown",
    evidence = { texts = { { name = "poolmon.log", text = text } } },
    expect   = { '"Acme"' }, -- Lua patterns over the text
    reject   = { '"Irp "' },
  },
}
]==]

local DIALECT <const> = [==[
-- NAME: say here, in a line, whose text this reads, and show what it looks like:
--
--     pool usage of ACME-01
--     LkaL nonpaged 2100000 12 1075193856
local dialect = require "poolsleuth.dialect"

return dialect {
  name    = "NAME",
  summary = "Pool usage as the shop's agent prints it",

  -- Asked of each line while no table is open.  Be strict: every unknown text is offered.
  start = function(line)
    local host = line:match "^pool usage of (%S+)$"
    return host and { host = host }
  end,

  -- Each line after that: a row; true for a line without one; nil and a reason for a line that cannot be
  -- read; false when the table ended before this line.
  row = function(_, line)
    if line == "" then return false end
    local tag, pool, allocs, frees, bytes = line:match "^(....) (%a+) (%d+) (%d+) (%d+)$"
    if not tag then return nil, "this is no row of pool usage" end
    if pool ~= "nonpaged" and pool ~= "paged" then return nil, "there is no such pool" end
    allocs, frees, bytes = math.tointeger(allocs), math.tointeger(frees), math.tointeger(bytes)
    if not (allocs and frees and bytes) then return nil, "a number is too large" end
    return { tag = tag, pool = pool, allocs = allocs, frees = frees, diff = allocs - frees, bytes = bytes }
  end,

  -- What stands beside the rows; the scope is "whole" only where the text promises every tag.
  finish = function(state)
    return { origin = "NAME", scope = "part", host = state.host }
  end,
}
]==]

local DIALECT_TEST <const> = [==[
-- The tests of NAME: a text, and what must be read in it (Lua patterns).
return {
  {
    name   = "rows are read",
    text   = "pool usage of ACME-01\nLkaL nonpaged 2100000 12 1075193856\nFile paged 9 4 1840\n",
    expect = { '"LkaL" nonpaged allocs=2100000 frees=12 diff=2099988 bytes=1075193856', '"File" paged' },
    reject = { "refused" },
  },
  {
    name   = "a line that cannot be read is said",
    text   = "pool usage of ACME-01\nLkaL nonpaged many 12 1075193856\n",
    expect = { "line 2 refused: this is no row of pool usage" },
  },
  {
    name   = "another text is left alone",
    text   = "pool usage was fine\nLkaL nonpaged 2100000 12 1075193856\n",
    expect = { "^$" },
  },
}
]==]

--- The files of a new script with its test.
-- @tparam string path where the script goes
-- @tparam string name
-- @tparam string kind "playbook", "command" or "dialect"
-- @treturn {table,...} files for @{write}
function own_scripts.skeleton(path, name, kind)
  local script, tests = PLAYBOOK, PLAYBOOK_TEST
  if kind == "dialect" then script, tests = DIALECT, DIALECT_TEST end
  if kind == "command" then script, tests = COMMAND, COMMAND_TEST end
  return {
    { path = path, bytes = (script:gsub("NAME", name)) },
    { path = (path:gsub("%.lua$", ".test.lua")), bytes = (tests:gsub("NAME", name)) },
  }
end

return own_scripts
