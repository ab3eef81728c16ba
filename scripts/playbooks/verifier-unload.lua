-- Driver Verifier watched: did a driver leave pool behind when it was unloaded, or does it hold ever more?
local format        = require "poolsleuth.format"
local importers     = require "poolsleuth.importers"
local investigation = require "poolsleuth.investigation"
local moments       = require "poolsleuth.moments"
local playbook      = require "poolsleuth.playbook"

local function stem(name) return ((name or ""):lower():gsub("%.sys$", "")) end
local function size_of(block) return block.size end
local function tag_of(block) return block.tag end
-- The blocks that Driver Verifier lists of a driver; of the only one that it lists, where none is named.
local function blocks_of(look, driver)
  local list, only = {}, driver
  for _, block in ipairs(look:list "blocks") do
    local listed = block.origin == "!verifier" and block.note
    only = only or listed
    if listed and stem(listed) == stem(only) then list[#list + 1] = block
    elseif listed and not driver then return {} end
  end
  return list, only
end
-- The sum over all drivers has another name.
local function name_of(item) return item.driver:find "%.%w+$" and item.driver or nil end
local function held_by(item) return (item.nonpaged_bytes or 0) + (item.paged_bytes or 0) end

-- What one left that is gone, in allocations and bytes: as the stop says, or what it still has.
local function left_by(item)
  if item.leaked_allocs or item.leaked_bytes then return item.leaked_allocs, item.leaked_bytes end
  local loads, unloads = item.loads or 0, item.unloads or 0
  local gone = item.state == "unloaded" or unloads > 0 and unloads >= loads
  if not gone or not name_of(item) then return nil end
  local allocs = (item.nonpaged_allocs or item.paged_allocs) and (item.nonpaged_allocs or 0)
    + (item.paged_allocs or 0)
  return allocs, held_by(item)
end

local function tell_left(look, item, allocs, bytes)
  local named  = item.driver ~= "" and item.driver or nil
  local blocks, driver = blocks_of(look, named)
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
      local allocs, bytes = left_by(item)
      local left = (allocs or bytes or 0) > 0
      if left then tell_left(look, item, allocs, bytes) end
      found = left and found + 1 or found
    end

    -- No unload: whose pool grows from listing to listing?
    local loaded = moments.follow(moments.of(look:list "verified"), name_of, held_by)
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
