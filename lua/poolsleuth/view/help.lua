--- The view of help: one script, from its declaration.
-- @module poolsleuth.view.help
local format = require "poolsleuth.format"
local json   = require "poolsleuth.json"

local known <const> = json.known

local function left_side(argument)
  local flags = table.concat(argument.flags, ", ")
  local value = argument.type ~= "boolean" and argument.metavar or ""
  if flags == "" then return value .. (argument.many and "..." or "") end
  return (flags .. " " .. value):gsub(" $", "")
end

local function right_side(argument)
  local text = known(argument.about) or ""
  local extra = {}
  if known(argument.choices) and #argument.choices > 0 then
    extra[#extra + 1] = "one of " .. table.concat(argument.choices, ", ")
  end
  if known(argument.default) ~= nil and argument.type ~= "boolean" then
    local default = argument.default
    if argument.type == "bytes" then default = format.bytes(default) end
    if argument.type == "duration" then default = format.duration(default) end
    extra[#extra + 1] = "default " .. tostring(default)
  end
  if argument.many and #argument.flags > 0 then extra[#extra + 1] = "may be repeated" end
  if #extra > 0 then text = ("%s (%s)"):format(text, table.concat(extra, "; ")) end
  return text
end

local function argument_facts(list)
  local rows = {}
  for i, argument in ipairs(list) do rows[i] = { "  " .. left_side(argument), right_side(argument) } end
  return rows
end

local CSV <const> = {
  { key = "name", name = "Argument" }, { key = "flags", name = "Flags", kind = "list" },
  { key = "type", name = "Type" }, { key = "about", name = "About" },
}

return function(data)
  local blocks = {
    { type = "table", only = "csv", columns = CSV, rows = data.arguments },
    { type = "heading", text = ("%s - %s"):format(data.name, data.summary) },
    { type = "code", text = data.usage },
  }
  for paragraph in ((known(data.about) or "") .. "\n\n"):gmatch "(.-)\n%s*\n" do
    local text = paragraph:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", "")
    local is_example = text ~= "" and not ("\n" .. paragraph):find "\n%S"
    if is_example then
      blocks[#blocks + 1] = { type = "code", text = ("\n" .. paragraph):gsub("\n%s+", "\n"):sub(2) }
    elseif text ~= "" then blocks[#blocks + 1] = { type = "paragraph", text = text }
    end
  end
  if #data.arguments > 0 then
    blocks[#blocks + 1] = { type = "heading", text = "Arguments", level = 3 }
    blocks[#blocks + 1] = { type = "facts", rows = argument_facts(data.arguments) }
  end
  blocks[#blocks + 1] = { type = "heading", text = "With every command", level = 3 }
  blocks[#blocks + 1] = { type = "facts", rows = argument_facts(data.globals) }
  blocks[#blocks + 1] = { type = "paragraph", style = "dim", text = data.path }
  return blocks
end
