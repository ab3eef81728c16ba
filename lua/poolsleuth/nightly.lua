--- Nightly: one word for a machine after a night, against what its nights usually are.
-- @module poolsleuth.nightly
local baseline = require "poolsleuth.baseline"
local forecast = require "poolsleuth.forecast"
local format   = require "poolsleuth.format"
local growth   = require "poolsleuth.growth"
local series   = require "poolsleuth.series"
local suspects = require "poolsleuth.suspects"
local verdict  = require "poolsleuth.verdict"

local nightly = {}

local HOUR <const>, DAY <const> = 3600, 86400
local FEWEST_NIGHTS <const> = 3

--- What makes a night worth a word; a site's configuration may replace any of them.
nightly.thresholds = {
  nightly_min_bytes = 8 << 20, -- less growth than this in a night is none
  nightly_min_share = 0.005,   -- likewise, of what the pool holds
  nightly_late_s    = 36 * HOUR, -- no snapshot for so long is a missing night
  nightly_warn_fill = 0.6,     -- of a pool's limit
  nightly_crit_fill = 0.8,
  nightly_sudden_s  = 2 * DAY, -- what only tonight did is critical when it ends so soon
}

local function threshold(limits, name) return limits[name] or nightly.thresholds[name] end

local rank <const> = { CRIT = 1, WARN = 2, ["NOT-ENOUGH-DATA"] = 3, OK = 4 }

-- Concerns of a machine are collected and told in one finding, the worst in front.
local function add(self, concern)
  self.concerns[#self.concerns + 1] = concern
end

-- Tags that grow all week, by the rule for a whole series.
local function look_at_trend(self)
  if self.moved.count < 3 then return end
  for _, row in ipairs(self.moved.rows) do
    local word = row.session ~= "all" and verdict.of_trend(row, self.moved, self.limits)
    if word == "LEAK" or (word == "SUSPECT" and self.moved.count >= 8) then
      local ahead = forecast.of(row, self.moved.last.memory, self.known)
      local soon = ahead and ahead.hours * HOUR <= self.critical_s
      add(self, { word = soon and word == "LEAK" and "CRIT" or "WARN", reason = word:lower(), row = row,
        weight = row.slope or 0, rate = row.slope, low = row.low, high = row.high, forecast = ahead,
        text = ("%s grows steadily: by %s over %s"):format(format.tag(row.tag), format.bytes(row.growth),
          format.span(self.moved.span_s or 0)) })
    end
  end
end

-- The row of the whole week for one of tonight.
local function row_of_week(self, change)
  for _, row in ipairs(self.moved.rows) do
    if baseline.key_of(row) == change.key then return row end
  end
  return change.row
end

-- Tags that did tonight what they usually do not.
local function look_at_tonight(self)
  if #self.base.nights < FEWEST_NIGHTS then return end
  local function least(pool)
    local held = self.moved.last.memory[pool .. "_bytes"] or self.moved.pools[pool].rows
    return math.max(threshold(self.limits, "nightly_min_bytes"),
      threshold(self.limits, "nightly_min_share") * held)
  end
  for _, change in ipairs(self.base:changes(least)) do
    local rate = change.bytes / 24
    local ahead = forecast.of({ pool = change.row.pool, slope = rate }, self.moved.last.memory, self.known)
    local soon = ahead and ahead.hours * HOUR <= threshold(self.limits, "nightly_sudden_s")
    add(self, { word = soon and "CRIT" or "WARN", reason = change.new and "new-tag" or "rate-change",
      row = row_of_week(self, change), weight = rate, rate = rate, forecast = ahead, change = change,
      text = ("%s grew by %s tonight; usual are %s, give or take %s"):format(format.tag(change.row.tag),
        format.bytes(change.bytes), format.bytes(change.usual), format.bytes(change.spread)) })
  end
end

local function look_at_fill(self)
  for _, pool in ipairs { "nonpaged", "paged" } do
    local memory = self.moved.last.memory
    for _, limit in ipairs(self.known:of(pool, memory)) do
      local own = limit.limit_bytes and not limit.basis:find "^free"
      local fill = own and limit.limit_bytes > 0 and limit.used_bytes / limit.limit_bytes or 0
      local crit = fill >= threshold(self.limits, "nightly_crit_fill")
      if crit or fill >= threshold(self.limits, "nightly_warn_fill") then
        add(self, { word = crit and "CRIT" or "WARN", reason = "pool-full", pool = pool, fill = fill,
          weight = limit.used_bytes, text = ("%s pool is at %.0f%% of %s: %s of %s"):format(pool, fill * 100,
            limit.basis, format.bytes(limit.used_bytes), format.bytes(limit.limit_bytes)) })
      end
    end
  end
end

local function look_at_drivers(self)
  for _, change in ipairs(self.driver_changes) do
    local before, after = change.before or {}, change.after or {}
    add(self, { word = "WARN", reason = "new-driver", weight = 0, driver = change.name,
      text = ("%s: %s, before %s"):format(change.name, after.version or after.sha256 or "gone",
        before.version or before.sha256 or "none") })
  end
end

local function look_at_age(self)
  local late = self.at - self.newest
  if late <= threshold(self.limits, "nightly_late_s") then return end
  add(self, { word = "WARN", reason = "no-snapshot", weight = late, late_s = late,
    text = ("the newest snapshot is of %s, %s ago"):format(format.time(self.newest), format.span(late)) })
end

local function worst_first(concerns)
  for i, concern in ipairs(concerns) do concern.place = i end
  table.sort(concerns, function(a, b)
    if a.word ~= b.word then return rank[a.word] < rank[b.word] end
    if (a.row == nil) ~= (b.row == nil) then return a.row ~= nil end
    if a.weight ~= b.weight then return a.weight > b.weight end
    return a.place < b.place
  end)
  return concerns
end

-- What the machine's nights were, whatever the word.
local function evidence_of(self)
  local base, list = self.base, {}
  local function tell(text) list[#list + 1] = { text = text } end
  for i, concern in ipairs(self.concerns) do
    if i > 5 then
      tell(("and %d more"):format(#self.concerns - 5))
      break
    end
    local ahead = concern.forecast
    local ends = ahead and ("; at this rate %s ends in %s"):format(ahead.basis,
      format.duration(ahead.hours * HOUR)) or ""
    tell(concern.text .. ends)
  end
  tell(("%d earlier nights are compared%s"):format(#base.nights,
    base.missing > 0 and (", %d without a snapshot are left out"):format(base.missing) or ""))
  if base.restarted then tell "the machine was restarted tonight: what grew since then is not compared" end
  return list
end

local function facts_of(self, worst)
  local facts = { { name = "host", value = self.host } }
  local function fact(name, value) facts[#facts + 1] = { name = name, value = value } end
  if worst then fact("reason", worst.reason) end
  local change = worst and worst.change
  if change then
    fact("tonight", "+" .. format.size(change.bytes))
    fact("baseline", format.size(change.usual))
  end
  if worst and worst.fill then fact("fill", ("%.0f%%"):format(worst.fill * 100)) end
  if worst and worst.late_s then fact("late", format.duration(worst.late_s)) end
  if worst and worst.driver then fact("changed", worst.driver) end
  fact("nights", #self.base.nights)
  if self.base.missing > 0 then fact("missing", self.base.missing) end
  if #self.concerns > 1 then fact("more", #self.concerns - 1) end
  return facts
end

local function word_of(self, worst)
  if worst then return worst.word end
  return #self.base.nights < FEWEST_NIGHTS and "NOT-ENOUGH-DATA" or "OK"
end

-- The command that goes on from here; a history answers for itself.
local function look_into(self)
  if not self.history then return "poolsleuth find-leaking-driver SNAPSHOTS DRIVERS" end
  return ("poolsleuth find-leaking-driver %s DRIVERS --host %s"):format(
    format.shell_word(self.history:path()), format.shell_word(self.host))
end

-- One finding for the machine, about its worst concern.
local function finding_of(self)
  local worst = worst_first(self.concerns)[1]
  local row = worst and worst.row
  local found = { verdict = word_of(self, worst), host = self.host, facts = facts_of(self, worst),
    evidence = evidence_of(self), suspects = {}, victims = {}, next = {}, pool = worst and worst.pool,
    weight = worst and worst.weight or 0 }
  if row then
    found.tag, found.pool, found.session = row.tag, row.pool, row.session
    found.rate_bytes_per_hour, found.rate_low, found.rate_high = worst.rate, worst.low, worst.high
    found.freed_ratio, found.forecast = row.freed_ratio, worst.forecast
    found.suspects = suspects.of(self.case, row)
    found.next = { { text = "Look into it with the whole series", command = look_into(self) } }
  end
  return found
end

--- Judge one machine.
-- @tparam Case case
-- @tparam table machine `host`, `series` (of series.build, with times), maybe `history` and `driver_changes`
--   ({table,...} as the history gives them)
-- @tparam table options `at` (seconds: the night that is judged), `critical_s`, `limits` (thresholds),
--   `known` (Limits)
-- @treturn table for case:finding
function nightly.judge(case, machine, options)
  local times = machine.series.times
  local self = { case = case, host = machine.host, at = options.at, critical_s = options.critical_s,
    limits = options.limits, known = options.known, concerns = {}, newest = times[#times],
    driver_changes = machine.driver_changes or {}, history = machine.history }
  local week = series.part(machine.series, self.newest - baseline.REACH, nil)
  self.base, self.moved = baseline.new(week.entries), growth.measure(week)
  look_at_trend(self)
  look_at_tonight(self)
  look_at_fill(self)
  look_at_drivers(self)
  look_at_age(self)
  return finding_of(self)
end

return nightly
