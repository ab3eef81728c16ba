--- Names that somebody chose to do harm: in proposed commands, in the debugger's own loops, on terminals.
local folders = require "tests.lua.support.folder"
local format  = require "poolsleuth.format"
local json    = require "poolsleuth.json"
local kd      = require "poolsleuth.kd"
local lfs     = require "lfs"
local own     = require "poolsleuth.own_scripts"
local shell   = require "tests.lua.support.shell"
local steps   = require "poolsleuth.steps"

-- Every command and undo that is proposed for a driver of this name, in lines.
local function proposed(driver, tag)
  local knowledge = require("poolsleuth.knowledge").load {}
  local list = steps.for_driver({ driver = driver, record = { imports = { FltRegisterFilter = true } } }, tag)
  table.move(steps.more_snapshots(tag), 1, 2, #list + 1, list)
  table.move(steps.find_owner(tag), 1, 4, #list + 1, list)
  local values = { driver = driver, process = driver, type = driver, session = driver, logger = driver,
                   pid = driver, tag = tag }
  for _, name in ipairs { "unbind", "stop-service", "stop-logger", "verifier-counts", "kd-handles", "kd-find",
                          "xperf", "wpr", "reference-trace", "restart-process", "session-snapshots" } do
    list[#list + 1] = steps.named(knowledge, { name }, values)[1]
  end
  local lines = {}
  for _, step in ipairs(list) do
    lines[#lines + 1] = step.command
    lines[#lines + 1] = step.undo
  end
  return table.concat(lines, "\n") .. "\n"
end

-- What of a command line stands outside of double quotes.
local function outside(lines)
  return (lines:gsub('"[^"\n]*"', '""'))
end

describe("a proposed command", function()
  it("holds a plain name as it is", function()
    local lines = proposed("acme_flt-2.sys", "LkaL")
    for _, wanted in ipairs { "fltmc unload acme_flt-2\n", "/driver acme_flt-2.sys\n", "poolmon /iLkaL /b\n",
                              "!poolfind LkaL\n", '-ComponentID acme_flt-2"\n', "-PoolTag LkaL -" } do
      assert(lines:find(wanted, 1, true), wanted .. "\n" .. lines)
    end
    assert(proposed("{7C1E9A52-4D0B}.sys", "Io  "):find("/driver {7C1E9A52-4D0B}.sys\n", 1, true))
  end)

  it("quotes what is one word to nobody else", function()
    local lines = proposed("my&calc.exe&.sys", "&cmd")
    for _, wanted in ipairs { 'fltmc unload "my&calc.exe&"\n', 'findstr /i "my&calc.exe&"\n',
                              'poolmon "/i&cmd" /b\n',
                              '!poolfind "&cmd"\n', 'logman stop "my&calc.exe&.sys" -ets\n' } do
      assert(lines:find(wanted, 1, true), wanted .. "\n" .. lines)
    end
    assert.is_nil(outside(lines):find("calc", 1, true), lines)
    assert(lines:find('-ComponentID <service>"', 1, true), "inside PowerShell's text there is no quoting")
  end)

  it("leaves out what no quotes hold", function()
    for _, name in ipairs { 'a" & calc & ".sys', "a%COMSPEC%.sys", "$(calc).sys", "a`calc`.sys",
                            "/r calc.sys", "-calc.sys", "a\u{201d};calc;\u{201c}.sys" } do
      local lines = proposed(name, "LkaL")
      assert.is_nil(lines:find("calc", 1, true), lines)
      assert.is_nil(lines:find("COMSPEC", 1, true), lines)
      assert(lines:find("fltmc unload <service>\n", 1, true), lines)
    end
  end)

  it("has tags of any bytes", function()
    for _, tag in ipairs { '"&a&', "%a%b", "a\nb&", "`a` ", "$(a)", "|a>b", ";q;q", "\255\1\2\3", "    " } do
      local lines = outside(proposed("acme.sys", tag))
      assert.is_nil(lines:find "[\1-\9\11-\31\127-\255]")
      for _, sign in ipairs { "|a", "&a", ">b", ";q", "%a", "`" } do
        assert.is_nil(lines:find(sign, 1, true), sign .. " of " .. format.tag(tag) .. "\n" .. lines)
      end
    end
  end)

  it("is safe in the playbook that new begins, too", function()
    for _, file in ipairs(own.skeleton("/tmp/mine.lua", "mine", "playbook")) do
      assert.is_nil(file.bytes:find("'%s'", 1, true))
    end
  end)
end)

-- A session over a dump whose modules have these names.
local function session_over(names)
  local modules = {}
  for i, name in ipairs(names) do
    modules[i] = { name = name, path = name, base = 0x10000 * i, size = 0x1000 }
  end
  return kd.new {
    facts       = function() return { bits = 32 } end,
    modules     = function() return modules end,
    module_file = function() return "MZ", { missing_pages = 0, discarded_pages = 0, rebuilt_imports = 0 } end,
  }
end

describe("a loop over the modules of a crafted dump", function()
  it("runs no words of its own choice", function()
    local place <close> = folders.new()
    local target = place:path "stolen"
    local session = session_over { "a;save-module 10000 " .. target, 'b";save-module 10000 ' .. target }
    for _, command in ipairs { ".echo @#ModuleName", [[".echo @#ImageName"]], ".block{.echo ${@#Base}}" } do
      local answers = session:run("!for_each_module " .. command)
      assert.equal(2, #answers[1].lines)
    end
    assert.is_nil(lfs.attributes(target))
  end)

  it("writes no file elsewhere", function()
    local place <close> = folders.new()
    place:mkdir "a"
    local session = session_over { "../out.sys", "..", ".bashrc", place:path "b.sys" }
    session:run(("!for_each_module save-module @#Base %s/a/@#ImageName"):format(place:path()))
    session:run(("!for_each_module save-module @#Base %s/a/@#ModuleName.mem"):format(place:path()))
    for name in lfs.dir(place:path()) do assert(name == "a" or name:find "^%.", name) end
    local kept = 0
    for name in lfs.dir(place:path "a") do
      kept = kept + (name:find "^[%w_]" and 1 or 0)
      assert(name == "." or name == ".." or name:find "^[%w_]", name)
    end
    assert(kept >= 6, kept)
  end)
end)

describe("what nobody sees", function()
  local hidden <const> = { "\u{9b}31m", "\u{ad}", "\u{61c}", "\u{180e}", "\u{200b}", "\u{202e}", "\u{2066}",
                           "\u{3164}", "\u{feff}", "\u{fff9}", "\u{e0041}" }

  it("is shown as a dot", function()
    for _, text in ipairs(hidden) do
      local said = format.clean("a" .. text .. "b")
      assert(said == "a.b" or said == "a.31mb", said)
    end
    assert.equal("Жéあ…😀", format.clean "Жéあ…😀")
  end)

  it("is an escape in JSON, and comes back", function()
    for _, text in ipairs(hidden) do
      local written = json.encode { name = text }
      assert(written:find "^[\x20-\x7e]+$", written)
      assert.equal(text, json.decode(written).name)
    end
    assert.equal('{"name":"Жéあ…😀"}', json.encode { name = "Жéあ…😀" })
  end)

  it("does not reach a terminal by way of complaints", function()
    local name = "no\27[2J\27]0;x\7\u{202e}\u{9b}31m\nsuch"
    for _, words in ipairs { { "show", name }, { "./" .. name }, { name }, { "--" .. name },
                             { "show", "--" .. name }, { "scan", name }, { "kd", name }, { "driver", name },
                             { "--history", name, "history" } } do
      local result = shell.poolsleuth(words)
      assert.is_nil((result.out .. result.err):find "[\1-\9\11-\31\127]", result.err)
      assert.is_nil((result.out .. result.err):find "\u{202e}")
      assert.is_nil((result.out .. result.err):find "\u{9b}")
      for line in result.err:gmatch "[^\n]+" do
        assert(line:find "^poolsleuth: " or line:find "^  ", line)
      end
    end
  end)
end)

describe("a crafted history", function()
  it("does not fill a screen with names of machines", function()
    local site, hosts = require "poolsleuth.site", {}
    for i = 1, 60000 do hosts[i] = { name = "h" .. i } end
    local opened = { hosts = function() return hosts end, path = function() return "x.db" end }
    for _, wanted in ipairs { false, "nobody" } do
      local ok, err = pcall(site.host, { must = function(_, value) return value end }, opened, wanted or nil)
      assert.is_false(ok)
      assert(#err.message < 300, #err.message)
      assert(err.message:find("and 59980 more", 1, true))
    end
  end)

  it("may hold times that no calendar has", function()
    for _, time in ipairs { math.maxinteger, math.mininteger, math.huge, -math.huge, 0 / 0 } do
      assert(format.time(time):find "^@", time)
    end
    assert.equal("9999-12-31 23:59:59", format.time(253402300799))
  end)
end)

describe("a pattern with stars", function()
  local glob = require "poolsleuth.glob"

  it("takes no longer for a name that was made for it", function()
    local before = os.clock()
    assert.is_false(glob.compile("*a*a*a*a*a*b"):matches(("a"):rep(100000)))
    assert(os.clock() - before < 1)
  end)

  it("matches as ever", function()
    for pattern, texts in pairs {
      ["a*a"] = { aa = true, a = false, aba = true, ab = false }, ["*"] = { [""] = true, x = true },
      ["?b*"] = { ab = true, b = false, abc = true }, [""] = { [""] = true, a = false },
      ["*ab*ab"] = { abab = true, ab = false, ["ab.ab"] = true, aab = false },
      ["%a.+"] = { ["%a.+"] = true, aab = false },
    } do
      for text, expected in pairs(texts) do
        assert.equal(expected, glob.compile(pattern):matches(text), pattern .. " and " .. text)
      end
    end
  end)
end)

describe("a stranger's script that is merely looked at", function()
  local shelf = require "poolsleuth.shelf"
  local start <const> = 'local playbook = require "poolsleuth.playbook"\n'
  local plain <const> = 'return playbook { name = "x", summary = "x", run = function() end }'

  -- What loading such a file says.
  local function refusal(text)
    local place <close> = folders.new()
    local before = collectgarbage "count"
    local def, message = shelf.load(place:write("x.lua", text))
    assert.is_nil(def)
    assert(collectgarbage "count" - before < 300000)
    return message
  end

  it("is read", function()
    local place <close> = folders.new()
    assert(shelf.load(place:write("x.lua", start .. 'local s = ("x"):rep(9) ' .. plain)))
  end)

  it("makes no giants", function()
    for _, text in ipairs { '("x"):rep(1 << 30)', 'string.rep("x", 1 << 30)',
                            '("x"):rep(9, ("y"):rep(1 << 20))',
                            '("x"):rep(math.maxinteger)', '"x" for _ = 1, 40 do s = s .. s end' } do
      assert.equal("does too much before run()", refusal(start .. "local s = " .. text .. "\n" .. plain))
    end
    assert.equal("xx", ("x"):rep(2), "texts are as they were")
    assert.equal(1 << 21, #("x"):rep(1 << 21))
  end)

  it("does nothing when its declaration is read", function()
    for _, text in ipairs {
      'return setmetatable({ kind = "playbook" }, { __index = function() while true do end end })',
      start .. 'return playbook { name = "x", summary = "x", run = function() end,\n'
        .. '  args = setmetatable({}, { __len = function() while true do end end }) }',
      'error(setmetatable({}, { __tostring = function() while true do end end }))',
      'return { kind = "playbook", name = "x\27[2J", summary = "x", run = function() end }',
      'return { kind = "playbook", name = "x", summary = {}, run = function() end }',
      'return { kind = "exporter", name = "x" }', 'return { kind = "_G" }',
    } do
      assert(#refusal(text) > 0)
    end
  end)

  it("changes nothing for the next one", function()
    local message = refusal(start .. "playbook.new = function() end\n" .. plain)
    assert(message:find("is not to be changed", 1, true), message)
  end)
end)

describe("a tag in another program's format", function()
  it("does not end a cell of Markdown", function()
    local markdown = require "poolsleuth.render.markdown"
    local columns = { { name = "Tag", key = "tag", kind = "tag" } }
    local text = markdown { title = "x", blocks = { { type = "table", columns = columns,
      rows = { { tag = "a\\|b" }, { tag = "a|b " } } } } }
    assert(text:find('| "a\\\\\\|b" |', 1, true), text)
    assert(text:find('| `"a\\|b "` |', 1, true), text)
  end)

  it("does not take Zabbix' closing quote along", function()
    local export = require "tests.lua.support.export"
    local document = { kind = "snapshot", data = export.snapshot { time = "2026-11-01T00:05:00",
      rows = { export.row("a,b\\", "paged", { bytes = 1 }) } } }
    local text = export.write("zabbix", document)
    assert(text:find('[\\"a,b/\\",paged]', 1, true), text)
  end)
end)
