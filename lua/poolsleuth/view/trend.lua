--- The view of a trend: a line for each tag that moves, with its course.
-- @module poolsleuth.view.trend
local format    = require "poolsleuth.format"
local json      = require "poolsleuth.json"
local series    = require "poolsleuth.view.series_facts"
local verdict   = require "poolsleuth.verdict"
local sparkline = require "poolsleuth.sparkline"

local known <const> = json.known

local SHORT_POOL <const> = { nonpaged = "nonp", paged = "paged" }
local COURSE <const> = 10
local STYLES <const> = { LEAK = "bad", EXHAUSTED = "bad", SUSPECT = "warn", ["GROWING-CACHE"] = "warn",
                         ["NO-LEAK"] = "dim" }

-- The interval of the rate; in the rate's own unit the unit goes without saying.
local function range(row)
  local low, high = known(row.low), known(row.high)
  if not low or not high then return nil end
  local text, unit = format.rate_range(low, high), format.rate(row.slope_bytes_per_hour):match "%a+/h$"
  return unit and text:sub(-#unit) == unit and text:sub(1, -#unit - 1) or text
end

local function left(row)
  local forecast = known(row.forecast)
  return forecast and known(forecast.hours) and format.duration(forecast.hours * 3600) or nil
end

local function course(row)
  local values = known(row.course)
  return values and sparkline.draw(values, COURSE) or nil
end

-- What shrinks has no share of the growth.
local function share(row)
  return (known(row.growth_bytes) or 0) > 0 and known(row.share) or nil
end

-- A tag that follows another is no second leak, and is not to be read as one.
local function word(row)
  return known(row.lockstep) and row.verdict ~= "NO-LEAK" and "victim" or row.verdict
end

local SHOWN <const> = {
  { key = "verdict", name = "Verdict", get = word },
  { key = "tag", name = "Tag", kind = "tag" },
  { key = "pool", name = "Pool", get = function(row) return SHORT_POOL[row.pool] or row.pool end },
  { key = "session", name = "Session", optional = true },
  { key = "last_bytes", name = "Bytes", kind = "size" },
  { key = "slope_bytes_per_hour", name = "Rate", kind = "rate", optional = true },
  { key = "range", name = "Range", align = "right", optional = true, may_go = true, get = range },
  { key = "freed_ratio", name = "Freed", kind = "percent", optional = true },
  { key = "share", name = "Share", kind = "percent", optional = true, get = share },
  { key = "left", name = "Left", align = "right", optional = true, get = left },
  { key = "course", name = "Course", optional = true, may_go = true, get = course },
}

local function of_forecast(field)
  return function(row)
    local forecast = known(row.forecast)
    return forecast and known(forecast[field])
  end
end

local function of_lockstep(field)
  return function(row)
    local lockstep = known(row.lockstep)
    return lockstep and known(lockstep[field])
  end
end

local RAW <const> = {
  { key = "verdict" }, { key = "tag" }, { key = "tag_hex" }, { key = "pool" }, { key = "session" },
  { key = "slope_bytes_per_hour" }, { key = "low" }, { key = "high" }, { key = "z" }, { key = "p" },
  { key = "freed_ratio" }, { key = "monotone" }, { key = "share" }, { key = "points" },
  { key = "growth_bytes" }, { key = "last_bytes" },
  { key = "limit_bytes", get = of_forecast "limit_bytes" }, { key = "hours", get = of_forecast "hours" },
  { key = "hours_low", get = of_forecast "low" }, { key = "hours_high", get = of_forecast "high" },
  { key = "follows", get = of_lockstep "with" }, { key = "ratio", get = of_lockstep "ratio" },
}

local function followers(rows)
  local items = {}
  for _, row in ipairs(rows) do
    local lockstep = known(row.lockstep)
    if lockstep then
      items[#items + 1] = ('"%s" follows "%s", %.3f for one: it is its victim, not a leak of its own'):format(
        row.tag, lockstep.with, lockstep.ratio)
    end
  end
  return items
end

-- What the column "Left" counts down to.
local function ends(rows)
  local seen, texts = {}, {}
  for _, row in ipairs(rows) do
    local forecast = known(row.forecast)
    if forecast and known(forecast.basis) and not seen[forecast.basis] then
      seen[forecast.basis] = true
      texts[#texts + 1] = forecast.basis
    end
  end
  if #texts == 0 then return nil end
  return { type = "paragraph", style = "dim", tight = true,
    text = ("Left is how long %s lasts, if it goes on like this."):format(table.concat(texts, " or ")) }
end

-- Counters know the pools, and no tags.
local function pools_alone(blocks, pools)
  for _, pool in ipairs(pools) do
    local line = verdict.line { verdict = known(pool.verdict) or "NOT-ENOUGH-DATA", pool = pool.pool,
      rate_bytes_per_hour = known(pool.slope_bytes_per_hour), rate_low = known(pool.low),
      rate_high = known(pool.high), forecast = known(pool.forecast) }
    blocks[#blocks + 1] = { type = "verdict", line = line, style = STYLES[pool.verdict] }
  end
  blocks[#blocks + 1] = { type = "paragraph", style = "dim",
    text = "The snapshots hold no tags, only what the pools have as a whole." }
  return blocks
end

return function(data)
  local blocks, ended = series(data, RAW)
  if ended then return blocks end
  if data.tags == 0 then return pools_alone(blocks, data.pools) end
  local shown, quiet = {}, 0
  for _, row in ipairs(data.rows) do
    if data.all == true or row.verdict ~= "NO-LEAK" then shown[#shown + 1] = row else quiet = quiet + 1 end
  end
  blocks[#blocks + 1] = { type = "table", columns = SHOWN, rows = shown, empty = "No tag grows.",
    style = function(row) return STYLES[word(row)] end }
  blocks[#blocks + 1] = ends(shown)
  local items = followers(shown)
  if #items > 0 then blocks[#blocks + 1] = { type = "list", items = items } end
  if quiet > 0 then
    blocks[#blocks + 1] = { type = "paragraph", style = "dim",
      text = format.counted(quiet, "other tag") .. ": NO-LEAK.  --all shows them." }
  end
  return blocks
end
