-- The event log says that a pool was empty: which one, since when, and which tag had it?
local format        = require "poolsleuth.format"
local investigation = require "poolsleuth.investigation"
local playbook      = require "poolsleuth.playbook"

-- The events that speak of the pools; others have the same ids.
local function events_of(look)
  local list = {}
  for _, item in ipairs(look:list "events") do
    local known = item.id and look.knowledge:entry("events", tostring(item.id))[1]
    local source = (item.provider or ""):lower()
    local same = known and source:find(known.provider, 1, true)
    if same then list[#list + 1] = { item = item, known = known } end
  end
  table.sort(list, function(a, b) return (a.item.time or math.huge) < (b.item.time or math.huge) end)
  return list
end

-- The first event of the gravest kind, and how many of that kind there are.
local function gravest(list)
  for _, kind in ipairs { "exhausted", "short", "limit" } do
    local first, count = nil, 0
    for _, event in ipairs(list) do
      if event.known.means == kind then first, count = first or event, count + 1 end
    end
    if first then return first, count end
  end
end

return playbook {
  name       = "event-2019-2020",
  summary    = "Post-mortem of an empty pool: which one, since when, how full, and the tag that had it",
  about      = [[
Srv writes event 2019 when nonpaged pool is empty and 2020 for paged pool; 2004 and 333 tell of memory that
runs short.  Give an export of the System log, and a snapshot or dump from before the restart: it tells the
limit, the fill and the largest tags.]],
  needs      = { "events", "snapshots" },
  categories = { "triage", "exhaustion", "events" },
  args       = playbook.evidence(),

  run = function(case, args)
    local look = investigation.open(case, args):need("events", "snapshots")
    local event, count = gravest(events_of(look))

    -- Without an event, how full is each pool?
    local pool = event and event.known.pool or "nonpaged"
    local other = not event and (look:fill "paged" or 0) > (look:fill "nonpaged" or 0)
    if other then pool = "paged" end
    local fill, used, limit, basis = look:fill(pool)
    local failures = look:memory().pool_failures or 0
    local full = fill and fill >= look.limits.high_fill
    if not event and not full and failures == 0 then
      if not fill then return look:too_little("no event and no pool's limit", { "pool-events" }) end
      return look:in_order(("no event of an empty pool; %s pool is at %s"):format(pool, format.percent(fill)))
    end

    local means  = event and event.known.means or (failures > 0 and "exhausted") or "full"
    local word   = means == "exhausted" and "EXHAUSTED" or means == "limit" and "SUSPECT" or "HIGH"
    local tag    = means ~= "limit" and look:heaviest(pool)
    local answer = tag and look:about(word, tag, { confidence = "medium" }) or look:answer(word, "medium")
    if not tag then answer:fact("pool", pool) end
    answer:fact("event", event and event.item.id):fact("times", event and count)
      :fact("first", event and event.item.time and format.time(event.item.time, "T"))
      :fact("fill", fill and format.percent(fill))
    if event then answer:cite(event.item, "event %d: %s", event.item.id, event.known.text) end
    if failures > 0 then answer:say("%s allocations of pool have failed", format.count(failures)) end
    if fill then answer:say("%s pool: %s of %s, %s", pool, format.bytes(used), format.bytes(limit), basis) end
    if event and fill and fill < look:rule "calm_fill" and means == "exhausted" then
      answer:contradict("the pool was empty, yet the snapshot has it at %s: it is of another run of the "
        .. "machine", format.percent(fill))
    end
    if not tag then answer:say "no snapshot tells which tag had the pool" end
    -- Objects are held by somebody: ask who.
    if tag and look.knowledge:object(tag.tag) then answer:ask "object-handle-leak" end
    answer:advise { "pool-events", "pool-limits", "full-dump" }:file()
  end,
}
