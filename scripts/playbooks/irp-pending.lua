-- I/O requests or work items pile up: do programs leave them waiting, or does a driver not free them?
local format        = require "poolsleuth.format"
local investigation = require "poolsleuth.investigation"
local playbook      = require "poolsleuth.playbook"

-- What else piles up tells the cause: the family of tags, what it is called, what it means, what to do next.
local CAUSES <const> = {
  { family = "pipes", cause = "unread-pipe", steps = { "pipes", "handles-by-type" },
    text = "data waits in pipes: a program writes and nobody reads" },
  { family = "sockets", cause = "unread-socket", steps = { "sockets", "handles-by-type" },
    text = "sockets pile up: a program posts receives without bound, or does not read" },
}
local OF_DRIVER <const> = {
  cause = "driver", steps = { "kd-irps", "xperf", "verifier" },
  text = "no pipe and no socket piles up: a driver does not complete or free its requests" }
local WORK_ITEMS <const> = {
  cause = "work-items", steps = { "kd-find", "xperf", "verifier" },
  text = "a driver allocates a work item for each job and does not free it" }

-- The causes that the tags beside it speak for.
local function causes_of(look, first)
  if look:filter "work items"(first.tag) then return { WORK_ITEMS } end
  local list = {}
  for _, cause in ipairs(CAUSES) do
    local watch = look:worst(cause.family)
    if watch then list[#list + 1] = setmetatable({ watch = watch }, { __index = cause }) end
  end
  return #list > 0 and list or { OF_DRIVER }
end

return playbook {
  name       = "irp-pending",
  summary    = "Say why I/O requests or work items pile up: unread pipes, sockets, or a driver",
  about      = [[
"Irp " holds requests that nobody has completed, or that a driver built and did not free; "IoWI" holds work
items.  Pipes (NpFr) or sockets (Afd?) that pile up too point at a program; a private tag
that moves along points at a driver.  Give snapshots and the drivers.]],
  needs      = { "snapshots" },
  categories = { "leak", "requests" },
  args       = playbook.evidence(),

  run = function(case, args)
    local look  = investigation.open(case, args):need "snapshots"
    local first = look:worst "requests"
    if not look:watches("requests")[1] then return look:too_little("no tag of requests", { "snapshots" }) end
    if not first then return look:in_order "requests and work items do not pile up" end

    -- A private tag that moves along is the driver's own; whether a service's name makes it is asked below.
    local causes, own = causes_of(look, first), nil
    for _, one in ipairs(first:companions()) do
      local known = look.knowledge:component(one.watch.tag) or look.knowledge:proxy(one.watch.tag)
      if not known and (one.watch.freed_ratio or 1) < look.limits.never_freed then own = own or one.watch end
    end
    local of_driver = causes[1] == OF_DRIVER or causes[1] == WORK_ITEMS
    local heavier   = #causes == 1 and causes[1].watch and causes[1].watch.bytes > first.bytes
    local about     = of_driver and own or heavier and causes[1].watch or first
    local answer    = look:about(first:word_for "IRP-PENDING", about,
      { steps = {}, suspects = not of_driver and {} or nil })
    answer:fact("cause", #causes == 1 and causes[1].cause or "open")
    for _, cause in ipairs(causes) do
      answer:cite_tag(cause.watch or first, "%s", cause.text):advise(cause.steps)
    end
    if #causes > 1 then answer:contradict "pipes and sockets pile up: one cause does not explain both" end

    -- The size tells how tall the stack of drivers is that the request was made for.
    local size = first.bytes and (first.objects or 0) > 0 and first.bytes / first.objects
    local tall = size and (size - look:rule "irp_header_bytes") // look:rule "irp_stack_bytes" or 0
    if first.tag == "Irp " and tall >= 1 then
      answer:say("%s a request: room for about %d drivers in a stack", format.bytes(size), tall)
    end
    if about ~= first then
      answer:fact("with", format.tag_text(first.tag)):with_victims(about:followers { first })
    end
    if about == own then
      answer:say("%s moves along and is never freed: it is the driver's own", format.tag(own.tag))
        :ask "kmdf-default-tag"
    end
    answer:file()
  end,
}
