--- Manual pages and completions, as the tools that read them see them.
local folders = require "tests.lua.support.folder"
local shell   = require "tests.lua.support.shell"

local function program(...)
  local result = shell.poolsleuth { ... }
  assert.are.equal(0, result.status, result.err)
  return result.out
end

local function names()
  local found = {}
  for name in program("list", "--csv"):gmatch "\n([%l-]+)," do found[#found + 1] = name end
  assert.is_true(#found > 10)
  return found
end

local has <const> = shell.find

describe("manual pages", function()
  it("please mandoc's linter", function()
    if not has "mandoc" then pending "mandoc is not installed" return end
    local folder <close> = folders.new()
    local pages = { folder:write("poolsleuth.1", program("help", "--man")) }
    for _, name in ipairs(names()) do
      if not name:find "exporter$" then
        local page = shell.poolsleuth { "help", name, "--man" }
        local file = ("poolsleuth-%s.1"):format(name)
        if page.status == 0 then pages[#pages + 1] = folder:write(file, page.out) end
      end
    end
    local result = shell.run { "mandoc", "-Tlint", table.unpack(pages) }
    -- Pages that are not installed cannot be found; everything else counts.
    local complaints = {}
    for line in result.out:gmatch "[^\n]+" do
      if not line:find "manual not found: Xr poolsleuth" then complaints[#complaints + 1] = line end
    end
    assert.are.same({}, complaints)
  end)

  it("hold what the declaration holds, whatever letters it uses", function()
    local folder <close> = folders.new()
    folder:write("scripts/commands/odd.lua", [[
      local command = require "poolsleuth.command"
      return command { name = "odd", summary = "Dots . and \\ and 'quotes'",
        about = ".Not a macro.\n'nor this: A\\B", args = {
          { name = "x", type = "integer", flag = "--x-y", default = 3, about = ".starts with a dot" } },
        run = function() end }
    ]])
    local page = program("--scripts", folder:path "scripts", "help", "odd", "--man")
    for line in page:gmatch "[^\n]+" do
      if line:sub(1, 1) == "." then
        local macro = line:match "^%.(%a+)"
        assert.is_truthy(("Dd Dt Os Sh Nm Nd Op Ar Pp Bl It El Xr"):find(macro, 1, true), line)
      end
      assert.are_not.equal("'", line:sub(1, 1))
    end
    assert.is_truthy(page:find("A\\eB", 1, true), page)
    assert.is_truthy(page:find("The default is 3.", 1, true), page)
  end)

  it("have the examples where readers look for them", function()
    local page = program("help", "report", "--man")
    local described, rest = page:match "%.Sh DESCRIPTION(.-)%.Sh EXIT STATUS(.*)"
    assert.is_nil(described:find(".Bd", 1, true))
    local shown = rest:match "%.Sh EXAMPLES\n%.Bd [^\n]*\n(.-)\n%.Ed\n%.Sh SEE ALSO"
    assert.is_truthy((shown or ""):find "^poolsleuth report ")
  end)

  it("are dated by SOURCE_DATE_EPOCH", function()
    local result = shell.poolsleuth({ "help", "show", "--man" }, { env = { SOURCE_DATE_EPOCH = "86400" } })
    assert.are.equal(".Dd January 2, 1970", result.out:match "^[^\n]+")
  end)
end)

-- What bash offers for a line whose last word is being typed.
local function bash_offers(...)
  local words = { ... }
  local quoted = {}
  for i, word in ipairs(words) do quoted[i] = shell.quote(word) end
  local folder <close> = folders.new()
  local script = folder:write("c.bash", program("completion", "bash"))
  local chunk = ("compopt() { :; }; source %s; COMP_WORDS=(%s); COMP_CWORD=%d; _poolsleuth; "):format(
    shell.quote(script), table.concat(quoted, " "), #words - 1) .. [[printf '%s\n' "${COMPREPLY[@]}"]]
  local result = shell.run { "bash", "-c", chunk }
  assert.are.equal("", result.err)
  return result.out
end

describe("completions", function()
  it("of bash offer commands, options and their values", function()
    assert.are.equal("show\n", bash_offers("poolsleuth", "sho"))
    assert.are.equal("--nonpaged\n", bash_offers("poolsleuth", "show", "--nonp"))
    assert.are.equal("tag\ndriver\n", bash_offers("poolsleuth", "show", "--by", ""))
    assert.are.equal("--format\n", bash_offers("poolsleuth", "--form"))
    assert.are.equal("show\n", bash_offers("poolsleuth", "--format", "json", "-o", "x", "sho"))
    assert.are.equal("--problems\n", bash_offers("poolsleuth", "--format", "json", "show", "--prob"))
  end)

  it("of bash take a value behind =, which bash parts from its option", function()
    assert.are.equal("json\n", bash_offers("poolsleuth", "show", "--format", "=", "js"))
    assert.are.equal("tag\ndriver\n", bash_offers("poolsleuth", "show", "--by", "="))
    assert.are.equal("show\n", bash_offers("poolsleuth", "--format", "=", "json", "sho"))
  end)

  it("of bash offer files where a script is named by its path", function()
    assert.are.equal("tests/lua/manual_spec.lua\n", bash_offers("poolsleuth", "tests/lua/manual_s"))
    assert.are.equal("tests/lua/manual_spec.lua\n", bash_offers("poolsleuth", "test", "tests/lua/manual_s"))
  end)

  it("of bash offer shells, scripts and playbooks where such are wanted", function()
    assert.are.equal("zsh\n", bash_offers("poolsleuth", "completion", "z"))
    assert.are.equal("show\n", bash_offers("poolsleuth", "help", "sho"))
    assert.are.equal("nightly\n", bash_offers("poolsleuth", "report", "--playbook", "nig"))
    assert.are.equal("\n", bash_offers("poolsleuth", "report", "--playbook", "sho"))
  end)

  it("of fish offer the same", function()
    if not has "fish" then pending "fish is not installed" return end
    local folder <close> = folders.new()
    local script = folder:write("c.fish", program("completion", "fish"))
    local function offers(line)
      local chunk = ("source %s; complete -C %s"):format(script, shell.quote(line))
      local result = shell.run({ "fish", "-c", chunk },
        { env = { HOME = folder:path(), XDG_CONFIG_HOME = folder:path() } })
      return (result.out:gsub("\t[^\n]*", ""))
    end
    assert.are.equal("show\n", offers "poolsleuth sho")
    assert.are.equal("driver\ntag\n", offers "poolsleuth show --by ")
    assert.are.equal("--nonpaged\n", offers "poolsleuth show --nonp")
    assert.are.equal("zsh\n", offers "poolsleuth completion z")
    assert.are.equal("nightly\n", offers "poolsleuth report --playbook nig")
    assert.are.equal("show\n", offers "poolsleuth --format json -o x sho")
    assert.are.equal("--format=json\n", offers "poolsleuth --json show --format=js")
    assert.are.equal("tests/lua/manual_spec.lua\n", offers "poolsleuth tests/lua/manual_s")
  end)

  it("of zsh are a script that zsh takes", function()
    if not has "zsh" then pending "zsh is not installed" return end
    local folder <close> = folders.new()
    local script = folder:write("_poolsleuth", program("completion", "zsh"))
    local result = shell.run { "zsh", "-f", "-n", script }
    assert.is_truthy(program("completion", "zsh"):find("'--format=[", 1, true))
    assert.are.equal(0, result.status, result.err)
    local loaded = shell.run { "zsh", "-f", "-c", "autoload -U compinit; compinit -D -u; source " .. script
      .. "; print -r -- $_comps[poolsleuth]" }
    assert.are.equal("_poolsleuth\n", loaded.out, loaded.err)
  end)

  it("name no shell that they cannot serve", function()
    assert.are.equal(64, shell.poolsleuth({ "completion", "csh" }).status)
  end)
end)
