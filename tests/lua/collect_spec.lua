--- The script that `collect` prints: its settings, its explanation, and the rules of cmd.exe.
local cmd_syntax = require "tests.lua.support.cmd_syntax"
local dkjson = require "dkjson"
local evidence = require "tests.lua.support.evidence"
local folders = require "tests.lua.support.folder"
local image = require "tests.lua.support.image"
local json = require "poolsleuth.json"
local schema = require "tests.lua.support.schema"
local shell = require "tests.lua.support.shell"

local function collect(...)
  local result = shell.poolsleuth { "collect", ... }
  assert.are.equal(0, result.status, result.err)
  return result.out
end

local forms <const> = {
  { "a loop" }, { "a task", "--task" },
  { "another folder", "--folder", [[D:\ev (server 1) & co]] },
  { "a share", "--folder", [[\\files\dump$\%COMPUTERNAME%]] },
  { "a lone percent", "--folder", [[D:\100% sure]] },
  { "letters beyond ASCII", "--folder", "D:\\Über", "--interval", "90s", "--for", "1d" },
}

describe("the .cmd that collect prints", function()
  for _, form in ipairs(forms) do
    it("keeps to the rules of cmd.exe, with " .. form[1], function()
      local text = collect(table.unpack(form, 2))
      assert.are.same({}, cmd_syntax.check(text))
      assert.are.equal("@echo off\r\n", text:sub(1, 11))
      assert.is_nil(text:find "@%l+@")
    end)
  end

  it("is written with CR LF by -o too", function()
    local folder <close> = folders.new()
    collect("-o", folder:path "collect.cmd")
    assert.are.equal(collect(), folder:read "collect.cmd")
  end)

  it("takes its settings from the options", function()
    local text = collect("--interval", "10min", "--for", "2h", "--folder", [[E:\pool]])
    assert(text:find('set "interval=600"\r\n', 1, true), text)
    assert(text:find('set "count=13"\r\n', 1, true), text)
    assert(text:find('set "folder=E:\\pool"\r\n', 1, true), text)
  end)

  it("keeps variables in the folder, and doubles any other percent sign", function()
    assert(collect("--folder", [[%TEMP%\50% off]]):find('set "folder=%TEMP%\\50%% off"\r\n', 1, true))
  end)

  it("changes the code page for a folder beyond ASCII, and only then", function()
    assert.is_nil(collect():find("chcp", 1, true))
    local before, folder, after = collect("--folder", "D:\\Über"):match
      "chcp (65001)[^\n]*\n.-(set \"folder=[^\n]*\r)\n.-chcp (%%codepage%%)"
    assert.are.equal("65001", before)
    assert.are.equal('set "folder=D:\\Über"\r', folder)
    assert.are.equal("%codepage%", after)
  end)

  it("makes a task only when asked, and removes what it makes", function()
    assert.is_nil(collect():find("schtasks", 1, true))
    local text = collect "--task"
    assert(text:find("schtasks /create", 1, true))
    assert(text:find(":undo\r\nschtasks /delete", 1, true), text)
  end)

  for _, wrong in ipairs {
    { "--folder", "evidence" }, { "--folder", [[D:\a"b]] }, { "--folder", [[D:\ev\]] },
    { "--interval", "1s" },
    { "--interval", "2h", "--for", "1h" }, { "--task", "--interval", "90s" }, { "--for", "9999d" },
  } do
    it("is refused for " .. table.concat(wrong, " "), function()
      local result = shell.poolsleuth { "collect", table.unpack(wrong) }
      assert.are.equal(64, result.status, result.out)
      assert(result.err:find(wrong[1] == "--task" and "--interval" or wrong[#wrong - 1], 1, true), result.err)
    end)
  end
end)

-- Every quote and bracket of PowerShell is closed, as far as a reader of lines can tell.
local function check_powershell(text)
  local closing, open, here_string = { [")"] = "(", ["}"] = "{", ["]"] = "[" }, {}, false
  for line in text:gmatch "([^\n]*)\r\n" do
    if line:find "^'@" then here_string = false end
    local code = here_string and "" or line:gsub("^%s*#.*", "")
    code = code:gsub("^'@", ""):gsub("@'$", "")
    code = code:gsub("'[^']*'", "''"):gsub('"[^"]*"', function(quoted)
      return quoted:find "^\"[^$]*\"$" and '""' or quoted:gsub("[^%$%(%){}]", "")
    end)
    assert.are.equal(0, select(2, code:gsub("'", "")) % 2, line)
    assert.are.equal(0, select(2, code:gsub('"', "")) % 2, line)
    for mark in code:gmatch "[(){}%[%]]" do
      if closing[mark] then
        assert.are.equal(closing[mark], table.remove(open), line)
      else
        open[#open + 1] = mark
      end
    end
    if line:find "@'$" then here_string = true end
  end
  assert.are.same({}, open)
end

describe("the PowerShell form", function()
  for _, words in ipairs { { "--powershell" }, { "--powershell", "--task" } } do
    it("closes what it opens: " .. table.concat(words, " "), function()
      local text = collect(table.unpack(words))
      check_powershell(text)
      assert.is_nil(text:find "@%l+@")
      assert.is_nil(text:gsub("\r\n", ""):find "[\r\n]")
    end)
  end

  it("doubles quotes in the folder, and marks a text beyond ASCII", function()
    local text = collect("--powershell", "--folder", "D:\\O'Brien")
    assert(text:find("'D:\\O''Brien'", 1, true), text)
    local typographic = collect("--powershell", "--folder", "D:\\a\u{2019}; calc; \u{2018}")
    assert(typographic:find("'D:\\a\u{2019}\u{2019}; calc; \u{2018}\u{2018}'", 1, true), typographic)
    assert.are.equal("# Gathers", text:sub(1, 9))
    assert.are.equal("\239\187\191# Gathers", collect("--powershell", "--folder", "D:\\Über"):sub(1, 12))
  end)

  it("writes the columns of the known PowerShell scripts", function()
    local text = collect "--powershell"
    for _, column in ipairs {
      "Tag", "PagedAllocs", "PagedFrees", "PagedDiff", "PagedUsedBytes", "NonPagedAllocs", "NonPagedFrees",
      "NonPagedDiff", "NonPagedUsedBytes", "TotalUsedBytes",
    } do
      assert(text:find('"' .. column .. '"', 1, true), column)
    end
  end)
end)

-- What the PowerShell form writes of one moment.
local function pool_csv(hour)
  local lines = { '"DateTimeUTC","Tag","PagedAllocs","PagedFrees","PagedDiff","PagedUsedBytes",'
    .. '"NonPagedAllocs","NonPagedFrees","NonPagedDiff","NonPagedUsedBytes","TotalUsedBytes"' }
  for _, row in ipairs(evidence.rows(hour)) do
    local diff = row.allocs - row.frees
    local one = ('"%d","%d","%d","%d"'):format(row.allocs, row.frees, diff, diff * row.each)
    local none, paged = '"0","0","0","0"', row.pool == "Paged"
    lines[#lines + 1] = ('"2026-11-01T%02d:05:00","%-4s",%s,%s,"%d"'):format(hour, row.tag,
      paged and one or none, paged and none or one, diff * row.each)
  end
  return table.concat(lines, "\r\n") .. "\r\n"
end

describe("a folder of the PowerShell form", function()
  it("goes whole into find-leaking-driver", function()
    local folder <close> = folders.new()
    for hour = 0, 8 do folder:write(("pool-2026-11-01T%02d-05-00Z.csv"):format(hour), pool_csv(hour)) end
    folder:write("drivers/acme.sys", image.with_tag "LkaL")
    local result = shell.poolsleuth { "find-leaking-driver", folder:path(), "--strict" }
    assert.are.equal(2, result.status, result.err)
    assert(result.out:find('^LEAK tag="LkaL" pool=nonpaged rate=205MiB/h .* driver=acme.sys'), result.out)
  end)
end)

describe("the explanation", function()
  for _, words in ipairs { {}, { "--task" }, { "--powershell" } } do
    it("has every line of the script: " .. table.concat(words, " "), function()
      local script = collect(table.unpack(words))
      local explained = collect("--explain", "--json", table.unpack(words))
      local data = assert(dkjson.decode(explained)).data
      local lines = {}
      for _, step in ipairs(data.steps) do
        assert.is_true(#step.why > 0)
        table.move(step.lines, 1, #step.lines, #lines + 1, lines)
      end
      local commands = {}
      for line in script:gmatch "([^\n]*)\r\n" do
        local is_comment = line == "" or line:find "^rem " or line:find "^ *# " or line == "@echo off"
        if not is_comment then commands[#commands + 1] = line end
      end
      assert.are.same(commands, lines)
      assert.are.equal(script, data.script)
    end)
  end

  it("keeps the shape of its JSON", function()
    for _, words in ipairs { { "--json" }, { "--explain", "--json" } } do
      local document = json.decode(collect(table.unpack(words)))
      assert.is_nil(schema.check(document, "collect"))
      assert.are.equal(17, document.data.count)
    end
  end)

  it("is read by people too", function()
    local text = collect("--explain")
    assert(text:find("    fltmc filters", 1, true), text)
    for line in text:gmatch "[^\n]+" do
      assert.is_true(line:find "^    " ~= nil or #line <= 80, line)
    end
  end)
end)
