--- Lines as people type and paste them, as commands.
-- @module poolsleuth.kd.split
local split = {}

-- "2: kd> ", "kd> ", "0:000> ", "lkd> ", "0: kd:x86> "
local PROMPTS <const> = { "^%s*[%d:%.]*:?%s*[lL]?[kK][dD][%w:]*>%s*", "^%s*%d+:%d+[%w:]*>%s*" }

--- A line without the prompts that were pasted along.
-- @tparam string line
-- @treturn string
function split.without_prompt(line)
  local before
  repeat
    before = line
    for _, prompt in ipairs(PROMPTS) do line = line:gsub(prompt, "", 1) end
  until line == before
  return line
end

-- The end of a command that begins at `at`: at a ";" that is in no quotes and no braces.
local function end_of(line, at)
  local quoted, depth = false, 0
  for i = at, #line do
    local c = line:sub(i, i)
    if c == '"' then quoted = not quoted
    elseif not quoted and c == "{" and line:sub(at, i):find "%.block%s*{$" then depth = depth + 1
    elseif not quoted and c == "}" and depth > 0 then depth = depth - 1
    elseif not quoted and depth == 0 and c == ";" then return i - 1 end
  end
  return #line
end

--- The commands of a line.  A "*" begins a remark to the line's end, "$$" one to the next ";".
-- @tparam string line
-- @treturn {string,...}
function split.commands(line)
  local commands, at = {}, 1
  line = split.without_prompt(line)
  while at <= #line do
    if line:find("^%s*%*", at) then break end
    local last = end_of(line, at)
    local command = split.without_prompt(line:sub(at, last)):match "^%s*(.-)%s*$"
    if command ~= "" and command:sub(1, 2) ~= "$$" then commands[#commands + 1] = command end
    at = last + 2
  end
  return commands
end

-- Words whose first argument may stand right behind them, the longest first.
local GLUED <const> = { "save-module", "imports", "version", "vertarget", "what", "help" }

--- A command's word and the rest, also where no blank stands between them.
-- @tparam string command
-- @tparam table known the words that there are
-- @treturn string the word
-- @treturn string the rest
function split.word(command, known)
  local word, rest = command:match "^([!.][%a_][%w_]*)(.*)$"
  if word then
    word = word:lower()
    if not known[word] and word:find "%d+$" and known[(word:gsub("%d+$", ""))] then
      local digits = word:match "%d+$"
      return word:sub(1, -#digits - 1), digits .. rest
    end
    return word, rest
  end
  if command:sub(1, 1) == "?" then return "?", command:sub(2) end
  for _, glued in ipairs(GLUED) do
    rest = command:lower():sub(1, #glued) == glued and command:sub(#glued + 1)
    if rest and not rest:find "^[%w_]" then return glued, rest end
  end
  local letters = command:match "^%a+" or ""
  local lower = letters:lower()
  if lower:find "^lm" then return "lm", command:sub(3) end
  if known[lower] then return lower, command:sub(#letters + 1) end
  return command:match "^(%S*)(.*)$"
end

return split
