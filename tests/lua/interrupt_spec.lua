--- Ctrl-C ends a run, once it is pressed, with status 130 and a word, whatever the run waits for.
local evidence = require "tests.lua.support.evidence"
local folders  = require "tests.lua.support.folder"
local shell    = require "tests.lua.support.shell"

-- Standard input gives nothing and never ends.  The signal comes when the program has begun to listen for it
-- (bit 1 of SigCgt); before the program there is the shell, which listens too.
local RUN <const> = [[
exec 9<>"$0"
"$@" <&9 & program=$!
of=/proc/$program/status
until grep -q '^Name:.poolsleuth$' $of && grep -qE '^SigCgt:.*[2367abef]$' $of; do
  kill -0 $program 2>/dev/null || break
done
kill -INT $program
wait $program
]]

local function interrupt(folder, words)
  local pipe = folder:path "pipe"
  assert.equal(0, shell.run({ "mkfifo", pipe }).status)
  local env = { HOME = "/nonexistent", XDG_CACHE_HOME = folder:path "cache" }
  return shell.run({ "sh", "-c", RUN, pipe, shell.program, table.unpack(words) },
    { env = env, limit = 30 })
end

local ENDLESS <const> = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) "
  .. "SELECT count(*) FROM n"

describe("Ctrl-C", function()
  it("ends the reading of standard input", function()
    for _, words in ipairs { { "show", "-" }, { "investigate", "-" }, { "find-leaking-driver", "-" } } do
      local folder <close> = folders.new()
      local result = interrupt(folder, words)
      assert.equal(130, result.status, words[1])
      assert.equal("poolsleuth: stopped by Ctrl-C before there was an answer\n", result.err)
      assert.equal("", result.out)
    end
  end)

  it("ends a question in SQL that has no end", function()
    local folder <close> = folders.new()
    local history = folder:path "history.db"
    local logs = evidence.logs(folder, 2)
    local words = { "record", logs[1], logs[2], "--host", "A", "--history", history }
    assert.equal(0, shell.poolsleuth(words).status)
    local result = interrupt(folder, { "history", history, "--sql", ENDLESS })
    assert.equal(130, result.status)
    assert.equal("poolsleuth: stopped by Ctrl-C before there was an answer\n", result.err)
  end)

  it("records nothing of an input that did not end", function()
    local folder <close> = folders.new()
    local history = folder:path "history.db"
    assert.equal(130, interrupt(folder, { "record", "-", "--host", "A", "--history", history }).status)
    local asked = "SELECT count(*) AS n FROM snapshot"
    local known = shell.poolsleuth { "history", history, "--sql", asked, "--csv" }
    assert.is_true(known.status == 66 or known.out == "n\r\n0\r\n", known.out .. known.err)
  end)
end)
