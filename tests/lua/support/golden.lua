--- Compares what a run printed with a file that holds what it should print.
-- With POOLSLEUTH_GOLDEN=write the files are written anew, to be read and committed.
local golden = {}

local HOME <const> = "tests/lua/golden/"

local function first_difference(expected, actual)
  local line = 1
  local left, right = expected:gmatch "([^\n]*)\n?", actual:gmatch "([^\n]*)\n?"
  while true do
    local a, b = left(), right()
    if a ~= b then return line, a or "<end>", b or "<end>" end
    if a == nil then return nil end
    line = line + 1
  end
end

--- Check text against the golden file of that name.
-- @tparam string name below tests/lua/golden
-- @tparam string actual
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string where they part
function golden.check(name, actual)
  local path = HOME .. name
  if os.getenv "POOLSLEUTH_GOLDEN" == "write" then
    local file <close> = assert(io.open(path, "wb"))
    assert(file:write(actual))
    return true
  end
  local file <close> = assert(io.open(path, "rb"))
  local expected = file:read "a"
  if expected == actual then return true end
  local line, a, b = first_difference(expected, actual)
  return nil, ("%s:%d: expected\n  %s\ngot\n  %s"):format(path, line, a, b)
end

return golden
