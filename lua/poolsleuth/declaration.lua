--- Declarations in words: what help, manual pages and completions tell of a script.
-- @module poolsleuth.declaration
local arguments = require "poolsleuth.arguments"
local script    = require "poolsleuth.script"
local shelf     = require "poolsleuth.shelf"

local declaration = {}

--- Describe arguments.
-- @tparam {table,...} list as a script declares them
-- @treturn {table,...} each `name`, `flags`, `type`, `metavar`, `required`, `many`, `default`, `choices`,
--   `about`
function declaration.arguments(list)
  local described = {}
  for i, arg in ipairs(list) do
    described[i] = {
      name = arg.name, flags = script.flags(arg), type = arg.type or "string",
      metavar = arguments.metavar(arg),
      required = not arg.flag and arg.default == nil and arg.required ~= false, many = arg.many or false,
      default = arg.default, choices = arg.choices or arg.offers or {}, about = arg.about,
    }
  end
  return described
end

--- The line that shows how a script is called.
-- @tparam table def
-- @treturn string "poolsleuth show [options] SOURCE..."
function declaration.usage(def)
  local options, positional = {}, {}
  for _, arg in ipairs(def.args) do
    local list = arg.flag and options or positional
    list[#list + 1] = arguments.usage(arg)
  end
  local words = { "poolsleuth", def.name }
  if #options > 0 then words[#words + 1] = "[options]" end
  return table.concat(words, " ") .. (#positional > 0 and " " .. table.concat(positional, " ") or "")
end

--- Every script that can be run, by name; raises where one could not be read.
-- @tparam {table,...} folders of shelf.folders
-- @treturn {table,...} entries of shelf.list, each with its `def`
function declaration.usable(folders)
  local usable = {}
  for _, entry in ipairs(shelf.demand(shelf.list(folders))) do
    if entry.def and not entry.skipped then usable[#usable + 1] = entry end
  end
  return usable
end

return declaration
