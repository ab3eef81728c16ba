--- What other programs and scripts call, as it was written down: nothing of it changes unnoticed.
local folders     = require "tests.lua.support.folder"
local shell       = require "tests.lua.support.shell"
local surface_c   = require "tests.lua.support.surface_c"
local surface_lua = require "tests.lua.support.surface_lua"
local tree        = require "tests.lua.support.tree"

local HOME <const>, HEADER <const> = "tests/fixtures/surface/", "core/include/poolsleuth.h"
local is_accepted <const> = os.getenv "POOLSLEUTH_GOLDEN" == "write"

local function difference(path, actual)
  local folder <close> = folders.new()
  return shell.run({ "diff", "-u", path, folder:write("as it is now", actual) }).out
end

-- The golden file, which is written anew where that is asked for.
local function written_down(name, actual)
  local path = HOME .. name
  if is_accepted then
    local file <close> = assert(io.open(path, "wb"))
    assert(file:write(actual))
  end
  return path, tree.read(path)
end

local function hint(path)
  return ("%s differs from what is built; if that is meant, `make surface` writes it anew\n"):format(path)
end

local function header(...) return surface_c.text(surface_c.items(table.concat({ ... }, "\n"))) end

describe("the surface of the C library", function()
  local items <const> = surface_c.items(tree.read(HEADER))

  it("is what was written down", function()
    local before = tree.read(HOME .. "c.txt")
    local actual = surface_c.text(items)
    local reasons = surface_c.breaks(before, actual)
    table.insert(reasons, 1, "PS_ABI must be raised:")
    local advice = #reasons > 1 and table.concat(reasons, "\n  ") .. "\n" or ""
    if is_accepted and advice ~= "" then io.stderr:write(advice) end
    local path, expected = written_down("c.txt", actual)
    assert(expected == actual, hint(path) .. advice .. difference(path, actual))
  end)

  it("is exported whole by the shared library, and nothing else is", function()
    local built = (os.getenv "POOLSLEUTH_BUILD" or "build") .. "/libpoolsleuth.so"
    local listed = shell.run { "nm", "-D", "--defined-only", "--format=posix", built }
    if listed.status ~= 0 then pending "the shared library is not built" return end
    local exported, lost = {}, {}
    for name in ("\n" .. listed.out):gmatch "\n(ps_[%w_]+)[@%w_.]* T " do exported[name] = true end
    for _, one in ipairs(items) do
      -- These are in the library that brings Lua.
      local hosted = one.name:find "^ps_run_"
      if one.kind == "function" and not hosted and not exported[one.name] then lost[#lost + 1] = one.name end
      exported[one.name] = nil
    end
    assert.same({}, lost)
    assert.is_nil(next(exported))
  end)

  it("keeps the first rule: a ps_error comes last, and such a function returns bool", function()
    for _, one in ipairs(items) do
      local signature = one.kind == "function" and one.lines[1]
      if signature and signature:find "ps_error %*err" then
        assert(signature:find "^bool " and signature:find "ps_error %*err%)$", signature)
        local declared = tree.read(HEADER):find("PS_API PS_NODISCARD bool " .. one.name .. "(", 1, true)
        assert(declared, one.name .. " may go unchecked")
      end
    end
  end)

  it("keeps the second rule: each object that is given out can be closed", function()
    local known = {}
    for _, one in ipairs(items) do known[one.kind .. " " .. one.name] = true end
    for _, one in ipairs(items) do
      for name in (one.kind == "function" and one.lines[1] or ""):gmatch "[(,] ?(ps_[%w_]+) %*%*" do
        assert(known["function " .. name .. "_close"], ("%s gives out a %s"):format(one.name, name))
      end
    end
  end)

  it("is documented: every function, and what programs have to know of every type", function()
    -- The header's second and third rule speak of these.
    local ruled <const> = { "_close$", "_free$", "_count$", "_at$" }
    local silent, before = {}, ""
    tree.lines(HEADER, function(line)
      local name = line:match "^PS_API.-(ps_[%w_]+)%(" or line:match "^typedef .-(ps_[%w_]+) [{;]"
      local is_ruled = false
      for _, ending in ipairs(ruled) do is_ruled = is_ruled or (name or ""):find(ending) ~= nil end
      if name and not is_ruled and not before:find "%*/$" then silent[#silent + 1] = name end
      before = line
    end)
    assert.same({}, silent)
  end)

  it("may grow: programs go on as they are", function()
    local before = header("typedef enum e { PS_A, PS_B, PS_COUNT } e;", "typedef struct s { int a; } s;",
      "PS_API const s *s_at(int index);")
    assert.same({}, surface_c.breaks(before, before))
    local after = header("typedef enum e { PS_A, PS_B, PS_C, PS_COUNT } e;",
      "typedef struct s { int a; long b; } s;", "PS_API const s *s_at(int index);", "PS_API void more(void);")
    assert.same({}, surface_c.breaks(before, after))
  end)

  it("tells what asks for a new PS_ABI", function()
    local before = header("#define PS_ABI 3", "enum { PS_ROOM = 2 };", "typedef enum e { PS_A, PS_B } e;",
      "typedef struct ps_s { int a[PS_ROOM]; } ps_s;", "typedef struct ps_u { int a; } ps_u;",
      "PS_API void ps_fill(ps_u *out);")
    local changes <const> = {
      "enum { PS_ROOM = 3 };", "typedef enum e { PS_B, PS_A } e;",
      "typedef struct ps_s { int a[PS_ROOM]; } ps_s;", "typedef struct ps_u { int a, b; int c; } ps_u;",
      "PS_API void ps_fill(ps_u *out);",
    }
    assert.same({
      "enum e is other than it was from 'PS_A = 0' on",
      "enum of PS_ROOM is other than it was from 'PS_ROOM = 2' on",
      "struct ps_s is other than it was from 'int a[PS_ROOM = 2]' on",
      "struct ps_u is other than it was from 'int a' on",
    }, surface_c.breaks(before, header("#define PS_ABI 3", table.unpack(changes))))
    assert.same({}, surface_c.breaks(before, header("#define PS_ABI 4", table.unpack(changes))))
  end)

  it("tells structs that programs make, which may not even grow", function()
    local fill <const> = "PS_API void ps_fill(ps_u *out);"
    local before = header("typedef struct ps_u { int a; } ps_u;", fill)
    local after = header("typedef struct ps_u { int a; int b; } ps_u;", fill)
    assert.same({ "struct ps_u grew, and its size is compiled into programs" },
      surface_c.breaks(before, after))
    assert.same({ "struct ps_u is gone" }, surface_c.breaks(before, "\n"))
  end)
end)

describe("a struct of the C library that tells its size", function()
  it("may grow, though programs make it", function()
    local fill <const> = "PS_API void ps_fill(ps_u *out);"
    local before = header("typedef struct ps_u { size_t size; int a; } ps_u;", fill)
    local after = header("typedef struct ps_u { size_t size; int a; int b; } ps_u;", fill)
    assert.same({}, surface_c.breaks(before, after))
    assert.same({ "struct ps_u is other than it was from 'int a' on" },
      surface_c.breaks(after, header("typedef struct ps_u { size_t size; int b; } ps_u;")))
  end)
end)

describe("the surface of the Lua library", function()
  it("is what was written down", function()
    local actual = surface_lua.text()
    local path, expected = written_down("lua.txt", actual)
    assert(expected == actual, hint(path) .. difference(path, actual))
  end)
end)
