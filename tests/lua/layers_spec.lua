--- The arrows between the layers point down only.
local tree = require "tests.lua.support.tree"

-- A folder of core may include headers of these.
local includes <const> = {
  base = { base = true },
  pool = { base = true, pool = true },
  text = { base = true, pool = true, text = true },
  pe = { base = true, pool = true, pe = true },
  dump = { base = true, pool = true, dump = true },
  store = { base = true, pool = true, store = true },
  bind = { base = true, bind = true },
  cli = { bind = true, cli = true },
}

-- What the Lua library and the scripts may require besides poolsleuth.*
local libraries <const> = { lfs = true, argparse = true, dkjson = true, rex_pcre2 = true }

-- The C modules, as core/bind/module.c lists them.
local c_modules <const> = {}
for name in tree.read "core/bind/module.c":gmatch '{"(poolsleuth[%w_.]*)", luaopen' do
  c_modules[name] = true
end

local function report(wrong) assert(#wrong == 0, "\n" .. table.concat(wrong, "\n")) end

local function each_line(paths, visit)
  local wrong = {}
  assert(#paths > 0, "no file to look at")
  for _, path in ipairs(paths) do
    tree.lines(path, function(line, number)
      local message = visit(line, path)
      if message then wrong[#wrong + 1] = ("%s:%d: %s"):format(path, number, message) end
    end)
  end
  report(wrong)
end

describe("the layers", function()
  local core = tree.files("core", "%.[ch]$")
  local library = tree.files("lua", "%.lua$")
  local scripts = tree.files("scripts", "%.lua$")

  it("of core include only what lies below them", function()
    each_line(core, function(line, path)
      local from = path:match "^core/([^/]+)/"
      local to = line:match '^%s*#%s*include%s+"([^"]+)"'
      if not to or to == "poolsleuth.h" then return nil end
      local folder = to:match "^([^/]+)/[^/]+%.h$"
      if not folder then return to .. " is not named by its folder" end
      if not (includes[from] and includes[from][folder]) then return from .. " includes " .. to end
    end)
  end)

  it("know Lua in bind and cli alone", function()
    each_line(core, function(line, path)
      if not path:find "^core/bind/" and not path:find "^core/cli/" and line:find "#%s*include%s+<l[ua]" then
        return "Lua in a reader"
      end
    end)
  end)

  it("neither print nor end the program below cli", function()
    each_line(core, function(line, path)
      if path:find "^core/cli/" then return nil end
      local call = line:match "%f[%w_](f?printf)%s*%(" or line:match "%f[%w_](f?puts)%s*%("
        or line:match "%f[%w_](exit)%s*%(" or line:match "%f[%w_](abort)%s*%("
      if call then return call .. " in a reader" end
    end)
  end)

  it("of Lua require the library and a few named ones", function()
    local known = {}
    for _, path in ipairs(library) do
      local name = path:match "^lua/(.*)%.lua$":gsub("/init$", ""):gsub("/", ".")
      known[name] = true
      known[name:match "^(.*%.)[^.]*$" or name] = true -- "poolsleuth.view." .. kind
    end
    local both = table.move(scripts, 1, #scripts, #library + 1, table.move(library, 1, #library, 1, {}))
    each_line(both, function(line)
      local name = line:match "%f[%w_]require%s*%(?%s*[\"']([^\"']+)[\"']"
      if not name or line:find "^%s*%-%-" then return nil end
      if not (libraries[name] or c_modules[name] or known[name]) then return "requires " .. name end
    end)
  end)

  it("let only the command line print and exit", function()
    each_line(library, function(line, path)
      if path == "lua/poolsleuth/cli.lua" then return nil end
      local code = line:gsub("%-%-.*$", "")
      local call = code:match "%f[%w_.](print)%s*[%(\"']" or code:match "(os%.exit)"
      if call then return call .. " in the library" end
    end)
  end)

  it("keep bytes and printing out of scripts", function()
    each_line(scripts, function(line)
      local code = line:gsub("%-%-.*$", "")
      local call = code:match "%f[%w_.](print)%s*[%(\"']" or code:match "(os%.exit)"
        or code:match "(string%.unpack)" or code:match "(io%.write)" or code:match "(io%.stdout)"
      if call then return call .. " in a script" end
    end)
  end)

  it("have no back door to the tests", function()
    local all = table.move(library, 1, #library, #core + 1, table.move(core, 1, #core, 1, {}))
    each_line(all, function(line)
      if line:find "[\"']tests[/.]" then return "product code names tests" end
    end)
  end)
end)
