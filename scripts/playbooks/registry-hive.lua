-- The registry takes much paged pool: is a hive bloated, or does something else grow under its tags?
local format        = require "poolsleuth.format"
local investigation = require "poolsleuth.investigation"
local moments       = require "poolsleuth.moments"
local playbook      = require "poolsleuth.playbook"
local sources       = require "poolsleuth.sources"

local function file_of(item) return item.path:lower() end
local function size_of(item) return item.bytes end

return playbook {
  name       = "registry-hive",
  summary    = "Set the registry's pool against the sizes of the hives, and name a bloated hive",
  about      = [[
The tags CM?? hold the registry: as much as the loaded hives are large, and their bookkeeping.  Give snapshots
and the sizes of the hives (dir of System32\config and of the users' NTUSER.DAT, !reg hivelist).  A hive that
is far too large is named; pool that the hives do not explain is told apart.]],
  needs      = { "snapshots", "hives" },
  categories = { "registry", "paged", "by-design" },
  args       = playbook.evidence(),

  run = function(case, args)
    local look = investigation.open(case, args):need("snapshots", "hives")

    -- How much pool does the registry take, and how large are the hives?
    local pool, largest, grows = 0, nil, nil
    for _, watch in ipairs(look:watches "registry") do
      pool = pool + watch.bytes
      if not largest or watch.bytes > largest.bytes then largest = watch end
      if watch:stands_out() then grows = grows or watch end
    end
    local listed = moments.of(look:list "hives", file_of)
    local hives, total = moments.follow(listed, file_of, size_of), moments.sum(listed[#listed], size_of)

    -- A hive that is far too large is the cause, whatever the tags say.
    local first = hives[1]
    if first and first.count >= look:rule "hive_bloat_bytes" then
      local name = sources.basename(first.item.path)
      local known = look.knowledge:entry("hives", name)[1]
      local answer = look:answer("REGISTRY-BLOAT", "high"):fact("hive", first.item.path)
        :fact("size", format.size(first.count)):fact("rate", first.per_hour and format.rate(first.per_hour))
      answer:cite(first.item, "%s is %s of the %s of %d hives", name, format.bytes(first.count),
        format.bytes(total), #hives)
      if known then answer:say("it is %s: %s", known.what, known.text) end
      if largest and pool < first.count / 2 then
        answer:contradict("the registry's tags hold %s: the hive is not loaded, or kept outside of the pool",
          format.bytes(pool))
      end
      return answer:advise { "kd-hives", "hive-sizes" }:file()
    end

    if not largest then return look:too_little("no snapshot has a tag of the registry", { "snapshots" }) end
    local much = grows or pool >= look:rule "registry_pool_bytes"
    if not much then return look:in_order(("the registry holds %s of pool"):format(format.bytes(pool))) end
    if #hives == 0 then
      return look:too_little(("the registry holds %s of pool; nobody measured the hives"):format(
        format.bytes(pool)), { "hive-sizes", "kd-hives" })
    end

    -- Do the hives explain the pool?
    local explained = pool <= look:rule "hives_explain" * total
    local watch  = grows or largest
    local word   = explained and "BY-DESIGN" or watch:stands_out() and watch.word or "HIGH"
    local answer = look:about(word, watch, { suspects = {}, steps = {} })
    answer:fact("registry", format.size(pool)):fact("hives", format.size(total))
      :cite(first.item, "%d hives are %s together, %s is the largest; the registry's tags hold %s", #hives,
        format.bytes(total), sources.basename(first.item.path), format.bytes(pool))
    if explained then return answer:at_most("medium"):file() end
    answer:say "the hives do not explain it: keys that are kept open, or a filter of the registry, are next"
      :advise({ "handles-by-type", "kd-find", "xperf" }, { type = "Key" }):file()
  end,
}
