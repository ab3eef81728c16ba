--- The columns of findings in CSV.
-- @module poolsleuth.view.verdict_columns
local json = require "poolsleuth.json"

local known <const> = json.known

local function of_suspect(field)
  return function(finding)
    local first = (known(finding.suspects) or {})[1]
    return first and known(first[field])
  end
end

return {
  { key = "verdict", name = "Verdict" }, { key = "tag", name = "Tag" }, { key = "tag_hex", name = "Hex" },
  { key = "pool", name = "Pool" }, { key = "rate_bytes_per_hour", name = "Rate" },
  { key = "rate_low", name = "Low" }, { key = "rate_high", name = "High" },
  { key = "freed_ratio", name = "Freed" }, { key = "share", name = "Share" },
  { key = "driver", name = "Driver", get = of_suspect "driver" },
  { key = "file_version", name = "Version", get = of_suspect "file_version" },
  { key = "company", name = "Company", get = of_suspect "company" },
  { key = "confidence", name = "Confidence" },
}
