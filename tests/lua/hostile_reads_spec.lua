--- Every read fails once: refused by the system, short, or of a file that shrinks or goes while it is read.
-- The program says so and ends with 74, or answers with what it has and says what is missing.
local evidence = require "tests.lua.support.evidence"
local folders  = require "tests.lua.support.folder"
local image    = require "tests.lua.support.image"
local lfs      = require "lfs"
local shell    = require "tests.lua.support.shell"

local fixtures <const> = os.getenv "POOLSLEUTH_FIXTURES"
local dump <const> = fixtures and fixtures .. "/dumps/win7.dmp"
local MOST <const> = os.getenv "POOLSLEUTH_LONG" and 100000 or 60

-- Words that name what happened, in whichever part of the answer; the last is SQLite's for EIO.
local REASONS <const> = { "input/output error", "became shorter", "no such file", "cannot be read",
  "could not be read", "reading the file failed", "unable to open", "disk i/o error",
  "malformed" }

local function names_a_reason(text)
  text = text:lower():gsub("%s+", " ")
  for _, reason in ipairs(REASONS) do
    if text:find(reason, 1, true) then return true end
  end
  return false
end

local function copy(from, to)
  local input <close> = assert(io.open(from, "rb"))
  local output <close> = assert(io.open(to, "wb"))
  output:write(input:read "a")
end

-- A folder that holds logs, a driver and a dump; and beside it the library that fails.
local function setting()
  local folder = folders.new()
  folder:mkdir "in"
  folder:mkdir "in/drivers"
  folder:write("in/drivers/acme.sys", image.with_tag "LkaL")
  local logs = {}
  for _, path in ipairs(evidence.logs(folder, 3)) do
    local moved = folder:path("in/" .. path:match "[^/]*$")
    assert(os.rename(path, moved))
    logs[#logs + 1] = moved
  end
  if dump and lfs.attributes(dump) then copy(dump, folder:path "in/win7.dmp") end
  local library = folder:path "failing_reads.so"
  local made = shell.run { "cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", library,
    "tests/lua/support/failing_reads.c", "-ldl" }
  assert.are.equal(0, made.status, made.err)
  return folder, logs, library
end

local runs = 0

-- With a cache of its own, which knows nothing yet.
local function run(folder, library, words, way, number)
  local hit, before = folder:path "hit", os.getenv "LD_PRELOAD"
  os.remove(hit)
  runs = runs + 1
  local result = shell.poolsleuth(words, { env = {
    LD_PRELOAD = before and before .. ":" .. library or library,
    FAILING_BELOW = folder:path "in", FAILING_CALL = number, FAILING_WAY = way, FAILING_HIT = hit,
    XDG_CACHE_HOME = folder:path("cache" .. runs),
    ASAN_OPTIONS = "verify_asan_link_order=0:detect_leaks=0" } })
  return result, lfs.attributes(hit) ~= nil
end

local function judge(result, whole, way, line)
  assert(result.status <= 3 or result.status == 65 or result.status == 66 or result.status == 74,
    ("%s ended in %d: %s"):format(line, result.status, result.err))
  if way == "short" then
    assert.are.equal(whole.out, result.out, line)
    assert.are.equal(whole.status, result.status, line)
  elseif result.out == whole.out and result.status == whole.status then
    return -- what was not read was not needed
  elseif result.status >= 65 then
    assert.are.equal("", result.out, line)
    assert(names_a_reason(result.err), ("%s says: %s"):format(line, result.err))
    assert.is_truthy(result.err:find("/in/", 1, true))
  else
    assert(names_a_reason(result.out .. result.err), line .. " does not say what is missing: " .. result.out)
  end
end

-- Each of the first calls, then fewer of them.
local function each_call(folder, library, words, way)
  local whole = run(folder, library, words, way)
  local number, tried = 0, 0
  while number < MOST do
    local result, hit = run(folder, library, words, way, number)
    if not hit then break end
    judge(result, whole, way, ("%s, %s of call %d"):format(table.concat(words, " "), way, number))
    number, tried = number < 6 and number + 1 or number * 3 // 2, tried + 1
  end
  return tried
end

describe("a file that cannot be read to its end", function()
  local folder, logs, library = setting()
  teardown(function() getmetatable(folder).__close(folder) end)
  local inside = folder:path "in"
  local lines <const> = {
    show = { "show", logs[1] },
    diff = { "diff", logs[1], logs[3] },
    scan = { "scan", folder:path "in/drivers" },
    driver = { "driver", folder:path "in/drivers/acme.sys" },
    ["find-leaking-driver"] = { "find-leaking-driver", inside },
    kd = { "kd", folder:path "in/win7.dmp", "-c", "lm" },
    ["show of a dump"] = { "show", folder:path "in/win7.dmp" },
  }
  for name, words in pairs(lines) do
    for _, way in ipairs { "eio", "short", "shrink", "gone" } do
      it(("is told by %s: %s"):format(name, way), function()
        local path = words[2]
        if path:find "win7" and not lfs.attributes(path) then return pending "no built dumps" end
        assert.is_true(each_call(folder, library, words, way) > 0)
      end)
    end
  end

  it("is told by report, which writes nothing then or says it in the page", function()
    local page = folder:path "report.html"
    for number = 0, 40, 5 do
      os.remove(page)
      local result, hit = run(folder, library, { "report", inside, "-o", page }, "eio", number)
      if hit and result.status >= 65 then
        assert.is_nil(lfs.attributes(page))
        assert(names_a_reason(result.err), result.err)
      end
    end
  end)

  it("leaves a history whole", function()
    local history <const> = folder:path "in/history.db"
    assert.are.equal(0, shell.poolsleuth({ "record", logs[1], "--history", history }).status)
    for number = 0, 40, 3 do
      local result = run(folder, library, { "record", logs[2], "--history", history }, "eio", number)
      local known = result.status == 3 and result.out:find "nothing is new"
      assert(result.status == 0 or known or result.status >= 65 and names_a_reason(result.err),
        ("call %d: %d %s"):format(number, result.status, result.err))
    end
    assert.are.equal(0, shell.poolsleuth({ "history", "--check", "--history", history }).status)
  end)
end)
