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

-- Words that name what happened, in whichever part of the answer; those of the last lines are SQLite's for
-- EIO, and for a read that is too short, which it fills with zeros.
local REASONS <const> = { "input/output error", "became shorter", "no such file", "cannot be read",
  "could not be read", "reading the file failed",
  "unable to open", "disk i/o error", "malformed", "failed to read",
  "unable to get the page", "is no history" }

local function names_a_reason(text)
  text = text:lower():gsub("%s+", " ")
  for _, reason in ipairs(REASONS) do
    if text:find(reason, 1, true) then return true end
  end
  return false
end

local function copy(from, to)
  if not lfs.attributes(from) then return end
  local input <close> = assert(io.open(from, "rb"))
  local output <close> = assert(io.open(to, "wb"))
  output:write(input:read "a")
end

-- Whatever the program may be given lies in a folder, and beside it the library that fails.
local function setting()
  local folder = folders.new()
  folder:write("in/drivers/acme.sys", image.with_tag "LkaL")
  folder:write("in/config/poolsleuth/config.lua",
    'return { overlays = { "own.lua" }, tagfiles = { "own.txt" } }')
  folder:write("in/config/poolsleuth/own.lua", 'return { shared = { { tag = "LkaL", text = "ours" } } }')
  folder:write("in/config/poolsleuth/own.txt", "LkaL - acme.sys - what leaks\r\n")
  folder:write("in/catalogs/acme.cat", "0 is how a catalog begins")
  folder:write("in/logs.zip", "PK\5\6" .. ("\0"):rep(18))
  local logs = {}
  for i, path in ipairs(evidence.logs(folder, 5)) do
    folder:mkdir "in/logs"
    logs[i] = folder:path("in/logs/" .. path:match "[^/]*$")
    assert(os.rename(path, logs[i]))
  end
  folder:mkdir "in/symbols"
  shell.run { "cp", "-r", "scripts", folder:path "in/scripts" }
  if dump then
    copy(dump, folder:path "in/win7.dmp")
    shell.run { "cp", "-r", fixtures .. "/dumps/kernels/.", folder:path "in/symbols" }
  end
  shell.run { "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=root", "-keyout",
    folder:path "root.key", "-out", folder:path "in/root.pem" }
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
    XDG_CACHE_HOME = folder:path("cache" .. runs), XDG_CONFIG_HOME = words.config,
    SOURCE_DATE_EPOCH = "1790000000",
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
    assert(names_a_reason(result.out .. result.err),
      line .. " does not say what is missing: " .. result.out:sub(1, 2000))
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
  local inside <const>, logs_folder <const> = folder:path "in", folder:path "in/logs"
  local acme <const>, dump_path <const> = folder:path "in/drivers/acme.sys", folder:path "in/win7.dmp"
  local history <const>, roots <const> = folder:path "in/history.db", folder:path "in/root.pem"
  local config <const> = folder:path "in/config"
  assert.are.equal(0, shell.poolsleuth({ "record", logs[1], logs[2], logs[3], logs[4], "--host", "SRV1",
    "--history", history }).status)

  -- With the scripts of the folder too: whoever reads nothing else reads these.
  local function with_scripts(...)
    return { "--scripts", folder:path "in/scripts", ... }
  end

  local lines <const> = {
    collect = with_scripts "collect",
    completion = with_scripts("completion", "fish"),
    copy = with_scripts("copy", "not-pool", "--force", "--to", folder:path "copied.lua"),
    correlate = { "correlate", "LkaL", logs_folder },
    diff = { "diff", logs[1], logs[3] },
    driver = { "driver", acme },
    forecast = { "forecast", logs_folder, "--limit", "8GiB" },
    help = with_scripts("help", "diff", "--man"),
    history = { "history", history, "--check" },
    kd = { "kd", dump_path, "-c", "lm" },
    list = with_scripts "list",
    new = with_scripts("new", folder:path "new-one", "--force"),
    record = { "record", logs[5], "--host", "SRV2", "--history", folder:path "recorded.db" },
    report = { "report", logs_folder },
    scan = { "scan", folder:path "in/drivers" },
    show = { "show", logs[1] },
    tag = { "tag", "LkaL", "--drivers", acme },
    test = with_scripts("test", "dump-triage"),
    trend = { "trend", logs_folder },

    ["find-leaking-driver"] = { "find-leaking-driver", logs_folder, acme },
    investigate = { "investigate", logs_folder, acme },
    ["show of a dump"] = { "show", dump_path },
    ["show of an archive"] = { "show", folder:path "in/logs.zip", logs[1] },
    ["show with tag files and knowledge of the site"] = { "show", logs[1], config = config },
    ["show with a tag file"] = { "show", logs[1], "--tagfile", folder:path "in/config/poolsleuth/own.txt" },
    ["kd with symbols"] = { "kd", dump_path, "--symbols", folder:path "in/symbols", "-c", "!vm" },
    ["driver with roots"] = { "driver", acme, "--roots", roots },
    ["driver with catalogs"] = { "driver", acme, "--catalogs", folder:path "in/catalogs" },
    ["tag --raw"] = { "tag", "LkaL", "--drivers", folder:path "in/drivers", "--raw" },
    ["trend of a history"] = { "trend", history },
    ["history --export"] = { "history", history, "--export", "jsonl" },
    ["history --sql"] = { "history", history, "--sql", "SELECT tag, bytes FROM pool_sample" },
    ["a playbook of one's own"] = with_scripts("not-pool", logs_folder),
  }

  it("is tried with every command", function()
    for name in lfs.dir "scripts/commands" do
      name = name:match "^([^.]*)%.lua$"
      assert(not name or lines[name], tostring(name) .. " is not tried")
    end
  end)

  for name, words in pairs(lines) do
    for _, way in ipairs { "eio", "short", "shrink", "gone" } do
      it(("is told by %s: %s"):format(name, way), function()
        for _, word in ipairs(words) do
          local is_built = word:find "win7.dmp$" or word:find "root.pem$"
          if is_built and not lfs.attributes(word) then return pending(word .. " was not built") end
        end
        assert.is_true(each_call(folder, library, words, way) > 0)
      end)
    end
  end

  it("is told where the folder that lists it fails", function()
    local listing = 0
    for _, words in pairs(lines) do
      if each_call(folder, library, words, "unlisted") > 0 then listing = listing + 1 end
    end
    assert.is_true(listing >= 12, listing .. " commands list a folder")
  end)

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
    for number = 0, 40, 3 do
      local result = run(folder, library, { "record", logs[2], "--history", history }, "eio", number)
      local known = result.status == 3 and result.out:find "nothing is new"
      assert(result.status == 0 or known or result.status >= 65 and names_a_reason(result.err),
        ("call %d: %d %s"):format(number, result.status, result.err))
    end
    assert.are.equal(0, shell.poolsleuth({ "history", "--check", "--history", history }).status)
  end)
end)
