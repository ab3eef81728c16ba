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
  local lua = pattern:gsub("[%^%$%(%)%%%.%[%]%+%-]", "%%%0"):gsub("%*+", ".*"):gsub("%?", ".")
  return setmetatable({ pattern = pattern, lua = "^" .. lua .. "$" }, Glob)
end

--- Whether the whole text matches.
-- @tparam string text
-- @treturn boolean
function Glob:matches(text)
  return text:find(self.lua) ~= nil
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
