-- Driver Verifier watched: did a driver leave pool behind when it was unloaded, or does it hold ever more?
local format        = require "poolsleuth.format"
local importers     = require "poolsleuth.importers"
local investigation = require "poolsleuth.investigation"
local moments       = require "poolsleuth.moments"
local playbook      = require "poolsleuth.playbook"
local verified      = require "poolsleuth.verified"

local function tag_of(block) return block.tag end
local function size_of(block) return block.size end

local function tell_left(look, item, allocs, bytes)
  local named  = item.driver ~= "" and item.driver or nil
  local blocks, driver = verified.blocks_of(look, named)
  local whole  = { items = blocks }
  local tags, sum = moments.follow({ whole }, tag_of, size_of), moments.sum(whole, size_of)
  local stopped = item.leaked_allocs or item.leaked_bytes
  local answer = look:answer("VERIFIER-LEAK", named and stopped and "high" or "medium")
  answer:accuse(importers.named(look.case, driver, 0.95, "it had not freed its pool when it was unloaded"))
    :fact("allocations", allocs)
    :fact("bytes", bytes or (sum > 0 and sum or nil))
    :fact("leaked-tag", tags[1] and format.tag_text(tags[1].key))
    :cite(item, "%s was unloaded and left %s%s", driver or "a driver", allocs or "some",
      allocs == 1 and " allocation" or " allocations")
  if not stopped then answer:say "it is in use where the driver was loaded again: the list does not tell" end
  for _, tag in ipairs(tags) do
    answer:cite(tag.item, "%s have the tag %s", format.bytes(tag.count), format.tag(tag.key))
  end
  if #blocks > 0 and allocs and #blocks ~= allocs then
    answer:contradict("%d blocks are listed, yet %d allocations were left", #blocks, allocs)
  end
  local tag = tags[1] and tags[1].key
  answer:advise({ "verifier-counts", tag and "pool-hit" }, { driver = driver, tag = tag }):file()
end

return playbook {
  name       = "verifier-unload",
  summary    = "Read what Driver Verifier found: pool that a driver left behind when it was unloaded",
  about      = [[
Driver Verifier stops the machine with bug check C4 when a driver is unloaded and has not freed its pool.
The dump, or the text of !analyze and of !verifier 3, names the driver, the blocks, their bytes and tags.
Several listings show a driver that holds ever more while it runs.]],
  needs      = { "verified", "dump" },
  categories = { "leak", "verifier", "dump" },
  args       = playbook.evidence(),

  run = function(case, args)
    local look, found = investigation.open(case, args):need("verified", "dumps"), 0
    for _, item in ipairs(look:list "verified") do
      local allocs, bytes = verified.left_by(item)
      local left = (allocs or bytes or 0) > 0
      if left then tell_left(look, item, allocs, bytes) end
      found = left and found + 1 or found
    end

    -- No unload: whose pool grows from listing to listing?
    local loaded = moments.follow(moments.of(look:list "verified"), verified.name_of, verified.held_by)
    for _, one in ipairs(found == 0 and loaded or {}) do
      if one.growth >= look.limits.min_growth_bytes then
        found = found + 1
        look:answer("SUSPECT", "low"):fact("growth", format.size(one.growth))
          :accuse(importers.named(case, one.key, 0.5, "what it holds under Driver Verifier grows"))
          :cite(one.item, "%s holds %s now", one.key, format.bytes(one.count))
          :advise({ "verifier-counts" }, { driver = one.key }):file()
      end
    end
    if found == 0 and #look:list "verified" == 0 then
      look:too_little("the dump is not of a stop by Driver Verifier for pool that was left", { "verifier" })
    elseif found == 0 then look:in_order "no verified driver left pool behind, and none holds ever more" end
  end,
}
