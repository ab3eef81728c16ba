--- Dialects in Lua: readers of one more kind of text, as plugins.
-- A file returns `dialect { name =, summary =, start =, row =, finish = }`.
-- @module poolsleuth.dialect
local dialect = {}

local FIELDS <const> = { name = "string", summary = "string", about = "string", start = "function",
                         row = "function", finish = "function" }
local REQUIRED <const> = { "name", "summary", "start", "row" }

local function complain(form, ...)
  error(form:format(...), 0)
end

--- Declare a dialect; raises when the declaration is malformed, which is its author's mistake.
--
-- * `start(line, number)` is asked of each line while no table is open: it gives the state of a new table
--   (any table) where the line begins one, else nil.  It must be strict, because every unknown text is
--   offered to it.  A second value of true says that the line is a row already: `row` gets it too.
-- * `row(state, line, number)` gets each following line, blank ones too.  It gives a row, `true` for a line
--   that belongs to the table, `nil, reason` for one that is refused (and "ambiguous" or "flagged" as a third
--   value where that is meant), or `false` where the table ended before the line.
-- * `finish(state)` may give `origin`, `scope` ("part", "whole" or "totals"), `time`, `host`, `memory`, and
--   more `rows`.
--
-- A row is { tag =, pool = "nonpaged" or "paged", allocs =, frees =, diff =, bytes =, per_alloc =, note = };
-- what the text does not say stays nil, but a row must have a tag and a pool.
-- @tparam table def
-- @treturn table def with its `kind`
function dialect.new(def)
  if type(def) ~= "table" then complain "a dialect is declared with a table" end
  for _, field in ipairs(REQUIRED) do
    if def[field] == nil then complain("dialect field '%s' is missing", field) end
  end
  for field, value in pairs(def) do
    local expected = FIELDS[field]
    if not expected then
      complain("unknown dialect field '%s' (known: about, finish, name, row, start, summary)",
        tostring(field))
    end
    if type(value) ~= expected then complain("dialect field '%s': %s expected", field, expected) end
  end
  if not def.name:find "^%a[%w-]*$" then
    complain("dialect name '%s': letters, digits and - only", def.name)
  end
  def.kind = "dialect"
  return def
end

return setmetatable(dialect, { __call = function(_, def) return dialect.new(def) end })
