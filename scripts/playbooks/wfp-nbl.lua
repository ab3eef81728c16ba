-- Network buffers pile up: does a callout driver of the filtering platform keep them, or somebody else?
local format        = require "poolsleuth.format"
local investigation = require "poolsleuth.investigation"
local playbook      = require "poolsleuth.playbook"

-- Callout drivers of other makers than Microsoft, unless a list of what is loaded lacks them.
local function callouts_of(look)
  local names = {}
  for _, user in ipairs(look:drivers_that "callouts") do
    if not user.microsoft and user.loaded ~= false then names[#names + 1] = user.record.name end
  end
  return names
end

-- The word, and what it rests on.
local function judge(first, of_callouts, sockets, callouts)
  local special, lesser = first:word_for "NBL-HELD-BY-CALLOUT", first:word_for "SUSPECT"
  if of_callouts then return special, "such memory is kept for callout drivers alone" end
  if sockets then return lesser, "sockets pile up too: a program may not read them" end
  if callouts[1] then return special, "no socket waits: who stands between card and programs keeps it" end
  return lesser, "no callout driver is known: the card's driver and its filters are as likely"
end

return playbook {
  name       = "wfp-nbl",
  summary    = "Find the callout driver that keeps network buffers or the filtering platform's contexts",
  about      = [[
Windows allocates network buffers (Nbuf, NDnd) and what belongs to them in the filtering platform (Wfpn, Acrl,
Fecf) for drivers.  Wfpn, Acrl and Fecf are kept for callout drivers alone: security suites, split tunnels,
monitors.  Buffers without these may be a network card's driver, a filter, or a program that does not read its
sockets.  Give snapshots and the drivers.]],
  needs      = { "snapshots" },
  categories = { "leak", "network", "filters" },
  args       = playbook.evidence(),

  run = function(case, args)
    local look  = investigation.open(case, args):need "snapshots"
    local first = look:worst "callout memory" or look:worst "network buffers"
    if not first then
      local any = look:watches("network buffers")[1]
      if not any then return look:too_little("no tag of network buffers", { "snapshots" }) end
      return look:in_order(("network buffers hold %s, and nothing piles up"):format(
        format.bytes(look:held_by "network buffers")))
    end

    -- Who may hold them: callouts, and those that take such memory; or programs, through their sockets.
    local of_callouts = look:filter "callout memory"(first.tag)
    local sockets     = look:worst "sockets"
    local callouts    = callouts_of(look)
    local word, why   = judge(first, of_callouts, sockets, callouts)
    local answer      = look:about(word, first, { steps = {} }):weigh "callouts"
    answer:fact("callouts", callouts[1] and table.concat(callouts, ",")):cite_tag(sockets or first, "%s", why)
      :with_victims(first:followers(look:watches "network buffers"))
    if of_callouts and sockets then
      answer:contradict("%s piles up as well, which points at a program and not at a callout",
        format.tag(sockets.tag))
    end
    -- Taking the callout away for an hour decides.
    answer:advise(sockets and { "sockets", "wfp-state" } or { "wfp-state", "wfp-filters", "bindings" })
      :advise(callouts[1] and { "stop-service", "unbind" } or { "loaded-drivers", "unbind" },
        { driver = callouts[1] }):file()
  end,
}
