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
  local library <const>, scripts <const> = prefix .. "/share/lua/5.4", prefix .. "/share/poolsleuth/scripts"
  local LARGEST <const> = "^(....) %d+\n(....) %d+\n(....) %d+\n$"

  local function compile(source, package, ...)
    local flags = ran({ "pkg-config", "--cflags", "--libs", package or "poolsleuth" },
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
    local program = compile("tests/embed/threads.c", "poolsleuth", "-lpthread")
    local one, other = ran({ program, log, driver }, found):match "^(%d+ rows, [1-9]%d* sites)\n(.*)\n$"
    assert.are.equal(one, other)
  end)

  it("runs playbooks, and says what the program would have said", function()
    local program = compile("tests/embed/host.c", "poolsleuth_host")
    local logs = evidence.logs(folder, 3)
    local words = { "--scripts", scripts, "find-leaking-driver", table.unpack(logs) }
    local plain = shell.poolsleuth(words)
    local hosted = shell.run({ program, library, "0", "0", table.unpack(words) }, found)
    assert.are.equal(plain.out, hosted.out, hosted.err)
    assert.are.equal(plain.status, hosted.status)
    local wrong = shell.run({ program, library, "0", "0", "--scripts", scripts, "no-such-one" }, found)
    assert.are.equal(64, wrong.status)
    assert.is_truthy(wrong.err:find("no command 'no-such-one'", 1, true), wrong.err)
  end)

  it("stops a script at its caps, whatever it catches", function()
    local program = compile("tests/embed/host.c", "poolsleuth_host")
    local stubborn = folder:write("stubborn.lua", [[
      local command = require "poolsleuth.command"
      return command { name = "stubborn", summary = "Go on", args = { { name = "what", type = "string" } },
        run = function(_, args)
          local kept = {}
          while true do
            pcall(function()
              while true do
                if args.what == "memory" then kept[#kept + 1] = ("x"):rep(1 << 20) .. #kept end
              end
            end)
          end
        end }
    ]])
    for what, caps in pairs { instructions = { "20000000", "0" }, memory = { "0", "64" } } do
      local result = shell.run({ program, library, caps[1], caps[2], stubborn, what }, found)
      assert.are.equal(1, result.status, result.out)
      assert.are.equal(("the script is over its cap of %s\n"):format(what), result.err)
    end
  end)

  it("says in one line why it cannot begin", function()
    local program = folder:path "begin"
    local source = folder:write("begin.c", [[
      #include <poolsleuth.h>
      #include <stdio.h>
      int main(int argc, char **argv)
      {
          const char *const words[] = {"list", NULL};
          const ps_run_request small = {.words = words, .memory_bytes = 1000};
          const ps_run_request lost = {.words = words, .library = argv[argc - 1]};
          ps_run *run;
          ps_error err;
          if (!ps_check_abi(PS_ABI, &err))
              return 1;
          printf("%s\n", ps_version());
          if (ps_run_open(&run, &small, &err) || run != NULL)
              return 1;
          printf("%d %s\n", err.code == PS_ELIMIT, err.text);
          if (ps_run_open(&run, &lost, &err) || run != NULL)
              return 1;
          printf("%d %s\n", err.code == PS_EFORMAT, err.text);
          return 0;
      }
    ]])
    assert.are.equal(program, compile(source, "poolsleuth_host"))
    local version, small, lost, rest = ran({ program, folder:path "nowhere" }, { env = {
      LD_LIBRARY_PATH = prefix .. "/lib", LUA_PATH = "/nowhere/?.lua" } }):match "^(.-)\n(.-)\n(.-)\n(.*)$"
    assert.are.equal("0.1.0", version)
    assert.are.equal("1 the script is over its cap of memory", small)
    assert.is_truthy(lost:find "^1 module 'poolsleuth.cli' not found", lost)
    assert.are.equal("", rest)
  end)

  it("runs scripts also where it was opened for one part of the program alone", function()
    local source, program = folder:write("opened.c", [[
      #include <dlfcn.h>
      #include <poolsleuth.h>
      #include <string.h>
      int main(int argc, char **argv)
      {
          const char *const words[] = {"list", "--csv", NULL};
          const ps_run_request request = {.words = words, .library = argv[argc - 1]};
          void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
          void *opener = library != NULL ? dlsym(library, "ps_run_open") : NULL;
          void *asker = library != NULL ? dlsym(library, "ps_run_status") : NULL;
          bool (*open)(ps_run **, const ps_run_request *, ps_error *);
          int (*status)(const ps_run *);
          ps_run *run;
          ps_error err;
          memcpy(&open, &opener, sizeof open);
          memcpy(&status, &asker, sizeof status);
          return opener == NULL || asker == NULL || !open(&run, &request, &err) || status(run) != 0;
      }
    ]]), folder:path "opened"
    ran { "cc", "-std=c11", "-I" .. prefix .. "/include", source, "-ldl", "-o", program }
    ran({ program, prefix .. "/lib/libpoolsleuth_host.so", library }, { env = CLEAN })
  end)

  it("finds the scripts beside the library, and goes on where a script would end it", function()
    local program = compile("tests/embed/host.c", "poolsleuth_host")
    local shown = shell.run({ program, library, "0", "0", "show", "--csv", log }, found)
    assert.are.equal(0, shown.status, shown.err)
    local function stranger(body)
      local path = folder:write("stranger.lua", ([[
        local command = require "poolsleuth.command"
        return command { name = "stranger", summary = "End it", run = function() %s end }
      ]]):format(body))
      return shell.run({ program, library, "20000000", "0", path }, found)
    end
    local ended = stranger "os.exit(5)"
    assert.are.equal(70, ended.status)
    assert.is_truthy(ended.err:find("a script does not end the program that runs it", 1, true), ended.err)
    local handler = stranger "while true do xpcall(error, function() while true do end end) end"
    assert.are.equal("the script is over its cap of instructions\n", handler.err)
    local odd = stranger "error(setmetatable({}, { __tostring = function() while true do end end }))"
    assert.are.equal(70, odd.status)
    assert.is_truthy(odd.err:find("the script raised a table without a message", 1, true), odd.err)
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
    assert.is_truthy(said:find "^compiled against interface 1, linked with poolsleuth [%d.]+ of interface 0")
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
