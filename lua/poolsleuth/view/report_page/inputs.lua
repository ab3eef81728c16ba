--- From what: every source, with its hash and whether it is whole.
-- @module poolsleuth.view.report_page.inputs
local format = require "poolsleuth.format"
local json   = require "poolsleuth.json"
local parts  = require "poolsleuth.view.report_page.parts"

local inputs = {}

local known <const> = json.known

local function input_columns(name_of)
  return {
    { key = "path", name = "Source", heads_row = true, flex = true, at_least = 20,
      get = function(row) return name_of(row.path) end },
    { key = "kind", name = "Kind" },
    { name = "Whole", key = "complete", get = function(row) return row.complete and "yes" or "no" end },
    { key = "sha256", name = "SHA-256", kind = "hash", flex = true, at_least = 16 },
  }
end

-- Drivers that nobody accuses are counted; a folder may hold thousands.
local function shown_inputs(data, all)
  local accused, shown, left = {}, {}, 0
  for _, driver in ipairs(parts.list(data.drivers)) do accused[known(driver.path) or ""] = true end
  for _, input in ipairs(all) do
    if input.kind ~= "pe" or accused[input.path] or not input.complete then
      shown[#shown + 1] = input
    else
      left = left + 1
    end
  end
  return shown, left
end

local function input_text(input)
  local whole = input.complete and "whole" or "not whole"
  return { text = ("%s, %s, %s"):format(input.path, input.kind or "unknown", whole),
           style = not input.complete and "warn" or nil,
           items = known(input.sha256) and { "SHA-256 " .. input.sha256 } or nil }
end

--- Add the sources.
-- @tparam table blocks
-- @tparam table data of the report
-- @tparam {table,...} all inputs of the document
-- @tparam function name_of of parts.namer
function inputs.add(blocks, data, all, name_of)
  parts.heading(blocks, "Raw evidence")
  local shown, left = shown_inputs(data, all)
  parts.prose(blocks, { type = "table", label = "Raw evidence", columns = input_columns(name_of),
    rows = shown, style = function(row) return not row.complete and "warn" or nil end,
    empty = "None but what was given inline." }, input_text)
  if left > 0 then
    local text = "And %s, each with its SHA-256 in the JSON form of this report."
    parts.paragraph(blocks, text:format(format.counted(left, "other driver file")), "dim")
  end
end

return inputs
