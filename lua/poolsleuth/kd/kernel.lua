--- Words for what the kernel keeps beside its tag tables: !process, !object, !verifier, !lookaside.
-- @module poolsleuth.kd.kernel
local address    = require "poolsleuth.kd.address"
local expression = require "poolsleuth.kd.expression"
local format     = require "poolsleuth.format"
local glob       = require "poolsleuth.glob"

-- Whether a process is meant: all are by 0, one by its address or its number, some by a name.
local function chooser(session, rest, out)
  local first, after = rest:match "^(%S+)%s*(.*)$"
  local name = after and after:match "^%x+%s+(%S+)$" or rest:match "^(%S+%.[eE][xX][eE])$"
  if name then
    local pattern = glob.compile(name:lower())
    return function(process) return pattern:matches(process.name:lower()) end, false
  end
  local value, why = 0, nil
  if first then value, why = expression.only(session, first) end
  if not value then return out:fail("%s", why) end
  if value == 0 or value == -1 then return function() return true end, true end
  return function(process)
    return process.pid == value or process.address and address.extend(process.address, session.bits) == value
  end, false
end

local function processes(session, rest, out)
  local list, why = session.dump:processes()
  if not list then return out:fail("no processes: %s", why) end
  local is_meant, all = chooser(session, rest, out)
  if not is_meant then return end
  out.data.processes = {}
  if all then out:line "**** NT ACTIVE PROCESS DUMP ****" end
  for _, process in ipairs(list) do
    if is_meant(process) then
      out.data.processes[#out.data.processes + 1] = {
        address = process.address, pid = process.pid, parent = process.parent, name = process.name,
        handles = process.handles, nonpaged_bytes = process.nonpaged, paged_bytes = process.paged,
        exited = process.exited }
      out:line("PROCESS %s  Cid: %04x    ParentCid: %04x", session:address(process.address or 0),
        process.pid or 0, process.parent or 0)
      out:line("    DirBase: %08x  HandleCount: %s", process.table_base or 0,
        process.handles and ("%3d."):format(process.handles) or "unknown")
      out:line("    Image: %s", format.clean(process.name))
      if process.nonpaged then
        out:line("    QuotaPoolUsage[PagedPool]         %d", process.paged or 0)
        out:line("    QuotaPoolUsage[NonPagedPool]      %d", process.nonpaged)
      end
      out:line ""
    end
  end
  if #out.data.processes == 0 then out:fail("no process of the list is meant by '%s'", rest) end
end

local TYPES <const> = { [""] = true, ["\\objecttypes"] = true, ["\\objecttypes\\"] = true }

-- The directory of types is the one that tells of leaks: how many objects of each there are.
local function objects(session, rest, out)
  if not TYPES[rest:lower()] then
    return out:fail([[single objects are not told: what %s gives the block and its tag, ]]
      .. [[!object \ObjectTypes how many there are of each type]], rest)
  end
  local list, why = session.dump:types()
  if not list then return out:fail("no object types: %s", why) end
  table.sort(list, function(a, b)
    if a.objects ~= b.objects then return a.objects > b.objects end
    return a.name < b.name
  end)
  out.data.types = {}
  out:line "Type                       Objects    Handles  Peak objects  Peak handles  Tag"
  for i, row in ipairs(list) do
    out.data.types[i] = { name = row.name, address = row.address, tag = format.tag_text(row.tag),
                          tag_hex = format.tag_hex(row.tag), objects = row.objects, handles = row.handles }
    out:line("%-24s %9d  %9d  %12d  %12d  %s", format.clean(row.name), row.objects, row.handles,
      row.peak_objects, row.peak_handles, format.tag_text(row.tag))
  end
end

local function verifier(session, _, out)
  local told, why = session.dump:verifier()
  if not told then return out:fail("%s", why) end
  out:line("Verify Level %x%s", told.level, told.level == 0 and " ... nothing is verified" or "")
  if told.level == 0 then return end
  for _, row in ipairs {
    { "AllocationsAttempted", told.attempted }, { "AllocationsSucceeded", told.succeeded },
    { "AllocationsSucceededSpecialPool", told.special }, { "AllocationsWithNoTag", told.untagged },
    { "AllocationsFailed", told.failed }, { "Current paged pool allocations", told.paged_allocs },
    { "Current paged pool bytes", told.paged_bytes },
    { "Current nonpaged pool allocations", told.nonpaged_allocs },
    { "Current nonpaged pool bytes", told.nonpaged_bytes },
  } do
    if row[2] then out:line("%-34s 0x%x", row[1], row[2]) end
  end
end

local function lookaside(session, _, out)
  local list, why = session.dump:lookasides()
  if not list then return out:fail("no lookaside lists: %s", why) end
  for _, item in ipairs(list) do
    out:line("%s  %s  %-8s size %5d  allocates %10d  frees %10d  %s", session:address(item.address),
      format.tag_text(item.tag), item.pool or "", item.size, item.allocates, item.frees, item.module or "")
  end
end

return {
  { names = { "!process" }, usage = "!process [0|ADDRESS|NUMBER [FLAGS [NAME]]]",
    about = "processes with their pool and handles",
    run = processes },
  { names = { "!object" }, usage = "!object \\ObjectTypes", about = "objects and handles of each type",
    run = objects },
  { names = { "!verifier" }, usage = "!verifier", about = "what driver verifier counts", run = verifier },
  { names = { "!lookaside" }, usage = "!lookaside", about = "lookaside lists and their owners",
    run = lookaside },
}
