--- What `make install` puts in place works from there, and `make uninstall` takes all of it away.
local evidence = require "tests.lua.support.evidence"
local folders = require "tests.lua.support.folder"
local shell = require "tests.lua.support.shell"
local tree = require "tests.lua.support.tree"

-- The build folder as make names it: relative to where the tests run.
local here <const> = require "lfs".currentdir() .. "/"
local given <const> = os.getenv "POOLSLEUTH_BUILD" or "build"
local build <const> = given:sub(1, #here) == here and given:sub(#here + 1) or given

local function make(...)
  local result = shell.run({ "make", "-s", "B=" .. build, ... },
    { env = { MAKEFLAGS = false, MFLAGS = false, MAKELEVEL = false, LD_PRELOAD = false }, limit = 300 })
  assert.are.equal(0, result.status, result.err)
end

describe("an installed poolsleuth", function()
  local folder <const> = folders.new()
  local prefix <const> = folder:path "my usr"
  local program <const> = prefix .. "/bin/poolsleuth"

  setup(function() make("install", "PREFIX=" .. prefix) end)
  teardown(function() getmetatable(folder).__close(folder) end)

  it("finds its library and its scripts", function()
    local logs <close> = folders.new()
    local result = shell.run({ program, "show", evidence.logs(logs, 1)[1] }, { cwd = logs:path() })
    assert.are.equal(0, result.status, result.err)
    assert.is_truthy(result.out:find("LkaL", 1, true))
    local help = shell.run({ program, "help", "find-leaking-driver" }, { cwd = logs:path() })
    assert.are.equal(0, help.status, help.err)
  end)

  it("finds its plugins, and the templates of what it writes", function()
    local listed = shell.run({ program, "list", "--dialects" }, { cwd = "/" })
    assert.are.equal(0, listed.status, listed.err)
    assert.is_truthy(listed.out:find("windows-exporter", 1, true), listed.out)
    local collected = shell.run({ program, "collect" }, { cwd = "/" })
    assert.are.equal("@echo off\r\n", collected.out:sub(1, 11), collected.err)
  end)

  it("gives stock Lua its modules", function()
    local env = { LUA_PATH = prefix .. "/share/lua/5.4/?.lua;;", LUA_CPATH = prefix .. "/lib/lua/5.4/?.so;;" }
    local chunk = 'assert(require "poolsleuth.text".parse "") print(require "poolsleuth.format" ~= nil)'
    local result = shell.run({ "lua5.4", "-e", chunk }, { env = env })
    assert.are.equal(0, result.status, result.err)
    assert.are.equal("true\n", result.out)
  end)

  it("gives C programs its library", function()
    if build:find "asan" then pending "sanitised" return end
    local source = folder:write("main.c", '#include <poolsleuth.h>\n#include <stdio.h>\n'
      .. 'int main(void) { char text[5]; ps_tag_text(0x6e657645, text); return puts(text) < 0; }\n')
    local compiled = shell.run { "cc", "-I" .. prefix .. "/include", source, "-L" .. prefix .. "/lib",
      "-lpoolsleuth", "-o", folder:path "main" }
    assert.are.equal(0, compiled.status, compiled.err)
    local result = shell.run({ folder:path "main" }, { env = { LD_LIBRARY_PATH = prefix .. "/lib" } })
    assert.are.equal("Even\n", result.out, result.err)
  end)

  it("tells pkg-config where it is", function()
    local result = shell.run({ "pkg-config", "--cflags", "--libs", "poolsleuth" },
      { env = { PKG_CONFIG_PATH = prefix .. "/lib/pkgconfig" } })
    local named = prefix:gsub(" ", "\\ ")
    local wanted = ("-I%s/include -L%s/lib -lpoolsleuth"):format(named, named)
    assert.are.equal(wanted, (result.out:gsub("%s+$", "")))
  end)

  it("needs nothing of the sources but to read them, once it is built", function()
    make("-q", "manual")
  end)

  it("brings a page for each script of the sources, and completions", function()
    local pages, scripts = {}, { "poolsleuth.1" }
    for _, path in ipairs(tree.files(prefix .. "/share/man/man1")) do
      pages[#pages + 1] = path:match "[^/]+$"
    end
    for _, path in ipairs(tree.files "scripts") do
      local name = path:match "/([%w-]+)%.lua$"
      if name then scripts[#scripts + 1] = ("poolsleuth-%s.1"):format(name) end
    end
    table.sort(pages)
    table.sort(scripts)
    assert.are.same(scripts, pages)
    for _, name in ipairs { "poolsleuth", "poolsleuth-show", "poolsleuth-find-leaking-driver" } do
      local page = tree.read(prefix .. "/share/man/man1/" .. name .. ".1")
      assert.is_truthy(page:find(".Sh DESCRIPTION", 1, true), name)
    end
    for _, path in ipairs { "bash-completion/completions/poolsleuth", "zsh/site-functions/_poolsleuth",
                            "fish/vendor_completions.d/poolsleuth.fish" } do
      assert.is_truthy(tree.read(prefix .. "/share/" .. path):find("find-leaking-driver", 1, true), path)
    end
  end)

  it("exports only what the header declares", function()
    local symbols = shell.run { "nm", "-D", "--defined-only", prefix .. "/lib/libpoolsleuth.so" }
    local header, strangers = tree.read "core/include/poolsleuth.h", {}
    for name in symbols.out:gmatch " [B-TV-Z] ([%w_]+)[^\n]*\n" do
      local declared = name:find "^ps_" and header:find(name .. "(", 1, true)
      if not declared then strangers[#strangers + 1] = name end
    end
    if build:find "asan" then pending "sanitised" return end
    assert.are.same({}, strangers)
  end)

  it("keeps the library inside its Lua module, beside which a program may have another version", function()
    if build:find "asan" then pending "sanitised" return end
    local listed = shell.run { "nm", "-D", "--defined-only", prefix .. "/lib/lua/5.4/poolsleuth.so" }
    assert.is_truthy(listed.out:find("luaopen_poolsleuth_text", 1, true), listed.err)
    assert.is_nil(listed.out:find(" ps_", 1, true))
  end)

  it("goes without a trace", function()
    make("uninstall", "PREFIX=" .. prefix)
    assert.are.same({}, tree.files(prefix))
  end)
end)
