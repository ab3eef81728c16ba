--- Expressions of the debugger: numbers are hexadecimal unless they say otherwise.
-- @module poolsleuth.kd.expression
local address = require "poolsleuth.kd.address"

local expression = {}

local Parser = {}
Parser.__index = Parser

-- End the evaluation: caught in expression.read.
local function fail(form, ...)
  error({ expression = form:format(...) }, 0)
end

function Parser:skip()
  self.at = self.text:find("%S", self.at) or #self.text + 1
end

function Parser:take(pattern)
  self:skip()
  local found = self.text:match("^" .. pattern, self.at)
  if found then self.at = self.at + #found end
  return found
end

local BASES <const> = { ["0x"] = 16, ["0n"] = 10, ["0t"] = 8, ["0y"] = 2 }

-- tonumber with a base wraps as unsigned numbers do, which is what 64 bits need.
local function to_number(word)
  local base = BASES[word:sub(1, 2):lower()]
  local digits = word:gsub("`", "")
  if base then return tonumber(digits:sub(3), base) end
  if digits:find "^%x+[hH]$" then digits = digits:sub(1, -2) end
  return #digits <= 16 and tonumber(digits, 16) or nil
end

local READS <const> = { poi = 0, by = 1, wo = 2, dwo = 4, qwo = 8 }

function Parser:memory(name)
  local value = self:enclosed()
  local session = self.session
  local size = READS[name] == 0 and session.bits // 8 or READS[name]
  local bytes, why = session.dump:read(value, size)
  if why then fail("the memory at %s is %s", session:address(value), why) end
  local read = string.unpack("<I" .. size, bytes)
  return name == "poi" and address.extend(read, session.bits) or read
end

function Parser:enclosed()
  if not self:take "%(" then fail "a ( is missing" end
  local value = self:sum()
  if not self:take "%)" then fail "a ) is missing" end
  return value
end

function Parser:value()
  if self:take "%-" then return -self:value() end
  if self:take "%+" then return self:value() end
  if self:take "~" then return ~self:value() end
  if self:take "@@?%f[%(]" then return self:enclosed() end
  self:skip()
  if self.text:find("^%(", self.at) then return self:enclosed() end
  local start = self.at
  local word = self:take "[@%$]*[%w_`?{}%.~]+"
  if not word then fail("a number or a symbol is missing at '%s'", self.text:sub(start)) end
  if READS[word] and self.text:find("^%s*%(", self.at) then return self:memory(word) end
  local bang = self.text:match("^!([%w_?@%$~:<>]+)", self.at)
  if bang then
    self.at = self.at + #bang + 1
    return self:symbol(word, bang)
  end
  local number = to_number(word)
  if number then return address.extend(number, self.session.bits) end
  return self:name(start, word)
end

function Parser:symbol(module, name)
  local session = self.session
  local found, why = session:symbol(module, name)
  if not found then fail("%s", why) end
  return found
end

-- A module by its name, which may hold what else is an operator, or a symbol of the kernel.
function Parser:name(start, word)
  local session = self.session
  local whole = self.text:match("^[%w_{}%.%-]+", start)
  local module = session:module_named(whole)
  if module then
    self.at = start + #whole
    local bang = self.text:match("^!([%w_?@%$~:<>]+)", self.at)
    if not bang then return module.base end
    self.at = self.at + #bang + 1
    return self:symbol(whole, bang)
  end
  module = session:module_named(word)
  if module then return module.base end
  local found = session.dump:symbol(word)
  if not found then fail("no number, module or symbol of the kernel is called '%s'", word) end
  return found
end

function Parser:product()
  local value = self:value()
  while true do
    local operator = self:take "[%*/%%&|^]" or self:take "<<" or self:take ">>"
    if not operator then return value end
    local right = self:value()
    if (operator == "/" or operator == "%") and right == 0 then fail "a division by zero" end
    if operator == "*" then value = value * right
    elseif operator == "/" then value = value // right
    elseif operator == "%" then value = value % right
    elseif operator == "&" then value = value & right
    elseif operator == "|" then value = value | right
    elseif operator == "^" then value = value ~ right
    elseif operator == "<<" then value = value << right
    else value = value >> right end
  end
end

function Parser:sum()
  self.depth = (self.depth or 0) + 1
  if self.depth > 64 then fail "the expression is nested too deeply" end
  local value = self:product()
  while true do
    local operator = self:take "[%+%-]"
    if not operator then
      self.depth = self.depth - 1
      return value
    end
    local right = self:product()
    value = operator == "+" and value + right or value - right
  end
end

--- Read one expression at the beginning of a text.
-- @tparam table session of poolsleuth.kd
-- @tparam string text
-- @treturn[1] int its value
-- @treturn[1] string what follows it
-- @treturn[2] nil
-- @treturn[2] string why there is none
function expression.read(session, text)
  local parser = setmetatable({ session = session, text = text, at = 1 }, Parser)
  local ok, value = pcall(parser.sum, parser)
  if ok then return value, text:sub(parser.at):match "^%s*(.*)$" end
  if type(value) == "table" and value.expression then return nil, value.expression end
  error(value, 0)
end

--- Read one expression that is all of a text.
-- @tparam table session
-- @tparam string text
-- @treturn[1] int
-- @treturn[2] nil
-- @treturn[2] string why there is none
function expression.only(session, text)
  local value, rest = expression.read(session, text)
  if not value then return nil, rest end
  if rest ~= "" then return nil, ("'%s' is left over"):format(rest) end
  return value
end

local LARGEST <const> = 0x10000000 -- without the question mark that says "I mean it"

--- Read a range: "start end", "start L count", "start L?count".
-- @tparam table session
-- @tparam string text
-- @tparam int size of one item
-- @tparam ?int otherwise the count where the text gives none
-- @treturn[1] int start
-- @treturn[1] int how many items
-- @treturn[1] string what follows
-- @treturn[2] nil
-- @treturn[2] string why there is none
function expression.range(session, text, size, otherwise)
  local start, rest = expression.read(session, text)
  if not start then return nil, rest end
  local sure, length = rest:match "^[lL](%??)%s*(.*)$"
  local count
  if length then
    count, rest = expression.read(session, length)
    if not count then return nil, rest end
    if sure == "" and (count < 0 or count * size > LARGEST) then
      return nil, ("a range of 0x%x bytes: write L?%x if you mean it"):format(count * size, count)
    end
  elseif otherwise and (rest == "" or not rest:find "^[%w@%(]") then
    count = otherwise
  else
    local last
    last, rest = expression.read(session, rest)
    if not last then return nil, rest end
    count = (last - start) // size + (otherwise and 1 or 0)
    if math.ult(last, start) then return nil, "the range ends before it begins" end
  end
  return start, count, rest
end

return expression
