--- The view of a debugger's session: a log as the debugger would have written it.
-- @module poolsleuth.view.dump
local format = require "poolsleuth.format"

return function(data)
  local lines = {}
  for _, answer in ipairs(data.commands) do
    if #lines > 0 then lines[#lines + 1] = "" end
    lines[#lines + 1] = "0: kd> " .. format.clean(answer.command)
    for _, line in ipairs(answer.lines) do lines[#lines + 1] = (line:gsub("[^\t]+", format.clean)) end
  end
  if #lines == 0 then return {} end
  return { { type = "verbatim", text = table.concat(lines, "\n") .. "\n" } }
end
