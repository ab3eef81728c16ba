--- Watches: one tag over the snapshots of a case, or in a single one: its level, its slope, what is freed of
-- it, the word that the evidence allows, and how it moves beside another tag.
-- @module poolsleuth.watch
local statistics = require "poolsleuth.statistics"
local verdict    = require "poolsleuth.verdict"

local watch = {}

local Watch = {}
Watch.__index = Watch

local MOST_VALUES <const> = 400
local NEARLY <const> = 0.1 -- no number is whole that is further from one
local ACCUSING <const> = { LEAK = true, SUSPECT = true, HIGH = true }

local function span_h(growth)
  return growth.count > 1 and growth.span_s and growth.span_s > 0 and growth.span_s / 3600 or nil
end

-- Objects are small: what counts is how many there are, not their share of a pool.
local function limits_for(look, options)
  if not options.counts then return look.limits end
  return setmetatable({ min_growth_bytes = 1, min_share = 0 }, { __index = look.limits })
end

local function word_of_series(look, row, options)
  local few = options.least and row.diff_growth and row.diff_growth < options.least
  if few then return "NO-LEAK", "medium" end
  local judged, judged_by = row.judged, row.judged_by -- others judge the same row by its bytes
  local word, confidence = verdict.of_trend(row, look.growth, limits_for(look, options))
  row.judged, row.judged_by = judged, judged_by
  return word, confidence
end

local function word_of_one(look, row, options)
  local diff, object = row.last and row.last.diff, look.knowledge:object(row.tag)
  local many = object and object.many or options.many
  if options.many and diff and diff >= many then return "HIGH", "low" end
  for _, high in ipairs(look:stands_out()) do
    if high.row == row then return high.word, "low" end
  end
  return "NO-LEAK", "low"
end

--- Watch one row of a growth.
-- @tparam Investigation look
-- @tparam table row of look.growth.rows
-- @tparam[opt] table options `counts`: judge by the number of objects instead of their bytes; `many`: so
--   many alive at once stand out; `least`: fewer new ones than that are noise
-- @treturn Watch fields `row`, `tag`, `pool`, `session`, `objects`, `bytes`, `freed_ratio`, `share`,
--   `points`, `new_objects` (what their number grew by), `objects_per_hour`, `bytes_per_hour`, `word`,
--   `confidence`
function watch.of(look, row, options)
  options = options or {}
  local last, hours = row.last or {}, span_h(look.growth)
  local self = setmetatable({
    look = look, row = row, tag = row.tag, pool = row.pool, session = row.session, objects = last.diff,
    bytes = row.last_bytes, freed_ratio = row.freed_ratio, share = row.share, points = row.points,
    new_objects = look.growth.count > 1 and row.diff_growth or nil, bytes_per_hour = row.slope,
    counts = options.counts,
  }, Watch)
  self.objects_per_hour = self.new_objects and hours and self.new_objects / hours or nil
  local judge = look.growth.count > 1 and row.points > 1 and word_of_series or word_of_one
  self.word, self.confidence = judge(look, row, options)
  return self
end

--- Does the evidence accuse the tag: LEAK, SUSPECT or HIGH?
-- @treturn boolean
function Watch:stands_out() return ACCUSING[self.word] == true end

-- What is mostly freed again, and is a small part of the growth, may follow the load of a day.
local SMALL_SHARE <const>, CHURNS <const> = 0.05, 0.8

--- The word to use for a leak of one kind: that word where the evidence suffices for LEAK, else the lesser
-- word that it suffices for.
-- @tparam string special such as "USER-HANDLE-LEAK"
-- @treturn string
function Watch:word_for(special)
  if self.word ~= "LEAK" then return self.word end
  local small  = not self.counts and (self.share or 1) < SMALL_SHARE
  local churns = (self.freed_ratio or 0) > CHURNS
  return small and churns and "SUSPECT" or special
end

--- How this tag moves beside another one: in lock-step over a series, else by what is alive.
-- @tparam Watch other
-- @treturn[1] number of this for one of the other
-- @treturn[1] string|nil the ratio as a small fraction, "1:1", where both move in lock-step
-- @treturn[2] nil where neither can be told
function Watch:ratio_to(other)
  local ratio, fraction = self.look.growth:lockstep(other.row, self.row)
  if ratio then return ratio, fraction end
  if self.new_objects and other.new_objects and other.new_objects > 0 then
    return self.new_objects / other.new_objects, nil
  end
  if self.objects and other.objects and other.objects > 0 then return self.objects / other.objects, nil end
  return nil
end

-- The entry as it has the tag, if it has.
local function value_in(self, entry)
  local found = entry.snapshot:find(self.row.value, self.pool, math.tointeger(self.session))
  return found and { time = entry.time, bytes = found.bytes, objects = found.diff,
                     allocs = found.allocs, entry = entry, memory = entry.memory }
end

--- What the snapshots say of the tag, one entry for each that has it; of a long history some hundreds.
-- @treturn {table,...} `time`, `bytes`, `objects`, `allocs` (since the machine started), `entry` (of the
--   series), `memory`
function Watch:values()
  local list, entries = {}, self.look.growth.entries
  local step = math.max(1, #entries // MOST_VALUES)
  for i = 1, #entries, step do list[#list + 1] = value_in(self, entries[i]) end
  return list
end

--- How many are alive at a time: in the snapshot next to it.
-- @tparam ?int time seconds
-- @treturn ?int objects
-- @treturn ?int seconds between; nil where a snapshot's time is only that of its file
function Watch:objects_at(time)
  local best, gap
  for _, entry in ipairs(time and self.look.growth.entries or {}) do
    local sure = entry.time and entry.time_source ~= "modification time"
    local apart = sure and math.abs(entry.time - time)
    if apart and (not gap or apart < gap) then best, gap = entry, apart end
  end
  local value = best and value_in(self, best)
  if value and value.objects then return value.objects, gap end
  return self.objects, nil
end

-- New blocks of another one for each of this, where they are about as many or some whole times as many.
local function keeps_pace(self, other, slack)
  local few = self.points < 3 or not self.new_objects or not other.new_objects
  if few or self.new_objects <= 0 or other.new_objects <= 0 then return nil end
  local ratio = other.new_objects / self.new_objects
  local whole = math.floor(ratio + 0.5)
  return whole >= 1 and whole <= 4 and math.abs(ratio - whole) <= slack * whole and ratio or nil
end

--- Whether two tags of the case moved in lock-step with this one's allocations and frees, and which is the
-- source: the one that is not freed.
-- @tparam {Watch,...} others
-- @tparam[opt] number slack where others than the cause churn beside it: those follow too whose new blocks
--   come to as many, or some whole times as many, give or take this share
-- @treturn {table,...} those that move along: `watch`, `ratio`, `fraction`
function Watch:followers(others, slack)
  local list = {}
  for _, other in ipairs(others) do
    local ratio, fraction
    local is_other = other.row ~= self.row
    if is_other then ratio, fraction = self.look.growth:lockstep(self.row, other.row) end
    if is_other and slack and not ratio then ratio = keeps_pace(self, other, slack) end
    if ratio then list[#list + 1] = { watch = other, ratio = ratio, fraction = fraction } end
  end
  return list
end

-- How much steps differ from one another, for one of their middle; with times, steps for each second: what
-- goes on evenly is not made to vary by snapshots that are unevenly taken.
local function spread_of(counts, times)
  local steps = {}
  for i = 2, #counts do
    local apart = #times == #counts and times[i] - times[i - 1] or 1
    if apart > 0 then steps[#steps + 1] = (counts[i] - counts[i - 1]) / apart end
  end
  table.sort(steps)
  local middle = steps[(#steps + 1) // 2] or 0
  return middle > 0 and (steps[#steps] - steps[1]) / middle or math.huge
end

--- Is a number of blocks for each of something whole: one, or two, and not a third?
-- @tparam Investigation look
-- @tparam number pieces
-- @treturn boolean
function watch.is_whole(look, pieces)
  local nearest = math.floor(pieces + 0.5)
  local most = math.min(look:rule "whole_pieces" * nearest, NEARLY)
  return nearest >= 1 and math.abs(pieces - nearest) <= most
end

--- How many blocks stay for each of what is counted beside the snapshots: starts of processes, logons, jobs.
-- The blocks must follow the count, and either come in whole numbers or follow it where it is uneven: else
-- the clock explains them as well.
-- @tparam function count_at from an entry of @{Watch:values} to how many there were by then
-- @treturn[1] number blocks for each
-- @treturn[1] int how many there were from the first snapshot to the last
-- @treturn[2] nil where they do not follow it
-- @treturn[2] int how many there were
function Watch:blocks_for_each(count_at)
  local counts, blocks, times, look = {}, {}, {}, self.look
  for _, value in ipairs(self:values()) do
    local count = count_at(value)
    if count and value.objects then
      counts[#counts + 1], blocks[#blocks + 1] = count + 0.0, value.objects + 0.0
      times[#times + 1] = value.time
    end
  end
  local total = #counts > 0 and math.tointeger(counts[#counts] - counts[1]) or 0
  if total < look:rule "least_starts" then return nil, total end
  local found, pieces = statistics.lockstep(counts, blocks), (blocks[#blocks] - blocks[1]) / total
  local follows = found and found.residual <= look:rule "starts_misfit"
  local certain = watch.is_whole(look, pieces) or spread_of(counts, times) >= look:rule "starts_vary"
  if follows and certain then return pieces, total end
  return nil, total
end

local LOOK_AT <const> = 100 -- of the tags that grew most

-- Those that are never freed in front: they are what the others follow.
local function unfreed_first(a, b)
  local x, y = a.watch.freed_ratio or 1, b.watch.freed_ratio or 1
  if x ~= y then return x < y end
  return a.watch.tag < b.watch.tag
end

--- Whatever tags of the case move in lock-step with this one.
-- @tparam[opt] number slack as of @{Watch:followers}
-- @treturn {table,...} as of @{Watch:followers}, the least freed first
function Watch:companions(slack)
  local others = {}
  for i, row in ipairs(self.look.growth.rows) do
    if i > LOOK_AT then break end
    local grew = row ~= self.row and row.growth > 0 and not row.session
    if grew then others[#others + 1] = watch.of(self.look, row) end
  end
  local list = self:followers(others, slack)
  table.sort(list, unfreed_first)
  return list
end

return watch
