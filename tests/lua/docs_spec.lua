--- The reference is complete: whatever a script can call says what it takes and what it gives.
local lfs   = require "lfs"
local shell = require "tests.lua.support.shell"
local tree  = require "tests.lua.support.tree"

local function files(folder, pattern)
  local list = {}
  for name in lfs.dir(folder) do
    if name:find(pattern) then list[#list + 1] = folder .. "/" .. name end
  end
  table.sort(list)
  return list
end

local function lines_of(text)
  local list = {}
  for line in (text .. "\n"):gmatch "(.-)\n" do list[#list + 1] = line end
  return list
end

-- The tables whose functions others can call: what the file returns, and its classes.  A class of which no
-- method is documented is the file's own.
local function public_tables(text)
  local module = text:match "\nreturn setmetatable%(([%w_]+)" or text:match "\nreturn ([%w_]+)%s*$"
  local public = { [module or "?"] = true }
  for name in text:gmatch "\n%-%-%- [^\n]*\n[^\n]-function ([%w_]+)[.:]" do public[name] = true end
  for name in text:gmatch "\n%-%- @[^\n]*\nfunction ([%w_]+)[.:]" do public[name] = true end
  return public
end

-- The comment right above a line, if it is one that LDoc reads.
local function comment_above(lines, at)
  local first = at
  while first > 1 and lines[first - 1]:find "^%-%-" do first = first - 1 end
  local text = table.concat(lines, "\n", first, at - 1)
  return text:find "^%-%-%-[^-]" and text or nil
end

-- Does the function that begins at a line give anything back?
local function gives_back(lines, at)
  if lines[at]:find "%f[%w]return%s+[^%s]" and lines[at]:find "end%s*$" then
    return not lines[at]:find "return end"
  end
  local inner = 0
  for i = at + 1, #lines do
    local line = lines[i]
    if line:find "^end" then return false end
    if line:find "^%s+.*%f[%w]function%s*%(" and not line:find "%f[%w]end%f[%W]" then
      inner = inner == 0 and #line:match "^%s*" + 1 or inner
    elseif inner > 0 and line:find "^%s*end" and #line:match "^%s*" + 1 == inner then
      inner = 0
    elseif inner == 0 and line:find "%f[%w]return%s+[^%s]" and not line:find "return end" then
      return true
    end
  end
  return false
end

-- What is missing from the comment of a function.
local function missing(lines, at, parameters)
  local comment = comment_above(lines, at)
  if not comment then return "no comment that begins with ---" end
  for name in parameters:gmatch "[%w_.]+" do
    local escaped = name == "..." and "%.%.%." or name:gsub("%p", "%%%0")
    local said = comment:find("@%w+[%w%[%]=]*[^\n]-%f[%S]" .. escaped .. "%f[%s%z]")
    if not said and name:sub(1, 1) ~= "_" then return ("parameter '%s'"):format(name) end
  end
  if gives_back(lines, at) and not comment:find "@t?return" then return "what it returns" end
  return nil
end

describe("the reference", function()
  for _, path in ipairs { "lua/poolsleuth", "lua/poolsleuth/kd" } do
    for _, file in ipairs(files(path, "%.lua$")) do
      it("has all of " .. file, function()
        local text = tree.read(file)
        local lines, public, found = lines_of(text), public_tables(text), {}
        for i, line in ipairs(lines) do
          local owner, name, parameters = line:match "^function ([%w_]+)[.:]([%w_]+)%((.-)%)"
          local wrong = owner and public[owner] and name:sub(1, 2) ~= "__" and missing(lines, i, parameters)
          if wrong then found[#found + 1] = ("%s:%d: %s: %s"):format(file, i, name, wrong) end
        end
        assert.same({}, found)
        if not text:find "\nfunction " then return end
        assert.is_truthy(text:find "^%-%-%- ", file .. " does not say what it is")
        assert.is_truthy(text:find "\n%-%- @module poolsleuth%.", file .. " names no module")
      end)
    end
  end

  it("has all that the C modules give to Lua", function()
    local documented, registered = {}, {}
    for _, file in ipairs(files("core/bind", "%.c$")) do
      local text = tree.read(file)
      for block, name in text:gmatch "/%*%*%*\n(.-)%*/\n%s*[%w_ ]-int ([%w_]+)%(lua_State" do
        block = block:match ".*/%*%*%*\n(.*)" or block
        documented[name] = block:match "@function [^\n]-([%w_]+)\n"
      end
      for table_text in text:gmatch "luaL_Reg [%w_]+%[%] = (%b{})" do
        for name, target in table_text:gmatch '{%s*"([%w_]+)",%s*([%w_]+)%s*}' do
          local own = name:sub(1, 2) ~= "__" and name ~= "close"
          if own then registered[#registered + 1] = { file, name, target } end
        end
      end
    end
    local found = {}
    for _, entry in ipairs(registered) do
      local module = entry[3]:find "^luaopen_"
      if not module and documented[entry[3]] ~= entry[2] then
        found[#found + 1] = ("%s: %s (%s)"):format(table.unpack(entry))
      end
    end
    assert.is_true(#registered > 80, #registered .. " functions")
    assert.same({}, found)
  end)

  it("is made of it by LDoc and doxygen, which complain of nothing", function()
    for _, tool in ipairs { "ldoc", "doxygen" } do
      if not shell.find(tool) then pending(tool .. " is not here") return end
    end
    local result = shell.run { "make", "docs" }
    assert.equal(0, result.status, result.out .. result.err)
    assert.is_truthy(tree.read("build/docs/html/index.html"):find("poolsleuth.investigation", 1, true))
    assert.is_truthy(tree.read("build/docs/c/index.html"):find("Three rules hold", 1, true))
    local pages = files("build/docs/c", "^group__section%d+%.html$")
    local header = tree.read "core/include/poolsleuth.h"
    local sections = select(2, header:gsub("\n/%* %-%-%- [^\n]- %-%-%-+ %*/", ""))
    assert.equal(sections, #pages)
  end)
end)
