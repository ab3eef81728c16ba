--- Words that a pasted session brings along: .reload, .sympath, .logopen, .time.
-- @module poolsleuth.kd.session
local format = require "poolsleuth.format"

local function symbols(session, _, out)
  local wanted = session.facts.symbols
  if wanted and wanted.loaded then return out:line("Symbols of the kernel are read: %s", wanted.name) end
  out:line("Symbols are read as kd starts, with --symbols DIR%s", wanted and
    (": the kernel wants %s {%s} age %d"):format(wanted.name, wanted.guid, wanted.age) or "")
end

local function log(_, _, out)
  out:line "No log is written: the shell's > or tee takes the answers."
end

local function time(session, _, out)
  local facts = session.facts
  if not facts.time and not facts.uptime_s then return out:fail "the dump tells no time" end
  if facts.time then out:line("Debug session time: %s (UTC)", format.time(facts.time)) end
  if facts.uptime_s then out:line("System Uptime: %s", format.span(facts.uptime_s)) end
end

local function nothing() end

return {
  { names = { ".reload", ".sympath", ".symfix", "!sym" }, usage = ".reload", about = "which symbols are read",
    run = symbols },
  { names = { ".logopen", ".logappend", ".logclose" }, usage = ".logopen", about = "how to keep a log",
    run = log },
  { names = { ".time" }, usage = ".time", about = "when the dump was made", run = time },
  { names = { ".cls", ".lines", ".prefer_dml", ".symopt" }, usage = ".cls", about = "nothing, in silence",
    run = nothing },
}
