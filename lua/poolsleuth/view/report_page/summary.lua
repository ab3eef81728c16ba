--- What a report says first: of what and when, and the figures that matter.
-- @module poolsleuth.view.report_page.summary
local format   = require "poolsleuth.format"
local headline = require "poolsleuth.headline"
local json     = require "poolsleuth.json"
local parts    = require "poolsleuth.view.report_page.parts"

local summary = {}

local known <const> = json.known

local SOON <const> = 72 -- hours

--- Add the figures.
-- @tparam table blocks
-- @tparam table data of the report
function summary.add_figures(blocks, data)
  local finding, period = data.findings[1], data.period
  local items = {}
  local function add(label, value, note, style)
    items[#items + 1] = { label = label, value = value, note = note, style = style }
  end
  local rate = finding and known(finding.rate_bytes_per_hour)
  if rate and rate > 0 then
    local low, high = known(finding.rate_low), known(finding.rate_high)
    local range = low and high and format.rate_range(low, high)
    local first, last, unit = (range or ""):match "^(.-)%.%.(.-)(%a+/h)$"
    add("Growth", headline.size(rate) .. "/h",
      first and first ~= last and ("%s to %s %s"):format(first, last, unit) or nil)
  end
  local ahead = finding and known(finding.forecast)
  if ahead and known(ahead.hours) then
    local range, basis = headline.range(ahead), known(ahead.basis)
    local note = range and basis and range .. ", " .. basis or range or basis
    add("Used up in", headline.time(ahead.hours), note, ahead.hours < SOON and "bad" or nil)
  end
  if finding and known(finding.share) then
    add(period.snapshots > 1 and "Share of the growth" or "Share of the pool", format.percent(finding.share),
      known(finding.pool) and "of " .. finding.pool .. " pool" or nil)
  end
  if finding and known(finding.freed_ratio) then
    add("Freed again", format.percent(finding.freed_ratio), "of its allocations")
  end
  if finding and known(finding.confidence) then add("Confidence", finding.confidence) end
  local span = known(period.span_s)
  add("Snapshots", format.count(period.snapshots),
    span and period.snapshots > 1 and "over " .. format.span(span) or nil)
  blocks[#blocks + 1] = { type = "tiles", items = items }
end

--- Add the machine and the times.
-- @tparam table blocks
-- @tparam table data
function summary.add_times(blocks, data)
  local period, said = data.period, {}
  if known(period.host) then said[#said + 1] = "Host " .. period.host end
  local from, to = known(period.from), known(period.to)
  if from and to and from ~= to then
    said[#said + 1] = ("evidence from %s to %s"):format(parts.clock(from), parts.clock(to))
  elseif from then
    said[#said + 1] = "evidence of " .. parts.clock(from)
  end
  said[#said + 1] = ("written %s UTC by %s"):format(parts.clock(data.generated), data.playbook)
  parts.paragraph(blocks, table.concat(said, "; "):gsub("^%l", string.upper) .. ".", "dim")
end

return summary
