--- Windows programs for the tests, under wine; nothing of the tester's own prefix is touched.
local lfs = require "lfs"
local shell = require "tests.lua.support.shell"

local wine = {}

local build <const> = os.getenv "POOLSLEUTH_BUILD" or "build"
local prefix <const> = (build:sub(1, 1) == "/" and build or lfs.currentdir() .. "/" .. build) .. "/wine"

local environment <const> = {
  WINEPREFIX = prefix, WINEDEBUG = "-all", WINEDLLOVERRIDES = "mscoree,mshtml=", LD_PRELOAD = false,
}

--- The program, or nil where it is not installed.
wine.program = nil
for _, path in ipairs { "/usr/lib/wine/wine64", "/usr/bin/wine64", "/usr/bin/wine" } do
  if not wine.program and lfs.attributes(path, "mode") == "file" then wine.program = path end
end

--- Whether wine and the compiler for its programs are here.
-- @treturn boolean
function wine.is_here()
  return wine.program ~= nil and shell.find "x86_64-w64-mingw32-gcc" ~= nil
end

--- A path as programs under wine name it.
-- @tparam string path absolute
-- @treturn string
function wine.path(path)
  return "Z:" .. path:gsub("/", "\\")
end

--- wine's own cmd.exe, as a file.
-- @treturn string
function wine.cmd()
  local path = prefix .. "/drive_c/windows/system32/cmd.exe"
  if not lfs.attributes(path) then
    lfs.mkdir(build)
    wine.run { "cmd", "/c", "ver" }
  end
  return path
end

--- Run a program under wine.
-- @tparam {string,...} words
-- @tparam[opt] table options as for shell.run
-- @treturn table as for shell.run
function wine.run(words, options)
  local given = { limit = 120 }
  for name, value in pairs(options or {}) do given[name] = value end
  given.env = setmetatable({}, nil)
  for name, value in pairs(environment) do given.env[name] = value end
  for name, value in pairs(options and options.env or {}) do given.env[name] = value end
  return shell.run(table.move(words, 1, #words, 2, { wine.program }), given)
end

return wine
