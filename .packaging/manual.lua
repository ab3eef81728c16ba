-- manual.lua INTO TIME SHELL:PATH... - write the manual pages (dated TIME) and the completions of the scripts
-- in the sources, and of no others that are at hand where it runs, below INTO.
local completion  = require "poolsleuth.completion"
local declaration = require "poolsleuth.declaration"
local manual      = require "poolsleuth.manual"

local into <const>, options <const> = arg[1], { time = assert(math.tointeger(tonumber(arg[2]))) }
local folders <const> = { { path = "scripts", origin = "program" } }

local function write(path, text)
  local file <close> = assert(io.open(into .. "/" .. path, "wb"))
  assert(file:write(text))
end

write("man/man1/poolsleuth.1", manual.overview(folders, options))
for _, entry in ipairs(declaration.usable(folders)) do
  write(("man/man1/poolsleuth-%s.1"):format(entry.name), manual.page(entry.def, options))
end
for i = 3, #arg do
  local shell, path = arg[i]:match "^(%a+):(.+)$"
  write(path, completion.build(shell, folders))
end
