-- A tag that nobody knows piles up: does the driver framework make it from the name of a service?
local format        = require "poolsleuth.format"
local investigation = require "poolsleuth.investigation"
local playbook      = require "poolsleuth.playbook"
local service_tag   = require "poolsleuth.service_tag"

local SURE <const>, LIKELY <const>, GUESSED <const>, STOPPED <const> = 0.75, 0.5, 0.32, 0.3

-- Is the tag spoken for: known, or passed by a driver at hand?
local function has_owner(look, tag)
  local k = look.knowledge
  if k:component(tag) or k:proxy(tag) or k:object(tag) or k:by_design(tag) then return true end
  local user = look.case.drivers:with_tag(tag)[1]
  return user ~= nil and #user.allocates > 0 and not user.possible
end

-- The services as suspects; those whose driver has a tag of its own are not among them.
local function suspects_of(makers)
  local list, names = {}, {}
  for _, one in ipairs(makers) do
    local score  = one.made and SURE or one.named and one.exact and LIKELY or GUESSED
    local record = one.record or {}
    if not one.ruled_out then names[#names + 1] = one.service end
    list[#list + 1] = not one.ruled_out and { driver = one.file, record = one.record, path = record.path,
      company = record.company, file_version = record.file_version, sites = {},
      score = one.running and score or score * STOPPED,
      reasons = { ("the framework makes this tag of the %s's name %s"):format(
        one.named and "service" or "file", one.service),
        one.made and "it has no tag of its own" or "whether it has one of its own, its file tells" } } or nil
  end
  return list, names
end

return playbook {
  name       = "kmdf-default-tag",
  summary    = "Name the framework driver whose service's name makes an unknown tag",
  about      = [[
A driver of the kernel-mode framework without a tag of its own gets one from the first four characters of its
service's name, which no file of it holds.  Give snapshots and the names of services: driverquery, sc query
type= driver, a list of modules; the driver files tell which of them leave their tag to the framework.]],
  needs      = { "snapshots", "services" },
  categories = { "leak", "framework" },
  args       = playbook.evidence { { name = "tag", flag = "--tag", type = "tag", about = "this tag alone" } },

  run = function(case, args)
    local look  = investigation.open(case, args):need "snapshots"
    local found, open = 0, nil
    for _, watch in ipairs(look:watches(args.tag and { args.tag } or { "*" })) do
      local wanted = args.tag or (watch:stands_out() and not has_owner(look, watch.tag))
      local makers = wanted and service_tag.makers(look, watch.tag) or {}
      if #makers > 0 then
        found = found + 1
        local list, names = suspects_of(makers)
        local word = list[1] and watch:word_for "KMDF-DEFAULT" or watch:word_for "SUSPECT"
        local answer = look:about(word, watch, { suspects = list, steps = {} }):with_victims(
          watch:followers(look:watches "requests"))
        answer:fact(#list == 1 and "service" or "services", names[1] and table.concat(names, ","))
        for _, one in ipairs(makers) do
          answer:cite(one.item, "the service %s would have the tag %s%s", one.service, format.tag(watch.tag),
            one.ruled_out and ", but its driver is no framework driver without a tag" or "")
        end
        if #list == 0 then answer:contradict "the driver that the name points at does not use such a tag" end
        answer:advise({ "kd-wdf", "verifier", "pool-hit" }, { driver = list[1] and list[1].driver }):file()
      elseif wanted then open = open or watch end
    end
    local listed = #look:list "services" + #look:list "modules"
    if found == 0 and open and listed == 0 then
      look:too_little(("%s is unknown; the names of the services would tell whether one makes it"):format(
        format.tag(open.tag)), { "services", "loaded-drivers" })
    elseif found == 0 then look:in_order "no tag that stands out is made of a service's name" end
  end,
}
