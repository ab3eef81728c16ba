--- Regular expressions: PCRE2 with its just-in-time compiler and with limits.
-- @module poolsleuth.regex
local regex = {}

--- How much a match may do before it is given up: steps, and KiB of heap.
regex.LIMITS = { match = 200000, heap = 20000 }

-- PCRE2 takes its limits from the head of a pattern; lrexlib has no call for them.
local function limited(pattern)
  return ("(*LIMIT_MATCH=%d)(*LIMIT_HEAP=%d)%s"):format(regex.LIMITS.match, regex.LIMITS.heap, pattern)
end

local Regex = { __name = "poolsleuth.regex" }
Regex.__index = Regex
Regex.__tostring = function(self) return self.pattern end

--- Compile a pattern.
-- @tparam string pattern
-- @tparam[opt] string flags as PCRE2 knows them: "i" ignores case, "x", "s", "m"
-- @treturn[1] Regex
-- @treturn[2] nil
-- @treturn[2] string what is wrong with it
-- @treturn[2] table `code`
function regex.compile(pattern, flags)
  local rex = require "rex_pcre2"
  if pattern:find "^%(%*LIMIT_" then
    return nil, "the limits of a pattern are not its own to set", { code = "usage" }
  end
  local ok, compiled = pcall(rex.new, limited(pattern), flags)
  if not ok then
    local message = tostring(compiled):gsub("^.-:%d+: ", ""):gsub(" %(pattern offset: (%d+)%)$", function(at)
      return (" (at character %d)"):format(math.max(1, tonumber(at) - #limited "" - 1))
    end)
    return nil, ("the regular expression '%s' is not valid: %s"):format(pattern, message), { code = "usage" }
  end
  if compiled.jit_compile then compiled:jit_compile() end
  return setmetatable({ pattern = pattern, compiled = compiled }, Regex)
end

local REASONS <const> = {
  LIMIT = "does too much work on this text; make it simpler (nested repeats such as (a+)+ cause it)",
}

-- Raised, as case:must raises: a pattern that runs away ends the run, not the program.
local function give_up(self, message)
  local reason = tostring(message):find "LIMIT" and REASONS.LIMIT or tostring(message)
  error({ message = ("the regular expression '%s' %s"):format(self.pattern, reason), status = 65 }, 0)
end

--- The place of the first match.  Ends the run with a message when the pattern needs too long.
-- @tparam string text
-- @tparam[opt=1] int from
-- @treturn ?int first position, nil when there is no match
-- @treturn ?int last position
-- @return captures
function Regex:find(text, from)
  local result = table.pack(pcall(self.compiled.find, self.compiled, text, from or 1))
  if not result[1] then give_up(self, result[2]) end
  return table.unpack(result, 2, result.n)
end

--- Whether the pattern matches anywhere in a text.
-- @tparam string text
-- @treturn boolean
function Regex:matches(text)
  return self:find(text) ~= nil
end

--- The captures of the first match, or the whole match if the pattern has none.
-- @tparam string text
-- @tparam[opt=1] int from
-- @treturn ?string nil when there is no match
function Regex:match(text, from)
  local result = table.pack(self:find(text, from))
  if result[1] == nil then return nil end
  if result.n > 2 then return table.unpack(result, 3, result.n) end
  return text:sub(result[1], result[2])
end

return regex
