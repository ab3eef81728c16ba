--- The charts of a series: the tags that matter, and each pool against its limit with what is to come.
-- @module poolsleuth.chart_data
local format    = require "poolsleuth.format"
local json      = require "poolsleuth.json"
local reasoning = require "poolsleuth.report_reasoning"
local verdict   = require "poolsleuth.verdict"

local chart_data = {}

local MOST_POINTS <const> = 360
local MOST_GUILTY <const>, MOST_VICTIMS <const>, MOST_OTHERS <const> = 3, 4, 3
local MOST_BARS <const> = 10
local STEPS_AHEAD <const> = 48
local AHEAD <const> = 5 -- times the span that was measured: what ends within it is drawn to its end
local HOUR <const> = 3600

-- Evenly chosen entries with both ends, so that a long history draws as fast as a short one.
local function chosen(count)
  local list, step = {}, math.max(1, (count - 1) / (MOST_POINTS - 1))
  for n = 0, math.min(count, MOST_POINTS) - 1 do list[#list + 1] = math.floor(1 + n * step + 0.5) end
  return list
end

local function bytes_of(entry, value, pool, session)
  local row = entry.snapshot:find(value, pool, math.tointeger(session))
  if row then return row.bytes or json.null end
  return entry.snapshot:scope() == "whole" and 0 or json.null
end

local function sum_of_rows(entry, pool)
  local sum = 0
  for _, row in ipairs(entry.snapshot:rows()) do
    if row.pool == pool and row.bytes and not row.session then sum = sum + row.bytes end
  end
  return sum
end

--- The curves of a series: where a chart gets its points, whatever holds the snapshots.
-- @tparam table series of series.build
-- @tparam[opt] table trend with `reboot_before`
-- @treturn table `count`, `of` (how many snapshots there are), `times` ({int,…} or nil), `reboots` (the
--   times, or numbers, of the first snapshots after a restart), `tag(value, pool, session)` and
--   `total(pool)`: functions to the bytes at each point
function chart_data.curves(series, trend)
  local picked, entries = chosen(#series.entries), series.entries
  local curves = { count = #picked, of = #entries, reboots = {},
                   times = series.times and json.array {} or nil }
  for n, i in ipairs(picked) do
    if curves.times then curves.times[n] = series.times[i] end
  end
  for i = 2, trend and #entries or 0 do
    if trend:reboot_before(i) then
      curves.reboots[#curves.reboots + 1] = series.times and series.times[i] or i
    end
  end
  function curves.tag(value, pool, session)
    local values = json.array {}
    for n, i in ipairs(picked) do values[n] = bytes_of(entries[i], value, pool, session) end
    return values
  end
  function curves.total(pool)
    local field, values, all = pool .. "_bytes", json.array {}, true
    for _, i in ipairs(picked) do all = all and entries[i].memory[field] ~= nil end
    for n, i in ipairs(picked) do
      values[n] = all and entries[i].memory[field] or sum_of_rows(entries[i], pool)
    end
    return values, all
  end
  return curves
end

local function rows_by_key(moved)
  local rows = {}
  for _, row in ipairs(moved.rows) do
    if not row.session then rows[row.tag .. row.pool] = row end
  end
  return rows
end

local function marks_of(curves)
  local marks = json.array {}
  for i, at in ipairs(curves.reboots) do marks[i] = { time = at, text = "restart" } end
  return marks
end

local function blame(word)
  return verdict.exit_status { { verdict = word } } == 2 and "bad" or "warn"
end

-- What is not accused: of the accused one's pool first, the biggest first.
local function bystanders(findings, pool)
  local list = {}
  for _, finding in ipairs(findings) do
    if finding.tag and not reasoning.accuses(finding.verdict) then list[#list + 1] = finding end
  end
  table.sort(list, function(a, b)
    local x, y = a.pool == pool, b.pool == pool
    if x ~= y then return x end
    if a.weight ~= b.weight then return (a.weight or 0) > (b.weight or 0) end
    return a.tag < b.tag
  end)
  return list
end

-- The tags to draw: the accused, what follows them, and what was looked at and not accused.
local function choose_tags(findings)
  local list, seen, counts = {}, {}, { guilty = 0, victim = 0, other = 0 }
  local most = { guilty = MOST_GUILTY, victim = MOST_VICTIMS, other = MOST_OTHERS }
  local function add(role, tag, pool, style)
    local key = tag and pool and tag .. pool
    if not key or seen[key] or counts[role] >= most[role] then return end
    seen[key], counts[role] = true, counts[role] + 1
    list[#list + 1] = { key = key, tag = tag, pool = pool, style = style }
  end
  for _, finding in ipairs(findings) do
    if reasoning.accuses(finding.verdict) then
      add("guilty", finding.tag, finding.pool, #list == 0 and blame(finding.verdict) or "warn")
      for _, victim in ipairs(finding.victims or {}) do
        if type(victim) == "table" then add("victim", victim.tag, victim.pool) end
      end
    end
  end
  local somebody = list[1] ~= nil
  for _, finding in ipairs(bystanders(findings, somebody and list[1].pool)) do
    add("other", finding.tag, finding.pool, somebody and "dim" or nil)
  end
  return list
end

-- Without a finding that names a tag: what grew most.
local function largest(moved)
  local list = {}
  for _, row in ipairs(moved.rows) do
    if #list < MOST_OTHERS and not row.session then
      list[#list + 1] = { key = row.tag .. row.pool, tag = row.tag, pool = row.pool }
    end
  end
  return list
end

local SHORT_POOL <const> = { nonpaged = "nonp", paged = "paged" }

local function sampled_note(curves)
  if curves.count == curves.of then return nil end
  return ("%s of %s snapshots are drawn."):format(format.count(curves.count), format.count(curves.of))
end

local function tags_chart(curves, moved, findings)
  local rows, lines = rows_by_key(moved), json.array {}
  local chosen_tags = choose_tags(findings)
  if #chosen_tags == 0 then chosen_tags = largest(moved) end
  for _, wanted in ipairs(chosen_tags) do
    local row = rows[wanted.key]
    if row then
      lines[#lines + 1] = { name = ("%s %s"):format(format.tag(row.tag), SHORT_POOL[row.pool] or row.pool),
        values = curves.tag(row.value, row.pool), style = wanted.style,
        dashed = wanted.style == "dim" or nil }
    end
  end
  if #lines == 0 then return nil end
  return { type = "chart", title = "The tags that matter", unit = "bytes", times = curves.times,
           lines = lines, marks = marks_of(curves), note = sampled_note(curves) }
end

-- How far ahead to draw, in seconds: to the end of what is left, or as far again as was measured.
local function horizon(ahead, span)
  if ahead.hours * HOUR > AHEAD * span then return span end
  return math.min((ahead.high or ahead.hours) * 1.1 * HOUR, 1.5 * AHEAD * span)
end

-- From the last sample on: the middle of the forecast as a line, its range as a band.
local function add_forecast(block, finding, last, span)
  local ahead, from, known_points = finding.forecast, block.times[#block.times], #block.times
  local ceiling = last + ahead.headroom_bytes
  local step = horizon(ahead, span) / STEPS_AHEAD
  local middle = { name = "forecast", style = "one", dashed = true, values = json.array {} }
  local band = { low = json.array {}, high = json.array {}, line = #block.lines + 1 }
  local rate = finding.rate_bytes_per_hour
  local low, high = finding.rate_low or rate, finding.rate_high or rate
  for i = 1, known_points - 1 do
    middle.values[i], band.low[i], band.high[i] = json.null, json.null, json.null
  end
  for n = 0, STEPS_AHEAD do
    local hours, i = n * step / HOUR, known_points + n
    if n > 0 then
      block.times[i] = from + math.floor(n * step + 0.5)
      for _, line in ipairs(block.lines) do line.values[i] = json.null end
    end
    middle.values[i] = math.floor(math.min(ceiling, last + rate * hours))
    band.low[i] = math.floor(math.min(ceiling, last + math.max(0, low) * hours))
    band.high[i] = math.floor(math.min(ceiling, last + high * hours))
  end
  block.lines[#block.lines + 1] = middle
  block.band = band
  local ends = from + ahead.hours * HOUR
  if ends <= block.times[#block.times] then
    block.marks[#block.marks + 1] = { time = math.floor(ends),
      text = "used up in " .. format.duration(ahead.hours * HOUR) }
  end
end

local function limit_of(finding, memory, last)
  local ahead, pool = finding.forecast, finding.pool
  if ahead and ahead.headroom_bytes and last then
    local ceiling = last + ahead.headroom_bytes
    return { value = ceiling, text = ("%s ends at %s"):format(ahead.basis or "what is left",
      format.bytes(ceiling)) }
  end
  local bytes = memory[pool .. "_limit_bytes"]
  return bytes and { value = bytes, text = "the pool's limit, " .. format.bytes(bytes) } or nil
end

local function copied(times)
  return times and json.array(table.move(times, 1, #times, 1, {})) or nil
end

local function pool_chart(curves, moved, finding)
  local pool, row = finding.pool, rows_by_key(moved)[(finding.tag or "") .. (finding.pool or "")]
  local total, by_header = curves.total(pool)
  local last = json.known(total[#total])
  local lines = json.array { { name = by_header and pool .. " pool" or pool .. " pool, sum of the rows",
                               values = total, style = "one" } }
  if row then
    lines[2] = { name = format.tag(row.tag), values = curves.tag(row.value, pool), filled = true,
                 style = blame(finding.verdict) }
  end
  local block = { type = "chart", title = (pool:gsub("^%l", string.upper)) .. " pool", unit = "bytes",
    times = copied(curves.times), lines = lines, marks = marks_of(curves), note = sampled_note(curves) }
  local ahead = finding.forecast
  local foreseen = ahead and ahead.headroom_bytes and ahead.hours and curves.times and moved.span_s and last
  if foreseen and finding.rate_bytes_per_hour > 0 then add_forecast(block, finding, last, moved.span_s) end
  block.limit = limit_of(finding, moved.last.memory, last)
  return block
end

local function bars_chart(moved, findings)
  local word_of, pool = {}, findings[1] and findings[1].pool
  for _, finding in ipairs(findings) do
    if finding.tag then word_of[finding.tag .. finding.pool] = finding.verdict end
  end
  local bars = json.array {}
  for _, row in ipairs(moved.rows) do
    if #bars < MOST_BARS and not row.session and row.last_bytes > 0 and (not pool or row.pool == pool) then
      local word = word_of[row.tag .. row.pool]
      bars[#bars + 1] = { name = pool and format.tag(row.tag) or
        ("%s %s"):format(format.tag(row.tag), SHORT_POOL[row.pool]), value = row.last_bytes,
        style = word and reasoning.accuses(word) and blame(word) or "dim",
          text = row.share and format.percent(row.share) or nil }
    end
  end
  if #bars == 0 then return nil end
  return { type = "chart", unit = "bytes", bars = bars,
           title = pool and ("The largest tags of %s pool"):format(pool) or "The largest tags" }
end

-- Nobody is accused: how both pools went.
local function both_pools_chart(curves)
  local lines = json.array {}
  for _, pool in ipairs { "nonpaged", "paged" } do
    local values = curves.total(pool)
    if (json.known(values[#values]) or 0) > 0 then
      lines[#lines + 1] = { name = pool .. " pool", values = values }
    end
  end
  if #lines == 0 then return nil end
  return { type = "chart", title = "The pools as a whole", unit = "bytes", times = copied(curves.times),
           lines = lines, marks = marks_of(curves), note = sampled_note(curves) }
end

--- The charts of what a playbook found.
-- @tparam table series of series.build
-- @tparam Growth moved
-- @tparam {table,...} findings of the case, worst first
-- @treturn {table,...} chart blocks
function chart_data.of(series, moved, findings)
  local blocks = json.array {}
  if moved.count < 2 then
    blocks[1] = bars_chart(moved, findings)
    return blocks
  end
  local curves, drawn = chart_data.curves(series, moved.trend), {}
  blocks[1] = tags_chart(curves, moved, findings)
  for _, finding in ipairs(findings) do
    if reasoning.accuses(finding.verdict) and finding.pool and not drawn[finding.pool] then
      drawn[finding.pool] = true
      blocks[#blocks + 1] = pool_chart(curves, moved, finding)
    end
  end
  if not next(drawn) then blocks[#blocks + 1] = both_pools_chart(curves) end
  return blocks
end

return chart_data
