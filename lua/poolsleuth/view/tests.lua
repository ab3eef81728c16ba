--- The view of test runs: what failed and why, then one line of totals.
-- @module poolsleuth.view.tests
local json = require "poolsleuth.json"

local known <const> = json.known

local CSV <const> = {
  { key = "script", name = "Script" }, { key = "name", name = "Case" }, { key = "passed", name = "Passed" },
  { key = "reason", name = "Reason" },
}

local function flat(scripts)
  local rows = {}
  for _, script in ipairs(scripts) do
    for _, case in ipairs(script.cases) do
      rows[#rows + 1] = { script = script.name, name = case.name, passed = case.passed, reason = case.reason }
    end
  end
  return rows
end

return function(data)
  local blocks = { { type = "table", only = "csv", columns = CSV, rows = flat(data.scripts) } }
  for _, script in ipairs(data.scripts) do
    local items = {}
    for i, case in ipairs(script.cases) do
      local reason = known(case.reason)
      items[i] = case.passed and { text = "ok: " .. case.name }
        or { text = "FAILED: " .. case.name, style = "bad", items = reason and { reason } or nil }
    end
    blocks[#blocks + 1] = { type = "heading", text = script.name }
    blocks[#blocks + 1] = { type = "list", items = items }
  end
  blocks[#blocks + 1] = { type = "paragraph", style = data.failed > 0 and "bad" or "good",
                          text = ("%d passed, %d failed"):format(data.passed, data.failed) }
  return blocks
end
