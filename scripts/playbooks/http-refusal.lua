-- The web server answers 503: for want of nonpaged pool, or for a reason of its own?
local format        = require "poolsleuth.format"
local investigation = require "poolsleuth.investigation"
local moments       = require "poolsleuth.moments"
local playbook      = require "poolsleuth.playbook"

-- A mark of refusals, or an event of http.sys with a reason.
local function reason_of(item)
  local http = item.reason or (item.provider or ""):lower():find("http", 1, true)
  return http and (item.reason or item.text):match "[%w_/]+" or nil
end

local function count_of(item) return item.count or 1 end

-- The reasons that refuse, by what they speak of: those of the client are none.
local function refusals(look)
  local found, items = {}, look:list "marks"
  table.move(look:list "events", 1, #look:list "events", #items + 1, items)
  for _, thing in ipairs(moments.follow({ { items = items } }, reason_of, count_of)) do
    local known = look.knowledge:entry("refusals", thing.key)[1]
    if known and known.means ~= "client" and not found[known.means] then
      found[known.means] = { known = known, count = thing.count, item = thing.item, reason = thing.key }
    end
  end
  return found
end

return playbook {
  name       = "http-refusal",
  summary    = "Say whether http.sys refuses connections for want of nonpaged pool, and who took it",
  about      = [[
With less than 20 MB of nonpaged pool left, http.sys refuses connections, writes Connections_Refused into its
log (httperr*.log) and users see 503.  Other reasons in that log speak of the application.  Give the log, and
snapshots of the pool: the refusal is secondary to whatever took the pool.]],
  needs      = { "marks", "snapshots" },
  categories = { "exhaustion", "network", "web" },
  args       = playbook.evidence(),

  run = function(case, args)
    local look  = investigation.open(case, args):need("marks", "snapshots")
    local marks = refusals(look)
    local mark  = marks.pool or marks.application

    -- How much nonpaged pool was left, and which tag stands out in it?
    local fill, used, limit = look:fill "nonpaged"
    local left  = fill and limit - used
    local serves = mark or look:is_running "http.sys" ~= false
    local short  = serves and left and left < look:rule "http_least_free_bytes"
    local tag   = look:heaviest "nonpaged"
    if tag and not tag:stands_out() and not short then tag = nil end
    if not mark and not short then
      if left then
        return look:in_order(("%s of nonpaged pool are left, no refusal logged"):format(format.bytes(left)))
      end
      return look:too_little("no log of http.sys, and no limit of the pool", { "httperr", "pool-limits" })
    end

    -- A refusal for want of pool is secondary to what took it; the application's own reasons are not.
    local own       = mark and not marks.pool
    local secondary = own and "none" or tag and "pool-leak" or short and "full-pool" or "open"
    local blamed    = not own and tag
    local word   = mark and "HTTP-REFUSAL" or "HIGH"
    local answer = blamed and look:about(word, tag, { confidence = "medium", steps = {} })
      or look:answer(word, marks.pool and not short and "low" or "medium")
    answer:fact("secondary-to", secondary):fact("reason", mark and mark.reason)
      :fact("times", mark and mark.count):fact("left", left and format.size(left))
    if mark then answer:cite(mark.item, "%s, %d times: %s", mark.reason, mark.count, mark.known.text) end
    if own then return answer:say "it is no matter of the pools":file() end
    if short then answer:say("%s of pool is left: below 20 MB http.sys refuses", format.bytes(left)) end
    if left and not short then
      answer:contradict("connections were refused, yet %s of nonpaged pool are left: the snapshot is of "
        .. "another time", format.bytes(left))
    end
    if marks.pool and not left then answer:say "how much of the pool was left is not among the sources" end
    -- What took the pool may be objects: then somebody holds them.
    if blamed and look.knowledge:object(tag.tag) then answer:ask "object-handle-leak" end
    answer:advise { "httperr", "pool-limits", "http-less-free" }:file()
  end,
}
