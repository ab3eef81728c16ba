--- Isolation: run the program in a child that reads what the command line names, and writes nothing.
-- @module poolsleuth.isolation
local format  = require "poolsleuth.format"
local isolate = require "poolsleuth.isolate"
local lfs     = require "lfs"

local isolation = {}

-- What an isolated run may use.
local FAILED <const> = 70
local LIMITS <const> = { memory_bytes = 4 << 30, processor_s = 600, seconds = 1800, output_bytes = 256 << 20,
                         complaint_bytes = 4 << 20 }

-- Modules that do not come with the program, loaded before nothing can be read any more.
local MODULES <const> = { "argparse", "dkjson", "lfs", "rex_pcre2" }
-- Says how many processors there are.
local SYSTEM_FILES <const> = { "/sys/devices/system/cpu/online" }

local SIGNALS <const> = { [6] = "it was aborted", [9] = "it was killed", [11] = "it crashed",
                          [24] = "it used more than its %d s of processor time" }

local function add(paths, path)
  if path and path ~= "" and lfs.attributes(path, "mode") then paths[#paths + 1] = path end
end

-- A pattern names what stands in its folder.
local function add_word(paths, word)
  add(paths, word)
  if word:find "[*?]" then add(paths, word:match "^(.*)/[^/]*$" or ".") end
end

-- What the program itself is made of.
local function add_program(paths, host)
  for entry in package.path:gmatch "[^;]+" do
    local folder = entry:match "^(/.*)/%?%.lua$"
    if folder and lfs.attributes(folder .. "/poolsleuth", "mode") then add(paths, folder .. "/poolsleuth") end
  end
  for _, list in ipairs { host.folders, host.plugin_folders } do
    for _, folder in ipairs(list) do
      if not folder.skipped then add(paths, folder.path) end
    end
  end
  for _, path in ipairs(require("poolsleuth.config").paths()) do add(paths, path) end
end

--- The files and folders that a command line lets a script read: all that it names, where they exist.
-- @tparam {string,...} words of the command line
-- @tparam table host `folders`, `plugin_folders`
-- @treturn {string,...}
function isolation.readable(words, host)
  local paths = table.move(SYSTEM_FILES, 1, #SYSTEM_FILES, 1, {})
  add_program(paths, host)
  for i, word in ipairs(words) do
    local is_output = words[i - 1] == "-o" or words[i - 1] == "--output"
    if not is_output then
      add_word(paths, word)
      add_word(paths, word:match "^%-%-[%w-]+=(.+)$" or "")
    end
  end
  return paths
end

--- Make text of a stranger safe for a terminal: of control characters only lines, tabs and colours are left.
-- @tparam string text
-- @treturn string
function isolation.calm(text)
  local out, at = {}, 1
  while at <= #text do
    local kept = text:match("^[\n\t]+", at) or text:match("^\27%[[%d;]*m", at)
    local other = kept or text:match("^[^\n\t\27]+", at) or "\27"
    out[#out + 1] = kept or format.clean(other)
    at = at + #other
  end
  return table.concat(out)
end

-- A function that passes on what the child complains of, in whole lines (one that a progress bar writes again
-- ends in a carriage return), and one that passes on the rest and tells whether there was any complaint.
local function listener()
  local pending, heard = "", false
  local function pass_on(text) io.stderr:write((text:gsub("[^\r]+", isolation.calm))) end
  return function(bytes)
    pending, heard = pending .. bytes, true
    local lines = #pending > 4096 and pending or pending:match "^.*[\n\r]" or ""
    pending = pending:sub(#lines + 1)
    pass_on(lines)
  end, function()
    pass_on(pending)
    return heard
  end
end

--- Run a function isolated.
-- @tparam function work returns the exit status; its standard output is the answer
-- @tparam {string,...} readable of isolation.readable
-- @tparam[opt] table limits `memory_bytes`, `processor_s`, `seconds`, `output_bytes`, `complaint_bytes`
-- @tparam[opt] function say told in the child what went wrong, or is not confined on this kernel
-- @treturn[1] int the exit status
-- @treturn[1] string the answer
-- @treturn[2] nil
-- @treturn[2] string why there is no answer
function isolation.run(work, readable, limits, say)
  limits = setmetatable(limits or {}, { __index = LIMITS })
  for _, name in ipairs(MODULES) do pcall(require, name) end
  os.date() -- the zone is read once
  local hear, flush = listener()
  local ended, message = isolate.run(work, {
    read = readable, memory_bytes = limits.memory_bytes, processor_s = limits.processor_s,
    seconds = limits.seconds, output_bytes = limits.output_bytes, complaint_bytes = limits.complaint_bytes,
    say = say, hear = hear })
  local complained = flush()
  if not ended then return nil, message end
  if ended.exceeded == "time" then return nil, ("it ran longer than %d s"):format(limits.seconds) end
  if ended.exceeded == "complaints" then
    return nil, ("it complained of more than %d bytes"):format(limits.complaint_bytes)
  end
  if ended.exceeded then return nil, ("its answer is over %d bytes"):format(limits.output_bytes) end
  if ended.signal then
    local known = SIGNALS[ended.signal]
    return nil, known and known:format(limits.processor_s) or ("it died of signal %d"):format(ended.signal)
  end
  if ended.status == FAILED and not complained then return nil, "it failed, and could not say why" end
  return ended.status, ended.output
end

return isolation
