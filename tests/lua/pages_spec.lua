--- The folders' pages are true: what they name exists, what there is they name, their examples run or parse.
local config   = require "poolsleuth.config"
local evidence = require "tests.lua.support.evidence"
local folders  = require "tests.lua.support.folder"
local json     = require "poolsleuth.json"
local lfs      = require "lfs"
local page     = require "tests.lua.support.page"
local schema   = require "poolsleuth.schema"
local shell    = require "tests.lua.support.shell"
local tree     = require "tests.lua.support.tree"

local PAGES <const> = {
  ".github/SECURITY.md", "core/README.md", "core/include/README.md", "core/store/README.md",
  "core/text/README.md", "lua/FORMATS.md", "lua/README.md", "plugins/README.md",
  "plugins/automation/README.md", "scripts/README.md", "tests/README.md", "tests/fixtures/text/README.md",
  "tests/make/README.md",
}

-- Where a file that a page names may lie, besides the page's own folder.
local ROOTS <const> = {
  ".", "core", "core/include", "core/base", "core/text", "core/bind", "lua/poolsleuth", "tests",
  "tests/c/support", "tests/lua", "tests/lua/support", "tests/embed", "tests/make/kernel", "tests/make/wdk",
}
-- Files of the reader's.
local THEIRS <const> = {
  "acme", "NAME", "DATE", "third%-party", "config%.lua$", "knowledge%.lua$", "strangers", "^manifest%.lua$",
  "nightly%.%l+$", "%.log$", "%.sys$", "/var/", "/etc/", "^/%d",
}

local pages = {}
for _, path in ipairs(PAGES) do pages[path] = page.read(path) end

local function any(patterns, text)
  for _, pattern in ipairs(patterns) do
    if text:find(pattern) then return true end
  end
  return false
end

local function is_file(word)
  if word:find "[%s$(){}\"'…~<=,:]" or word:find "^%-" or any(THEIRS, word) then return false end
  if word:find "^build/" then return false end -- made when it is needed
  return word:find "^[%w_*.-]*/[%w_/*.-]*$" ~= nil or word:find "^[%w_*-]+%.[chl][ua]*$" ~= nil
    or any({ "%.sh$", "%.py$", "%.service$", "%.timer$", "%.cron$" }, word)
end

local function exists(path)
  if not path:find "%*" then return lfs.attributes((path:gsub("/$", ""))) ~= nil end
  return shell.run({ "sh", "-c", "ls -d " .. path }).status == 0
end

local function found_anywhere(word, folder)
  if exists(folder .. "/" .. word) then return true end
  for _, root in ipairs(ROOTS) do
    if exists(root .. "/" .. word) then return true end
  end
  return false
end

-- Words of a table's first column.
local function firsts(path)
  local words = {}
  for _, row in ipairs(page.rows(pages[path])) do
    for _, word in ipairs(page.words(row[1])) do
      words[word], words[word:match "^[^/]*/?"] = true, true
    end
  end
  return words
end

local function missing(named, names)
  local list = {}
  for _, name in ipairs(names) do
    if not named[name] then list[#list + 1] = name end
  end
  return list
end

local function subfolders(folder)
  local names = {}
  for name in lfs.dir(folder) do
    local is_folder = lfs.attributes(folder .. "/" .. name, "mode") == "directory"
    if is_folder and name:sub(1, 1) ~= "." then names[#names + 1] = name .. "/" end
  end
  table.sort(names)
  return names
end

describe("the pages", function()
  it("are all looked at here", function()
    local known = { ["README.md"] = true }
    for _, path in ipairs(PAGES) do known[path] = true end
    for _, root in ipairs { "core", "lua", "plugins", "scripts", "tests" } do
      for _, path in ipairs(tree.files(root, "%u+%.md$")) do assert(known[path], path) end
    end
  end)

  for _, path in ipairs(PAGES) do
    it("name files that exist: " .. path, function()
      local lost = {}
      for _, word in ipairs(page.words(pages[path].prose)) do
        local name = word:gsub("%[(%w)%w*%]", "%1")
        if is_file(name) and not found_anywhere(name, pages[path].folder) then lost[#lost + 1] = word end
      end
      assert.same({}, lost)
    end)
  end
end)

describe("the page of a folder names all that is in it:", function()
  it("core", function() assert.same({}, missing(firsts "core/README.md", subfolders "core")) end)

  it("core/store", function()
    local covered = {}
    for _, row in ipairs(page.rows(pages["core/store/README.md"])) do
      for _, word in ipairs(page.words(row[1])) do covered[#covered + 1] = word end
    end
    for _, word in ipairs(page.words(pages["core/store/README.md"].prose)) do covered[#covered + 1] = word end
    for _, file in ipairs(tree.files("core/store", "%.[ch]$")) do
      local name, named = file:match "[^/]+$", false
      for _, word in ipairs(covered) do
        local pattern = "^" .. word:gsub("[.-]", "%%%0"):gsub("%*", ".*") .. "$"
        named = named or word:find "^[%w_.*]+$" ~= nil and name:find(pattern) ~= nil
      end
      assert(named or name:find "^history%.h$", name)
    end
  end)

  it("lua", function()
    local named, modules = {}, {}
    for _, row in ipairs(page.rows(pages["lua/README.md"])) do
      for _, word in ipairs(page.words(row[1])) do
        named[word] = true
        local path = "lua/poolsleuth/" .. word
        local is_ours = exists(path .. ".lua") or word:find "/$" and exists(path)
        assert(is_ours or word:find "^poolsleuth%." or word:find "^%.", "no module " .. word)
      end
    end
    for _, file in ipairs(tree.files("lua/poolsleuth", "^lua/poolsleuth/[^/]+%.lua$")) do
      modules[#modules + 1] = file:match "([^/]+)%.lua$"
    end
    assert.same({}, missing(named, modules))
    for opener in tree.read("core/bind/module.c"):gmatch '{"poolsleuth(%.[%w_]+)"' do
      assert(named[opener] or named["poolsleuth" .. opener], "the C module " .. opener)
    end
  end)

  it("plugins", function()
    assert.same({}, missing(firsts "plugins/README.md",
      missing({ ["automation/"] = true }, subfolders "plugins")))
  end)

  it("tests", function() assert.same({}, missing(firsts "tests/README.md", subfolders "tests")) end)

  it("tests/make", function()
    local scripts = {}
    for _, path in ipairs(tree.files("tests/make", "^tests/make/[^/]+%.sh$")) do
      scripts[#scripts + 1] = path:match "[^/]+$"
    end
    local named = {}
    for _, word in ipairs(page.words(pages["tests/make/README.md"].prose)) do named[word] = true end
    assert.same({}, missing(named, scripts))
  end)
end)

describe("an example", function()
  local PRELUDE <const> = [[
#include <poolsleuth.h>
#include <stdio.h>
void show(const ps_snapshot *snapshot);
void use(int status, const char *answer, const char *complaint);
void example(const char *path, const char *folder);
void example(const char *path, const char *folder)
{
    (void)path, (void)folder;
%s}
]]
  local READER <const> = [[
#include "text/dialect.h"
bool start(void *state, ps_reading *reading);
bool row(void *state, ps_reading *reading);
void finish(void *state, ps_reading *reading);
extern const ps_dialect ps_acme_dialect;
%s]]

  local parse = {}

  function parse.c(code, read)
    local folder <close> = folders.new()
    local prelude = read.path:find "^core/text/" and READER or PRELUDE
    local file = folder:write("example.c", (prelude:gsub("%%s", function() return code end)))
    local result = shell.run { "cc", "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror",
      "-Icore/include", "-Icore", "-fsyntax-only", file }
    return result.status == 0, result.err
  end

  function parse.lua(code) return load(code, "example", "t", {}) end
  parse.exporter = parse.lua

  function parse.json(code)
    local value, message = json.decode(code)
    return value ~= nil, message
  end

  function parse.text() return true end

  -- It is run where there is evidence, and a history of it.
  function parse.sh(code)
    local folder <close> = folders.new()
    local log = evidence.logs(folder, 1)[1]
    local env = { XDG_STATE_HOME = folder:path() }
    assert.equal(0, shell.poolsleuth({ "record", "--host", "SRV1", log }, { env = env }).status)
    local script = ('poolsleuth() { %s "$@"; }\n%s'):format(shell.quote(shell.program), code)
    local result = shell.run({ "sh", "-e", "-c", script }, { env = env, cwd = folder:path() })
    return result.status == 0, result.err
  end

  for _, path in ipairs(PAGES) do
    local read = pages[path]
    for i, block in ipairs(read.blocks) do
      it(("runs or parses: %s, block %d"):format(path, i), function()
        local how = assert(parse[block.language], "a block of " .. block.language)
        assert(how(block.code, read))
      end)
    end
  end

  -- Commands in prose and in indented lines: `poolsleuth show --paged`.
  it("calls commands that there are, with options that they take", function()
    local helps = {}
    local function help_of(name)
      helps[name] = helps[name] or shell.poolsleuth { "help", name }
      return helps[name]
    end
    for _, path in ipairs(PAGES) do
      local told = page.words(pages[path].prose)
      table.move(pages[path].lines, 1, #pages[path].lines, #told + 1, told)
      for _, line in ipairs(told) do
        local words = line:match "^[%w/]*poolsleuth +([^|]*)"
        local name = words and words:match "^%l[%l-]+"
        if name and name ~= "help" and not any(THEIRS, name) then
          local help = help_of(name)
          assert.equal(0, help.status, ("%s: %s"):format(path, line))
          for option in words:gmatch "%f[%S]%-%-[%l-]+" do
            assert(help.out:find(option, 1, true), ("%s: %s has no %s"):format(path, name, option))
          end
        end
      end
    end
  end)

  it("makes targets that there are", function()
    local makefile = tree.read "Makefile"
    for _, path in ipairs(PAGES) do
      local told = page.words(pages[path].prose)
      table.move(pages[path].lines, 1, #pages[path].lines, #told + 1, told)
      for _, line in ipairs(told) do
        for target in (line:match "^make ([%l -]+)" or ""):gmatch "%f[%S]%l[%l-]*%f[%s%z]" do
          assert(makefile:find("\n" .. target:gsub("%-", "%%-") .. "[%w%- ]*:"), path .. ": make " .. target)
        end
      end
    end
  end)

  it("calls what the library has", function()
    local written = {}
    for _, file in ipairs(tree.files("lua/poolsleuth", "%.lua$")) do
      for name in tree.read(file):gmatch "function [%w_]+[.:]([%w_]+)" do written[name] = true end
    end
    for _, row in ipairs(page.rows(pages["scripts/README.md"])) do
      for name in (row[2] or ""):gmatch "`?%l*[.:](%l[%l_]+)%f[%s%(`]" do
        assert(written[name], "scripts/README.md: no " .. name)
      end
    end
  end)
end)

describe("the page of formats", function()
  local formats <const> = pages["lua/FORMATS.md"]

  it("names every kind of JSON document", function()
    local _, kinds = debug.getupvalue(schema.of, 1)
    local named = {}
    for _, row in ipairs(page.rows(formats)) do
      for _, word in ipairs(page.words(row[1])) do named[word] = true end
    end
    for kind in pairs(kinds) do assert(named[kind], "kind " .. kind) end
  end)

  it("has a configuration that is taken, with every field", function()
    local folder <close> = folders.new()
    for _, block in ipairs(formats.blocks) do
      if block.language == "lua" then
        local read = assert(config.read(folder:write("config.lua", block.code)))
        for field in pairs(read) do assert(block.code:find(field, 1, true), field) end
        assert.same({ folder:path "knowledge.lua" }, read.overlays)
      end
    end
  end)

  it("shows an envelope with its fields", function()
    for _, block in ipairs(formats.blocks) do
      if block.language == "json" then
        local shown = assert(json.decode(block.code))
        for _, field in ipairs(schema.envelope("snapshot").fields) do assert(shown[field] ~= nil, field) end
      end
    end
  end)
end)
