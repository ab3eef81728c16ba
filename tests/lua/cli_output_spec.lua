--- What the program prints: text for people within 80 columns, JSON for programs, colours for terminals only.
local dkjson = require "dkjson"
local evidence = require "tests.lua.support.evidence"
local folders = require "tests.lua.support.folder"
local image = require "tests.lua.support.image"
local shell = require "tests.lua.support.shell"

local formats <const> = { "text", "json", "csv", "markdown", "html" }

-- A folder with logs and a driver, and the command lines that read them.
local function setting()
  local folder = folders.new()
  local logs = evidence.logs(folder, 4)
  folder:mkdir "drivers"
  local driver = folder:write("drivers/acme.sys", image.with_tag "LkaL")
  return folder, {
    { "show", logs[4] },
    { "show", "--by", "driver", logs[4], "--drivers", folder:path "drivers" },
    { "diff", logs[1], logs[4] },
    { "tag", "LkaL", "--drivers", folder:path "drivers" },
    { "scan", folder:path "drivers" },
    { "driver", driver },
    { "find-leaking-driver", folder:path() },
  }
end

local function each(check)
  local folder <close>, lines = setting()
  for _, words in ipairs(lines) do check(words, folder) end
end

local function with(words, ...)
  local all = { table.unpack(words) }
  for _, word in ipairs { ... } do all[#all + 1] = word end
  return shell.poolsleuth(all)
end

local function answered(words, result)
  local limit, line = words[1] == "find-leaking-driver" and 3 or 0, table.concat(words, " ")
  assert(result.status <= limit, ("%s ended in %d: %s"):format(line, result.status, result.err))
end

describe("text", function()
  it("keeps within 80 columns, without colours, when it is not a terminal", function()
    each(function(words)
      local result = with(words)
      answered(words, result)
      assert.is_nil(result.out:find "\27")
      for line in result.out:gmatch "[^\n]+" do
        local width = utf8.len(line) or #line
        -- The verdict is one line for grep; a path or a command to copy is never cut.
        if not (line:find "^%u[%u-]+ tag=" or line:find("/", 1, true) or line:find "^      ") then
          assert(width <= 80, ("%s: %d columns: %s"):format(words[1], width, line))
        end
      end
    end)
  end)

  it("says nothing on standard error when all is well", function()
    each(function(words) assert.are.equal("", with(words).err, words[1]) end)
  end)
end)

describe("JSON", function()
  it("is one object with the envelope", function()
    each(function(words, folder)
      local result = with(words, "--json")
      answered(words, result)
      local document, _, message = dkjson.decode(result.out)
      assert(document, message)
      assert.is_truthy(document.schema:find "^poolsleuth%.[%w-]+/%d+$")
      assert.is_table(document.data)
      assert.is_truthy(document.tool)
      assert.is_table(document.inputs)
      for _, input in ipairs(document.inputs) do
        assert.is_string(input.path)
        assert.is_string(input.kind)
        assert.is_boolean(input.complete)
        assert.is_table(input.problems)
      end
      assert.is_truthy(folder:path())
    end)
  end)

  it("is the same document when asked twice", function()
    each(function(words) assert.are.equal(with(words, "--json").out, with(words, "--json").out) end)
  end)
end)

describe("every format", function()
  it("is given for every command that has an answer in it, to a file too", function()
    each(function(words, folder)
      for _, format in ipairs(formats) do
        local shown = with(words, "--format", format)
        if format == "csv" and shown.status == 64 then
          assert.is_truthy(shown.err:find "no table in this answer")
        else
          answered(words, shown)
          assert(#shown.out > 0, words[1] .. " as " .. format .. " is empty")
          local written = with(words, "--format", format, "-o", folder:path "out")
          assert.are.equal(shown.status, written.status, written.err)
          assert.are.equal("", written.out)
          assert.are.equal(shown.out, folder:read "out")
          os.remove(folder:path "out")
        end
      end
    end)
  end)
end)

describe("global options", function()
  it("stand before or after the command", function()
    local folder <close> = folders.new()
    local log = evidence.logs(folder, 1)[1]
    local before = shell.poolsleuth { "--json", "show", log }
    local after = shell.poolsleuth { "show", log, "--json" }
    assert.are.equal(before.out, after.out)
  end)
end)

-- A terminal of its own, from util-linux.
local function on_terminal(words, env)
  local quoted = {}
  for i, word in ipairs(words) do quoted[i] = shell.quote(word) end
  local line = shell.quote(shell.program) .. " " .. table.concat(quoted, " ")
  return shell.run({ "script", "-qec", line, "/dev/null" }, { env = env })
end

describe("a terminal", function()
  it("gets colours unless NO_COLOR is set", function()
    if shell.run({ "script", "-qec", "test -t 1", "/dev/null" }).status ~= 0 then
      pending "script(1) cannot make a terminal here"
      return
    end
    local folder <close> = folders.new()
    local words = { "find-leaking-driver", table.unpack(evidence.logs(folder, 4)) }
    assert.is_truthy(on_terminal(words, { TERM = "xterm", NO_COLOR = false }).out:find "\27%[")
    assert.is_nil(on_terminal(words, { TERM = "xterm", NO_COLOR = "1" }).out:find "\27%[%d+m")
  end)
end)

describe("stock Lua", function()
  it("requires the modules from the one shared object", function()
    local build = os.getenv "POOLSLEUTH_BUILD" or "build"
    local result = shell.run({
      "lua5.4", "-e",
      'local text = require "poolsleuth.text" assert(text.parse "")'
        .. ' assert(require "poolsleuth.pool" and require "poolsleuth.pe" and require "poolsleuth.system")'
        .. ' print(require "poolsleuth".VERSION)',
    }, { env = { LUA_PATH = "lua/?.lua", LUA_CPATH = build .. "/?.so" } })
    assert.are.equal(0, result.status, result.err)
    assert.is_truthy(result.out:find "^%d+%.%d+%.%d+\n$")
  end)
end)
