--- Whatever stands in the folder of scripts is tried while memory runs out; tests/lua/memory has how.
local lfs = require "lfs"

local function scripts(folder)
  local names = {}
  for file in lfs.dir("scripts/" .. folder) do
    names[#names + 1] = file:match "^([^.]*)%.lua$"
  end
  table.sort(names)
  return names
end

describe("the out-of-memory host", function()
  for _, name in ipairs(scripts "commands") do
    it("tries " .. name, function()
      local path = ("tests/lua/memory/command_%s.lua"):format(name:gsub("%-", "_"))
      local text = assert(io.open(path, "rb"), path .. " is missing"):read "a"
      assert(text:find(('{ "%s"'):format(name), 1, true), path .. " does not run " .. name)
    end)
  end

  it("tries every playbook", function()
    local chunk, tried = assert(loadfile "tests/lua/memory/command_playbooks.lua"), {}
    for number = 1, math.huge do
      local run, name = chunk(number)
      if not run then break end
      tried[name:match "^[^:]*"] = true
    end
    for _, name in ipairs(scripts "playbooks") do assert(tried[name], name .. " is not tried") end
  end)
end)
