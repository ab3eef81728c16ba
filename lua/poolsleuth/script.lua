--- What every script is: a declared, documented, checked value with a function to run.
-- Playbooks and commands are scripts; see poolsleuth.playbook and poolsleuth.command.
-- @module poolsleuth.script
local script = {}

--- The types that an argument may have.
script.TYPES = {
  string = true, path = true, source = true, integer = true, number = true, boolean = true, bytes = true,
  duration = true, tag = true, glob = true, regex = true, time = true,
}

local REQUIRED <const> = { name = "string", summary = "string", run = "function" }
local OPTIONAL <const> = { about = "string", needs = "table", categories = "table", args = "table",
                         format = "string" }
local OF_ARGUMENT <const> = {
  name = "string", type = "string", flag = "string or table", many = "boolean", default = "any",
  required = "boolean", metavar = "string", choices = "table", about = "string", greedy = "boolean",
}

local function list_of(names)
  local sorted = {}
  for name in pairs(names) do sorted[#sorted + 1] = name end
  table.sort(sorted)
  return table.concat(sorted, ", ")
end

local function complain(form, ...)
  error(form:format(...), 0)
end

--- The flags of an argument as a list; empty for a positional one.
-- @tparam table arg
-- @treturn {string,...}
function script.flags(arg)
  if arg.flag == nil then return {} end
  return type(arg.flag) == "table" and arg.flag or { arg.flag }
end

local function check_flags(where, arg)
  for _, flag in ipairs(script.flags(arg)) do
    if not (flag:find "^%-%w$" or flag:find "^%-%-%w[%w-]+$") then
      complain("%s: '%s' is no flag; write -x or --word", where, tostring(flag))
    end
  end
end

local function check_argument(where, arg)
  if type(arg) ~= "table" then complain("%s: a table expected", where) end
  for field, value in pairs(arg) do
    local kind = OF_ARGUMENT[field]
    if not kind then complain("%s: unknown field '%s' (known: %s)", where, field, list_of(OF_ARGUMENT)) end
    if kind ~= "any" and not kind:find(type(value), 1, true) then
      complain("%s: field '%s' is a %s, not a %s", where, field, kind, type(value))
    end
  end
  if type(arg.name) ~= "string" or not arg.name:find "^%a[%w_]*$" then
    complain("%s: needs a name of letters, digits and _", where)
  end
  if not script.TYPES[arg.type or "string"] then
    complain("%s: unknown type '%s' (known: %s)", where, tostring(arg.type), list_of(script.TYPES))
  end
  if arg.type == "boolean" and not arg.flag then complain("%s: a boolean needs a flag", where) end
  if arg.greedy and not (arg.many and arg.flag) then complain("%s: only a repeated flag is greedy", where) end
  check_flags(where, arg)
end

local function check_arguments(def)
  local names, flags, many = {}, {}, nil
  for _, arg in ipairs(require "poolsleuth.globals") do
    for _, flag in ipairs(script.flags(arg)) do flags[flag] = "every command" end
  end
  for i, arg in ipairs(def.args) do
    local where = ("args[%d]"):format(i)
    check_argument(where, arg)
    if names[arg.name] then complain("%s: a second argument '%s'", where, arg.name) end
    names[arg.name] = true
    for _, flag in ipairs(script.flags(arg)) do
      if flags[flag] then complain("%s: flag %s is taken by %s", where, flag, flags[flag]) end
      flags[flag] = arg.name
    end
    if not arg.flag then
      if many then complain("%s: nothing can follow the repeated argument '%s'", where, many) end
      many = arg.many and arg.name or nil
    end
  end
end

--- Check a declaration; raises when it is malformed, which is its author's mistake.
-- @tparam table def `name`, `summary`, `run`, and maybe `about`, `needs`, `categories`, `args`,
--   `format` (what is written to a file or a pipe where no format is asked for)
-- @tparam string kind "playbook" or "command"
-- @treturn table def with its `kind`
function script.new(def, kind)
  if type(def) ~= "table" then complain("a %s is declared with a table", kind) end
  for field, expected in pairs(REQUIRED) do
    if type(def[field]) ~= expected then
      complain("%s field '%s': %s expected, got %s", kind, field, expected, type(def[field]))
    end
  end
  for field, value in pairs(def) do
    local expected = REQUIRED[field] or OPTIONAL[field]
    if not expected then
      complain("unknown %s field '%s' (known: about, args, categories, format, name, needs, run, summary)",
        kind, field)
    end
    if type(value) ~= expected then complain("%s field '%s': %s expected", kind, field, expected) end
  end
  if not def.name:find "^%a[%w-]*$" then
    complain("%s name '%s': letters, digits and - only", kind, def.name)
  end
  def.args = def.args or {}
  check_arguments(def)
  def.kind = kind
  return def
end

return script
