--- Words for what the dump is: vertarget, version, !analyze, .bugcheck.
-- @module poolsleuth.kd.target
local address   = require "poolsleuth.kd.address"
local bugchecks = require "poolsleuth.kd.bugchecks"
local format    = require "poolsleuth.format"

local PRODUCTS <const> = { "WinNt", "LanManNt", "ServerNt" }

local function span(seconds)
  return ("%d days %d:%02d:%02d.000"):format(seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60,
    seconds % 60)
end

local function target_data(session)
  local facts = session.facts
  local data = { path = session.path }
  for _, name in ipairs { "container", "bits", "machine", "build", "processors", "time", "uptime_s",
                          "file_size", "expected_size", "present_pages", "announced_pages", "symbols" } do
    data[name] = facts[name]
  end
  data.bugcheck = facts.bugcheck
  return data
end

local function vertarget(session, _, out)
  local facts = session.facts
  local kernel = session.modules[1]
  out.data.target = target_data(session)
  out:line("%s%s, %s", facts.container:sub(1, 1):upper(), facts.container:sub(2), session.path or "-")
  if facts.build then
    out:line("Windows Kernel Version %d%s %s (%d procs) %s %s", facts.build,
      facts.checked_build and " Checked" or " Free", facts.processors == 1 and "UP" or "MP",
      facts.processors or 0, facts.machine or "", session.bits == 64 and "64-bit" or "x86 compatible")
    local product = PRODUCTS[facts.product]
    if product then out:line("Product: %s", product) end
  end
  if kernel and not kernel.unloaded then
    out:line("Kernel base = 0x%s PsLoadedModuleList = 0x%s", session:address(kernel.base),
      session:address(facts.loaded_modules or 0))
  end
  if facts.time then out:line("Debug session time: %s (UTC)", format.time(facts.time)) end
  if facts.uptime_s then out:line("System Uptime: %s", span(facts.uptime_s)) end
  local symbols = facts.symbols
  if symbols then
    out:line("Symbols of the kernel: %s {%s} age %d, %s", symbols.name, symbols.guid, symbols.age,
      symbols.loaded and "loaded" or "not at hand: --symbols DIR reads them")
  end
  if facts.comment then out:line("Comment: '%s'", format.clean(facts.comment)) end
  for _, problem in ipairs(session.dump:problems()) do out:line("*** %s", problem.reason) end
end

local function bugcheck(session, _, out)
  local check = session.facts.bugcheck
  if not check then return out:fail "the dump names no bug check: the machine may have been running" end
  out.data.bugcheck = check
  out:line("Bugcheck code %08X%s", check.code, check.name and " (" .. check.name .. ")" or "")
  local arguments = {}
  for i, value in ipairs(check.parameters) do arguments[i] = session:address(value) end
  out:line("Arguments %s", table.concat(arguments, " "))
end

local VARIANT <const> = 0x10000000 -- the same bug check, of a small dump

-- What each parameter means, and where it points at as far as it is an address of a module.
local function describe_parameters(session, check, out)
  local known = bugchecks[check.code & ~VARIANT] or {}
  local kind = known.kinds and known.kinds[check.parameters[1]]
  local meanings = {}
  for i, value in ipairs(check.parameters) do
    local meaning = known[i] or ""
    if i == 1 and kind then meaning = meaning .. ": " .. kind end
    local where = address.symbol(session.dump, address.extend(value, session.bits))
    meanings[i] = meaning
    out:line("Arg%d: %s%s%s", i, session.bits == 32 and ("%08x"):format(value & 0xFFFFFFFF)
      or ("%016x"):format(value), meaning ~= "" and ", " .. meaning or "", where and ", " .. where or "")
  end
  return meanings
end

local function largest(session, pool)
  local snapshot = session:snapshot()
  local best
  for _, row in ipairs(snapshot and snapshot:rows() or {}) do
    if row.pool == pool and row.bytes and (not best or row.bytes > best.bytes) then best = row end
  end
  return best
end

-- "122.5 MiB of 124.9 MiB (98%)"
local function filled(used, limit)
  if not used then return "total unknown" end
  if not limit or limit == 0 then return format.bytes(used) end
  return ("%s of %s (%s)"):format(format.bytes(used), format.bytes(limit), format.percent(used / limit))
end

local function describe_pools(session, out)
  local snapshot, remarks = session:snapshot()
  if not snapshot then return out:fail("no pool: %s", remarks) end
  local memory = snapshot:memory()
  for _, pool in ipairs { "nonpaged", "paged" } do
    local used, limit = memory[pool .. "_bytes"], memory[pool .. "_limit_bytes"]
    local first = largest(session, pool)
    if used or first then
      out:line("%-9s %s%s", pool .. ":", filled(used, limit),
        first and (", the most in %s with %s in %s allocations"):format(format.tag(first.tag),
          format.bytes(first.bytes), format.count(first.diff)) or "")
    end
  end
  for _, remark in ipairs(remarks) do out:line("*** %s", remark) end
end

local function analyze(session, _, out)
  local check = session.facts.bugcheck
  if check then
    out:line("%s (%x)", check.name or "UNKNOWN_BUGCHECK", check.code)
    out:line "Arguments:"
    out.data.bugcheck = { code = check.code, name = check.name, parameters = check.parameters,
                          meanings = describe_parameters(session, check, out) }
  else
    out:line "No bug check: the dump names none."
  end
  out:line ""
  out:line "Pool:"
  describe_pools(session, out)
end

return {
  { names = { "vertarget", "version" }, usage = "vertarget", about = "what the dump is", run = vertarget },
  { names = { ".bugcheck" }, usage = ".bugcheck", about = "the bug check and its parameters",
    run = bugcheck },
  { names = { "!analyze" }, usage = "!analyze", about = "the bug check and the pool in short",
    run = analyze },
}
