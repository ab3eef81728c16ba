--- A strict reader of cmd.exe scripts: says what could go wrong in a line, by the rules of cmd.exe and by
-- stricter ones of ours (paths only in quotes, no pipes, no label that nothing asks for).
local cmd_syntax = {}

local LONGEST <const> = 8191

-- What Windows sets, and what may stand outside of quotes because it holds digits, or cells in quotes.
local GIVEN <const> = {
  SystemRoot = true, SystemDrive = true, ProgramFiles = true, ["ProgramFiles(x86)"] = true, PATH = true,
  PROCESSOR_ARCHITECTURE = true, PROCESSOR_ARCHITEW6432 = true, COMPUTERNAME = true, CD = true,
}
local PLAIN <const> = {
  done = true, count = true, minutes = true, wait = true, need_mb = true, free_mb = true, too_small = true,
  taken = true, total = true, last = true, stamp = true, codepage = true, listed = true,
}

local function reader(text)
  local lines = {}
  for line in text:gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
  return lines
end

-- Each piece of a line outside of double quotes, and each inside.
local function pieces(line)
  local outside, inside, quoted = {}, {}, false
  for piece in (line .. '"'):gmatch '([^"]*)"' do
    local list = quoted and inside or outside
    list[#list + 1] = piece
    quoted = not quoted
  end
  return outside, inside, quoted
end

-- Every use of % in a line: loop variables, arguments and variables; the rest is what is wrong.
local function percents(line)
  local found = { loops = {}, names = {} }
  local function take(pattern, list)
    line = line:gsub(pattern, function(name)
      if list then list[#list + 1] = name end
      return ""
    end)
  end
  take("%%%%(%s)", nil) -- a percent sign that stands for itself
  take("%%%%~%$PATH:(%a)", found.loops)
  take("%%%%~[fdpnxsatz]*([a-z])%f[%A]", found.loops)
  take("%%%%~?([a-z])", found.loops)
  take("%%~[fdpnx]*(%d)", nil)
  take("%%(%d)%f[%D]", nil)
  take("%%%*", nil)
  take("%%([%a_][%w_]*%(x86%))%%", found.names)
  take("%%([%a_][%w_]*):~%-?%d+,?%-?%d*%%", found.names)
  take("%%([%a_][%w_]*):[^%%=]+=[^%%]*%%", found.names)
  take("%%([%a_][%w_]*)%%", found.names)
  if line:find "%%" then found.wrong = line:match ".?.?.?%%.?.?.?" end
  return found
end

local function set_names(lines)
  local set = {}
  for _, line in ipairs(lines) do
    for name in line:gmatch 'set "([%a_][%w_]*)=' do set[name] = true end
    for name in line:gmatch "^%s*set ([%a_][%w_]*)=" do set[name] = true end
    for name in line:gmatch 'set /a "([%a_][%w_]*)[+]?=' do set[name] = true end
  end
  return set
end

local function labels_of(lines, complain)
  local labels = {}
  for number, line in ipairs(lines) do
    local label = line:match "^:([%w_]+)\r$"
    if line:find "^:" and not label then complain(number, "a label with more than a name") end
    if label and labels[label] then complain(number, "a second label " .. label) end
    if label then labels[label] = number end
  end
  return labels
end

local function check_jumps(lines, labels, complain)
  local asked = {}
  for number, line in ipairs(lines) do
    for label in line:gmatch "%f[%w]goto :([%w_]+)" do asked[label] = number end
    for label in line:gmatch "%f[%w]call :([%w_]+)" do asked[label] = number end
    if line:find "%f[%w]goto [^:]" then complain(number, "goto without a colon") end
  end
  for label, number in pairs(asked) do
    if not labels[label] then complain(number, "no label " .. label) end
  end
  for label, number in pairs(labels) do
    if not asked[label] then complain(number, "nothing asks for label " .. label) end
  end
end

local function check_outside(outside, loops_open, complain)
  local text = table.concat(outside, '""')
  local bare = text:gsub("2%^?>&1", ""):gsub("2%^?>nul", ""):gsub(">nul", ""):gsub('>""', "")
    :gsub(">write%-test%.tmp", "")
  if bare:find "[&|<>^!]" then complain("a character that cmd.exe acts on: " .. bare:match "[&|<>^!]") end
  local seen = percents(text)
  for _, name in ipairs(seen.names) do
    if not PLAIN[name] then complain(("%%%s%% outside of quotes"):format(name)) end
  end
  for _, name in ipairs(seen.loops) do
    if not loops_open[name] and not text:find("for[^%%]+%%%%" .. name) then
      complain("loop variable %%" .. name .. " outside of its loop")
    end
  end
end

-- Within a block in parentheses %NAME% is what it was before the block.
local function check_block(block, line, names, complain)
  if line:find "^%s*:" then complain "a label within a block" end
  for _, name in ipairs(names) do
    if block.set[name] then complain(("%%%s%% is set in the same block"):format(name)) end
  end
  for name in line:gmatch 'set "([%a_][%w_]*)=' do block.set[name] = true end
end

--- What is wrong with a script.
-- @tparam string text with CR LF at the end of each line
-- @treturn {string,...} complaints, "line 3: …"
function cmd_syntax.check(text)
  local complaints, lines = {}, reader(text)
  local function complain(number, form) complaints[#complaints + 1] = ("line %d: %s"):format(number, form) end
  local labels, set = labels_of(lines, complain), set_names(lines)
  check_jumps(lines, labels, complain)
  local blocks, loops_open = {}, {}
  for number, line in ipairs(lines) do
    local function here(what) complain(number, what) end
    if line:sub(-1) ~= "\r" then here "no carriage return" end
    line = line:gsub("\r$", "")
    if #line > LONGEST then here "longer than cmd.exe reads" end
    if line:find "^rem%f[%W]" then
      if line:find "[%%&|<>^!]" then here "a comment that cmd.exe may act on" end
    elseif not line:find "^:" then
      line = line:gsub('(%%[%w_]+):"=%%', "%1%%") -- done before quotes count
      local outside, _, open = pieces(line)
      if not open then here "an odd number of quotes" end
      local seen = percents(line)
      if seen.wrong then here("a percent sign of no known use: " .. seen.wrong) end
      for _, name in ipairs(seen.names) do
        if not set[name] and not GIVEN[name] then here("nothing sets " .. name) end
      end
      check_outside(outside, loops_open, here)
      if #blocks > 0 then check_block(blocks[#blocks], line, seen.names, here) end
      local bare = table.concat(outside)
      if not line:find "^%s*echo" then
        for mark in bare:gmatch "[()]" do
          if mark == "(" then
            blocks[#blocks + 1] = { set = {} }
          elseif not table.remove(blocks) then
            here "a parenthesis that nothing opened"
          end
        end
      end
      if #blocks > 0 then
        for name in line:gmatch "for[^%%]+%%%%(%a)" do loops_open[name] = true end
      else
        loops_open = {}
      end
    end
  end
  if #blocks > 0 then complain(#lines, "a parenthesis is left open") end
  return complaints
end

return cmd_syntax
