--- What views tell of a series before its rows: machine, time, restarts, the pools as a whole.
-- @module poolsleuth.view.series_facts
local format = require "poolsleuth.format"
local json   = require "poolsleuth.json"

local known <const> = json.known

local function spell(time) return (time:gsub("T", " ")) end

local function when(data)
  local from, to = known(data.from), known(data.to)
  if not from then return "in an order without times: no rates" end
  local text = from == to and spell(from) or ("%s to %s"):format(spell(from), spell(to))
  local source = known(data.time_source)
  return source and ("%s (%s)"):format(text, source) or text
end

local function restarts(data)
  local list = known(data.restarts) or {}
  if #list == 0 then return nil end
  local moments = {}
  for i, restart in ipairs(list) do
    moments[i] = known(restart.time) and spell(restart.time) or ("snapshot %d"):format(restart.snapshot)
    if i == 3 and #list > 3 then
      moments[4] = ("and %d more"):format(#list - 3)
      break
    end
  end
  return "before " .. table.concat(moments, ", ")
end

-- "1.1 GiB, of 2.0 GiB (55%): +3MiB/h, full in 12d (10d..14d)"
local function pool_text(pool)
  local bytes = known(pool.last_bytes)
  if not bytes then return nil end
  local text, limit = format.bytes(bytes), known(pool.limit_bytes)
  if limit and limit > 0 and known(pool.basis) and not pool.basis:find "^free" then
    text = ("%s of %s (%s)"):format(text, format.bytes(limit), format.percent(bytes / limit))
  end
  local slope, forecast = known(pool.slope_bytes_per_hour), known(pool.forecast)
  if slope then text = ("%s, %s%s"):format(text, slope > 0 and "+" or "", format.rate(slope)) end
  if forecast and known(forecast.hours) then
    local ends = forecast.basis:find "^free" and "ends" or "is met"
    text = ("%s: %s %s in %s"):format(text, forecast.basis, ends, format.duration(forecast.hours * 3600))
  end
  return text
end

local function facts(data)
  local rows = {}
  local function add(name, text) if text then rows[#rows + 1] = { name, text } end end
  add("Host", known(data.host))
  local span = known(data.span_s)
  local over = span and span > 0 and " over " .. format.span(span) or ""
  add("Snapshots", format.count(data.snapshots) .. over)
  add("Time", when(data))
  add("Restarted", restarts(data))
  for _, pool in ipairs(known(data.pools) or {}) do
    add(pool.pool == "paged" and "Paged pool" or "Nonpaged pool", pool_text(pool))
  end
  return { type = "facts", rows = rows }
end

--- How an answer about a series begins.
-- @tparam table data `host`, `snapshots`, `from`, `to`, `time_source`, `restarts`, `pools`, and `verdict`
--   where there are too few snapshots for anything else
-- @tparam {table,...} raw columns of `rows` for csv
-- @treturn {table,...} blocks
-- @treturn boolean whether that is all there is to say
return function(data, raw)
  local blocks = { { type = "table", only = "csv", columns = raw, rows = data.rows }, facts(data) }
  local word = known(data.verdict)
  if word then
    blocks[3] = { type = "verdict", line = word .. " one snapshot shows no growth", style = "warn" }
  end
  return blocks, word ~= nil
end
