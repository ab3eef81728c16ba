-- Event tracing holds much pool: as much as its sessions were given, or do sessions pile up?
local format        = require "poolsleuth.format"
local investigation = require "poolsleuth.investigation"
local moments       = require "poolsleuth.moments"
local playbook      = require "poolsleuth.playbook"

-- A session's name without what makes it its own: numbers and GUIDs.
local function family_of(item)
  return (item.name:lower():gsub("[{(]?%x+%-%x+%-%x+%-%x+%-%x+[)}]?", "*"):gsub("%d+", "*"))
end

-- What runs of a session: a list of collectors has those that are stopped, too.
local function runs(item) return (item.state or ""):lower():find "stop" and 0 or 1 end

local function buffers_of(item)
  return runs(item) * (item.buffers or item.maximum or 0) * (item.buffer_bytes or 0)
end

return playbook {
  name       = "etw-buffers",
  summary    = "Set the buffers of event tracing against the running sessions, and find who starts too many",
  about      = [[
The tag EtwB holds the buffers of running trace sessions: their number times their size, as configured, and
so is large by design.  It leaks where a program starts session after session.  Give snapshots and what
`logman query -ets` or `!wmitrace.strdump` says, better twice.]],
  needs      = { "snapshots", "loggers" },
  categories = { "leak", "tracing", "by-design" },
  args       = playbook.evidence(),

  run = function(case, args)
    local look = investigation.open(case, args):need("snapshots", "loggers")
    local held, watch, more = 0, nil, look:worst "trace consumers"
    for _, each in ipairs(look:watches "trace buffers") do held, watch = held + each.bytes, watch or each end

    -- How many sessions run, what have they been given, and do they become more?
    local listed = moments.of(look:list "loggers", function(item) return item.name end)
    local newest = listed[#listed]
    local count, given = moments.sum(newest, runs), moments.sum(newest, buffers_of)
    local gained, first = count - moments.sum(listed[1], runs), nil
    for _, each in ipairs(moments.follow(listed, family_of, runs)) do
      each.gained = each.seen == #listed and each.growth or each.count
      if not first or (gained > 0 and each.gained > first.gained) then first = each end
    end

    local piles_up = gained >= look:rule "new_loggers"
    if piles_up or count >= look:rule "many_loggers" then
      local known  = look.knowledge:entry("loggers", first.item.name)[1]
      local word, tag = piles_up and "ETW-SESSION-LEAK" or "HIGH", more or watch
      local answer = tag and look:about(word, tag, { confidence = "medium", suspects = {}, steps = {} })
        or look:answer(word, "medium")
      answer:fact("sessions", count):fact("gained", gained):fact("owner", known and known.owner or first.key)
      answer:cite(first.item, "%d sessions run, %+d since the first list; %d are called %s, %+d", count,
        gained, first.count, first.key, first.gained)
      if watch then answer:cite_tag(watch, "%s holds %s", format.tag(watch.tag), format.bytes(held)) end
      return answer:advise({ "loggers", "logger", "stop-logger" }, { logger = first.item.name }):file()
    end

    local large = watch and (watch:stands_out() or held >= look:rule "etw_bytes") and watch or more
    if not large then
      if not watch and count == 0 then return look:too_little("no tag of event tracing", { "loggers" }) end
      return look:in_order(("event tracing holds %s in %d sessions"):format(format.bytes(held), count))
    elseif given == 0 then
      return look:too_little(("%s holds %s; which sessions run with which buffers is not known"):format(
        format.tag(large.tag), format.bytes(large.bytes)), { "loggers", "logger" })
    end

    -- Do the buffers that were given explain the tag?
    local explained = large == watch and given >= look:rule "buffers_explain" * held
    local word      = explained and "BY-DESIGN" or large:stands_out() and large:word_for "SUSPECT" or "HIGH"
    local answer    = look:about(word, large, { suspects = explained and {} or nil, steps = {} })
    answer:fact("loggers", count):fact("total", format.size(given))
      :cite(newest.items[1], "%d sessions have %s of buffers; the tag holds %s", count, format.bytes(given),
        format.bytes(large == watch and held or large.bytes))
    if given > look:rule "handles_contradict" * held and large == watch then
      answer:contradict "the sessions have far more buffers than the tag holds: these are not of one moment"
    end
    if not explained then answer:say "the sessions do not explain it":advise { "loggers", "xperf" } end
    answer:file()
  end,
}
