--- Words for the pool: !vm, !poolused.
-- @module poolsleuth.kd.pool
local format = require "poolsleuth.format"
local glob   = require "poolsleuth.glob"

local PAGE <const> = 4096
local VERBOSE <const>, BY_NONPAGED <const>, BY_PAGED <const>, SESSION <const> = 1, 2, 4, 8
local EXCESSIVE <const> = 0.8

local VM <const> = {
  { "Physical Memory:", "physical_bytes" },
  { "Available Pages:", "available_bytes" },
  { "NonPagedPool Usage:", "nonpaged_bytes", "nonpaged_limit_bytes", "NonPaged", "nonpaged" },
  { "NonPagedPool Max:", "nonpaged_limit_bytes" },
  { "PagedPool Usage:", "paged_bytes", "paged_limit_bytes", "Paged", "paged" },
  { "PagedPool Maximum:", "paged_limit_bytes" },
  { "Committed pages:", "commit_bytes" },
  { "Peak Commitment:", "commit_peak_bytes" },
  { "Commit limit:", "commit_limit_bytes" },
}

local function tell(out, remarks)
  for _, remark in ipairs(remarks) do out:line("*** %s", remark) end
end

-- What the allocator's pools of a kind use; where there is but one, the total tells as much.
local function pools_of(session, kind, name, out)
  local pools = {}
  for _, item in ipairs(session.dump:descriptors() or {}) do
    if item.pool == kind and item.pages then pools[#pools + 1] = item end
  end
  if #pools < 2 then return end
  table.sort(pools, function(a, b) return a.index < b.index end)
  for _, item in ipairs(pools) do
    out:line("      %-22s %9d   (%10d Kb)", ("%s %d Usage:"):format(name, item.index), item.pages,
      item.pages * PAGE // 1024)
  end
end

-- What the dump does not tell, and what would help.
local function say_unknown(session, memory, unknown, out)
  if not memory.pool_failures then unknown[#unknown + 1] = "failed allocations" end
  out:line("      Not known from this dump: %s", table.concat(unknown, ", "))
  local symbols = session.facts.symbols
  if session.facts.container == "triage dump" then
    if #unknown > #VM then out:line "      *** no total is told by this triage dump: a kernel dump does" end
  elseif symbols and not symbols.loaded then
    out:line("      *** symbols tell more: %s {%s} age %d", symbols.name, symbols.guid, symbols.age)
  end
end

local function vm(session, _, out)
  local snapshot, remarks = session:snapshot()
  if not snapshot then return out:fail("no totals: %s", remarks) end
  local memory, unknown = snapshot:memory(), {}
  out.data.vm = memory
  out:line "*** Virtual Memory Usage ***"
  for _, row in ipairs(VM) do
    local bytes = memory[row[2]]
    if row[5] then pools_of(session, row[5], row[4] .. "Pool", out) end
    local limit = row[3] and memory[row[3]]
    if bytes then
      out:line("      %-22s %9d   (%10d Kb)", row[1], bytes // PAGE, bytes // 1024)
      if limit and limit > 0 and bytes >= EXCESSIVE * limit then
        out:line("      ********** Excessive %s Pool Usage *****", row[4])
      end
    else
      unknown[#unknown + 1] = row[1]:sub(1, -2)
    end
  end
  if memory.pool_failures then
    out:line("      ********** %d pool allocations have failed **********", memory.pool_failures)
  end
  if #unknown > 0 or not memory.pool_failures then say_unknown(session, memory, unknown, out) end
  tell(out, snapshot:scope() == "totals" and {} or remarks)
end

-- "/t2 2", "2 Thre", "/t 10 5 Irp*": flags are hexadecimal as every number.
local function arguments(rest)
  local args = { flags = 0 }
  local before, top, after = rest:match "^(.-)/[tT]%s*(%d+)(.*)$"
  if top then
    args.top = math.tointeger(tonumber(top))
    rest = before .. " " .. after
  end
  local words = {}
  for word in rest:gmatch '%S+' do words[#words + 1] = word end
  if words[1] and words[1]:find "^0?[xX]?%x+$" and (#words[1] < 4 or words[2]) then
    args.flags = tonumber((words[1]:gsub("^0[xX]", "")), 16)
    table.remove(words, 1)
  end
  if #words > 0 then
    local tag = rest:sub((rest:find(words[1], 1, true))):gsub('^"(.-)"$', "%1"):gsub("^'(.-)'$", "%1")
    args.tag = tag:match "^(.-)%s*$"
  end
  return args
end

local SIDES <const> = { "nonpaged", "paged" }
local ZERO <const> = { allocs = 0, frees = 0, diff = 0, bytes = 0 }

-- One line a tag, both pools beside each other.
local function pair_up(rows, wanted)
  local by_tag, list = {}, {}
  for _, row in ipairs(rows) do
    if not wanted or wanted:matches((format.tag_text(row.tag):gsub("%s+$", ""))) then
      local pair = by_tag[row.tag]
      if not pair then
        pair = { tag = row.tag, rows = {} }
        by_tag[row.tag] = pair
        list[#list + 1] = pair
      end
      pair[row.pool] = row
      pair.rows[#pair.rows + 1] = row
    end
  end
  return list
end

local function sort(list, flags)
  local pool = flags & BY_NONPAGED ~= 0 and "nonpaged" or flags & BY_PAGED ~= 0 and "paged" or nil
  table.sort(list, function(a, b)
    local x, y = pool and (a[pool] or ZERO).bytes, pool and (b[pool] or ZERO).bytes
    if x ~= y then return x > y end
    return a.tag < b.tag
  end)
  return pool and (pool == "nonpaged" and "NonPaged" or "Paged") .. " Pool Consumed" or "Tag"
end

local function heading(out, verbose, sorted_by)
  out:line("   Sorting by %s", sorted_by)
  out:line ""
  if verbose then
    out:line "                            NonPaged                                         Paged"
    out:line(" Tag       Allocs       Frees      Diff         Used"
      .. "       Allocs       Frees      Diff         Used")
  else
    out:line "               NonPaged                  Paged"
    out:line " Tag       Allocs         Used       Allocs         Used"
  end
  out:line ""
end

local function line_of(verbose, name, sides)
  local parts = { (" %-5s"):format(name) }
  for _, row in ipairs(sides) do
    parts[#parts + 1] = verbose
      and ("%12d %11d %9d %12d "):format(row.allocs or 0, row.frees or 0, row.diff or 0, row.bytes or 0)
      or ("%11d %12d "):format(row.diff or 0, row.bytes or 0)
  end
  return table.concat(parts)
end

local function about(session, tag)
  local knowledge = session.knowledge
  if not knowledge then return "" end
  local told = knowledge:tagfile(tag)[1]
  if told then return told.text .. (told.binary and " , Binary: " .. told.binary or "") end
  local row = knowledge:shared(tag) or knowledge:component(tag) or knowledge:object(tag)
  return row and row.text or ("UNKNOWN pooltag '%s', please update pooltag.txt"):format(format.tag_text(tag))
end

local function new_sum()
  return { allocs = 0, frees = 0, diff = 0, bytes = 0 }
end

local function add(sum, row)
  for name in pairs(ZERO) do sum[name] = sum[name] + (row[name] or 0) end
end

local function tag_pattern(text, out)
  if not text or text == "*" then return nil end
  local ok, pattern = pcall(glob.compile, text)
  if ok then return pattern end
  out:fail("'%s' is no pattern of tags", text)
end

-- A row as documents have it.
local function row_data(row)
  return { tag = format.tag_text(row.tag), tag_hex = format.tag_hex(row.tag), pool = row.pool,
           session = row.session, allocs = row.allocs, frees = row.frees, diff = row.diff, bytes = row.bytes,
           per_alloc = row.per_alloc }
end

-- The rows of the system's pool, or those of each session, by its number.
local function groups_of(snapshot, flags)
  local groups, by_session = {}, {}
  if flags & SESSION == 0 then groups[1] = { rows = {} } end
  for _, row in ipairs(snapshot:rows()) do
    local group = groups[1]
    if flags & SESSION ~= 0 then
      group = row.session and (by_session[row.session] or { session = row.session, rows = {} })
      if group and not by_session[row.session] then
        by_session[row.session], groups[#groups + 1] = group, group
      end
    elseif row.session then
      group = nil
    end
    if group then group.rows[#group.rows + 1] = row end
  end
  table.sort(groups, function(a, b) return (a.session or 0) < (b.session or 0) end)
  return groups
end

local function show_group(session, group, args, pattern, out)
  local list = pair_up(group.rows, pattern)
  local verbose = args.flags & VERBOSE ~= 0
  if group.session then out:line("   Session %s", group.session) end
  heading(out, verbose, sort(list, args.flags))
  local sums = { new_sum(), new_sum() }
  for i, pair in ipairs(list) do
    for side, pool in ipairs(SIDES) do add(sums[side], pair[pool] or ZERO) end
    if not args.top or i <= args.top then
      local text = line_of(verbose, format.tag_text(pair.tag), { pair.nonpaged or ZERO, pair.paged or ZERO })
      out:line("%s", text .. "\t" .. about(session, pair.tag))
      for _, row in ipairs(pair.rows) do
        out.data.poolused[#out.data.poolused + 1] = row_data(row)
      end
    end
  end
  if not args.tag and not args.top then out:line("%s", line_of(verbose, "TOTAL", sums)) end
  return #list
end

-- Tables of sessions are reached through processes.
local function why_no_session(session)
  local processes, why = session.dump:processes()
  if not processes then return ": " .. why end
  for _, process in ipairs(processes) do
    if process.session_space then return "" end
  end
  return ": no process of the dump belongs to a session that can be read"
end

local function poolused(session, rest, out)
  local args = arguments(rest)
  local snapshot, remarks = session:snapshot()
  if not snapshot then return out:fail("no pool tags: %s", remarks) end
  if snapshot:scope() == "totals" then
    return out:fail("%s", remarks[1] or "the dump holds no tag tables")
  end
  local pattern = tag_pattern(args.tag, out)
  if out.error then return end
  local groups, shown = groups_of(snapshot, args.flags), 0
  out.data.poolused = {}
  if #groups == 0 then out:fail("the tags of session pools are not known%s", why_no_session(session)) end
  for _, group in ipairs(groups) do shown = shown + show_group(session, group, args, pattern, out) end
  if shown == 0 and #groups > 0 then out:line "No tag matches." end
  tell(out, remarks)
end

return {
  { names = { "!vm" }, usage = "!vm", about = "totals and limits of memory and of the pools", run = vm },
  { names = { "!poolused" }, usage = "!poolused [/t N] [flags] [tag]",
    about = "pool by tag; flags: 1 verbose, 2 sort by nonpaged, 4 by paged, 8 sessions; tags may have * or ?",
    run = poolused },
}
