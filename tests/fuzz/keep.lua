--- Chooses, of what long runs found, the inputs that are kept with the tests.
-- usage: lua5.4 tests/fuzz/keep.lua NAME…
-- Only targets that never start from real samples have any.  The fuzzer says which edges and features each
-- input reaches; taken is what reaches most that is new for its size, edges before features, while there is
-- room.

local inputs = require "tests.fuzz.inputs"
local tree   = require "tests.lua.support.tree"

local ROOM <const> = 31 << 10 -- bytes of a target, which are twice as many digits
local LONGEST <const> = 2048  -- of an input
local KEPT <const> = {
  fuzz_archive = true, fuzz_code = true, fuzz_container = true, fuzz_dialect = true, fuzz_history = true,
  fuzz_import = true, fuzz_kernel = true, fuzz_lua = true, fuzz_probe = true, fuzz_tables = true,
  fuzz_tagfile = true,
}

local function numbers(text)
  local list = {}
  for number in text:gmatch "%d+" do list[#list + 1] = number end
  return list
end

-- What the control file of a merge says: the files by number, then FT and COV with a file's number.
local function parse(path)
  local lines = {}
  for line in io.lines(path) do lines[#lines + 1] = line end
  local count, found = math.tointeger(tonumber(lines[1])), {}
  for i = 0, count - 1 do
    local bytes = tree.read(lines[3 + i])
    if #bytes > 0 and #bytes <= LONGEST then found[i] = { bytes = bytes, features = {}, edges = {} } end
  end
  for i = 3 + count, #lines do
    local kind, index, rest = lines[i]:match "^(%u+) (%d+)(.*)$"
    local input = found[math.tointeger(tonumber(index))]
    if input and kind == "FT" then input.features = numbers(rest) end
    if input and kind == "COV" then input.edges = numbers(rest) end
  end
  local list = {}
  for i = 0, count - 1 do list[#list + 1] = found[i] end
  return list
end

local function worth(input, field, seen)
  local new = 0
  for _, number in ipairs(input[field]) do
    if not seen[number] then new = new + 1 end
  end
  return new / (#input.bytes + 8)
end

-- The best is looked for lazily: what an input is worth only falls, so one whose worth is still the greatest
-- when it is counted again is taken.
local function take_by(field, list, taken, room)
  local seen, waiting = {}, {}
  for _, input in ipairs(list) do
    if taken[input] then
      for _, number in ipairs(input[field]) do seen[number] = true end
    end
  end
  for _, input in ipairs(list) do
    if not taken[input] then waiting[#waiting + 1] = { input = input, worth = worth(input, field, seen) } end
  end
  local function before(a, b)
    if a.worth ~= b.worth then return a.worth < b.worth end
    if #a.input.bytes ~= #b.input.bytes then return #a.input.bytes > #b.input.bytes end
    return a.input.bytes > b.input.bytes
  end
  table.sort(waiting, before)
  while #waiting > 0 do
    local top = table.remove(waiting)
    top.worth = worth(top.input, field, seen)
    if top.worth > 0 and #waiting > 0 and before(top, waiting[#waiting]) then
      local low, high = 1, #waiting + 1
      while low < high do
        local middle = (low + high) // 2
        if before(waiting[middle], top) then low = middle + 1 else high = middle end
      end
      table.insert(waiting, low, top)
    elseif top.worth > 0 and #top.input.bytes <= room then
      taken[top.input], room = true, room - #top.input.bytes
      for _, number in ipairs(top.input[field]) do seen[number] = true end
    end
  end
  return room
end

local function choose(list)
  local taken, chosen = {}, {}
  local room = take_by("edges", list, taken, ROOM)
  take_by("features", list, taken, room)
  for _, input in ipairs(list) do
    if taken[input] then chosen[#chosen + 1] = input.bytes end
  end
  return chosen
end

local function run(format, ...)
  local command = format:format(...)
  assert(os.execute(command), "failed: " .. command)
end

local function keep(name)
  local control, merged = os.tmpname(), os.tmpname()
  os.remove(control)
  os.remove(merged)
  run("mkdir -p build/fuzz/corpus/%s '%s'", name, merged)
  run("build/fuzz/%s -merge=1 -max_len=%d -merge_control_file='%s' '%s' build/fuzz/corpus/%s "
    .. "build/fuzz/seeds/%s >build/fuzz/keep.log 2>&1", name, LONGEST, control, merged, name, name)
  local list = parse(control)
  local chosen = choose(list)
  inputs.write(name, chosen)
  run("rm -rf '%s' '%s'", control, merged)
  print(("%s: %d of %d inputs kept"):format(name, #chosen, #list))
end

local function main(names)
  for _, name in ipairs(names) do
    if KEPT[name] then keep(name) end
  end
end

main(arg)
