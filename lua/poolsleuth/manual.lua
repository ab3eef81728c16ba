--- Manual pages in mdoc, from the declarations of the scripts.
-- @module poolsleuth.manual
local declaration = require "poolsleuth.declaration"
local format      = require "poolsleuth.format"
local globals     = require "poolsleuth.globals"

local manual = {}

local WIDTH <const> = 76
local MONTHS <const> = { "January", "February", "March", "April", "May", "June", "July", "August",
  "September", "October", "November", "December" }

local STATUSES <const> = {
  { "0", "No leak was found, or the command does not judge." },
  { "1", "Something is suspect, large or growing." }, { "2", "There is a leak." },
  { "3", "The evidence does not suffice." }, { "64", "The command line was wrong." },
  { "65", "No source was understood." }, { "66", "A source is missing." },
  { "70", "poolsleuth itself failed." }, { "74", "Reading or writing failed." },
  { "130", "It was stopped by Ctrl-C before there was an answer." },
}

-- Text that roff takes as it is, inside a line.
local function inner(text)
  return (format.clean(text):gsub("\\", "\\e"):gsub("%-", "\\-"))
end

-- The same at the start of a line too.
local function guarded(text) return (text:gsub("^[.']", "\\&%0")) end

local function escape(text) return guarded(inner(text)) end

-- A word behind a macro: one that is a macro's name, or punctuation, must not act as one.
local function argument(text)
  return (escape(text):gsub("%f[%S]%u%l%f[%s\0]", "\\&%0"):gsub("%f[%S][%p]%f[%s\0]", "\\&%0"))
end

local Page = {}
Page.__index = Page

function Page:macro(form, ...) self[#self + 1] = form:format(...) end

-- Running text: a sentence begins on a line of its own, as mdoc wants it.
function Page:text(text)
  text = text:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", "")
  for sentence in (text:gsub("([%w)\"'][.?!]) +(%u)", "%1\n%2") .. "\n"):gmatch "(.-)\n" do
    for _, line in ipairs(format.wrap(inner(sentence), WIDTH)) do self[#self + 1] = guarded(line) end
  end
end

-- Commands as they are typed.
function Page:example(text)
  self:macro ".Bd -literal -offset indent"
  for line in (text .. "\n"):gmatch "%s*(.-)\n" do self[#self + 1] = guarded(inner(line)) end
  self:macro ".Ed"
end

-- Paragraphs, of which those whose lines are all indented are examples.
local function parts_of(text)
  local prose, examples = {}, {}
  for paragraph in (text .. "\n\n"):gmatch "(.-)\n%s*\n" do
    if paragraph:find "%S" then
      local is_example = not ("\n" .. paragraph):find "\n%S"
      local list = is_example and examples or prose
      list[#list + 1] = paragraph
    end
  end
  return prose, examples
end

function Page:paragraphs(list)
  for i, paragraph in ipairs(list) do
    if i > 1 then self:macro ".Pp" end
    self:text(paragraph)
  end
end

function Page:examples(list)
  if #list == 0 then return end
  self:macro ".Sh EXAMPLES"
  for _, example in ipairs(list) do self:example(example) end
end

local function about_of(arg)
  local about = arg.about and arg.about:sub(1, 1):upper() .. arg.about:sub(2) or "See above"
  local extra = {}
  if #arg.choices > 0 then extra[#extra + 1] = "One of " .. table.concat(arg.choices, ", ") end
  if arg.default ~= nil and arg.type ~= "boolean" then
    local shown = arg.type == "duration" and format.duration(arg.default) or tostring(arg.default)
    extra[#extra + 1] = "The default is " .. shown
  end
  if arg.many and #arg.flags > 0 then extra[#extra + 1] = "May be repeated" end
  return table.concat({ about, table.unpack(extra) }, ".\n") .. "."
end

function Page:options(list)
  self:macro ".Bl -tag -width Ds"
  for _, arg in ipairs(list) do
    local flags = {}
    for i, flag in ipairs(arg.flags) do flags[i] = "Fl " .. argument(flag:sub(2)) end
    local value = arg.type ~= "boolean" and "Ar " .. argument(arg.metavar) or nil
    flags = table.concat(flags, " , ")
    self:macro(".It %s", flags == "" and value .. (arg.many and " ..." or "")
      or value and flags .. " " .. value or flags)
    for line in (about_of(arg) .. "\n"):gmatch "(.-)\n" do self:text(line) end
  end
  self:macro ".El"
end

local function usage_parts(arg)
  local value = arg.type ~= "boolean" and "Ar " .. argument(arg.metavar) or nil
  if #arg.flags == 0 then return (arg.required and "." or ".Op ") .. value .. (arg.many and " ..." or "") end
  local flag = "Fl " .. argument(arg.flags[1]:sub(2))
  return ".Op " .. (value and flag .. " " .. value or flag)
end

function Page:statuses()
  self:macro ".Sh EXIT STATUS"
  self:macro ".Bl -tag -width Ds"
  for _, row in ipairs(STATUSES) do
    self:macro(".It %s", row[1])
    self:text(row[2])
  end
  self:macro ".El"
end

local function date_of(time)
  local date = os.date("!*t", time)
  return ("%s %d, %d"):format(MONTHS[date.month], date.day, date.year)
end

local function begin(name, summary, options)
  local page = setmetatable({}, Page)
  page:macro(".Dd %s", date_of(options.time))
  page:macro(".Dt %s 1", name:upper())
  page:macro ".Os"
  page:macro ".Sh NAME"
  page:macro(".Nm %s", name)
  page:macro(".Nd %s", argument(summary))
  page:macro ".Sh SYNOPSIS"
  return page
end

--- The page of one script: section 1, named poolsleuth-NAME.
-- @tparam table def
-- @tparam table options `time` (of the page, seconds since 1970)
-- @treturn string mdoc
function manual.page(def, options)
  local described = declaration.arguments(def.args)
  local page = begin("poolsleuth-" .. def.name, def.summary, options)
  page:macro(".Nm poolsleuth %s", argument(def.name))
  for _, arg in ipairs(described) do
    if #arg.flags > 0 then page:macro("%s", usage_parts(arg)) end
  end
  for _, arg in ipairs(described) do
    if #arg.flags == 0 then page:macro("%s", (usage_parts(arg):gsub("^%.Ar", ".Ar"))) end
  end
  page:macro ".Sh DESCRIPTION"
  local prose, examples = parts_of(def.about or "")
  page:paragraphs(#prose > 0 and prose or { def.summary .. "." })
  if #described > 0 then
    page:macro ".Pp"
    page:text "The arguments are as follows:"
    page:options(described)
  end
  page:macro ".Pp"
  page:text "The options that every command takes are in"
  page:macro ".Xr poolsleuth 1 ."
  page:statuses()
  page:examples(examples)
  page:macro ".Sh SEE ALSO"
  page:macro ".Xr poolsleuth 1"
  return table.concat(page, "\n") .. "\n"
end

local FILES <const> = {
  { "$XDG_CONFIG_HOME/poolsleuth/config.lua", "Thresholds, tag files and driver folders of the user." },
  { "/etc/poolsleuth/config.lua", "The same of the site." },
  { "$XDG_DATA_HOME/poolsleuth/scripts", "Scripts of the user, which hide shipped ones of their name." },
  { "$XDG_CACHE_HOME/poolsleuth", "What was found in drivers; it may be deleted at any time." },
  { "$XDG_STATE_HOME/poolsleuth/history.db", "Snapshots that were recorded." },
}

--- The page of the whole program.
-- @tparam {table,...} folders of shelf.folders
-- @tparam table options as for manual.page
-- @treturn string mdoc
function manual.overview(folders, options)
  local page = begin("poolsleuth", "name the driver that leaks Windows kernel pool memory", options)
  page:macro ".Nm"
  page:macro ".Op Ar options"
  page:macro ".Ar command"
  page:macro ".Op Ar arguments"
  page:macro ".Sh DESCRIPTION"
  page:text [[poolsleuth reads poolmon snapshots, debugger output, crash dumps, counters and driver files, and
    says which driver leaks.  Every source is recognised by its content; a folder is read whole.]]
  for _, part in ipairs { { "playbook", "Playbooks end in a verdict:" }, { "command", "Commands show:" } } do
    page:macro ".Pp"
    page:text(part[2])
    page:macro ".Bl -tag -width Ds"
    for _, entry in ipairs(declaration.usable(folders)) do
      if entry.def.kind == part[1] then
        page:macro(".It Xr poolsleuth-%s 1", entry.name)
        page:text(entry.def.summary .. ".")
      end
    end
    page:macro ".El"
  end
  page:macro ".Pp"
  page:text "Every command takes these options, before its name or after it:"
  page:options(declaration.arguments(globals))
  page:macro ".Sh FILES"
  page:macro ".Bl -tag -width Ds"
  for _, row in ipairs(FILES) do
    page:macro(".It Pa %s", argument(row[1]))
    page:text(row[2])
  end
  page:macro ".El"
  page:statuses()
  page:macro ".Sh EXAMPLES"
  page:text "Name the driver behind what grew between poolmon logs:"
  page:macro ".Pp"
  page:macro ".Dl poolsleuth find\\-leaking\\-driver A.log B.log DRIVERS/"
  page:macro ".Sh SEE ALSO"
  page:macro ".Xr poolsleuth-find-leaking-driver 1 ,"
  page:macro ".Xr poolsleuth-show 1"
  return table.concat(page, "\n") .. "\n"
end

return manual
