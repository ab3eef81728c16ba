--- What README.md shows is run: its commands, its playbook, its one-liner, its answer.
local evidence = require "tests.lua.support.evidence"
local folders = require "tests.lua.support.folder"
local shell = require "tests.lua.support.shell"
local tree = require "tests.lua.support.tree"

local readme <const> = tree.read "README.md"
local fixtures <const> = os.getenv "POOLSLEUTH_FIXTURES" or "build/fixtures"

local function blocks(language)
  local found, fence = {}, "\n```"
  for body in ("\n" .. readme):gmatch(fence .. language .. "\n(.-)" .. fence .. "\n") do
    found[#found + 1] = body .. "\n"
  end
  return found
end

local function block_with(language, words)
  for _, body in ipairs(blocks(language)) do
    if body:find(words, 1, true) then return body end
  end
  error("no " .. language .. " block with " .. words)
end

-- The run of indented lines that holds these words, without the indent.
local function indented_with(words)
  local piece = {}
  for line in (readme .. "\n"):gmatch "(.-)\n" do
    local code = line:match "^    (.*)$"
    if code then
      piece[#piece + 1] = code
    else
      local text = table.concat(piece, "\n")
      if text:find(words, 1, true) then return text end
      piece = {}
    end
  end
  error("nothing indented with " .. words)
end

describe("the README", function()
  it("names targets that the Makefile has", function()
    local makefile = tree.read "Makefile"
    for words in readme:gmatch "%f[%w]make ([%l%- ]+)%f[^%l%- ]" do
      for target in words:gmatch "%f[%S]%l[%l-]*" do
        assert(makefile:find("\n" .. target:gsub("%-", "%%-") .. "[%w%- ]*:"), "no target " .. target)
      end
    end
  end)

  it("names commands that exist, with options that they take", function()
    for line in readme:gmatch "\n| `([^|]+)` |" do
      local name = line:match "^[%l-]+"
      if name ~= "list" then
        local help = shell.poolsleuth { "help", name }
        assert.are.equal(0, help.status, help.err)
        for option in line:gmatch "%-%-[%l-]+" do
          assert(help.out:find(option, 1, true), ("%s has no %s"):format(name, option))
        end
      end
    end
  end)

  it("has a playbook of about 20 lines that runs", function()
    local body = block_with("lua", "return playbook {")
    local folder <close> = folders.new()
    folder:write("hoarders.lua", body)
    evidence.logs(folder, 1)
    assert.is_true(select(2, body:gsub("\n", "")) < 30)
    local result = shell.poolsleuth({ "./hoarders.lua", "poolmon-2026-11-01T00-05-00.log", "--over", "100M" },
      { cwd = folder:path() })
    assert.are.equal(1, result.status, result.err .. result.out)
    assert.is_truthy(result.out:find 'WARN tag="LkaL"', result.out)
  end)

  it("has a configuration that loads", function()
    local folder <close> = folders.new()
    folder:write("poolsleuth/config.lua", block_with("lua", "tagfiles"))
    local log = evidence.logs(folder, 1)[1]
    local result = shell.poolsleuth({ "show", log }, { env = { XDG_CONFIG_HOME = folder:path() } })
    assert.is_true(result.status == 0 or result.err:find("/srv/", 1, true) ~= nil, result.err)
    assert.is_nil(result.err:find "config.lua: unknown")
  end)

  it("has C that compiles", function()
    local PROGRAM <const> = [[
#include <poolsleuth.h>
#include <stdio.h>
void example(const char *path, const void *bytes, size_t size);
void example(const char *path, const void *bytes, size_t size)
{
    (void)path, (void)bytes, (void)size;
%s}
]]
    for _, body in ipairs(blocks "c") do
      local folder <close> = folders.new()
      local file = folder:write("example.c", (PROGRAM:gsub("%%s", function() return body end)))
      local result = shell.run { "cc", "-std=c11", "-Wall", "-Werror", "-Icore/include", "-fsyntax-only",
                                 file }
      assert.are.equal(0, result.status, result.err)
    end
  end)

  it("has a line for stock Lua that prints rows", function()
    local folder <close> = folders.new()
    local log = evidence.logs(folder, 1)[1]
    local build = os.getenv "POOLSLEUTH_BUILD" or "build"
    local line = indented_with "LUA_PATH=":gsub("build/%?", (build .. "/?"):gsub("%%", "%%%%"))
      :gsub("poolmon%.log", (log:gsub("%%", "%%%%")))
    local result = shell.run({ "sh", "-c", line })
    assert.are.equal(0, result.status, result.err)
    assert.is_truthy(result.out:find "LkaL\tnonpaged\t%d+")
  end)

  it("shows the answer that the demo gives", function()
    local shown = assert(readme:match "\n%s*(LEAK tag=[^\n]+)", "no verdict line in the README")
    if not require "lfs".attributes(fixtures .. "/demo") then pending "the demo is not built" return end
    local demo = fixtures .. "/demo"
    local result = shell.poolsleuth { "find-leaking-driver", demo, "--loaded", demo .. "/loaded.csv" }
    assert.are.equal(2, result.status, result.err)
    assert.are.equal(result.out:match "LEAK tag=[^\n]+", shown)
  end)
end)
