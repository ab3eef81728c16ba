--- The script that gathers evidence on a server: a template's steps, filled in and written out.
-- The words that explain a step are its comment in the script, so the two cannot disagree.
-- @module poolsleuth.collect
local collect = {}

local TEMPLATES <const> = {
  cmd = "poolsleuth.collect.server_cmd", powershell = "poolsleuth.collect.server_ps1",
}
local COMMENT_WIDTH <const> = 100
local LONGEST_LINE <const> = 8000 -- cmd.exe takes 8191 characters

-- The counters of the object Memory (number 4), by their number and their English name.
local COUNTERS <const> = {
  { 58, "Pool Nonpaged Bytes" }, { 56, "Pool Paged Bytes" }, { 64, "Pool Nonpaged Allocs" },
  { 60, "Pool Paged Allocs" }, { 66, "Pool Paged Resident Bytes" }, { 24, "Available Bytes" },
  { 26, "Committed Bytes" }, { 30, "Commit Limit" }, { 678, "Free System Page Table Entries" },
}
local OF_PROCESS <const> =
  "Id,ProcessName,HandleCount,NonpagedSystemMemorySize64,PagedSystemMemorySize64,PrivateMemorySize64"
local REGISTRY <const> = [[HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Perflib\CurrentLanguage]]

local function powershell(command)
  return 'powershell -NoProfile -NonInteractive -Command "' .. command .. '"'
end

local function numbers()
  local list = {}
  for i, counter in ipairs(COUNTERS) do list[i] = counter[1] end
  return table.concat(list, ",")
end

-- Lines that are too long to read well in a template.
local function long_lines()
  local english = {}
  for i, counter in ipairs(COUNTERS) do english[i] = ([["\Memory\%s"]]):format(counter[2]) end
  return {
    clock = powershell("[DateTime]::UtcNow.ToString('yyyy-MM-ddTHH-mm-ss',"
      .. "[Globalization.CultureInfo]::InvariantCulture)"),
    handles = powershell("Get-Process | Select-Object " .. OF_PROCESS
      .. " | Export-Csv -NoTypeInformation -Encoding UTF8 'handles-%stamp%.csv'"),
    counters = powershell("$n=(Get-ItemProperty '" .. REGISTRY .. "').Counter; "
      .. "$m=$n[[Array]::IndexOf($n,'4')+1]; $c=foreach($i in " .. numbers() .. "){"
      .. [[$a=[Array]::IndexOf($n,[string]$i); if($a -ge 0){'\'+$m+'\'+$n[$a+1]}}; ]]
      .. "typeperf $c -sc 1 -f CSV -o 'counters-%stamp%.csv' -y") .. " >nul",
    english = "typeperf " .. table.concat(english, " ")
      .. [[ -sc 1 -f CSV -o "counters-%stamp%.csv" -y >nul 2>&1]],
    numbers = numbers(), process = OF_PROCESS,
  }
end

-- A path as the script needs it: %NAME% stays a variable, a lone % stands for itself.  PowerShell takes
-- typographic quotes for quotes.
local function folder_for(form, folder)
  if form == "powershell" then return (folder:gsub("'", "''"):gsub("\xe2\x80[\x98-\x9b]", "%0%0")) end
  local held = {}
  local text = folder:gsub("%%([%w_()]+)%%", function(name)
    held[#held + 1] = name
    return "\0" .. #held .. "\0"
  end):gsub("%%", "%%%%")
  return (text:gsub("%z(%d+)%z", function(number) return "%" .. held[math.tointeger(number)] .. "%" end))
end

--- Check a folder on the server.
-- @tparam string folder a full path of Windows, perhaps with %NAME% in it
-- @treturn ?string what is wrong with it
function collect.wrong_folder(folder)
  if folder:find '[%c"<>|*?]' then
    return "a folder's name holds none of \" < > | * ? and no control characters"
  end
  if not (folder:find "^%a:[\\/]." or folder:find "^\\\\[^\\]+\\." or folder:find "^%%[%w_()]+%%") then
    return "give the folder's full path on the server, such as D:\\evidence or %SystemDrive%\\evidence"
  end
  if folder:find "[\\/]$" then return "leave out the \\ at the end" end
  return nil
end

local function fill(text, values)
  return (text:gsub("@(%l+)@", function(name)
    return values[name] or error("the template asks for @" .. name .. "@", 0)
  end))
end

local function split(text)
  local lines = {}
  for line in text:gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
  return lines
end

local function is_wanted(step, options)
  if step.only == nil then return true end
  if step.only == "utf8" then return options.folder:find "[\128-\255]" ~= nil end
  return step.only == (options.task and "task" or "loop")
end

-- cmd.exe reads some characters after rem; keeping to these, no comment can ever do anything.
local function check_words(words)
  local odd = words:match "[^%w%s.,:;'()/_\"-]"
  if odd then error(("a step's words hold '%s': %s"):format(odd, words), 0) end
end

--- Build the script.
-- @tparam table options `form` ("cmd" or "powershell"), `folder`, `interval_s`, `duration_s`, `task` (a
--   scheduled task in place of a loop)
-- @treturn table `name`, `form`, `folder`, `interval_s`, `count`, `steps`: each `why` and `lines`
function collect.build(options)
  local template = require(TEMPLATES[options.form])
  local count = options.duration_s // options.interval_s + 1
  local values = long_lines()
  values.folder = folder_for(options.form, options.folder)
  values.interval, values.count = ("%d"):format(options.interval_s), ("%d"):format(count)
  values.task, values.minutes = "poolsleuth snapshots", ("%d"):format(options.interval_s // 60)
  local steps = {}
  for _, step in ipairs(template) do
    if is_wanted(step, options) then
      local why = step.why:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", "")
      check_words(why)
      local lines = split(fill(step.lines or "", values))
      for _, line in ipairs(lines) do assert(#line < LONGEST_LINE, "a line is too long for cmd.exe") end
      steps[#steps + 1] = { why = why, lines = lines }
    end
  end
  return { name = template.name, form = options.form, folder = options.folder, steps = steps, count = count,
           interval_s = options.interval_s, first = template.first, comment = template.comment }
end

--- The lines of a script, each step under its comment.
-- @tparam table script of @{build}
-- @treturn {string,...}
function collect.lines(script)
  local format = require "poolsleuth.format"
  local lines = { script.first }
  for _, step in ipairs(script.steps) do
    if #lines > 1 then lines[#lines + 1] = "" end
    local indent = (step.lines[1] or ""):match "^ *"
    for _, line in ipairs(format.wrap(step.why, COMMENT_WIDTH - #script.comment - #indent)) do
      lines[#lines + 1] = indent .. script.comment .. line
    end
    table.move(step.lines, 1, #step.lines, #lines + 1, lines)
  end
  return lines
end

--- The bytes of a script: CR LF behind each line, and in PowerShell's a mark where the text is not ASCII.
-- @tparam table script of @{build}
-- @treturn string
function collect.bytes(script)
  local text = table.concat(collect.lines(script), "\r\n") .. "\r\n"
  local marked = script.form == "powershell" and text:find "[\128-\255]"
  return (marked and "\239\187\191" or "") .. text
end

return collect
