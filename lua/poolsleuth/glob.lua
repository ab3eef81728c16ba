--- Patterns with * and ?, as poolmon takes them for tags.
-- @module poolsleuth.glob
local format = require "poolsleuth.format"

local glob = {}

local Glob = { __name = "poolsleuth.glob" }
Glob.__index = Glob
Glob.__tostring = function(self) return self.pattern end

--- Compile a pattern: * is any run of characters, ? is one, blanks count, case counts.
-- @tparam string pattern
-- @treturn Glob
function glob.compile(pattern)
  local parts = {}
  for part in (pattern .. "*"):gmatch "([^*]*)%*" do
    local lua = part:gsub("[%^%$%(%)%%%.%[%]%+%-]", "%%%0"):gsub("%?", ".")
    parts[#parts + 1] = { lua = lua, size = #part }
  end
  return setmetatable({ pattern = pattern, parts = parts }, Glob)
end

--- Whether the whole text matches.  What stands between two stars is looked for once, behind the part before
-- it: a long name in the evidence must not make trying all ways take hours.
-- @tparam string text
-- @treturn boolean
function Glob:matches(text)
  local parts = self.parts
  local first, last = parts[1], parts[#parts]
  if not text:find("^" .. first.lua .. (#parts == 1 and "$" or "")) then return false end
  if #parts == 1 then return true end
  local from, to = first.size + 1, #text - last.size
  for i = 2, #parts - 1 do
    local _, at = text:find(parts[i].lua, from)
    if not at then return false end
    from = at + 1
  end
  return from <= to + 1 and text:find("^" .. last.lua .. "$", to + 1) ~= nil
end

--- Whether a tag matches: bit 31 is ignored, and blanks at the end may be left away.
-- @tparam string tag four raw bytes
-- @treturn boolean
function Glob:matches_tag(tag)
  tag = format.plain_tag(tag)
  return self:matches(tag) or self:matches((tag:gsub(" +$", "")))
end

--- What tells the tags that one of some patterns matches.
-- @tparam {string,...} patterns
-- @treturn function from a tag to a boolean
function glob.any(patterns)
  local globs = {}
  for i, pattern in ipairs(patterns) do globs[i] = glob.compile(pattern) end
  return function(tag)
    for _, one in ipairs(globs) do
      if one:matches_tag(tag) then return true end
    end
    return false
  end
end

return glob
