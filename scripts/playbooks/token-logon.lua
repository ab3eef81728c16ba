-- Access tokens pile up: how many for each logon, and who keeps them?
local format        = require "poolsleuth.format"
local investigation = require "poolsleuth.investigation"
local objects       = require "poolsleuth.objects"
local playbook      = require "poolsleuth.playbook"

return playbook {
  name       = "token-logon",
  summary    = "Say why access tokens pile up: who keeps them, and how many for each logon",
  about      = [[
Tokens ("Toke", with "SeTd", "SeAt" and "SeTl" beside them) belong to processes, threads and logon sessions.
They pile up when a service keeps handles to its callers' tokens, when logons are never closed, or when a
driver references them.  Logon sessions in the snapshots tell which; handles of type Token name the
process.]],
  needs      = { "snapshots", "handles" },
  categories = { "leak", "handles", "objects", "security" },
  args       = playbook.evidence(),

  run = function(case, args)
    local look  = investigation.open(case, args):need "snapshots"
    local judge = { counts = true, many = look:rule "many_tokens", least = look:rule "least_objects" }
    local watch = look:watch("Toke", judge)
    if not watch then return look:too_little('no snapshot has the tag "Toke"', { "snapshots" }) end
    if not watch:stands_out() then
      local alive = format.count(watch.objects)
      return look:in_order(alive .. " tokens are alive, and they do not become more")
    end

    local answer = look:about(watch:word_for "TOKEN-LEAK", watch, { suspects = {}, steps = {} })
    -- What each token brings along grows with it, and is no leak of its own.
    answer:with_victims(watch:followers(look:watches("tokens", judge)))

    -- Do logon sessions stay too?  Then each logon leaves its tokens behind.
    local logons = look:watches("logon sessions", judge)[1]
    local ratio  = logons and watch:ratio_to(logons)
    if ratio then
      answer:fact("per-logon", ("%.2f"):format(ratio))
        :cite_tag(logons, "%s logon sessions are there, %.2f tokens for each", format.count(logons.objects),
          ratio)
        :say(logons:stands_out() and "they become more too: logons are not closed"
          or "they do not become more: the tokens are kept apart from logons")
    end
    -- Handles of type Token name a process; where they do not explain the tokens, a driver has them.
    objects.name_holder(answer, watch):file()
  end,
}
