--- Whole commands for the out-of-memory host: what a command answers while memory runs out is what it answers
-- otherwise, or it says that there was not enough.
local cli = require "poolsleuth.cli"

local whole = {}

local function copy(words)
  return table.move(words, 1, #words, 1, {})
end

--- A function that runs the command once more and holds its answer against the first.
-- @tparam {string,...} words
-- @treturn function
function whole.of(words)
  words = table.move(words, 1, #words, 3, { "--scripts", "scripts" })
  words[#words + 1] = "--no-cache"
  local status, answer, complaint = cli.answer(copy(words))
  assert(status <= 3, complaint)
  return function()
    local now, text, problem = cli.answer(copy(words))
    if now == status and text == answer then return end
    local said = (text .. problem):lower()
    if said:find "memory" then return end
    error(("%s ended in %d without a word: %s %s"):format(words[1], now, problem, text), 0)
  end
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

return whole
