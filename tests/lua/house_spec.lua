--- The house is in order: names at the top, what each file says first, and words that do not belong in it.
local tree = require "tests.lua.support.tree"

local top <const> = {
  core = true, lua = true, scripts = true, plugins = true, tests = true,
  Makefile = true, ["README.md"] = true, LICENSE = true,
}

-- Written in two halves, so that this file does not hold them.
local unwanted <const> = {
  { "/wo" .. "rk/", "a path of one machine" },
  { "%f[%w]TO" .. "DO%f[%W]", "unfinished by its own words" },
  { "%f[%w]FIX" .. "ME%f[%W]", "unfinished by its own words" },
  { "[Ii]ss" .. "ue #?%d", "a tracker" },
  { "deb%.deb" .. "ian%.org", "a registry" },
  { "registry%.npm" .. "js", "a registry" },
  { "[Cc]lau" .. "de", "a tool of the author" },
  { "[Cc]opi" .. "lot", "a tool of the author" },
  { "[Cc]hat" .. "GPT", "a tool of the author" },
  { "[Aa]nthro" .. "pic", "a tool of the author" },
}

local function is_text(bytes) return not bytes:sub(1, 4096):find "\0" end

describe("the house", function()
  local tracked = tree.tracked()

  it("has the names at the top that its map draws, and no others", function()
    if not tracked then pending "not a checkout" return end
    local strangers = {}
    for _, path in ipairs(tracked) do
      local name = path:match "^[^/]+"
      if not top[name] and name:sub(1, 1) ~= "." then strangers[#strangers + 1] = path end
    end
    assert.are.same({}, strangers)
  end)

  it("holds no paths of a machine, no trackers and no unfinished work", function()
    if not tracked then pending "not a checkout" return end
    local found = {}
    for _, path in ipairs(tracked) do
      local file = io.open(path, "rb")
      local bytes = file and file:read "a" or ""
      if file then file:close() end
      for _, pair in ipairs(is_text(bytes) and unwanted or {}) do
        local at = bytes:find(pair[1])
        if at then
          local _, line = bytes:sub(1, at):gsub("\n", "")
          found[#found + 1] = ("%s:%d: %s"):format(path, line + 1, pair[2])
        end
      end
    end
    assert.are.same({}, found)
  end)

  it("commits no image, dump or trace: fixtures are built", function()
    if not tracked then pending "not a checkout" return end
    local found = {}
    for _, path in ipairs(tracked) do
      local file = io.open(path, "rb")
      local head = file and file:read(8) or ""
      if file then file:close() end
      if head:find "^MZ" or head:find "^PAGEDU" or head:find "^MDMP" or head:find "^\127ELF" then
        found[#found + 1] = path
      end
    end
    assert.are.same({}, found)
  end)

  it("says in each C file first what it is", function()
    local silent = {}
    for _, root in ipairs { "core", "tests", "plugins" } do
      for _, path in ipairs(tree.files(root, "%.[ch]$")) do
        local name = path:match "[^/]+$"
        local bytes = tree.read(path)
        if bytes:sub(1, #name + 6) ~= "/* " .. name .. " - " and not bytes:find "^/%*%*%*\n%u" then
          silent[#silent + 1] = path
        end
      end
    end
    assert.are.same({}, silent)
  end)

  it("says in each Lua file and shell script first what it is", function()
    local silent = {}
    for _, root in ipairs { "lua", "scripts", "plugins", "tests" } do
      for _, path in ipairs(tree.files(root, "%.lua$")) do
        local data = path:find "^tests/fixtures/.*%.expected%.lua$"
        if not data and not tree.read(path):gsub("^#![^\n]*\n", ""):find "^%-%-" then
          silent[#silent + 1] = path
        end
      end
      for _, path in ipairs(tree.files(root, "%.sh$")) do
        if not tree.read(path):gsub("^#![^\n]*\n", ""):find "^# %w" then silent[#silent + 1] = path end
      end
    end
    assert.are.same({}, silent)
  end)
end)
