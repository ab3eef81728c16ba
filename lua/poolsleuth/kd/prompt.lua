--- The interactive prompt: a line in, its answer out.
-- @module poolsleuth.kd.prompt
local address = require "poolsleuth.kd.address"
local format  = require "poolsleuth.format"
local system  = require "poolsleuth.system"

local prompt = {}

-- Words that the tabulator key completes: the session's own, and the modules behind them.
local function words_of(session)
  local words = {}
  for name in pairs(session.words) do words[#words + 1] = name end
  for _, module in ipairs(session.modules) do
    if not module.unloaded then words[#words + 1] = address.module_name(module.name) end
  end
  table.sort(words)
  return words
end

-- A function that gives the next line: edited at a terminal that can, else as it comes.
local function reader(session, streams)
  local editor = not streams and require("poolsleuth.line").open(words_of(session))
  if editor then return function(text) return editor:read(text) end end
  local input = streams and streams.input or io.stdin
  local output = streams and streams.output or io.stdout
  return function(text)
    output:write(text)
    output:flush()
    return input:read "l"
  end
end

--- Converse until the input ends or `q`.
-- @tparam Session session of poolsleuth.kd
-- @tparam[opt] table streams `input` and `output`, files
function prompt.run(session, streams)
  local output = streams and streams.output or io.stdout
  local read, before = reader(session, streams), nil
  output:write("? lists the words, q ends; an empty line repeats the one before.\n")
  while not system.interrupted() do
    output:flush()
    local line = read(session:prompt())
    if not line then break end
    if line:find "^%s*$" then line = before or "" end
    before = line
    for _, answer in ipairs(session:run(line)) do
      if answer.quit then return end
      for _, text in ipairs(answer.lines) do
        output:write((text:gsub("[^\t]+", format.clean)), "\n")
      end
    end
  end
  output:write "\n"
end

return prompt
