-- header.lua - the public header as doxygen wants it: comments that document are marked, sections are groups,
-- and what the header's rules say of many functions stands with each of them.
local RULES <const> = {
  { "_close$", "Gives it back; NULL is allowed." },
  { "_free$", "Gives back what the struct holds." },
  { "_count$", "How many there are." },
  { "_at$", "The one at an index from 0; NULL behind the last. It lives as long as what it came from." },
}

local function plain(text) return (text:gsub("[#@\\<>%%]", "\\%0")) end

local function ruled(line)
  local name = line:match "^PS_API.-(ps_[%w_]+)%("
  for _, rule in ipairs(RULES) do
    if name and name:find(rule[1]) then return rule[2] end
  end
end

-- The first comment: the file, and the page that one sees first.
local function front(comment)
  local title, body = comment:match "^/%* [%w_.]+ %- (.-)\n(.*)$"
  local text = plain(body):gsub("\n %*  (%d)%. ", "\n * -# ")
  return ("/** @file poolsleuth.h\n * %s */\n/** @mainpage %s\n%s"):format(title, title, text)
end

local function group(name, number)
  local close = number > 1 and "/** @} */\n" or ""
  return ("%s/** @defgroup section%02d %s\n * @{ */"):format(close, number, name)
end

local sections, after, is_first = 0, "", true

local function convert(comment, before)
  if is_first then
    is_first = false
    return front(comment)
  end
  local section = comment:match "^/%* %-%-%- (.-) %-%-%-%-* %*/$"
  if section then
    sections = sections + 1
    return group(section, sections)
  end
  local text = plain(comment:sub(3))
  return (before:find "[;,%w{]$" and "/**<" or "/**") .. text
end

local file <close> = assert(io.open(arg[1], "rb"))
local lines = {}
for text, comment in (file:read("a") .. "/**/"):gmatch "(.-)(/%*.-%*/)" do
  lines[#lines + 1] = text
  local before = text:match "[^\n]*$":gsub("%s+$", "")
  if comment ~= "/**/" then lines[#lines + 1] = convert(comment, before) end
end
for line in (table.concat(lines):gsub("\n#ifdef __cplusplus\n}", "\n/** @} */%0") .. "\n"):gmatch "(.-)\n" do
  local rule = not after:find "%*/$" and ruled(line)
  if rule then print("/** " .. rule .. " */") end
  print(line)
  after = line
end
