--- Arguments: from the words that a user typed to typed values, once, at the edge.
-- @module poolsleuth.arguments
local script = require "poolsleuth.script"

local arguments = {}

local BYTE_UNITS <const> = { [""] = 0, b = 0, k = 10, m = 20, g = 30, t = 40 }
local SECONDS <const> = { s = 1, min = 60, m = 60, h = 3600, d = 86400, w = 604800, [""] = 1 }

local convert = {}

function convert.string(word) return word end
convert.path, convert.source = convert.string, convert.string

function convert.integer(word)
  return math.tointeger(tonumber(word)), "a whole number such as 20"
end

function convert.number(word)
  return tonumber(word), "a number such as 1.5"
end

function convert.boolean(word)
  return ({ ["true"] = true, ["false"] = false, yes = true, no = false })[word], "yes or no"
end

function convert.bytes(word)
  local digits, unit = word:lower():match "^([%d.]+)%s*([bkmgt]?)i?b?$"
  local shift, value = BYTE_UNITS[unit], tonumber(digits)
  return shift and value and math.tointeger(value * (1 << shift) // 1), "a size such as 64k or 1.5GiB"
end

function convert.duration(word)
  local hint = "a length of time such as 90s, 30min, 6h or 2d"
  local total, rest = 0, word:lower()
  while rest ~= "" do
    local digits, unit, after = rest:match "^([%d.]+)%s*(%a*)%s*(.*)$"
    local value, factor = tonumber(digits), SECONDS[unit or "?"]
    if not value or not factor then return nil, hint end
    total, rest = total + value * factor, after
  end
  return word ~= "" and total or nil, hint
end

function convert.tag(word)
  local hint = "a tag of one to four characters, or its value in hex as 0x6e657645"
  local quoted = word:match "^'(.*)'$" or word:match '^"(.*)"$'
  if quoted and #word > 4 then word = quoted end
  local hex = word:match "^0[xX](%x+)$"
  if hex and #hex <= 8 and #word > 4 then return string.pack("<I4", tonumber(hex, 16)) end
  if #word < 1 or #word > 4 then return nil, hint end
  return (word .. "    "):sub(1, 4)
end

function convert.glob(word)
  return require("poolsleuth.glob").compile(word)
end

function convert.regex(word)
  return require("poolsleuth.regex").compile(word)
end

function convert.time(word)
  local hint = "a time such as 2026-11-01T00:05 or 2026-11-01"
  local year, month, day, rest = word:match "^(%d%d%d%d)%-(%d%d)%-(%d%d)(.*)$"
  if not year then return nil, hint end
  local hour, minute, second = 0, 0, 0
  if rest ~= "" then
    hour, minute, second = rest:match "^[T ](%d%d):?(%d%d):?(%d?%d?)Z?$"
    if not hour then return nil, hint end
  end
  local integer = math.tointeger
  return require("poolsleuth.calendar").seconds(integer(year), integer(month), integer(day),
    integer(hour), integer(minute), integer(second) or 0), hint
end

--- Convert one word to a type.
-- @tparam string kind one of script.TYPES
-- @tparam string word
-- @return[1] the value
-- @treturn[2] nil
-- @treturn[2] string what would have been right
function arguments.convert(kind, word)
  local value, hint = convert[kind or "string"](word)
  if value ~= nil then return value end
  if kind == "regex" then return nil, hint end
  return nil, ("'%s' is not %s"):format(word, hint)
end

--- What stands for an argument's value in help: "SOURCE", "FILE", "N".
-- @tparam table arg
-- @treturn string
function arguments.metavar(arg)
  local of_type = { integer = "N", number = "N", bytes = "SIZE", duration = "TIME", regex = "REGEX",
                    glob = "GLOB", path = "FILE", time = "TIME", tag = "TAG" }
  if arg.metavar then return arg.metavar end
  if not arg.flag then return arg.name:upper() end
  return of_type[arg.type] or arg.name:upper()
end

local function is_required(arg)
  if arg.required ~= nil then return arg.required end
  return not arg.flag and arg.default == nil
end

--- How an argument is written in a usage line: "SOURCE...", "[--top N]".
-- @tparam table arg
-- @treturn string
function arguments.usage(arg)
  local flags = script.flags(arg)
  local text = arguments.metavar(arg)
  if arg.type == "boolean" then
    text = flags[1]
  elseif #flags > 0 then
    text = flags[1] .. " " .. text .. (arg.greedy and "..." or "")
  elseif arg.many then
    text = text .. "..."
  end
  return is_required(arg) and text or "[" .. text .. "]"
end

-- Every argument there is, for the message about one that does not exist.
local function known_arguments(def, globals)
  local words = {}
  for _, arg in ipairs(def.args) do
    words[#words + 1] = arg.flag and table.concat(script.flags(arg), "/") or arguments.metavar(arg)
  end
  for _, arg in ipairs(globals) do words[#words + 1] = table.concat(script.flags(arg), "/") end
  local lines = require("poolsleuth.format").wrap(table.concat(words, " "), 64)
  return "it takes: " .. table.concat(lines, "\n          ")
end

-- A flag that takes every word up to the next flag, however often it is given.
local function append_all(result, target, words)
  result[target] = table.move(words, 1, #words, #(result[target] or {}) + 1, result[target] or {})
end

local function add_option(parser, arg)
  local flags = table.concat(script.flags(arg), " ")
  if arg.type == "boolean" then return parser:flag(flags):target(arg.name) end
  local option = parser:option(flags):target(arg.name):argname(arguments.metavar(arg))
  if arg.many then option:count "*" end
  if arg.greedy then option:args("+"):action(append_all) end
  if is_required(arg) then option:count(arg.many and "+" or 1) end
  return option
end

local function add_argument(parser, arg)
  local argument = parser:argument(arguments.metavar(arg)):target(arg.name)
  if arg.many then
    argument:args(is_required(arg) and "+" or "*")
  elseif not is_required(arg) then
    argument:args "?"
  end
  return argument
end

local function parser_for(def, globals)
  local parser = require("argparse")(def.name):add_help(false)
  for _, list in ipairs { def.args, globals } do
    for _, arg in ipairs(list) do
      local element = arg.flag and add_option(parser, arg) or add_argument(parser, arg)
      if arg.choices then element:choices(arg.choices) end
      if arg.type ~= "boolean" then
        element:convert(function(word)
          local value, message = arguments.convert(arg.type, word)
          if value ~= nil then return value end
          local usage = arguments.usage(arg):gsub("[%[%]]", "")
          return nil, ("%s: %s"):format(usage, message)
        end)
      end
    end
  end
  return parser
end

local function fill_defaults(list, values)
  local filled = {}
  for _, arg in ipairs(list) do
    local value = values[arg.name]
    if arg.many and value ~= nil and #value == 0 then value = nil end
    if value == nil then value = arg.default end
    if value == nil and arg.many then value = {} end
    if value == nil and arg.type == "boolean" then value = false end
    filled[arg.name] = value
  end
  return filled
end

--- Read the words that follow a command.
-- @tparam table def the script
-- @tparam {table,...} globals arguments that every command takes
-- @tparam {string,...} words
-- @treturn[1] table the script's values by name
-- @treturn[1] table the values of the globals
-- @treturn[2] nil
-- @treturn[2] string what is wrong, with every argument that exists
function arguments.parse(def, globals, words)
  local ok, result = parser_for(def, globals):pparse(words)
  if not ok then
    local message = tostring(result):gsub("\n+", "; "):gsub("Did you mean", "did you mean")
    local unknown = message:find "^unknown" or message:find "^too many"
    return nil, unknown and message .. "\n" .. known_arguments(def, globals) or message
  end
  return fill_defaults(def.args, result), fill_defaults(globals, result)
end

--- Check values that a program gives by name, as strings or already of their type.
-- @tparam table def
-- @tparam table given
-- @treturn[1] table values, defaults filled in
-- @treturn[2] nil
-- @treturn[2] string what is wrong
function arguments.check(def, given)
  local values, names = {}, {}
  for _, arg in ipairs(def.args) do
    names[#names + 1], names[arg.name] = arg.name, true
    local value, message = given[arg.name], nil
    if type(value) == "string" then
      value, message = arguments.convert(arg.type, value)
      if value == nil then return nil, ("%s: %s"):format(arg.name, message) end
      if arg.many then value = { value } end
    elseif arg.many and type(value) == "table" then
      local list = {}
      for i, item in ipairs(value) do
        list[i] = item
        if type(item) == "string" then list[i], message = arguments.convert(arg.type, item) end
        if list[i] == nil then return nil, ("%s: %s"):format(arg.name, message) end
      end
      value = list
    end
    values[arg.name] = value
  end
  for name in pairs(given) do
    if not names[name] then
      return nil, ("%s has no argument '%s' (it takes %s)"):format(def.name, name, table.concat(names, ", "))
    end
  end
  return fill_defaults(def.args, values)
end

return arguments
