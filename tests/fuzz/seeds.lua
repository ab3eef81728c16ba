--- Lays out what fuzzers start from: the inputs that were kept, unpacked, and files made for them.
-- usage: lua5.4 tests/fuzz/seeds.lua MAKER FOLDER NAME…
-- FOLDER is made anew, with a folder of its own for each target.

local inputs = require "tests.fuzz.inputs"

local function write(path, bytes)
  local file <close> = assert(io.open(path, "wb"))
  assert(file:write(bytes))
end

local function run(format, ...)
  assert(os.execute(format:format(...)))
end

local function main(maker, folder, ...)
  assert(maker and folder, "usage: seeds.lua MAKER FOLDER NAME…")
  run("rm -rf '%s'", folder)
  for _, name in ipairs { ... } do
    local own = folder .. "/" .. name
    run("mkdir -p '%s'", own)
    for i, bytes in ipairs(inputs.read(name)) do write(("%s/found-%04d"):format(own, i), bytes) end
  end
  run("'%s' '%s' >'%s/log' 2>&1 || { cat '%s/log'; exit 1; }", maker, folder, folder, folder)
end

main(table.unpack(arg))
