--- Whole commands for the out-of-memory host: what a command answers while memory runs out is what it answers
-- otherwise, or it says that there was not enough; and what it writes is whole or not there.
local cli     = require "poolsleuth.cli"
local folders = require "tests.lua.support.folder"
local lfs     = require "lfs"

local whole = {}

local function copy(words)
  return table.move(words, 1, #words, 1, {})
end

local function with_options(words)
  words = table.move(words, 1, #words, 3, { "--scripts", "scripts" })
  words[#words + 1] = "--no-cache"
  return words
end

-- With as much memory as it likes.
local function first_answer(words)
  local status, answer, complaint = cli.answer(copy(words))
  assert(status <= 3, complaint)
  return status, answer
end

local function judge(words, same, status, text, problem)
  if same or (text .. problem):lower():find "memory" then return end
  error(("%s ended in %d without a word: %s %s"):format(words[3], status, problem, text), 0)
end

--- A function that runs the command once more and holds its answer against the first.
-- @tparam {string,...} words
-- @treturn function
function whole.of(words)
  words = with_options(words)
  local status, answer = first_answer(words)
  return function()
    local now, text, problem = cli.answer(copy(words))
    judge(words, now == status and text == answer, now, text, problem)
  end
end

--- The number-th of several commands, each with its name; nothing after the last.
-- @tparam {table,...} list of lists of words, with `name`
-- @tparam int number
-- @treturn ?function as of @{of}
-- @treturn string
function whole.of_several(list, number)
  local words = list[number]
  if words then return whole.of(words), words.name end
  return nil
end

--- A file that is the same for every run.
-- @tparam string name
-- @tparam string bytes
-- @treturn string its path
function whole.file(name, bytes)
  local path = (os.getenv "POOLSLEUTH_BUILD" or "build") .. "/" .. name
  local file <close> = assert(io.open(path, "wb"))
  file:write(bytes)
  return path
end

-- What a folder holds, and those below it: path to bytes.
local function content(path, found, below)
  found, below = found or {}, below or ""
  for name in lfs.dir(path) do
    local full = path .. "/" .. name
    if lfs.attributes(full, "mode") == "file" then
      local file <close> = assert(io.open(full, "rb"))
      found[below .. name] = file:read "a"
    elseif name ~= "." and name ~= ".." then
      content(full, found, below .. name .. "/")
    end
  end
  return found
end

local function is_same(one, other)
  for name, bytes in pairs(one) do
    if other[name] ~= bytes then return false end
  end
  for name in pairs(other) do
    if not one[name] then return false end
  end
  return true
end

-- What is printed goes nowhere, complaints are kept.
local function run_for_real(words)
  words = copy(words)
  local said, complaints = {}, io.stderr
  io.stderr = { write = function(_, ...) said[#said + 1] = table.concat { ... } end } -- luacheck: ignore
  local ok, status = pcall(cli.main, words, { screen = { terminal = false, color = false, width = 80 } })
  io.stderr = complaints -- luacheck: ignore
  if not ok then error(status, 0) end
  return status, table.concat(said)
end

--- A function that runs a command that writes files, and one that looks afterwards whether these are all
-- there and whole, or as they were before.
-- @tparam function words_in from the path of a folder to the words; they say where the answer goes
-- @tparam[opt] table before files that stand there: name to bytes
-- @tparam[opt] function sound raises where what lies in the folder is not sound, in place of a comparison
-- @treturn function
-- @treturn function
function whole.written(words_in, before, sound)
  local folder = folders.new()
  local words = with_options(words_in(folder:path()))
  local function fill()
    for name in pairs(content(folder:path())) do os.remove(folder:path(name)) end
    for name, bytes in pairs(before or {}) do folder:write(name, bytes) end
  end
  fill()
  local status, complaint = run_for_real(words)
  assert(status <= 3, complaint)
  local after <const> = content(folder:path())
  fill()
  return function()
    local now, problem = run_for_real(words)
    judge(words, now == status, now, "", problem)
  end, function()
    local _ <close> = folder
    if sound then return sound(folder:path()) end
    local found <const> = content(folder:path())
    if is_same(found, after) or is_same(found, before or {}) then return end
    local names = {}
    for name, bytes in pairs(found) do names[#names + 1] = name .. " of " .. #bytes .. " bytes" end
    error("left behind: " .. table.concat(names, ", "), 0)
  end
end

return whole
