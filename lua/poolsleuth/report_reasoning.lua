--- How an answer came about, step by step, and what was set aside on the way.
-- @module poolsleuth.report_reasoning
local format  = require "poolsleuth.format"
local growth  = require "poolsleuth.growth"
local json    = require "poolsleuth.json"
local verdict = require "poolsleuth.verdict"

local reasoning = {}

local counted <const> = format.counted

local GREW <const> = 1 << 20

local WHY_NOT <const> = {
  RESERVED = "big by design and constant",
  ["GROWING-CACHE"] = "grows more and more slowly, as a cache does that fills up",
  PLATEAU = "grew, and has stopped",
  BURST = "all of its growth came in one step",
  LOAD = "moves with the load: what is allocated is freed again",
  ["NO-LEAK"] = "does not grow enough to matter", ["BY-DESIGN"] = "big by design",
  CACHE = "a cache, which gives memory back when it is asked", ["FIXED-DMA"] = "memory that devices keep",
}

--- Does a word accuse somebody?
-- @tparam ?string word
-- @treturn boolean
function reasoning.accuses(word)
  local status = word and verdict.exit_status { { verdict = word } }
  return (status == 1 or status == 2) and WHY_NOT[word] == nil
end

local function read_step(case)
  local kinds, order = {}, {}
  for _, input in ipairs(case.inputs) do
    local kind = input.kind == "pe" and "driver" or input.kind or "unknown"
    if not kinds[kind] then order[#order + 1] = kind end
    kinds[kind] = (kinds[kind] or 0) + 1
  end
  local parts = {}
  for i, kind in ipairs(order) do parts[i] = counted(kinds[kind], kind .. " file") end
  return "Read " .. table.concat(parts, ", ") .. "."
end

local function order_step(case)
  local series = case.series
  local count = #series.entries
  if count == 0 then return "No snapshot of the pool was found." end
  local text = count == 1 and "Found one snapshot of the pool" or
    ("Put %d snapshots of the pool in order"):format(count)
  if series.times then
    local first, last = series.entries[1].time, series.entries[count].time
    local source = series.time_source == "content" and "the evidence itself" or "the " .. series.time_source
    text = count == 1 and ("%s, of %s (time from %s)"):format(text, format.time(first), source) or
      ("%s: from %s to %s, %s (times from %s)"):format(text, format.time(first), format.time(last),
        format.span(series.span_s), source)
  end
  return text .. "."
end

local function growth_step(moved)
  local grew = 0
  for _, row in ipairs(moved.rows) do
    if row.growth >= GREW then grew = grew + 1 end
  end
  local restarts = moved.reboots > 0 and
    ("; the machine was restarted %s in between, and growth is added up run by run"):format(
      counted(moved.reboots, "time")) or ""
  return ("Followed %s; %s grew by 1 MiB or more%s."):format(counted(#moved.rows, "tag"), format.count(grew),
    restarts)
end

local function one_moment_step(moved)
  return ("Compared the sizes of %s: without a second snapshot nothing can be said of growth."):format(
    counted(#moved.rows, "tag"))
end

local function coverage_step(moved)
  local parts = {}
  for _, part in ipairs(growth.coverage(moved.last)) do
    parts[#parts + 1] = ("%s of %s pool"):format(format.percent(part.covered), part.pool)
  end
  if #parts == 0 then return nil end
  return ("Checked the sum of the rows against the pool's own total: they cover %s."):format(
    table.concat(parts, ", "))
end

local function counted_words(findings)
  local counts, order = {}, {}
  for _, finding in ipairs(findings) do
    if not counts[finding.verdict] then order[#order + 1] = finding.verdict end
    counts[finding.verdict] = (counts[finding.verdict] or 0) + 1
  end
  local parts = {}
  for i, word in ipairs(order) do parts[i] = ("%d %s"):format(counts[word], word) end
  return table.concat(parts, ", ")
end

local function drivers_step(case, findings)
  local records = case.drivers:all()
  if #records == 0 then return "No driver files were given, so call sites could not be looked up." end
  local sites = 0
  for _, record in ipairs(records) do sites = sites + (record.site_count or 0) end
  local text = ("Read the code of %s and found %s of pool functions"):format(counted(#records, "driver"),
    counted(sites, "call"))
  local tag = findings[1] and findings[1].tag
  local users = tag and case.drivers:with_tag(tag) or {}
  local passing = 0
  for _, user in ipairs(users) do passing = passing + (#user.allocates > 0 and 1 or 0) end
  if tag then
    text = ("%s; %s %s the tag %s to one"):format(text, passing == 0 and "none" or format.count(passing),
      passing == 1 and "passes" or "pass", format.tag(tag))
  end
  return text .. "."
end

local function raw_step(case, findings)
  local tag = findings[1] and findings[1].tag
  if not tag or #case.drivers:all() == 0 then return nil end
  local users, names = {}, {}
  for _, user in ipairs(case.drivers:with_tag(tag)) do
    if #user.allocates > 0 then users[user.record] = true end
  end
  for _, hit in ipairs(case.drivers:raw_hits(tag)) do
    if not users[hit.record] then names[#names + 1] = hit.record.name end
  end
  if #names == 0 then return nil end
  local shown = table.concat(names, ", ", 1, math.min(4, #names))
  local more = #names > 4 and (" and %d more"):format(#names - 4) or ""
  return ("Did not accuse %s%s: the letters of the tag are in the file, but no call passes them."):format(
    shown, more)
end

--- The steps that led to the answer.
-- @tparam Case case
-- @tparam ?Growth moved
-- @tparam {table,...} findings worst first
-- @treturn {string,...}
function reasoning.steps(case, moved, findings)
  local steps = json.array {}
  local function add(text) steps[#steps + 1] = text end
  add(read_step(case))
  add(order_step(case))
  if moved then
    if moved.count > 1 then add(growth_step(moved)) else add(one_moment_step(moved)) end
    add(coverage_step(moved))
    add(("Judged them: %s."):format(counted_words(findings)))
  end
  add(drivers_step(case, findings))
  add(raw_step(case, findings))
  return steps
end

-- What was said of a tag that is large by design; the knowledge knows why.
local function reason_of(finding)
  for _, evidence in ipairs(finding.evidence or {}) do
    local text = type(evidence) == "table" and evidence.text or evidence
    if text:find "^large" then return text end
  end
  return WHY_NOT[finding.verdict]
end

local function held_by(moved, finding)
  for _, row in ipairs(moved and moved.rows or {}) do
    if row.tag == finding.tag and row.pool == finding.pool and not row.session then
      return row.last_bytes, moved.count > 1 and row.growth or nil
    end
  end
end

local function add_tag(list, moved, entry, tag, pool)
  entry.tag, entry.tag_hex, entry.pool = format.tag_text(tag), format.tag_hex(tag), pool
  entry.bytes, entry.growth_bytes = held_by(moved, { tag = tag, pool = pool })
  list[#list + 1] = entry
end

--- The tags that were looked at and not accused, and why.
-- @tparam ?Growth moved
-- @tparam {table,...} findings
-- @treturn {table,...} each `tag`, `tag_hex`, `pool`, `verdict`, `bytes`, `growth_bytes`, `text`
function reasoning.ruled_out(moved, findings)
  local list = json.array {}
  for _, finding in ipairs(findings) do
    if finding.tag and WHY_NOT[finding.verdict] then
      add_tag(list, moved, { verdict = finding.verdict, text = reason_of(finding) }, finding.tag,
        finding.pool)
    end
    for _, victim in ipairs(finding.victims or {}) do
      if type(victim) == "table" then
        local text = ("follows %s, %.3f for one: downstream of it, no leak of its own"):format(
          format.tag(finding.tag), victim.ratio or 1)
        add_tag(list, moved, { verdict = "VICTIM", text = text }, victim.tag, victim.pool)
      end
    end
  end
  return list
end

return reasoning
