--- Next steps: exact commands for the machine at hand, each with how to undo it.
-- @module poolsleuth.steps
local format       = require "poolsleuth.format"
local windows_word = require "poolsleuth.windows_word"

local steps = {}

local function hex_of(tag)
  return ("0x%08x"):format((string.unpack("<I4", tag)))
end

local function service_name(driver) return (driver:gsub("%.%w+$", "")) end

local MOST_TAGS <const> = 4 -- a trace of allocations takes no more

-- What a command's placeholder stands for; nil where nobody said.
local placeholders = {}

function placeholders.tag(values) return values.tag and windows_word.tag(values.tag) end
function placeholders.tag_hex(values) return values.tag and hex_of(values.tag) end

-- poolmon takes /i with the tag right behind it.
function placeholders.tag_filter(values) return values.tag and "/i" .. windows_word.tag(values.tag) end

function placeholders.tags(values)
  local texts = {}
  for i, tag in ipairs(values.tags or { values.tag }) do
    if i <= MOST_TAGS then texts[i] = windows_word.tag(tag) end
  end
  return #texts > 0 and table.concat(texts, "+") or nil
end

function placeholders.service(values)
  return values.service or (values.driver and service_name(values.driver))
end

for _, name in ipairs { "driver", "process", "pid", "type", "session", "logger" } do
  placeholders[name] = function(values) return values[name] end
end

-- Of these only the characters of a tag are evidence, and windows_word.tag has seen to them.
local MADE_HERE <const> = { tag = true, tag_filter = true, tags = true }

-- A text with the values at its placeholders; `write(text, before, after)` gives one as it may stand there.
local function fill_in(text, values, write)
  return text and (text:gsub("(){([%a_]+)}()", function(from, name, to)
    local of = placeholders[name]
    if not of then return nil end
    local value = of(values)
    local unknown = "<" .. name .. ">"
    if value == nil then return unknown end
    return write(tostring(value), text:sub(1, from - 1), text:sub(to), MADE_HERE[name]) or unknown
  end))
end

local function in_text(text, values) return fill_in(text, values, format.clean) end
local function in_command(text, values) return fill_in(text, values, windows_word.at) end

--- More snapshots: what every doubtful verdict needs first.
-- @tparam[opt] string tag
-- @treturn {table,...} each `text`, `command`, `undo`
function steps.more_snapshots(tag)
  local list = { {
    text = "Take a snapshot every 30 minutes for a working day, eight or more, under the usual load: "
      .. "this writes the script for it",
    command = "poolsleuth collect -o collect.cmd", undo = "collect.cmd undo, on the server",
  } }
  if tag then
    list[#list + 1] = { text = "Watch this one tag live, sorted by bytes",
      command = in_command("poolmon {tag_filter} /b", { tag = tag }), undo = "press q" }
  end
  return list
end

--- Confirm a named driver, and stop it.
-- @tparam table suspect
-- @tparam string tag
-- @treturn {table,...}
function steps.for_driver(suspect, tag)
  local values = { driver = suspect.driver }
  local imports = suspect.record and suspect.record.imports or {}
  local list = { {
    text = in_text("Check what runs: version and state of {driver} on the server", values),
    command = in_command('driverquery /v /fo csv | findstr /i "{service}"', values),
  } }
  if imports.FltRegisterFilter then
    list[#list + 1] = { text = "Unload the file-system filter for an hour: does the tag stop growing?",
      command = in_command("fltmc unload {service}", values),
      undo = in_command("fltmc load {service}", values) }
  end
  list[#list + 1] = { text = "Let Driver Verifier count this driver's pool (takes effect at the next boot)",
    command = in_command("verifier /flags 0x8 /driver {driver}", values), undo = "verifier /reset" }
  list[#list + 1] = { text = "Break into a kernel debugger at the next allocation with the tag: who calls?",
    command = "ed nt!poolhittag " .. hex_of(tag), undo = "ed nt!poolhittag 0" }
  list[#list + 1] = { text = ("Ask %s for a fixed version, with this report; until then use the one before")
    :format(suspect.company or "its maker") }
  return list
end

--- Find who allocates a tag that no driver at hand explains.
-- @tparam string tag
-- @treturn {table,...}
function steps.find_owner(tag)
  return {
    { text = "Scan every driver of the server, not only System32\\drivers: copy the driver store too",
      command = "robocopy C:\\Windows\\System32\\DriverStore\\FileRepository D:\\drivers *.sys /s",
      undo = "rmdir /s D:\\drivers" },
    { text = "List what is loaded, with paths: a driver may have no file on disk any more",
      command = "driverquery /v /fo csv > loaded.csv" },
    { text = "Record the allocations with their stacks for a minute",
      command = "xperf -on PROC_THREAD+LOADER+POOL -stackwalk PoolAlloc+PoolFree",
      undo = "xperf -d pool.etl" },
    { text = "In a kernel debugger or a dump: find blocks with the tag, and what points at them",
      command = in_command("!poolfind {tag}", { tag = tag }) },
  }
end

--- Untagged allocations: find the driver in memory, even when it is not on disk.
-- @treturn {table,...}
function steps.untagged()
  return {
    { text = "In a dump: where ExAllocatePool lives", command = "x nt!ExAllocatePool" },
    { text = "Search all loaded modules for it: a hit lies in an import table, even of a driver not on disk",
      command = "!for_each_module s -d @#Base @#End <address of nt!ExAllocatePool>" },
    { text = "See that it is an import table, and whose",
      command = "dps <address of the hit>; !lmi <address of the hit>" },
    { text = "List what is loaded, to compare with the files on disk",
      command = "driverquery /v /fo csv > loaded.csv" },
    { text = "Let Driver Verifier count the pool of drivers that are not Microsoft's (at the next boot)",
      command = "verifier /flags 0x8 /driver <names>", undo = "verifier /reset" },
  }
end

--- Objects of one type pile up: who holds them.
-- @tparam table object of Knowledge:object
-- @treturn {table,...}
function steps.for_objects(object)
  local list = {}
  for _, step in ipairs(object.collect or {}) do
    local where = step.kd and "in a kernel debugger: " or ""
    list[#list + 1] = { text = where .. step.text, command = step.command, undo = step.undo }
  end
  return list
end

--- The commands of knowledge, filled in for the case at hand.
-- @tparam Knowledge knowledge
-- @tparam {string|table,...} list names of commands; a step that is a table stays as it is
-- @tparam[opt] table values `tag`, `tags` (four raw bytes each), `driver`, `service`, `process`, `pid`,
--   `type`, `session`, `logger`
-- @treturn {table,...} each `text`, `command`, `undo`
function steps.named(knowledge, list, values)
  local found = {}
  for i, name in ipairs(list) do
    local row = type(name) == "table" and name or knowledge:entry("commands", name)[1]
    if not row then error(("no command '%s'"):format(tostring(name)), 2) end
    local text = in_text(row.text, values or {})
    if row.kd then text = "In a kernel debugger: " .. text:sub(1, 1):lower() .. text:sub(2) end
    found[i] = { text = text,
                 command = in_command(row.command, values or {}), undo = in_command(row.undo, values or {}) }
  end
  return found
end

return steps
