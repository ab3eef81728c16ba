--- The library in other programs: the examples are compiled as a user compiles them, and run.
local evidence = require "tests.lua.support.evidence"
local folders  = require "tests.lua.support.folder"
local image    = require "tests.lua.support.image"
local shell    = require "tests.lua.support.shell"

local here <const> = require "lfs".currentdir() .. "/"
local given <const> = os.getenv "POOLSLEUTH_BUILD" or "build"
local build <const> = given:sub(1, #here) == here and given:sub(#here + 1) or given
local sanitised <const> = build:find "asan"

local CLEAN <const> = { MAKEFLAGS = false, MFLAGS = false, MAKELEVEL = false, LD_PRELOAD = false }

local function ran(words, options)
  local result = shell.run(words, options or { env = CLEAN, limit = 600 })
  assert.are.equal(0, result.status, result.err .. result.out:sub(-1000))
  return result.out
end

describe("a program that embeds the library", function()
  if sanitised then
    it("is not tried sanitised", function() pending "sanitised" end)
    return
  end

  local folder <const> = folders.new()
  local prefix <const> = folder:path "usr"
  local log <const> = evidence.logs(folder, 1)[1]
  local driver <const> = folder:write("acme.sys", image.with_tag "LkaL")
  local found <const> = { env = { LD_LIBRARY_PATH = prefix .. "/lib" } }
  local LARGEST <const> = "^(....) %d+\n(....) %d+\n(....) %d+\n$"

  local function compile(source, ...)
    local flags = ran({ "pkg-config", "--cflags", "--libs", "poolsleuth" },
      { env = { PKG_CONFIG_PATH = prefix .. "/lib/pkgconfig" } }):gsub("%s+$", "")
    local program = folder:path(source:match "([^/]*)%.c$")
    ran { "sh", "-c", ("cc -std=c11 -Wall -Wextra -Werror %s %s %s -o %s"):format(source, flags,
      table.concat({ ... }, " "), program) }
    return program
  end

  setup(function() ran { "make", "-s", "install", "PREFIX=" .. prefix, "B=" .. build } end)
  teardown(function() getmetatable(folder).__close(folder) end)

  it("reads a text with memory of its own", function()
    local program = compile "tests/embed/largest.c"
    local first = ran({ program, log }, found):match(LARGEST)
    assert.are.equal(first, shell.poolsleuth({ "show", log, "--csv", "--top", "1" }).out:match '\n"?(....)')
  end)

  it("is told when its memory does not suffice, and gets all of it back", function()
    local program = compile "tests/embed/largest.c"
    local result
    for _, bytes in ipairs { 0, 100, 5000, 50000, 200000 } do
      result = shell.run({ program, log, tostring(bytes) }, found)
      assert.are.equal(1, result.status)
      assert.are.equal("out of memory\n", result.err)
    end
    assert.are.equal("", result.out)
  end)

  it("runs in two threads", function()
    local program = compile("tests/embed/threads.c", "-lpthread")
    local one, other = ran({ program, log, driver }, found):match "^(%d+ rows, [1-9]%d* sites)\n(.*)\n$"
    assert.are.equal(one, other)
  end)

  it("is stock Lua with the modules", function()
    local said = ran({ "lua5.4", "tests/embed/largest.lua", log }, { env = {
      LUA_PATH = prefix .. "/share/lua/5.4/?.lua;;", LUA_CPATH = prefix .. "/lib/lua/5.4/?.so;;" } })
    assert.is_truthy(said:find '^"....%"\t%d+\n"....%"\t%d+\n"....%"\t%d+\n$', said)
  end)

  it("is refused where the header is another's", function()
    local source = folder:write("other.c", [[
      #include <poolsleuth.h>
      #include <stdio.h>
      int main(void)
      {
          ps_error err;
          if (ps_check_abi(PS_ABI + 1, &err))
              return 1;
          return puts(err.text) < 0 || !ps_check_abi(PS_ABI, &err);
      }
    ]])
    local said = ran({ compile(source) }, found)
    assert.is_truthy(said:find "^compiled against interface 1, linked with poolsleuth [%d.]+ of interface 0\n$")
  end)

  it("runs in two threads under the eyes of the thread sanitizer", function()
    if not os.getenv "POOLSLEUTH_LONG" then pending "builds the library once more" return end
    ran { "make", "-s", "B=" .. folder:path "tsan", "CFLAGS=-O1 -g -fsanitize=thread",
          folder:path "tsan/libpoolsleuth.a" }
    ran { "sh", "-c", ("cc -std=c11 -g -fsanitize=thread -Icore/include tests/embed/threads.c %s "
      .. "$(pkg-config --libs sqlite3 libzstd libcrypto) -lZydis -lpthread -lm -o %s"):format(
      folder:path "tsan/libpoolsleuth.a", folder:path "threads-tsan") }
    local result = shell.run({ folder:path "threads-tsan", log, driver }, { limit = 300 })
    assert.are.equal(0, result.status, result.err)
    assert.are.equal("", result.err)
  end)
end)
