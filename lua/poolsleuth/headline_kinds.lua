--- Headlines of the words that tell the kind of a leak: from a finding's facts to a sentence.
-- @module poolsleuth.headline_kinds
local format = require "poolsleuth.format"

local kinds = {}

local function fact(finding, name)
  for _, one in ipairs(finding.facts or {}) do
    if one.name == name then return tostring(one.value) end
  end
end

local function tag_of(finding)
  return finding.tag and (" under the tag %s"):format(format.quote(finding.tag)) or ""
end

local function process_of(finding)
  local name, pid = fact(finding, "process"), fact(finding, "pid")
  if not name then return nil end
  return pid and ("%s (pid %s)"):format(name, pid) or name
end

-- Who keeps something: a process, a driver, or it is open.
local function keeper(finding, who)
  local process = process_of(finding)
  if process then return "the process " .. process .. " keeps them" end
  if #(finding.suspects or {}) > 0 then return who:gsub("^%u", string.lower) .. " keeps them" end
  return "who keeps them is open"
end

kinds["USER-HANDLE-LEAK"] = function(finding)
  local process = process_of(finding)
  return ("%s opens handles and does not close them: what they keep%s piles up in kernel memory."):format(
    process and "The process " .. process or "A process", tag_of(finding))
end

kinds["KERNEL-REFERENCE-LEAK"] = function(finding, who)
  return ("%s keeps references to kernel objects%s that no process has open."):format(who, tag_of(finding))
end

kinds["ZOMBIES"] = function(finding, who)
  return ("%s processes have ended and stay in memory; %s."):format(fact(finding, "count") or "Many",
    keeper(finding, who))
end

kinds["TOKEN-LEAK"] = function(finding, who)
  return ("Access tokens of users who logged on pile up; %s."):format(keeper(finding, who))
end

kinds["SESSION-LEAK"] = function(finding)
  local process = process_of(finding)
  return ("The graphics memory of session %s fills%s."):format(fact(finding, "session") or "?",
    process and ": the process " .. process .. " has most of its objects" or "")
end

kinds["ETW-SESSION-LEAK"] = function(finding)
  return ("Trace sessions pile up, %s more than at first: %s starts one after another."):format(
    fact(finding, "gained") or "some", fact(finding, "owner") or "somebody")
end

kinds["PINNED-BY-FILTER"] = function(finding, who)
  return ("%s keeps files open, and so all that the file system keeps for them%s."):format(who,
    tag_of(finding))
end

kinds["NBL-HELD-BY-CALLOUT"] = function(_, who)
  return ("%s holds network packets back and does not let them go."):format(who)
end

kinds["IRP-PENDING"] = function(_, who)
  return ("Requests to drivers stay unfinished and pile up.  %s is what to look at."):format(who)
end

kinds["MDL-LEAK"] = function(_, who)
  return ("%s describes or locks memory for devices and does not release it."):format(who)
end

kinds["KMDF-DEFAULT"] = function(finding, who)
  return ("%s leaks%s, which the driver framework made of its service's name."):format(who, tag_of(finding))
end

kinds["SHARED-TAG"] = function(finding)
  return ("Memory%s grows, and the tag alone does not tell whose: %s drivers use it."):format(tag_of(finding),
    fact(finding, "drivers") or "several")
end

kinds["PER-START-LEAK"] = function(finding, who)
  return ("%s keeps %s bytes%s for each start (%s) and never gives them back."):format(who,
    fact(finding, "bytes") or "some", tag_of(finding), fact(finding, "per") or "of something")
end

kinds["VERIFIER-LEAK"] = function(_, who)
  return ("Driver Verifier watched: %s was unloaded and left pool behind."):format(
    (who:gsub("^%u", string.lower)))
end

kinds["REGRESSION"] = function(finding, who)
  local version = fact(finding, "first-bad")
  return ("%s leaks since %s, and did not before."):format(who,
    version and "version " .. version or "it changed")
end

kinds["HTTP-REFUSAL"] = function(finding)
  if fact(finding, "secondary-to") == "none" then
    return "The web server refuses requests for a reason of its own: it is no matter of kernel memory."
  end
  return ("The web server refuses connections (users see 503) because kernel memory runs short%s."):format(
    finding.tag and (": most of it is" .. tag_of(finding)) or "")
end

kinds["REGISTRY-BLOAT"] = function(finding)
  return ("The registry hive %s is bloated: %s."):format(fact(finding, "hive") or "?",
    fact(finding, "size") or "?")
end

kinds["CACHE-UNTRIMMED"] = function(finding)
  return ("A cache%s fills the pool and gives nothing back when memory gets short."):format(tag_of(finding))
end

kinds["NOT-POOL"] = function(finding)
  local holder = fact(finding, "held-by")
  return ("%s of memory are gone, and not into kernel pool%s."):format(fact(finding, "unexplained") or "Much",
    holder and ": " .. holder .. " is loaded and may have it" or "")
end

kinds["BY-DESIGN"] = function(finding)
  return ("No leak: what is large%s is as large as it was set to be."):format(tag_of(finding))
end

kinds["CACHE"] = function(finding)
  return ("No leak: what is large%s is a cache that gives way."):format(tag_of(finding))
end

kinds["FIXED-DMA"] = function(finding)
  return ("No leak: devices keep the memory%s from their start on."):format(tag_of(finding))
end

return kinds
