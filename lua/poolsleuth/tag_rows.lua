--- Rows of a tag file from the call sites of drivers: what pooltag.txt lacks, third-party tags.
-- @module poolsleuth.tag_rows
local format = require "poolsleuth.format"

local tag_rows = {}

-- A tag that a tag file can hold: printable, no dash that its grammar would take for a separator.
local function is_writable(tag)
  return tag:find "^[\x21-\x7e][\x20-\x7e]*$" ~= nil and not tag:find(" - ", 1, true)
end

local function text_of(record)
  local parts = {}
  if record.description then parts[1] = record.description end
  if record.company then parts[#parts + 1] = record.company end
  return table.concat(parts, ", ")
end

--- The rows, by tag and driver.
-- @tparam {table,...} records of the driver index
-- @tparam table knowledge tags that identify nobody are left out
-- @treturn {table,...} rows `tag`, `tag_hex`, `binary`, `text`
-- @treturn int how many tags no tag file can hold
function tag_rows.of(records, knowledge)
  local rows, skipped, seen = {}, 0, {}
  for _, record in ipairs(records) do
    for _, tag in ipairs(record.allocates) do
      local key = tag .. record.name:lower()
      if not is_writable(tag) then
        skipped = skipped + 1
      elseif not seen[key] and not knowledge:shared(tag) then
        seen[key] = true
        rows[#rows + 1] = { tag = tag, tag_hex = format.tag_hex(tag), binary = record.name,
                            text = format.clean(text_of(record)) }
      end
    end
  end
  table.sort(rows, function(a, b)
    if a.tag ~= b.tag then return a.tag < b.tag end
    return a.binary:lower() < b.binary:lower()
  end)
  return rows, skipped
end

return tag_rows
