--- What a dump is and what it can answer, as evidence and as next steps.
-- @module poolsleuth.dump_view
local format   = require "poolsleuth.format"
local severity = require "poolsleuth.severity"

local dump_view = {}

local function loaded_count(dump)
  local loaded, unloaded = 0, 0
  for _, module in ipairs(dump:modules()) do
    if module.unloaded then unloaded = unloaded + 1 else loaded = loaded + 1 end
  end
  return loaded, unloaded
end

local function told_bytes(name, bytes)
  return bytes and ("%s %s"):format(name, format.bytes(bytes))
end

-- What a triage dump tells of the pool in place of tags: totals, Driver Verifier, the process' quota.
local function add_totals(dump, say)
  local snapshot = dump:snapshot()
  local memory, parts = snapshot and snapshot:memory() or {}, {}
  for _, item in ipairs { { "nonpaged pool", "nonpaged_bytes" }, { "paged pool", "paged_bytes" },
                          { "committed", "commit_bytes" }, { "commit limit", "commit_limit_bytes" } } do
    parts[#parts + 1] = told_bytes(item[1], memory[item[2]])
  end
  if #parts > 0 then say("its totals: %s", table.concat(parts, ", ")) end
  local verified = dump:verifier()
  if verified and verified.level ~= 0 then say("Driver Verifier was on, level 0x%x", verified.level) end
  local process = (dump:processes() or {})[1]
  if process and process.nonpaged then
    say("the process at the time, %s, was charged %s of nonpaged and %s of paged pool", process.name,
      format.bytes(process.nonpaged), format.bytes(process.paged or 0))
  end
end

--- What the dump itself tells.
-- @tparam table entry of case.dumps
-- @treturn {table,...} evidence, each `text` and `source`
function dump_view.evidence(entry)
  local dump, list = entry.dump, {}
  local facts = dump:facts()
  local function say(form, ...) list[#list + 1] = { text = form:format(...), source = entry.path } end
  local loaded, unloaded = loaded_count(dump)
  local article = facts.container:find "^[Ee]" and "an" or "a"
  say("%s %s%s%s", article, facts.container,
    facts.build and (" of Windows build %d"):format(facts.build) or "",
    facts.machine and (", %s, %d processors"):format(facts.machine, facts.processors or 0) or "")
  if facts.time then
    say("made at %s UTC%s", format.time(facts.time),
      facts.uptime_s and (", %s after the start"):format(format.span(facts.uptime_s)) or "")
  end
  local check = facts.bugcheck
  if check then
    say("bug check 0x%X%s", check.code, check.name and ", " .. check.name or "")
  end
  if loaded > 0 then say("it lists %d loaded modules and %d unloaded ones", loaded, unloaded) end
  if facts.container == "triage dump" then add_totals(dump, say) end
  local symbols = facts.symbols
  if symbols and not symbols.loaded then
    say("symbols of its kernel are not at hand: %s {%s} age %d", symbols.name, symbols.guid, symbols.age)
  end
  for _, problem in ipairs(dump:problems()) do
    if severity.is_missing(problem.severity) or problem.severity == "flagged" then
      say("%s", problem.reason)
    end
  end
  return list
end

-- Which kind of dump Windows writes.
local SETTING <const> = [[reg add HKLM\SYSTEM\CurrentControlSet\Control\CrashControl /v CrashDumpEnabled ]]
  .. "/t REG_DWORD /d %d /f"

-- Words that this dump can answer.
local function words_for(entry, has_tags)
  local words = { "vertarget", "!analyze" }
  if entry.dump:facts().container == "triage dump" then
    table.move({ "!vm", "!process 0 0", "!verifier" }, 1, 3, 3, words)
  end
  if has_tags then
    words[#words + 1] = "!vm"
    words[#words + 1] = "!poolused /t 10 2"
    words[#words + 1] = "!poolused /t 10 4"
  end
  if loaded_count(entry.dump) > 0 then words[#words + 1] = "lm" end
  return table.concat(words, "; ")
end

--- What to do with the dump next, as exact commands.
-- @tparam table entry of case.dumps
-- @tparam boolean has_tags it holds the pool's tags
-- @treturn {table,...} steps
function dump_view.steps(entry, has_tags)
  local name = format.shell_word(entry.path)
  local list = { { text = "See for yourself, in the debugger's words",
    command = ("poolsleuth kd %s -c '%s'"):format(name, words_for(entry, has_tags)) } }
  if has_tags then
    list[#list + 1] = { text = "Name the driver behind the largest tags: give the server's drivers along",
      command = ("poolsleuth find-leaking-driver %s --drivers DIR"):format(name) }
    list[#list + 1] = { text = 'Where the largest tag is "None", name the module that uses no tag',
      command = ("poolsleuth untagged-pool %s --drivers DIR"):format(name) }
  else
    list[#list + 1] = { text = "Have the server write a kernel dump the next time: it holds the pool's tags",
      command = SETTING:format(2), undo = SETTING:format(7) .. "  (7 is what Windows sets itself)" }
    list[#list + 1] = { text = "Until then log the pool itself",
      command = "poolsleuth collect -o collect.cmd", undo = "collect.cmd undo, on the server" }
  end
  return list
end

return dump_view
