--- The surface of the C library, read from its public header: what programs that embed it see.
local surface = {}

local HEAD <const> = { macro = 1, alias = 2, enum = 3, struct = 4, opaque = 5, ["function"] = 6 }

local function plain(text)
  return (text:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""):gsub("%( ", "("):gsub(" %)", ")"))
end

-- Declarations of the top level, without comments, PS_API and what is for C++.
local function declarations(code)
  local list, depth, from = {}, 0, 1
  for at, sign in code:gmatch "()([{};])" do
    depth = depth + (sign == "{" and 1 or sign == "}" and -1 or 0)
    if sign == ";" and depth == 0 then
      list[#list + 1] = plain(code:sub(from, at - 1))
      from = at + 1
    end
  end
  return list
end

local function value_of(expression, known)
  local text = expression:gsub("UINT32_C(%b())", "%1"):gsub("[%a_][%w_]*", function(name)
    if name:find "^0[xX]" then return name end
    return known[name] and tostring(known[name]) or nil
  end)
  local chunk = load("return " .. text, "value", "t", {})
  local fine, value = pcall(chunk or error)
  return fine and math.type(value) == "integer" and value or nil
end

-- Constants that stand for numbers are written with them: an array's length is part of a struct.
local function sized(member, known)
  return (member:gsub("%[([%u_%d]+)%]", function(name)
    return known[name] and ("[%s = %d]"):format(name, known[name]) or nil
  end))
end

local function enumerators(body, known)
  local lines, next_value = {}, 0
  for part in body:gmatch "[^,]+" do
    local name, expression = plain(part):match "^([%w_]+)%s*=?%s*(.*)$"
    if name then
      local value = expression ~= "" and assert(value_of(expression, known), part) or next_value
      known[name], next_value = value, value + 1
      lines[#lines + 1] = ("%s = %d"):format(name, value)
    end
  end
  return lines
end

local function members(body, known)
  local lines = {}
  for _, member in ipairs(declarations(body)) do lines[#lines + 1] = sized(member, known) end
  return lines
end

local function item(kind, name, lines) return { kind = kind, name = name, lines = lines or {} } end

local function read(text, known)
  if text:find "^PS_API" then
    local signature = text:gsub("^PS_API ", ""):gsub("^PS_NODISCARD ", "")
    return item("function", signature:match "([%w_]+)%(", { signature })
  end
  local what, name, body = text:match "^typedef (%l+) ([%w_]+) (%b{}) [%w_]+$"
  if what == "struct" then return item("struct", name, members(body:sub(2, -2), known)) end
  if what == "enum" then return item("enum", name, enumerators(body:sub(2, -2), known)) end
  body = text:match "^enum (%b{})$"
  if body then
    local lines = enumerators(body:sub(2, -2), known)
    return item("enum", "of " .. lines[1]:match "[%w_]+", lines)
  end
  name = text:match "^typedef struct ([%w_]+) [%w_]+$"
  if name then return item("opaque", name) end
  name = text:match "^typedef .-%(%*([%w_]+)%)" or text:match "^typedef .- ([%w_]+)$"
  return item("alias", assert(name, "not understood: " .. text), { text })
end

-- A member that is a struct, or points to an array of them.
local function holds(struct, visit)
  local text = table.concat(struct.lines, "\n")
  for _, line in ipairs(struct.lines) do
    local name, stars, member = line:match "(ps_[%w_]+) (%**)([%w_]+)"
    local counted = member == "items" or text:find((member or ""):gsub("s$", "") .. "_count", 1, true)
    if name and (stars == "" or counted) then visit(name) end
  end
end

-- A struct that begins with its size tells the library what the program was compiled with: it may grow.
local function tells_size(struct) return struct.lines[1] == "size_t size" end

-- Structs whose size is compiled into programs, because these make them, copy them or step through arrays
-- of them: they may not grow at their end either.
local function mark_fixed(items)
  local structs = {}
  for _, one in ipairs(items) do
    if one.kind == "struct" then structs[one.name] = one end
  end
  local function mark(name)
    local struct = structs[name]
    if not struct or struct.fixed or tells_size(struct) then return end
    struct.fixed = true
    holds(struct, mark)
  end
  for _, one in ipairs(items) do
    if one.kind == "function" then
      local result, parameters = one.lines[1]:match "^(.-)[%w_]+(%b())$"
      if not result:find "%*" then mark(plain(result)) end
      for name in parameters:gmatch "ps_[%w_]+" do mark(name) end
    elseif one.kind == "struct" then
      holds(one, mark)
    end
  end
end

local function macros(text, known)
  local list = {}
  for name, value in text:gmatch "\n#define (PS_[%w_]+) ([^\n]+)" do
    if not value:find "^__" then
      list[#list + 1] = item("macro", name, { plain(value) })
      known[name] = value_of(value, known)
    end
  end
  return list
end

--- Everything that a header declares.
-- @tparam string text of the header
-- @treturn {table,...} items `{ kind, name, lines, fixed }`, in order of kind and name
function surface.items(text)
  local known = {}
  local code = ("\n" .. text):gsub("/%*.-%*/", " "):gsub("\n#ifdef __cplusplus.-\n#endif", "\n")
  local items = macros(code, known)
  for _, declaration in ipairs(declarations((code:gsub("\n#[^\n]*", "\n")))) do
    items[#items + 1] = read(declaration, known)
  end
  mark_fixed(items)
  table.sort(items, function(a, b)
    if a.kind ~= b.kind then return HEAD[a.kind] < HEAD[b.kind] end
    return a.name < b.name
  end)
  return items
end

--- The items as lines that a person compares.
-- @tparam {table,...} items
-- @treturn string
function surface.text(items)
  local lines = {}
  for _, one in ipairs(items) do
    if one.kind == "function" or one.kind == "alias" then
      lines[#lines + 1] = one.lines[1]
    elseif one.kind == "macro" then
      lines[#lines + 1] = ("#define %s %s"):format(one.name, one.lines[1])
    else
      lines[#lines + 1] = ("%s %s%s"):format(one.kind, one.name, one.fixed and ", of fixed size" or "")
      for _, line in ipairs(one.lines) do lines[#lines + 1] = "  " .. line end
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

-- What a text of this kind held.
local function blocks(text)
  local found, now = {}, nil
  for line in text:gmatch "[^\n]+" do
    local kind, rest = line:match "^(%l+) (.*)$"
    if kind == "struct" or kind == "enum" then
      now = { kind = kind, fixed = rest:find ", of fixed size$" ~= nil, lines = {} }
      found[kind .. " " .. rest:gsub(",.*$", "")] = now
    elseif line:find "^  " and now then
      now.lines[#now.lines + 1] = line
    else
      now = nil
    end
  end
  return found
end

-- An enumeration may end in how many there are: that one moves on.
local function is_count(old, new, at)
  local name = old.lines[at]:match "[%w_]+"
  return old.kind == "enum" and at == #old.lines and #new.lines > at
    and new.lines[#new.lines]:match "[%w_]+" == name
end

local function broken(old, new)
  if not new then return "is gone" end
  for at, line in ipairs(old.lines) do
    if new.lines[at] ~= line and not is_count(old, new, at) then
      return ("is other than it was from '%s' on"):format(plain(line))
    end
  end
  if old.kind == "struct" and old.fixed and #new.lines > #old.lines then
    return "grew, and its size is compiled into programs"
  end
end

--- Why programs that were compiled with the old surface must be compiled again.
-- @tparam string old as text() wrote it
-- @tparam string new likewise
-- @treturn {string,...} sorted reasons; none where they run as they are, or PS_ABI was raised
function surface.breaks(old, new)
  local function abi(text) return tonumber(text:match "#define PS_ABI (%d+)") or 0 end
  local before, after, reasons = blocks(old), blocks(new), {}
  if abi(new) > abi(old) then return reasons end
  for name, one in pairs(before) do
    local why = broken(one, after[name])
    if why then reasons[#reasons + 1] = name .. " " .. why end
  end
  table.sort(reasons)
  return reasons
end

return surface
