--- The interactive prompt: a line in, its answer out.
-- @module poolsleuth.kd.prompt
local system = require "poolsleuth.system"

local prompt = {}

--- Converse until the input ends or `q`.
-- @tparam Session session of poolsleuth.kd
-- @tparam[opt] table streams `input` and `output`, files
function prompt.run(session, streams)
  local input = streams and streams.input or io.stdin
  local output = streams and streams.output or io.stdout
  local before
  output:write("? lists the words, q ends; an empty line repeats the one before.\n")
  while not system.interrupted() do
    output:write(session:prompt())
    output:flush()
    local line = input:read "l"
    if not line then break end
    if line:find "^%s*$" then line = before or "" end
    before = line
    for _, answer in ipairs(session:run(line)) do
      if answer.quit then return end
      for _, text in ipairs(answer.lines) do output:write(text, "\n") end
    end
  end
  output:write "\n"
end

return prompt
