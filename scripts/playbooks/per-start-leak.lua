-- Does a piece of memory stay each time that something is started: a process, a container?
local format        = require "poolsleuth.format"
local investigation = require "poolsleuth.investigation"
local moments       = require "poolsleuth.moments"
local playbook      = require "poolsleuth.playbook"
local watch_of      = require "poolsleuth.watch"

-- What starts, and how often it had by a snapshot: events of starts, else process objects ever made.
local function starts_of(look)
  local starts, what, made = {}, nil, {}
  for _, item in ipairs(look:list "events") do
    local known = look.knowledge:entry("events", tostring(item.id))[1]
    local source = (item.provider or ""):lower()
    if known and known.means == "start" and source:find(known.provider, 1, true) then
      starts[#starts + 1], what = item, known.what
    end
  end
  local by_time, processes = moments.counter(starts), look:watch "Proc"
  for _, value in ipairs(processes and processes:values() or {}) do made[value.entry] = value.allocs end
  return what or (processes and "process"), function(value)
    return what and value.time and by_time(value.time) or made[value.entry]
  end, processes
end

return playbook {
  name       = "per-start-leak",
  summary    = "Say how many bytes stay for each start of a process or container",
  about      = [[
Some leaks follow no clock: a piece stays for each process, container or client that starts.  Starts are
counted by events (4688) or by the process objects ever made; --starts says how many there were between the
first snapshot and the last, which settles it with two snapshots.]],
  needs      = { "snapshots" },
  categories = { "leak", "processes" },
  args       = playbook.evidence {
    { name = "starts", flag = "--starts", type = "integer", about = "how often it was started meanwhile" },
    { name = "what", flag = "--what", type = "string", default = "start", about = "what was started" },
  },

  run = function(case, args)
    local look, open = investigation.open(case, args):need "snapshots", nil
    local what, count_at, processes = starts_of(look)
    for _, watch in ipairs(look:watches { "*" }) do
      local new   = watch.tag ~= "Proc" and watch:stands_out() and watch.new_objects or 0
      local known = new > 0 and look.knowledge:entry("starts", watch.tag)[1]
      local size  = new > 0 and watch.row.growth / new or 0

      -- A piece of a known size, starts that the user counted, or starts that the snapshots saw.
      local pieces, total, per
      if new == 0 then pieces = nil
      elseif args.starts then pieces, total, per = new / args.starts, args.starts, args.what
      elseif known and known.bytes and math.abs(size / known.bytes - 1) < look:rule "whole_pieces" then
        pieces, total, per = 1, new, known.what
      else
        pieces, total = watch:blocks_for_each(count_at)
        per = known and pieces and known.what or what
      end
      local whole = pieces and (not args.starts or watch_of.is_whole(look, pieces))
      if whole then
        local answer = look:about(watch:word_for "PER-START-LEAK", watch)
        answer:fact("bytes", math.floor(pieces * size + 0.5)):fact("per", per)
          :fact("blocks", ("%.2f"):format(pieces)):fact("starts", total)
          :cite_tag(watch, "%.2f blocks of %s stay for each of %s starts (%s)", pieces,
            format.bytes(size), format.count(total), per)
        if known then answer:say("%s (%s)", known.text, known.source) end
        if not known and not watch_of.is_whole(look, pieces) then answer:at_most "low" end
        local made = args.starts and processes and processes.row.allocs
        if made and made < args.starts then
          answer:contradict("%d starts are said, yet only %d processes were started", args.starts, made)
        end
        answer:weigh "process notifications":advise { "count-starts", "xperf" }:file()
      elseif new > 0 then open = open or watch end
    end
    if #case.findings > 0 then return end
    if open and not args.starts and not what then
      return look:too_little(("%s grows; whether by the start of something, a count of starts tells"):format(
        format.tag(open.tag)), { "count-starts" })
    end
    look:in_order(open and "what grows does not follow the starts" or "nothing piles up")
  end,
}
