--- The view of a night: one line for each machine, without the reasons.
-- @module poolsleuth.view.nightly
local json = require "poolsleuth.json"

local STYLES <const> = { CRIT = "bad", WARN = "warn", ["NOT-ENOUGH-DATA"] = "warn", OK = "good" }

local function of_fact(name)
  return function(finding)
    for _, fact in ipairs(finding.facts or {}) do
      if fact.name == name then return fact.value end
    end
  end
end

local function of_first(field)
  return function(finding)
    local first = (json.known(finding.suspects) or {})[1]
    return first and json.known(first[field])
  end
end

local CSV <const> = {
  { key = "host" }, { key = "verdict" }, { key = "reason", get = of_fact "reason" }, { key = "tag" },
  { key = "tag_hex" }, { key = "pool" }, { key = "tonight", get = of_fact "tonight" },
  { key = "baseline", get = of_fact "baseline" }, { key = "rate_bytes_per_hour" }, { key = "rate_low" },
  { key = "rate_high" }, { key = "hours_left", get = function(finding)
    local forecast = json.known(finding.forecast)
    return forecast and json.known(forecast.hours)
  end },
  { key = "driver", get = of_first "driver" }, { key = "file_version", get = of_first "file_version" },
  { key = "nights", get = of_fact "nights" }, { key = "missing", get = of_fact "missing" },
}

return function(data)
  local blocks = { { type = "table", only = "csv", columns = CSV, rows = data.findings } }
  for i, finding in ipairs(data.findings) do
    blocks[#blocks + 1] = { type = "verdict", line = finding.line, style = STYLES[finding.verdict],
      tight = i > 1 }
  end
  local first = data.findings[1]
  local line = first and json.known(first.line) and first.verdict ~= "OK"
  if line then
    blocks[#blocks + 1] = { type = "paragraph", style = "dim", text = "--why tells the reasons." }
  end
  return blocks
end
