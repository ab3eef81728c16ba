-- A cache is large: does it give memory back when memory gets short, or does it only grow?
local format        = require "poolsleuth.format"
local investigation = require "poolsleuth.investigation"
local playbook      = require "poolsleuth.playbook"

-- Each time that free memory fell far: did the tag give something back from then on?
local function press(look, watch)
  local values, tests, before = watch:values(), { gave = 0, kept = 0, short = false }, nil
  for i, value in ipairs(values) do
    local free, total = value.memory.available_bytes, value.memory.physical_bytes
    if free and total and value.bytes then
      local fell = before and free <= (1 - look:rule "memory_shorter") * before
      if fell and free < look:rule "memory_short" * total then
        local least = value.bytes
        for j = i, #values do least = math.min(least, values[j].bytes or least) end
        local peak = math.max(value.bytes, values[i - 1].bytes or 0)
        local gave = least <= (1 - look:rule "cache_gives_back") * peak and "gave" or "kept"
        tests[gave], tests.entry, tests.free = tests[gave] + 1, value.entry, free
      end
      tests.short = tests.short or free < look:rule "memory_short" * total
      before = math.max(free, before and before * 0.9 or 0)
    end
  end
  return tests
end

local STEPS <const> = {
  ["CACHE-UNTRIMMED"] = { "trim-earlier", "pool-limits" }, LEAK = { "xperf", "pool-hit" },
  untested = { "cache-test", "memory-counters" },
}

-- The word, and what it rests on.
local function judge(watch, tests, full)
  if tests.gave > 0 then return "CACHE", "yes", "it gave memory back when memory got short: a cache does" end
  local tested = tests.kept > 0 or tests.short
  if tested and watch.word == "LEAK" then return "LEAK", "no", "it grew on while memory was short" end
  if tests.kept > 0 or full then return "CACHE-UNTRIMMED", "no", "it gives nothing back" end
  if watch:stands_out() or watch.word == "GROWING-CACHE" then
    return "GROWING-CACHE", "untested", "it grows, and memory never got short: whether it gives way is open"
  end
  return "CACHE", "untested", "it does not grow on: a cache that has filled"
end

return playbook {
  name       = "cache-or-leak",
  summary    = "Tell a cache that gives memory back from one that is never trimmed, and from a leak",
  about      = [[
Windows keeps what may be useful again: MmSt, MmCa, CcSc, FMfn, smNp ...  A cache stops growing, and gives
way when memory gets short.  This looks for such moments in snapshots, whose header tells free memory.]],
  needs      = { "snapshots" },
  categories = { "cache", "by-design", "leak" },
  args       = playbook.evidence { { name = "tag", flag = "--tag", type = "tag", about = "this tag alone" } },

  run = function(case, args)
    local look, found = investigation.open(case, args):need "snapshots", 0
    for _, watch in ipairs(look:watches(args.tag and { args.tag } or "caches")) do
      local fill  = look:fill(watch.pool)
      local share = look:share_of_pool(watch)
      local large = watch.bytes >= look:rule "cache_bytes" or share >= look:rule "cache_share"
      if large or args.tag then
        found = found + 1
        if look.growth.count < 3 then
          look:too_little(("%s holds %s; whether it gives way takes snapshots while memory is short"):format(
            format.tag(watch.tag), format.bytes(watch.bytes)), { "snapshots", "cache-test" })
        else
          local tests = press(look, watch)
          local word, elastic, why = judge(watch, tests, (fill or 0) >= look:rule "exhausted_fill")
          local answer = look:about(word, watch, { suspects = word ~= "LEAK" and {} or nil, steps = {} })
          answer:fact("elastic", elastic):cite(tests.entry, "%s", why)
          if elastic == "untested" then answer:at_most "medium" end
          if tests.gave > 0 and tests.kept > 0 then
            answer:contradict("it gave way %d times, and did not %d times", tests.gave, tests.kept)
          end
          answer:advise(STEPS[word] or STEPS[elastic] or {}):file()
        end
      end
    end
    if found == 0 then look:in_order "no cache holds much of its pool" end
  end,
}
