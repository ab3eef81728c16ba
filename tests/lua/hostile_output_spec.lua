--- Nobody who reads, no room to write: a clear message, the right status, and nothing half-written.
local evidence = require "tests.lua.support.evidence"
local folders  = require "tests.lua.support.folder"
local image    = require "tests.lua.support.image"
local lfs      = require "lfs"
local shell    = require "tests.lua.support.shell"

local fixtures <const> = os.getenv "POOLSLEUTH_FIXTURES"
local dump <const> = fixtures and fixtures .. "/dumps/win7.dmp"

describe("output", function()
  local folder <const> = folders.new()
  local logs <const> = evidence.logs(folder, 4)
  folder:mkdir "drivers"
  folder:write("drivers/acme.sys", image.with_tag "LkaL")
  local mine <const> = folders.new()
  teardown(function()
    getmetatable(folder).__close(folder)
    getmetatable(mine).__close(mine)
  end)

  assert.are.equal(0, shell.poolsleuth({ "record", logs[1], logs[2], logs[3], logs[4], "--host", "SRV1",
    "--history", mine:path "kept.db" }).status)

  local lines <const> = {
    { "collect" }, { "completion", "zsh" }, { "correlate", "LkaL", folder:path() },
    { "forecast", folder:path(), "--limit", "8GiB" }, { "history", mine:path "kept.db" },
    { "history", mine:path "kept.db", "--export", "csv" }, { "test", "dump-triage" },
    { "investigate", folder:path() }, { "help", "diff", "--man" },
    { "copy", "not-pool", "--force", "--to", mine:path "copied.lua" },
    { "new", mine:path "begun", "--force" },
    { "record", logs[1], "--host", "SRV1", "--history", mine:path "again.db" },
    { "show", logs[1] }, { "diff", logs[1], logs[4] }, { "trend", folder:path() },
    { "scan", folder:path "drivers" }, { "driver", folder:path "drivers/acme.sys" },
    { "tag", "LkaL", "--drivers", folder:path "drivers" }, { "report", folder:path() },
    { "find-leaking-driver", folder:path() }, { "list" }, { "help" },
  }
  if dump and lfs.attributes(dump) then lines[#lines + 1] = { "kd", dump, "-c", "lm" } end

  it("is tried of every command", function()
    local tried = { kd = true }
    for _, words in ipairs(lines) do tried[words[1]] = true end
    for name in lfs.dir "scripts/commands" do
      name = name:match "^([^.]*)%.lua$"
      assert(not name or tried[name], tostring(name) .. " is not tried")
    end
  end)

  local function each(check)
    for _, words in ipairs(lines) do
      for _, format in ipairs { "text", "json" } do
        local all = { table.unpack(words) }
        if words[1] ~= "help" then all[#all + 1] = "--format=" .. format end
        check(all, table.concat(all, " "))
      end
    end
  end

  local function quoted(words)
    local all = { shell.quote(shell.program) }
    for _, word in ipairs(words) do all[#all + 1] = shell.quote(word) end
    return table.concat(all, " ")
  end

  local function sh(form, ...)
    return shell.run({ "bash", "-c", form:format(...) }, { env = { HOME = "/nonexistent",
      XDG_CACHE_HOME = folder:path "cache" } })
  end

  -- No file may become larger; what is said goes through a pipe, for it may not either.
  local function limited(kibibytes, command)
    return sh("(ulimit -f %d; %s) 2>&1 >/dev/null | cat >&2; exit ${PIPESTATUS[0]}", kibibytes, command)
  end

  it("to a full disk ends with 74 and says so once", function()
    each(function(words, line)
      local result = sh("%s >/dev/full", quoted(words))
      assert.are.equal(74, result.status, line)
      assert.are.equal("poolsleuth: standard output: No space left on device\n", result.err, line)
      result = sh("%s -o /dev/full", quoted(words))
      assert.are.equal(74, result.status, line)
      assert.are.equal("poolsleuth: /dev/full: No space left on device\n", result.err, line)
    end)
  end)

  it("to a reader that goes away ends in silence, at once", function()
    each(function(words, line)
      for _, reader in ipairs { "head -n 1", "head -c 1", "true" } do
        local result = sh("%s | %s >/dev/null; exit ${PIPESTATUS[0]}", quoted(words), reader)
        assert.are.equal("", result.err, line)
        assert(result.status <= 3 or result.status == 141, line .. " ended in " .. result.status)
      end
    end)
  end)

  it("that is closed ends with 74", function()
    each(function(words, line)
      local result = sh("%s >&-", quoted(words))
      assert.are.equal(74, result.status, line)
      assert.is_truthy(result.err:find "^poolsleuth: standard output: ")
    end)
  end)

  it("over a limit of size leaves what stood there, and nothing beside it", function()
    folder:mkdir "out"
    local target <const> = folder:path "out/answer"
    each(function(words, line)
      for _, before in ipairs { false, "what stood there" } do
        if before then folder:write("out/answer", before) end
        local result = limited(0, ("%s -o %s"):format(quoted(words), shell.quote(target)))
        assert.are.equal(74, result.status, line)
        assert.are.equal(before, before and folder:read "out/answer")
        local names = {}
        for name in lfs.dir(folder:path "out") do
          if not name:find "^%." then names[#names + 1] = name end
        end
        assert.are.equal(before and 1 or 0, #names, line .. " left " .. table.concat(names, ", "))
      end
      os.remove(target)
    end)
  end)

  it("into a folder that is not there names it", function()
    each(function(words, line)
      local result = sh("%s -o %s", quoted(words), shell.quote(folder:path "nowhere/answer"))
      assert.are.equal(74, result.status, line)
      assert.is_truthy(result.err:find("nowhere/answer: No such file or directory", 1, true), line)
    end)
  end)

  it("of record leaves the history as it was when the disk is full", function()
    local history <const> = folder:path "history.db"
    local record <const> = quoted { "record", logs[1], "--history", history }
    assert.are.equal(0, sh("%s", record).status)
    local again <const> = quoted { "record", logs[2], logs[3], logs[4], "--history", history }
    local result = limited(8, again)
    assert(result.status == 74, result.status .. " " .. result.err)
    assert.is_truthy(result.err:find "history.db")
    assert.are.equal(0, sh("%s", quoted { "history", "--check", "--history", history }).status)
    assert.are.equal(0, sh("%s", again).status)
  end)
end)
