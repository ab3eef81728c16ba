-- Memory piles up under a tag that many drivers use: how to find out which of them has it.
local format        = require "poolsleuth.format"
local investigation = require "poolsleuth.investigation"
local moments       = require "poolsleuth.moments"
local playbook      = require "poolsleuth.playbook"
local service_tag   = require "poolsleuth.service_tag"

-- The drivers that use it: by a call site, by what allocates under it, by the name of their service.
local function users_of(look, watch, shared)
  local names, seen = {}, {}
  local function add(name, record)
    local out = not name or seen[name:lower()] or (record and record.loaded == false)
    if not out then names[#names + 1], seen[name:lower()] = name, true end
  end
  for _, user in ipairs(look.case.drivers:with_tag(watch.tag)) do
    if #user.allocates > 0 then add(user.record.name, user.record) end
  end
  for _, api in ipairs(shared.apis or {}) do
    for _, record in ipairs(look.case.drivers:importing(api)) do add(record.name, record) end
  end
  for _, one in ipairs(service_tag.makers(look, watch.tag)) do
    add(not one.ruled_out and one.file, one.record)
  end
  table.sort(names)
  return names
end

-- Its blocks by their size, where a list of blocks tells; most memory first.
local function sizes_of(look, watch)
  local own = {}
  for _, block in ipairs(look:list "blocks") do
    local same = block.tag and format.plain_tag(block.tag) == format.plain_tag(watch.tag)
    if same and block.state ~= "free" then own[#own + 1] = block end
  end
  return moments.follow(moments.of(own), function(block) return block.size and tostring(block.size) end,
    function(block) return block.size end)
end

return playbook {
  name       = "shared-tag",
  summary    = "Plan how to tell apart the drivers that share a tag: by sizes, by stacks, by halves",
  about      = [[
"Ddk ", "Wdm ", "None", "FxDr" and the tags of linked libraries identify nobody.  This counts the drivers that
use such a tag, and says what separates them: the sizes of the blocks (from a dump or a list of big pool), the
stacks of the allocations, and Driver Verifier on half of the drivers after the other.]],
  needs      = { "snapshots" },
  categories = { "leak", "shared" },
  args       = playbook.evidence(),

  run = function(case, args)
    local look, found = investigation.open(case, args):need "snapshots", 0
    if not look:has_tags() then return look:too_little("the sources tell no tags", { "snapshots" }) end
    for _, watch in ipairs(look:watches(function(tag) return case.knowledge:shared(tag) end)) do
      if watch:stands_out() then
        found = found + 1
        local shared = case.knowledge:shared(watch.tag)
        local users  = users_of(look, watch, shared)
        local sizes  = sizes_of(look, watch)
        local answer = look:about(watch:word_for "SHARED-TAG", watch, { steps = {} })
        answer:fact("drivers", #users > 0 and #users or "unknown")
          :fact("plan", (sizes[1] and "" or "sizes+") .. "stacks+halves"):at_most("medium")
        if #users > 0 then
          answer:say("%d drivers use it: %s", #users, table.concat(users, ", ", 1, math.min(#users, 12)))
        end
        if sizes[1] then
          answer:fact("size", sizes[1].key):cite(sizes[1].item, "blocks of %s bytes have %s, the most",
            sizes[1].key, format.bytes(sizes[1].count))
        end
        if #users == 0 and #case.drivers:all() > 0 then
          answer:contradict("none of the %d drivers at hand uses this tag", #case.drivers:all())
        end
        -- First the sizes, then the stacks; where neither tells, half of the drivers, then half of these.
        local half = table.concat(users, " ", 1, (#users + 1) // 2)
        answer:advise({ sizes[1] and "pool-hit" or "full-dump", "xperf", "wpr", "verifier" },
          { driver = #users > 0 and half or nil }):file()
      end
    end
    if found == 0 then look:in_order "no tag that drivers share piles up" end
  end,
}
