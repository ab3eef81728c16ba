-- The pool of a session fills: which session, and which process in it?
local format        = require "poolsleuth.format"
local investigation = require "poolsleuth.investigation"
local moments       = require "poolsleuth.moments"
local playbook      = require "poolsleuth.playbook"

local function process_of(item)
  return item.session and ("%d %s %s"):format(item.session, item.name, item.id)
end

-- Processes with many graphics or window objects, those nearest to their limit first.
local function near_limits(look)
  local list, listed = {}, moments.of(look:list "processes")
  for _, kind in ipairs { "gdi", "user" } do
    local function count(item) return item[kind .. "_objects"] end
    for _, one in ipairs(moments.follow(listed, process_of, count)) do
      one.kind, one.part = kind, one.count / look:rule(kind .. "_limit")
      if one.part >= look:rule "near_limit" then list[#list + 1] = one end
    end
  end
  table.sort(list, function(a, b) return a.part > b.part end)
  return list
end

-- Name a process, with what it has of what it may have.
local function name_process(answer, one)
  local item, rate = one.item, one.per_hour and (", %+.0f an hour"):format(one.per_hour) or ""
  return answer:fact("process", item.name):fact("pid", item.id):fact(one.kind, one.count)
    :cite(item, "%s (pid %s) in session %s has %s %s objects, %s of what it may have%s", item.name, item.id,
      item.session, format.count(one.count), one.kind, format.percent(one.part), rate)
end

return playbook {
  name       = "session-pool",
  summary    = "Find the session whose pool fills, and the process in it that piles up windows or graphics",
  about      = [[
Windows and graphics objects live in the pool of their session, which the ordinary table does not show.  Give
snapshots of sessions (poolmon /s, !poolused 8) and lists of processes with their GDI and USER objects
(memsnap -g).]],
  needs      = { "snapshots", "processes" },
  categories = { "leak", "session", "graphics" },
  args       = playbook.evidence(),

  run = function(case, args)
    local look = investigation.open(case, args):need("snapshots", "processes")

    -- Tags of one session, or of the graphics system where the table is not told apart by session.
    local of_session, grown = look:watches({ "*" }, { sessions = true }), nil
    if #of_session == 0 then of_session = look:watches "session" end
    for _, watch in ipairs(of_session) do
      local large = look.growth.count == 1 and watch.bytes >= look:rule "session_bytes"
      if not grown and (watch:stands_out() or large) then grown = watch end
    end
    local near = near_limits(look)

    if grown then
      local word   = grown:stands_out() and grown:word_for "SESSION-LEAK" or "HIGH"
      local answer = look:about(word, grown, { suspects = {}, steps = {} }):fact("session", grown.session)
      -- Who in that session has many objects?  One in another session is not to blame.
      local one
      for _, each in ipairs(near) do one = one or each.item.session == grown.session and each or nil end
      if one or (near[1] and not grown.session) then name_process(answer, one or near[1])
      elseif near[1] then
        answer:contradict("%s has many %s objects, but in session %s", near[1].item.name, near[1].kind,
          near[1].item.session)
      else answer:say "no list of processes tells who in the session has so many objects" end
      return answer:advise({ "graphics-objects", "session-snapshots" }, { session = grown.session }):file()
    end

    if near[1] then
      return name_process(look:answer("HIGH", "medium"):fact("session", near[1].item.session), near[1])
        :advise { "session-snapshots", "restart-process" }:file()
    end
    if #of_session == 0 then
      return look:too_little("no snapshot is of a session's pool", { "session-snapshots" })
    end
    look:in_order "no session's pool grows, and no process is near its limit of objects"
  end,
}
