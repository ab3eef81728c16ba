--- Selection: which scripts an expression means, by their categories and names.
-- `leak`, `leak and not dump`, `(handles or objects) and not token-*`.  A word is a category or a name, and
-- may hold * and ?; `not` binds before `and`, `and` before `or`.
-- @module poolsleuth.selection
local glob = require "poolsleuth.glob"

local selection = {}

local DEEPEST <const> = 20

local function fail(form, ...) error({ wrong = form:format(...) }, 0) end

local function tokens_of(text)
  local list = {}
  for token in text:gsub("[()]", " %0 "):gmatch "%S+" do
    if not token:find "^[%w_*?()-]+$" then fail("'%s' is no category and no name", token) end
    list[#list + 1] = token
  end
  list.at = 1
  return list
end

local function take(list, word)
  local found = list[list.at] == word
  if found then list.at = list.at + 1 end
  return found
end

local function word_test(word)
  local pattern = glob.compile(word)
  return function(def)
    if pattern:matches(def.name) then return true end
    for _, category in ipairs(def.categories or {}) do
      if pattern:matches(category) then return true end
    end
    return false
  end
end

local KEYWORDS <const> = { ["and"] = true, ["or"] = true, ["not"] = true, [")"] = true }

local parse_or

local function parse_one(list, depth)
  if depth > DEEPEST then fail("more than %d levels deep", DEEPEST) end
  if take(list, "not") then
    local inner = parse_one(list, depth + 1)
    return function(def) return not inner(def) end
  elseif take(list, "(") then
    local inner = parse_or(list, depth + 1)
    if not take(list, ")") then fail "a ) is missing" end
    return inner
  end
  local word = list[list.at]
  if not word then fail "a category or a name is missing at the end" end
  if KEYWORDS[word] then fail("a category or a name is missing before '%s'", word) end
  list.at = list.at + 1
  return word_test(word)
end

local function parse_and(list, depth)
  local left = parse_one(list, depth)
  while take(list, "and") do
    local first, second = left, parse_one(list, depth)
    left = function(def) return first(def) and second(def) end
  end
  return left
end

function parse_or(list, depth)
  local left = parse_and(list, depth)
  while take(list, "or") do
    local first, second = left, parse_and(list, depth)
    left = function(def) return first(def) or second(def) end
  end
  return left
end

--- Compile an expression.
-- @tparam string text
-- @treturn[1] function from a declaration (`name`, `categories`) to whether it is meant
-- @treturn[2] nil
-- @treturn[2] string what is wrong with it
function selection.compile(text)
  local ok, result = pcall(function()
    local list = tokens_of(text)
    local test = parse_or(list, 1)
    if list[list.at] then fail("'and' or 'or' is missing before '%s'", list[list.at]) end
    return test
  end)
  if ok then return result end
  if type(result) ~= "table" or not result.wrong then error(result, 0) end
  return nil, result.wrong
end

return selection
