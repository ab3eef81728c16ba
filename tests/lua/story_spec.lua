-- story_spec.lua - the three stories that the program was made for, end to end through the program.

local dkjson  = require "dkjson"
local folders = require "tests.lua.support.folder"
local image   = require "tests.lua.support.image"
local shell   = require "tests.lua.support.shell"

local MiB <const> = 1 << 20
local expected = dofile("tests/corpus/text_expected.lua")

local function paste(name)
  for _, sample in ipairs(expected.stories) do
    if sample.name == name then return sample.text end
  end
  error("no paste " .. name)
end

-- A run of the main job; its text, and what its JSON says.
local function run(arguments, options)
  local words = { "find-leaking-driver", table.unpack(arguments) }
  local text = shell.poolsleuth(words, options)
  local json = shell.poolsleuth({ "--json", table.unpack(words) }, options)
  local document, _, message = dkjson.decode(json.out)
  assert.is_truthy(document, tostring(message) .. "\n" .. json.out .. json.err)
  assert.equal("poolsleuth.verdict/1", document.schema)
  assert.equal(text.status, json.status)
  return text, document
end

-- Text as one line: blanks collapsed, thousands separators taken out of numbers.
local function plain(text)
  text = text:gsub("\u{A0}", " "):gsub("\u{202F}", " "):gsub("%s+", " ")
  local count
  repeat text, count = text:gsub("(%d),(%d%d%d)", "%1%2") until count == 0
  return text
end

local function says(text, ...)
  for _, words in ipairs { ... } do
    if text:find(words, 1, true) then return true end
  end
  return false
end

local function assert_says(text, ...)
  assert.is_true(says(text, ...), ("says none of %q in:\n%s"):format(table.concat({ ... }, '" "'), text))
end

local function finding_of(document, tag)
  for number, finding in ipairs(document.data.findings) do
    if finding.tag == tag then return finding, number end
  end
end

-- The steps that an answer proposes, as one text.
local function next_steps(finding)
  local lines = {}
  for _, step in ipairs(finding.next) do
    lines[#lines + 1] = step.text
    lines[#lines + 1] = type(step.command) == "string" and step.command or nil
  end
  return table.concat(lines, "\n")
end

-- A poolmon -n log in the narrow form.
local function poolmon(rows)
  local nonpaged, paged = 300 * MiB, 90 * MiB
  for _, row in ipairs(rows) do
    local bytes = (row[3] - row[4]) * row[5]
    if row[2] == "Nonp" then nonpaged = nonpaged + bytes else paged = paged + bytes end
  end
  local lines = {
    "",
    (" Memory:268167152K Avail:201220036K  PageFlts:918400122   InRam Krnl:21208K P:%dK")
      :format(paged // 1024),
    (" Commit:48117132K Limit:301942768K Peak:51833932K            Pool N:%dK P:%dK")
      :format(nonpaged // 1024, paged // 1024),
    "",
    " Tag  Type     Allocs         Frees    Diff   Bytes    Per Alloc",
    "",
  }
  for _, row in ipairs(rows) do
    local diff = row[3] - row[4]
    lines[#lines + 1] = (" %-4s %-5s%11d%10d%10d%12d%11d"):format(row[1], row[2], row[3], row[4], diff,
      diff * row[5], row[5])
  end
  return table.concat(lines, "\r\n") .. "\r\n"
end

-- A server whose LkaL holds so many blocks; all else stays as it is or wavers.
local function server(leaked, busy)
  return poolmon {
    { "LkaL", "Nonp", leaked + 3000, 3000, 4096 },
    { "EtwB", "Nonp", 4610, 0, 65552 },
    { "Cont", "Nonp", 310, 2, 524288 },
    { "File", "Nonp", 25376177 + busy, 25200767 + busy, 400 },
    { "Even", "Nonp", 9911210 + 3 * busy, 9890103 + 3 * busy, 128 },
    { "Thre", "Nonp", 812345 + busy, 809812 + busy, 1264 },
    { "MmCa", "Nonp", 2221934 + busy, 2050648 + busy, 320 },
    { "MmSt", "Paged", 2269405 + busy, 2095404 + busy, 896 },
    { "CM31", "Paged", 24085, 12, 4096 },
    { "NtfF", "Paged", 94138 + busy, 52336 + busy, 1600 },
  }
end

local BEFORE <const>, AFTER <const> = 283000, 334200 -- blocks of 4 KiB: 1.08 and 1.27 GiB

-- The sample drivers, built once; nil where the compiler is missing.
local built
local function sample_drivers()
  if built == nil then
    local made = folders.new()
    local result = shell.run({ "sh", "tests/make/demo.sh", made:path() }, { limit = 120 })
    built = result.status == 0 and made or false
  end
  return built and built:path("drivers")
end

-- A driver that imports ExAllocatePool: the name in the image's import table is shortened in place.
local function untagged_driver()
  local bytes, count = image.with_tag("Wxyz")
    :gsub("ExAllocatePoolWithTag\0", "ExAllocatePool" .. ("\0"):rep(8))
  assert(count == 1)
  return bytes
end

teardown(function()
  if built then getmetatable(built).__close(built) end
end)

describe("story 1: a tag above 1 GiB, and a folder of drivers", function()
  it("names the driver with company and version on two logs", function()
    local drivers = sample_drivers()
    if not drivers then pending("no cross compiler for the sample drivers") return end
    local folder <close> = folders.new()
    local first = folder:write("poolmon-2026-11-01T00-05-00.log", server(BEFORE, 0))
    local second = folder:write("poolmon-2026-11-01T10-05-00.log", server(AFTER, 40000))
    local text, document = run { first, second, drivers }

    local finding = document.data.findings[1]
    assert.equal("LkaL", finding.tag)
    assert.equal("4c616b4c", finding.tag_hex)
    assert.equal("nonpaged", finding.pool)
    assert.equal("SUSPECT", finding.verdict, "two snapshots give SUSPECT at most")
    assert.is_true(math.abs(finding.rate_bytes_per_hour - 20 * MiB) < MiB // 10)

    local suspect = finding.suspects[1]
    assert.equal("acmeflt.sys", suspect.driver)
    assert.equal("Acme Inc.", suspect.company)
    assert.is_truthy(suspect.file_version:find("^1%.2%.3"))
    assert.is_true(#suspect.reasons > 0)
    for number, other in ipairs(finding.suspects) do
      if number > 1 then
        assert.is_true(other.driver ~= "acmeflt.sys", "two copies of one driver count once")
        assert.is_true(other.score < suspect.score)
      end
    end

    assert.equal(1, text.status)
    local line = text.out:match("SUSPECT tag=[^\n]*")
    assert.is_truthy(line, text.out)
    assert_says(line, 'tag="LkaL"')
    assert_says(line, "pool=nonpaged")
    assert_says(line, "driver=acmeflt.sys")
    assert.is_truthy(line:find("version=1%.2%.3"), line)
    assert_says(line, 'company="Acme Inc."')
    assert.is_true(#finding.evidence > 0)
    assert.is_true(#finding.next > 0)
  end)

  it("says HIGH on one log, with the driver and a wish for more", function()
    local drivers = sample_drivers()
    if not drivers then pending("no cross compiler for the sample drivers") return end
    local folder <close> = folders.new()
    local log = folder:write("poolmon-2026-11-01T00-05-00.log", server(BEFORE, 0))
    local text, document = run { log, "--drivers", drivers }

    for _, finding in ipairs(document.data.findings) do
      assert.is_true(finding.verdict ~= "LEAK" and finding.verdict ~= "SUSPECT", finding.verdict)
    end
    local finding = document.data.findings[1]
    assert.equal("LkaL", finding.tag)
    assert.equal("HIGH", finding.verdict)
    assert.equal("acmeflt.sys", finding.suspects[1].driver)
    assert.equal("Acme Inc.", finding.suspects[1].company)
    assert.equal(1, text.status)
    assert_says(text.out, 'HIGH tag="LkaL"')
    assert_says(plain(next_steps(finding) .. text.out), "snapshot", "poolmon -n", "another log", "more logs")
  end)

  it("does not name the driver that only speaks of the tag", function()
    local drivers = sample_drivers()
    if not drivers then pending("no cross compiler for the sample drivers") return end
    local folder <close> = folders.new()
    local first = folder:write("poolmon-2026-11-01T00-05-00.log", server(BEFORE, 0))
    local second = folder:write("poolmon-2026-11-01T10-05-00.log", server(AFTER, 40000))
    local _, document = run { first, second, drivers }
    for _, suspect in ipairs(document.data.findings[1].suspects) do
      if suspect.driver == "nwaudit.sys" then
        assert.is_true(suspect.score < document.data.findings[1].suspects[1].score / 2)
      end
    end
  end)
end)

describe("story 2: !vm and !poolused of a server without nonpaged pool", function()
  local both = paste("story 2, !vm with a remark behind a value") .. "\n"
    .. paste("story 2, !poolused /t2 2")

  local function check(arguments, options)
    local text, document = run(arguments, options)
    local out = plain(text.out)
    -- 125,476 of 127,944 KiB; 50,827,424 bytes of that are None, 69,289,936 are in the two rows.
    assert_says(out, "98.1 %", "98.1%")
    assert_says(out, "124.9 MiB")
    assert.is_truthy(out:find("%f[%d]3 [%a ]*fail") or out:find("fail[%a ]*%D%f[%d]3%f[%D]"), out)
    assert_says(out, "40 %", "40%", "39.6 %", "39.6%")
    assert_says(out, "46 %", "46%", "46.1 %", "46.1%")
    assert_says(out, "ExAllocatePool")

    local finding = document.data.findings[1]
    assert.equal("None", finding.tag)
    assert.equal("nonpaged", finding.pool)
    assert.is_true(finding.verdict ~= "LEAK" and finding.verdict ~= "SUSPECT", finding.verdict)
    assert.is_true(math.abs(finding.share - 0.3956) < 0.001)
    assert.is_true(text.status == 1 or text.status == 2, "HIGH or EXHAUSTED")
    return text, finding
  end

  it("is read from one file", function()
    local folder <close> = folders.new()
    check { folder:write("kd.txt", both) }
  end)

  it("is read from two files, and from standard input", function()
    local folder <close> = folders.new()
    check {
      folder:write("vm.txt", paste("story 2, !vm with a remark behind a value")),
      folder:write("poolused.txt", paste("story 2, !poolused /t2 2")),
    }
    check({ "-" }, { input = both })
  end)

  it("suspects the importers of ExAllocatePool, and says how to find one that is not on disk", function()
    local folder <close> = folders.new()
    folder:write("drivers/untagged.sys", untagged_driver())
    folder:write("drivers/tagged.sys", image.with_tag("Wxyz"))
    local text, finding = check { folder:write("kd.txt", both), "--drivers", folder:path("drivers") }
    assert.equal(1, #finding.suspects)
    assert.equal("untagged.sys", finding.suspects[1].driver)
    assert_says(plain(text.out), "untagged.sys")
    assert.is_false(says(text.out, "driver=tagged.sys"))
    local steps = plain(next_steps(finding))
    assert_says(steps, "disk", "file is gone", "without a file")
    assert_says(steps, "for_each_module", "lm", "dps", "driverquery")
  end)
end)

describe("story 3: a table of event objects", function()
  local function check(bytes)
    local folder <close> = folders.new()
    local text, document = run { folder:write("even.txt", bytes) }
    local finding, number = finding_of(document, "Even")
    assert.is_truthy(finding, text.out)
    assert.equal(1, number)
    assert.equal("6e657645", finding.tag_hex)
    assert.equal("HIGH", finding.verdict)
    assert.equal(1, text.status)

    local out = plain(text.out)
    assert_says(out, "598273")
    assert_says(out, "684922")
    assert.is_truthy(out:find("%f[%d]48%f[%D]"), out)
    assert_says(out, "event objects", "Event objects")
    assert_says(out, "user mode", "user-mode")
    assert_says(out, "handle")
    assert.is_true(#finding.next > 0)
    assert_says(next_steps(finding):lower(), "handle")
    return text
  end

  it("is read with blanks between the columns", function()
    check(paste("story 3, the row of events with blanks between the columns"))
  end)

  it("is read with the columns glued together", function()
    check(paste("story 3, the row of events with the columns glued together"))
  end)

  it("is shown with its row flagged and its numbers as they stand", function()
    local folder <close> = folders.new()
    local path = folder:write("even.txt",
      paste("story 3, the row of events with blanks between the columns"))
    local result = shell.poolsleuth { "show", "--json", path }
    assert.equal(0, result.status)
    local document = assert(dkjson.decode(result.out))
    assert.equal("poolsleuth.snapshot/1", document.schema)
    local row = document.data.rows[1]
    assert.equal("Even", row.tag)
    assert.equal(51231806, row.allocs)
    assert.equal(50633533, row.frees)
    assert.equal(684922, row.diff)
    assert.equal(32878688, row.bytes)
    assert.equal(48, row.per_alloc)
    local flags = {}
    for _, flag in ipairs(row.flags) do flags[flag] = true end
    assert.is_true(flags["diff-mismatch"])
    assert.is_nil(flags["per-alloc-mismatch"])
  end)
end)
