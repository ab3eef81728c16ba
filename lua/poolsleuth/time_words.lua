--- Time words: moments as people say them.  What is relative counts back from the newest evidence, not from
-- the clock of the analyst's machine, so that the same question to the same evidence gets the same answer.
-- @module poolsleuth.time_words
local convert = require("poolsleuth.arguments").convert

local time_words = {}

local DAY <const> = 86400
local HINT <const> =
  "a time such as 2026-11-01T00:05, 2026-11-01, yesterday, first, last or 7d (before the last)"

--- The time that a word stands for.
-- @tparam string word
-- @tparam[opt] int oldest seconds: the first moment that there is evidence of
-- @tparam[opt] int newest the last one
-- @treturn[1] int seconds since 1970
-- @treturn[2] nil
-- @treturn[2] string what would have been right
function time_words.parse(word, oldest, newest)
  local text = word:lower()
  local at = convert("time", word)
  if at then return at end
  if text == "first" and oldest then return oldest end
  if not newest then return nil, HINT end
  if text == "last" or text == "now" or text == "today" or text == "tonight" then return newest end
  if text == "yesterday" then return newest - DAY end
  local back = text:match "^%-?(.-)%s*ago$" or text:match "^%-?(.+)$"
  local seconds = back and back:find "^%d" and convert("duration", back)
  if seconds then return math.floor(newest - seconds) end
  return nil, HINT
end

--- Whether a word can be a moment at all, and not only the name of a file.
-- @tparam string word
-- @treturn boolean
function time_words.is_one(word)
  return time_words.parse(word, 0, 0) ~= nil
end

--- The time that a word stands for; a word that is none ends the run with 64.
-- @tparam string word
-- @tparam[opt] int oldest
-- @tparam[opt] int newest
-- @tparam[opt] string flag for the message
-- @treturn int
function time_words.must(word, oldest, newest, flag)
  local at, hint = time_words.parse(word, oldest, newest)
  if at then return at end
  error({ message = ("%s'%s' is not %s"):format(flag and flag .. " " or "", word, hint), status = 64 }, 0)
end

return time_words
