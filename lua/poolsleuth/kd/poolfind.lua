--- All blocks of a tag: !poolfind.
-- @module poolsleuth.kd.poolfind
local blocks = require "poolsleuth.kd.blocks"
local format = require "poolsleuth.format"
local glob   = require "poolsleuth.glob"

local LIMIT <const> = 1000
local NAMES <const> = { nonpaged = "NonPaged", paged = "Paged" }
local KINDS <const> = { ["0"] = "nonpaged", ["1"] = "paged" }

-- "Irp*", '"Io  " 0', "-tag Irp -nonpaged": what is looked for.
local function arguments(rest)
  local args = {}
  rest = rest:gsub("^%s*%-[tT]ag%s+", ""):gsub("%s+%-[xX]%f[%s\0]", "")
  rest = rest:gsub("%-([%a]+)", function(word)
    local name = word:lower()
    if NAMES[name] then args.pool = name return "" end
  end)
  local _, tag, more = rest:match "^%s*([\"'])(.-)%1%s*(.-)%s*$"
  if not tag then tag, more = rest:match "^%s*(%S*)%s*(.-)%s*$" end
  args.tag = tag
  if #tag < 1 or #tag > 4 and not (#tag == 5 and tag:sub(5) == "*") then
    return nil, "!poolfind takes a tag of one to four characters; * and ? stand for others"
  end
  if more == "2" then return nil, "special pool is not walked" end
  args.sessions = more == "4"
  if more ~= "" and not args.sessions then
    args.pool = KINDS[more]
    if not args.pool then return nil, ("'%s' is no pool: 0 is nonpaged, 1 paged, 4 sessions"):format(more) end
  end
  return args
end

-- Found of each tag and pool.
local function tally(sums, block, count, bytes)
  local key = format.plain_tag(block.tag) .. block.pool
  local sum = sums[key]
  if not sum then
    sum = { tag = format.plain_tag(block.tag), pool = block.pool, count = 0, bytes = 0 }
    sums[key], sums[#sums + 1] = sum, sum
  end
  sum.count, sum.bytes = sum.count + count, sum.bytes + bytes
end

local function find_big(session, matches, sums, out)
  local list, why = session.dump:big_blocks()
  if not list then return out:line("*** no blocks of a page or more: %s", why) end
  for _, block in ipairs(list) do
    if matches(block) then
      tally(sums, block, 1, block.size)
      local data = blocks.data(block)
      data.state, data.large = "allocated", true
      out.data.poolfind[#out.data.poolfind + 1] = data
      out:line("%s : tag %s, size 0x%x, %s pool", session:address(block.address), format.tag_text(block.tag),
        block.size, block.pool or "unknown")
    end
  end
  return true
end

local function list_small(session, found, name, out)
  local first, last = found.regions[1], found.regions[#found.regions]
  local any = out.pool == name
  for _, block in ipairs(found.blocks) do any = any or block.pool == name end
  if not any then return end
  out:line ""
  out:line("Searching %s pool (%s : %s) for Tag: %s", NAMES[name], session:address(first.start),
    session:address(last.last), out.tag)
  out:line ""
  for _, block in ipairs(found.blocks) do
    if block.pool == name then
      out:line("%s", blocks.row(session, block, ""))
      out.data.poolfind[#out.data.poolfind + 1] = blocks.data(block)
    end
  end
end

local GAPS <const> = { { "missing", "%d mapped pages are not in the dump" },
                       { "paged_out", "%d pages are paged out" },
                       { "tables_missing", "%d page tables are not in the dump" } }

local function about_walk(found, out)
  local gaps = {}
  out:line("*** %d pages of small blocks among %d mapped ones", found.pages, found.looked)
  if found.everywhere then
    out:line "*** nothing tells where the pool lies: all of the kernel's memory was looked at"
  end
  for _, gap in ipairs(GAPS) do
    if found[gap[1]] > 0 then gaps[#gaps + 1] = gap[2]:format(found[gap[1]]) end
  end
  if #gaps > 0 then out:line("*** %s", table.concat(gaps, ", ")) end
  if found.more then out:line("*** there are more: the list ends at %d", #found.blocks) end
  if found.cut then out:fail "the page tables map more than there can be: not all of it was walked" end
  if found.stopped then out:fail "stopped by Ctrl-C: not all of the pool was walked" end
end

local function find_small(session, args, matches, sums, out)
  local found, why = session.dump:pool_blocks {
    tag = args.tag, pool = args.pool, limit = LIMIT, progress = session.progress }
  if not found then return out:line("*** no small blocks: %s", why) end
  for _, sum in ipairs(found.sums) do
    if matches(sum) then tally(sums, sum, sum.count, sum.bytes) end
  end
  for _, name in ipairs { "nonpaged", "paged" } do
    list_small(session, found, name, out)
  end
  out.data.walk = { looked = found.looked, pages = found.pages, missing = found.missing,
                    paged_out = found.paged_out, tables_missing = found.tables_missing,
                    everywhere = found.everywhere, stopped = found.stopped, cut = found.cut,
                    more = found.more }
  about_walk(found, out)
end

-- What the tag tables count of what was looked for.
local function counted(session, args, matches)
  local snapshot = session:snapshot()
  local sums = {}
  if not snapshot or snapshot:scope() == "totals" then return nil end
  for _, item in ipairs(snapshot:rows()) do
    if not item.session and matches(item) and (not args.pool or item.pool == args.pool) and item.bytes then
      tally(sums, item, item.diff or 0, item.bytes)
    end
  end
  return sums
end

local function compare(session, args, matches, sums, out)
  local told = counted(session, args, matches)
  out.data.coverage = {}
  if not told then return out:line "*** no tag table tells how many there are" end
  for _, sum in ipairs(told) do
    local found = sums[sum.tag .. sum.pool] or { count = 0, bytes = 0 }
    out.data.coverage[#out.data.coverage + 1] = {
      tag = format.tag_text(sum.tag), tag_hex = format.tag_hex(sum.tag), pool = sum.pool,
      count = found.count, bytes = found.bytes, counted = sum.count, counted_bytes = sum.bytes }
    out:line("*** %s in %s pool: found %s of %s allocations and %s of %s bytes that the tag tables count%s",
      format.tag(sum.tag), sum.pool, format.count(found.count), format.count(sum.count),
      format.count(found.bytes), format.count(sum.bytes),
      sum.bytes > 0 and (" (%s)"):format(format.percent(found.bytes / sum.bytes)) or "")
  end
end

local function matcher(args)
  local pattern = glob.compile(args.tag)
  return function(item)
    return (not args.pool or item.pool == args.pool) and pattern:matches_tag(item.tag)
  end
end

-- Sessions have the same addresses: each row says whose it is.
local function find_of_sessions(session, matches, out)
  local list, why = session.dump:session_blocks()
  if not list then return out:fail("no blocks of sessions: %s", why) end
  local count = 0
  for _, block in ipairs(list) do
    if matches(block) then
      local data = blocks.data(block)
      data.state, data.large, data.session = "allocated", true, block.session
      count = count + 1
      out.data.poolfind[count] = data
      out:line("%s : tag %s, size 0x%x, %s pool of session %d", session:address(block.address),
        format.tag_text(block.tag), block.size, block.pool, block.session)
    end
  end
  out:line("*** %d blocks of a page or more; smaller ones of sessions are not walked", count)
end

local function poolfind(session, rest, out)
  local args, why = arguments(rest)
  if not args then return out:fail("%s", why) end
  local matches, sums = matcher(args), {}
  out.data.poolfind = {}
  out.tag, out.pool = args.tag, args.pool
  out:line("Scanning large pool allocation table for Tag: %s", args.tag)
  out:line ""
  if args.sessions then return find_of_sessions(session, matches, out) end
  find_big(session, matches, sums, out)
  find_small(session, args, matches, sums, out)
  compare(session, args, matches, sums, out)
end

return {
  { names = { "!poolfind" }, usage = "!poolfind TAG [POOL]",
    about = "blocks of a tag: big ones, and small ones before build 18362; 0 nonpaged, 1 paged, 4 sessions",
    run = poolfind },
}
