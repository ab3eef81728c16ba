--- Inputs of fuzzers as text: one a line, in hexadecimal digits; a line that begins with # is a remark.
local inputs = {}

--- Where the inputs of a target stand.
-- @tparam string name the target
-- @treturn string
function inputs.path(name) return "tests/fuzz/found/" .. name .. ".hex" end

--- Read the inputs of a target.
-- @tparam string name the target
-- @treturn {string,...} their bytes; empty where the target has none
function inputs.read(name)
  local list = {}
  local file <close> = io.open(inputs.path(name), "r")
  if not file then return list end
  for line in file:lines() do
    if not line:find "^#" then
      assert(#line % 2 == 0 and not line:find "%X", inputs.path(name) .. ": not an input: " .. line)
      list[#list + 1] = (line:gsub("%x%x", function(digits) return string.char(tonumber(digits, 16)) end))
    end
  end
  return list
end

--- Write the inputs of a target, the shortest first.
-- @tparam string name the target
-- @tparam {string,...} list their bytes
function inputs.write(name, list)
  local lines = {}
  for i, bytes in ipairs(list) do
    lines[i] = (bytes:gsub(".", function(char) return ("%02x"):format(char:byte()) end))
  end
  table.sort(lines, function(a, b)
    if #a ~= #b then return #a < #b end
    return a < b
  end)
  local file <close> = assert(io.open(inputs.path(name), "w"))
  assert(file:write("# Inputs of ", name, " that long runs found, chosen by `make fuzz-keep`.\n"))
  assert(file:write(table.concat(lines, "\n"), "\n"))
end

return inputs
