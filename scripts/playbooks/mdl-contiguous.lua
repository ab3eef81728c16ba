-- Memory lists or contiguous memory are large: buffers of a device, or does a driver not give them back?
local format        = require "poolsleuth.format"
local investigation = require "poolsleuth.investigation"
local playbook      = require "poolsleuth.playbook"

-- The largest of both kinds, and the sum.
local function weigh(look)
  local largest, sum = nil, 0
  for _, family in ipairs { "contiguous memory", "memory lists" } do
    for _, one in ipairs(look:watches(family)) do
      sum = sum + (one.bytes or 0)
      if not largest or (one.bytes or 0) > (largest.bytes or 0) then largest = one end
    end
  end
  return largest, sum
end

return playbook {
  name       = "mdl-contiguous",
  summary    = "Tell fixed buffers of devices from memory lists that a driver does not give back",
  about      = [[
"Mdl " and "Mmdi" describe pages that a driver locked or took; "MmCm" and "Cont" are contiguous buffers that
network, graphics and capture drivers take once and keep.  What stays is by design; what grows is a leak of a
driver that imports the routine that takes and not the one that gives back.]],
  needs      = { "snapshots" },
  categories = { "leak", "memory", "by-design" },
  args       = playbook.evidence(),

  run = function(case, args)
    local look = investigation.open(case, args):need "snapshots"
    local largest, sum = weigh(look)
    if not largest then return look:too_little("no tag of memory lists", { "snapshots" }) end

    -- What grows is a leak: who takes such memory and does not give it back?
    local grows = look:worst "memory lists" or look:worst "contiguous memory"
    if grows then
      local answer = look:about(grows:word_for "MDL-LEAK", grows, { steps = {} })
      if look:filter { "Mmdi" }(grows.tag) then
        answer:say "the pages that these lists describe are no pool and are lost besides, as locked memory"
          :advise { "memory-map" }
      end
      local takers = look:drivers_that_take(grows.tag)
      if #takers == 0 and #case.drivers:all() > 0 then
        answer:contradict("none of the %d drivers at hand imports what takes such memory",
          #case.drivers:all())
      end
      local other = look:worst "file objects" or look:worst "network buffers"
      if other then
        answer:at_most("low"):cite_tag(other, "%s piles up too: the lists may wait with its requests",
          format.tag(other.tag))
      end
      local name = (answer.found.suspects[1] or {}).driver
      return answer:advise({ "xperf", "verifier", "kd-find" }, { driver = name }):file()
    end

    -- What is large and stays was taken once.
    if sum < look:rule "locked_bytes" then
      return look:in_order(("memory lists and contiguous memory hold %s"):format(format.bytes(sum)))
    elseif look.growth.count < 3 then
      return look:too_little(("%s holds %s; whether it stays takes three snapshots"):format(
        format.tag(largest.tag), format.bytes(largest.bytes)), { "snapshots", "memory-map" })
    end
    look:about("FIXED-DMA", largest, { suspects = {}, steps = {} }):fact("holds", format.size(sum))
      :say("it does not grow: buffers that drivers take when their devices start"):file()
  end,
}
