-- What is kept for open files piles up: which file-system filter, or which program, keeps them referenced?
local format        = require "poolsleuth.format"
local investigation = require "poolsleuth.investigation"
local objects       = require "poolsleuth.objects"
local playbook      = require "poolsleuth.playbook"

local MEANING <const> = {
  ["kernel-references"] = "handles do not explain the files: something in the kernel keeps them",
  contradiction = "contradictory: far more handles than files, which are no counts of one moment",
}

-- The filters that fltmc lists, highest first: each sees a file before those below it.
local function filters_of(look)
  local list, seen = {}, {}
  for _, item in ipairs(look:list "modules") do
    if tonumber(item.altitude) and not seen[item.name] then list[#list + 1], seen[item.name] = item, true end
  end
  table.sort(list, function(a, b) return tonumber(a.altitude) > tonumber(b.altitude) end)
  return list
end

-- What follows, apart: what is kept for files, and the tag of who keeps them, which is never freed.
local function sort_out(look, first, slack)
  local is_of_files, victims, source = look:filter "file objects", {}, nil
  for _, one in ipairs(first:companions(slack)) do
    local kept = (one.watch.freed_ratio or 1) < look.limits.never_freed
    local used = #look.case.drivers:with_tag(one.watch.tag) > 0
    if is_of_files(one.watch.tag) then victims[#victims + 1] = one
    elseif kept and (used or not source) then source = one.watch end
  end
  return victims, source
end

return playbook {
  name       = "minifilter-pin",
  summary    = "Find the file-system filter that keeps files referenced, so that NTFS cannot forget them",
  about      = [[
NtfC, NtFC, FMfc, FOCX, IoNm and File rise one for one where something keeps files open: a filter above NTFS,
whose own tag rises along and is never freed, or a program that leaks handles.]],
  needs      = { "snapshots" },
  categories = { "leak", "files", "filters" },
  args       = playbook.evidence(),

  run = function(case, args)
    local look  = investigation.open(case, args):need "snapshots"
    local first = look:worst "file objects"
    if #look:watches "file objects" == 0 then return look:too_little("no tag of files", { "snapshots" }) end
    if not first then return look:in_order "what is kept for open files does not pile up" end
    -- Where handles of a program explain the files, no filter is to blame.
    local files = look:watch "File"
    local sum   = files and objects.balance(look, files)
    if sum and sum.cause == "user-handles" then
      local answer = look:about(files:word_for "USER-HANDLE-LEAK", files, { suspects = {}, steps = {} })
      return objects.name_holder(answer, files, sum):file()
    end

    -- Which tags rise in lock-step, and which of them is no victim?
    local slack = look:rule "pinned_slack"
    local victims, source = sort_out(look, first, slack)
    local kernel = #victims >= look:rule "pinned_tags" and sum and sum.cause == "kernel-references"
    local word   = first:word_for "SUSPECT"
    if source or kernel then word = (source or first):word_for "PINNED-BY-FILTER" end
    local answer = look:about(word, source or first):fact("along", #victims):weigh "minifilters"
    answer:with_victims(source and source:followers(look:watches "file objects", slack) or victims)
    if source then
      answer:say("%s is never freed; %d tags of open files follow it, and are its victims",
        format.tag(source.tag), #victims + 1)
    else
      answer:at_most("low"):say("no tag of a filter's own rises along, %d of open files do", #victims)
        :say("%s", sum and MEANING[sum.cause] or "handles of type File decide: filter or program")
    end
    for _, filter in ipairs(filters_of(look)) do
      local own = look.knowledge:entry("filters", filter.name)[1]
      answer:cite(filter, "filter %s at altitude %s: %s", filter.name, filter.altitude,
        own and own.text or "of another maker than Microsoft")
    end
    answer:advise({ "filters", "handles-by-type", "unload-filter" },
      { driver = (answer.found.suspects[1] or {}).driver }):file()
  end,
}
