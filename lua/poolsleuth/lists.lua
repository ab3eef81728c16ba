--- Lists as documents have them: modules, blocks of pool, processes, drivers under Driver Verifier, and
-- whatever else a text lists: handles, services, events, ...
-- @module poolsleuth.lists
local format = require "poolsleuth.format"
local text   = require "poolsleuth.text"

local lists = {}

local FIELDS <const> = {
  modules = {
    "name", "path", "base", "size", "state", "unloaded", "altitude", "instances", "timestamp", "checksum",
    "version", "company", "display", "origin", "line",
  },
  blocks = {
    "address", "size", "previous_size", "pool", "state", "protected", "marked", "caller",
    "caller_address", "note", "origin", "line",
  },
  processes = {
    "id", "name", "user", "host", "session", "handles", "threads", "nonpaged_bytes", "paged_bytes",
    "working_set_bytes", "page_file_bytes", "commit_bytes", "gdi_objects", "user_objects", "exited", "origin",
    "line",
  },
  verified = {
    "driver", "state", "loads", "unloads", "nonpaged_allocs", "nonpaged_bytes", "paged_allocs",
    "paged_bytes", "peak_nonpaged_allocs", "peak_nonpaged_bytes", "peak_paged_allocs", "peak_paged_bytes",
    "leaked_allocs", "leaked_bytes", "origin", "line",
  },
}

--- The lists that a parsed text and a case have.
lists.NAMES = { "modules", "blocks", "processes", "verified" }

-- Fields whose numbers are moments.
local MOMENTS <const> = { "time", "until", "signed_at", "linked_at" }

for _, kind in ipairs(text.KINDS) do
  lists.NAMES[#lists.NAMES + 1] = kind.name
  FIELDS[kind.name] = table.move(kind.fields, 1, #kind.fields, 4, { "host", "origin", "line" })
end

local function plain(kind, item)
  local data = {}
  for _, name in ipairs(FIELDS[kind]) do data[name] = item[name] end
  if type(item.tag) == "string" then
    data.tag, data.tag_hex = format.tag_text(item.tag), format.tag_hex(item.tag)
  end
  for _, name in ipairs(MOMENTS) do
    if item[name] then data[name] = format.time(item[name], "T") end
  end
  data["end"] = item.end_
  data.source = item.source and item.source.path
  return data
end

local function plain_list(kind, items)
  local data = {}
  for i, item in ipairs(items) do data[i] = plain(kind, item) end
  return data
end

-- What is allocated, added up by tag and pool, most bytes first.
local function sums_of(blocks)
  local sums, found = {}, {}
  for _, block in ipairs(blocks) do
    if block.tag and block.size and block.state ~= "free" then
      local tag = format.plain_tag(block.tag)
      local key = tag .. (block.pool or "")
      local sum = found[key]
      if not sum then
        sum = { tag = format.tag_text(tag), tag_hex = format.tag_hex(tag), pool = block.pool, diff = 0,
                bytes = 0 }
        found[key] = sum
        sums[#sums + 1] = sum
      end
      sum.diff, sum.bytes = sum.diff + 1, sum.bytes + block.size
    end
  end
  table.sort(sums, function(a, b)
    if a.bytes ~= b.bytes then return a.bytes > b.bytes end
    if a.tag_hex ~= b.tag_hex then return a.tag_hex < b.tag_hex end
    return (a.pool or "") < (b.pool or "")
  end)
  return sums
end

local make = {}

function make.modules(case) return { modules = plain_list("modules", case.modules) } end

function make.blocks(case)
  return { blocks = plain_list("blocks", case.blocks), tags = sums_of(case.blocks) }
end

-- Of a log of counters the first and the last sample of a process tell what became of it.
local function ends_of(processes)
  local ends, last, seen = {}, {}, {}
  local function key(process)
    return process.origin == "counters" and table.concat({ process.source and process.source.path or "",
      process.host or "", process.name, process.id or "" }, "\0") or nil
  end
  for _, process in ipairs(processes) do
    local name = key(process)
    if name then last[name] = process end
  end
  for _, process in ipairs(processes) do
    local name = key(process)
    if not name or not seen[name] or last[name] == process then ends[#ends + 1] = process end
    if name then seen[name] = true end
  end
  return ends
end

function make.processes(case) return { processes = plain_list("processes", ends_of(case.processes)) } end

function make.verifier(case)
  local outstanding = {}
  for _, block in ipairs(case.blocks) do
    if block.origin == "!verifier" then outstanding[#outstanding + 1] = block end
  end
  return { drivers = plain_list("verified", case.verified), blocks = plain_list("blocks", outstanding),
           tags = sums_of(outstanding) }
end

-- In the order in which one is chosen where there are several.
lists.KINDS = {
  "verifier", "blocks", "handles", "processes", "marks", "events", "loggers", "files", "hives", "modules",
  "services",
}

local FIELD <const> = { verifier = "verified" }

for _, kind in ipairs(text.KINDS) do
  make[kind.name] = function(case) return { [kind.name] = plain_list(kind.name, case[kind.name]) } end
end

-- Handles that a list of processes tells are shown with the processes.
function make.handles(case)
  local told = {}
  for _, item in ipairs(case.handles) do
    if not item.of_process then told[#told + 1] = item end
  end
  return { handles = plain_list("handles", told) }
end

--- The count of handles that an entry of a list of processes tells, as an item of `handles`.
-- @tparam table process
-- @treturn ?table marked `of_process`
function lists.handles_of(process)
  if not process.handles then return nil end
  return { process = process.name, pid = process.id, count = process.handles, of_process = true,
           time = process.time, host = process.host, origin = process.origin, line = process.line,
           offset = process.offset, source = process.source }
end

-- Whether the list tells more than another one: services that are the modules of the same lines do not.
local function tells_more(case, kind)
  local count = #case[FIELD[kind] or kind]
  if kind == "handles" then return #make.handles(case).handles > 0 end
  if kind == "services" then return count > #case.modules end
  return count > 0
end

--- The kinds of lists that a case holds, the most telling first.
-- @tparam Case case
-- @treturn {string,...}
function lists.present(case)
  local present = {}
  for _, kind in ipairs(lists.KINDS) do
    if tells_more(case, kind) then present[#present + 1] = kind end
  end
  return present
end

--- Whether a case holds a list at all, if only one that another list tells, too.
-- @tparam Case case
-- @tparam string kind one of lists.KINDS
-- @treturn boolean
function lists.has(case, kind)
  return #case[FIELD[kind] or kind] > 0
end

--- The data of a document of this kind.
-- @tparam Case case
-- @tparam string kind one of lists.KINDS
-- @treturn table
function lists.data(case, kind)
  return make[kind](case)
end

return lists
