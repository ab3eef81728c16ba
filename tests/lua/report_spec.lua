--- The evidence package: one page that needs nothing else, a ticket, a document for programs; and redaction.
local evidence = require "tests.lua.support.evidence"
local folders  = require "tests.lua.support.folder"
local image    = require "tests.lua.support.image"
local json     = require "poolsleuth.json"
local redact   = require "poolsleuth.redact"
local schema   = require "tests.lua.support.schema"
local shell    = require "tests.lua.support.shell"
local system   = require "poolsleuth.system"

local DIGITS <const> = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function hex_of_base64(text)
  local bits, count, out = 0, 0, {}
  for digit in text:gmatch "[^=]" do
    bits, count = bits << 6 | (DIGITS:find(digit, 1, true) - 1), count + 6
    if count >= 8 then
      count = count - 8
      out[#out + 1] = ("%02x"):format(bits >> count & 0xff)
    end
  end
  return table.concat(out)
end

local function report(sources, options, ...)
  local words = { "report", table.unpack(sources) }
  for _, word in ipairs { ... } do words[#words + 1] = word end
  return shell.poolsleuth(words, options)
end

-- Eight logs of a leak and a driver that passes the tag.
local function leak(folder, name)
  evidence.logs(folder, 8)
  folder:write("drivers/" .. (name or "acme.sys"), image.with_tag "LkaL")
  return { folder:path() }
end

local function says(text, piece) assert.truthy(text:find(piece, 1, true), piece) end
local function hides(text, piece)
  assert.is_nil(text:lower():find(piece:lower(), 1, true), piece)
end

describe("the page of report", function()
  local folder, page

  setup(function()
    folder = folders.new()
    local made = report(leak(folder), nil)
    assert.equal(2, made.status, made.err)
    page = made.out
  end)

  teardown(function() getmetatable(folder).__close(folder) end)

  it("is HTML where standard output is no terminal, and ends with the status of the verdict", function()
    assert.truthy(page:find "^<!DOCTYPE html>")
    assert.truthy(page:find "</html>\n$")
  end)

  it("is the same page at the same time", function()
    local options = { env = { SOURCE_DATE_EPOCH = "1793500000" } }
    local function again() return report({ folder:path() }, options).out end
    assert.equal(again(), again())
    says(again(), "written 2026-11-01 02:26:40 UTC")
  end)

  it("begins with the verdict: a sentence, then the line that scripts split", function()
    local sentence = page:match '<p class="sentence">(.-)</p>'
    says(sentence, "The driver acme.sys takes nonpaged kernel memory and does not give it back")
    says(page, "<code>LEAK tag=&quot;LkaL&quot; pool=nonpaged")
    assert.is_true(page:find("class=\"sentence\"", 1, true) < page:find("<h2", 1, true))
  end)

  it("has its sections in the order of a reader", function()
    local at = 0
    for _, name in ipairs { "charts", "evidence", "drivers", "how-this-answer-came-about", "what-to-do-next",
                            "raw-evidence", "make-this-report-again" } do
      at = assert(page:find(('<h2 id="%s"'):format(name), at + 1, true), name)
    end
  end)

  it("allows its own style and script by their hashes and nothing else", function()
    local policy = page:match 'Content%-Security%-Policy" content="([^"]*)"'
    says(policy, "default-src 'none'")
    hides(policy, "unsafe")
    local style, script = page:match "<style>(.-)</style>", page:match "<script>(.-)</script>"
    assert.equal(system.sha256_of(style), hex_of_base64(policy:match "style%-src 'sha256%-([^']+)'"))
    assert.equal(system.sha256_of(script), hex_of_base64(policy:match "script%-src 'sha256%-([^']+)'"))
    assert.is_nil(page:find '%sstyle="')
    assert.is_nil(page:find "%son%l+=\"")
  end)

  it("asks for nothing from elsewhere", function()
    for _, form in ipairs { "%ssrc=", "url%(", "@import", "<link", "<img", "<iframe", 'href="[^#]' } do
      assert.is_nil(page:find(form), form)
    end
  end)

  it("draws each chart as SVG with a title and words for those who do not see it", function()
    local count = select(2, page:gsub("<figure", ""))
    assert.equal(2, count)
    assert.equal(2 * count, select(2, page:gsub('<svg class="drawn', "")))
    says(page, "<title>The tags that matter</title><desc>&quot;LkaL&quot; nonp from ")
    assert.truthy(page:find('<path class="curve" d="M[%d. L]+"/>'))
    says(page, 'class="cone')
    says(page, 'class="limit"')
  end)

  it("has headings of tables that say what they head", function()
    assert.is_nil(page:find "<th>")
    for head in page:gmatch "<th [^>]*>" do assert.truthy(head:find 'scope="%l+"', head) end
  end)

  it("lists every source with its hash, and how to make it again", function()
    local hash = system.sha256(folder:path "poolmon-2026-11-01T03-05-00.log")
    says(page, hash)
    says(page, system.sha256(folder:path "drivers/acme.sys"))
    says(page, "poolsleuth report " .. folder:path())
  end)

  it("escapes what the evidence is called", function()
    local hostile <close> = folders.new()
    local sources = leak(hostile, "<script>alert(1)<b>'\".sys")
    hostile:write("poolmon-2026-11-01T09-05-00.log", evidence.poolmon {
      { tag = "</b>", pool = "Nonp", allocs = 9000000, frees = 1, each = 512 } })
    local made = report(sources)
    assert.equal(1, select(2, made.out:gsub("<script", "")))
    assert.equal(1, select(2, made.out:gsub("</script", "")))
    assert.is_nil(made.out:find("<b>", 1, true))
    assert.is_nil(made.out:find("</b>", 1, true))
  end)

  it("has bars and no script where there is one snapshot", function()
    local one <close> = folders.new()
    local made = report(evidence.logs(one, 1))
    assert.equal(1, made.status, made.err)
    says(made.out, '<rect class="bar"')
    says(made.out, "script-src 'none'")
    assert.is_nil(made.out:find "<script")
    says(made.out, "One moment shows what is big")
  end)
end)

describe("the other forms of report", function()
  it("are Markdown for a ticket: tables, fences, curves in blocks", function()
    local folder <close> = folders.new()
    local path = folder:path "ticket.md"
    local made = report(leak(folder), nil, "-o", path)
    assert.equal(2, made.status, made.err)
    local text = assert(system.read(path, 1 << 20))
    says(text, "# Pool memory report")
    says(text, "**The driver acme.sys takes")
    says(text, "\n```\nLEAK tag=\"LkaL\"")
    says(text, "▁▂")
    says(text, "| Finding | Source | Place |")
    says(text, "| poolmon-2026-11-01T07-05-00.log |")
    says(text, "| acme.sys | pe | yes | `" .. system.sha256(folder:path "drivers/acme.sys") .. "` |")
    assert.is_nil(text:find "<%l")
    assert.equal(0, select(2, text:gsub("\n```", "")) % 2)
  end)

  it("are JSON with charts, drivers and the steps of the reasoning", function()
    local folder <close> = folders.new()
    local made = report(leak(folder), nil, "--json")
    local document = assert(json.decode(made.out))
    assert.is_nil(schema.check(document, "report"))
    local data = document.data
    assert.equal("LEAK", data.verdict)
    assert.equal(8, #data.charts[1].times)
    assert.equal(#data.charts[1].times, #data.charts[1].lines[1].values)
    assert.equal("acme.sys", data.drivers[1].driver)
    assert.equal("ExAllocatePoolWithTag", data.drivers[1].sites[1].api)
    assert.is_true(#data.reasoning >= 4)
    for _, input in ipairs(document.inputs) do assert.equal(64, #input.sha256, input.path) end
  end)

  it("are text without a byte that an old terminal cannot show", function()
    local folder <close> = folders.new()
    local sources = leak(folder)
    local plain = report(sources, { env = { LC_ALL = "C" } }, "--format", "text")
    assert.is_nil(plain.out:find "[\x80-\xff]")
    assert.truthy(plain.out:find '"LkaL" nonp +[_.:=+*#-]+ +%S+ %S+ %-> ')
    assert.truthy(report(sources, { env = { LC_ALL = "C.UTF-8" } }, "--format", "text").out:find("▃▄▄▅", 1,
      true))
  end)

  it("say which playbook is not there, and what is none", function()
    local folder <close> = folders.new()
    local sources = evidence.logs(folder, 2)
    says(report(sources, nil, "--playbook", "no-such").err, "no-such")
    says(report(sources, nil, "--playbook", "show").err, "that is a command")
  end)
end)

describe("a report on a history", function()
  it("marks the day on which the accused driver was exchanged, and says from what to what", function()
    local folder <close> = folders.new()
    local logs, store = evidence.logs(folder, 10), folder:path "site.db"
    local function record(...)
      local made = shell.poolsleuth { "record", "--history", store, "--host", "SRV1", ... }
      assert.equal(0, made.status, made.err)
    end
    record(table.unpack(logs))
    record(folder:write("one/acme.sys", image.with_tag "Acme"), "--time", "2026-11-01T00:05")
    record(folder:write("two/acme.sys", image.with_tag "LkaL"), "--time", "2026-11-01T04:05")
    local made = report({ store, folder:path "two" }, nil, "--json")
    local document = assert(json.decode(made.out))
    assert.is_nil(schema.check(document, "report"))
    local change = document.data.driver_changes[1]
    assert.same({ "acme.sys", true }, { change.driver, change.accused })
    assert.truthy(change.before ~= change.after and change.time:find "^2026%-11%-01T04")
    assert.equal("acme.sys exchanged", document.data.charts[1].marks[1].text)
    local page = report({ store, folder:path "two" }).out
    says(page, "Host SRV1; evidence from 2026-11-01 00:05")
    says(page, "Drivers that changed meanwhile")
    says(page, ">acme.sys exchanged</text>")
  end)
end)

local HOST <const>, USER <const> = "SRVFS01", "anna.smith"

local COUNTERS <const> = [["(PDH-CSV 4.0) (UTC)(0)","\\SRVFS01\Memory\Pool Nonpaged Bytes"
"11/01/2026 00:05:00.000","1000000000"
"11/01/2026 07:05:00.000","3000000000"
]]

describe("--redact", function()
  it("hides host, user and folders in every format, each by one word", function()
    local folder <close> = folders.new()
    local home = "Users/" .. USER .. "/poolsleuth-" .. HOST
    for _, path in ipairs(evidence.logs(folder, 8)) do
      local name = path:match "[^/]*$"
      folder:write(home .. "/" .. HOST .. "-" .. name, assert(system.read(path, 1 << 20)))
      os.remove(path)
    end
    folder:write(home .. "/drivers/acme.sys", image.with_tag "LkaL")
    folder:write(home .. "/counters.csv", (COUNTERS:gsub("\n", "\r\n")))
    for _, format in ipairs { "html", "markdown", "json", "text", "csv" } do
      local made = report({ folder:path(home) }, nil, "--redact", "--format", format)
      assert.equal(2, made.status, made.err)
      hides(made.out, HOST)
      hides(made.out, USER)
      hides(made.out, folder:path())
      if format ~= "csv" then says(made.out, "HOST-1-poolmon-2026-11-01T03-05-00.log") end
      assert.is_nil(made.out:find "HOST%-2", format)
    end
    says(report({ folder:path(home) }, nil).out, HOST)
  end)

  it("hides words of the user's own", function()
    local folder <close> = folders.new()
    local made = report(leak(folder), nil, "--hide", "acme", "--format", "json")
    hides(made.out, "acme.sys")
    says(made.out, "HIDDEN-1.sys")
  end)

  it("knows names by their form, and leaves what is nobody's", function()
    local redactor = redact.new()
    redactor:host "SRVFS01.corp.example.com"
    redactor:user [[CORP\anna.smith]]
    redactor:user [[NT AUTHORITY\SYSTEM]]
    local made = redactor:value {
      pool = "paged", tag = "Anna", verdict = "LEAK",
      texts = {
        [[C:\Users\Jörg Müller\dump.dmp and \\nas2\cases\7\a.log of JÖRG?]],
          "srvfs01$ at srvfs01.corp.example.com",
        "S-1-5-21-1004336348-1177238915-682003330-512", "S-1-5-18", "mail bob@contoso.example",
          "Bob was told",
        [[C:\Users\Public\x.txt]], "SRVFS011 is another", "the SYSTEM account",
          [[\\srvfs01\Memory\Pool Paged Bytes]],
        [[\\nas2\ADMIN$\x]], "/home/carol/logs/a.log",
      },
    }
    assert.same({ "paged", "Anna", "LEAK" }, { made.pool, made.tag, made.verdict })
    assert.same({
      [[C:\Users\USER-2\dump.dmp and \\HOST-2\SHARE-1\7\a.log of JÖRG?]], "HOST-1$ at HOST-1.DOMAIN-1",
      "SID-1", "S-1-5-18", "mail USER-3@DOMAIN-3", "USER-3 was told",
      [[C:\Users\Public\x.txt]], "SRVFS011 is another", "the SYSTEM account",
        [[\\HOST-1\Memory\Pool Paged Bytes]],
      [[\\HOST-2\ADMIN$\x]], "/home/USER-4/logs/a.log",
    }, made.texts)
  end)

  it("learns names from what programs write in front of them, and from file names", function()
    local redactor = redact.new()
    redactor:file_name "/x/poolmon_WEB07_2026-11-01T00-05-00_win10_x64.log"
    local made = redactor:value {
      "Host Name: FILESRV", "User Name: CORP\\dora", "COMPUTERNAME=DB1", "USERDOMAIN=FABRIKAM",
      "of filesrv, db1, web07 and dora in fabrikam or corp; win10 x64 00-05 T00",
    }
    assert.equal("of HOST-2, HOST-3, HOST-1 and USER-1 in DOMAIN-2 or DOMAIN-1; win10 x64 00-05 T00",
      (made[5]:gsub("DOMAIN%-%d", { ["DOMAIN-1"] = "DOMAIN-1", ["DOMAIN-2"] = "DOMAIN-2" })))
    for i = 1, 4 do assert.is_nil(made[i]:find "FILESRV" or made[i]:find "dora" or made[i]:find "DB1") end
  end)

  it("hides the folder of each source once, and a word that only looks like it not at all", function()
    local redactor = redact.new()
    redactor:path "/srv/cases/4711/a.log"
    redactor:path "drivers/b.sys"
    assert.equal("FOLDER-1/a.log, line 7; FOLDER-2/b.sys; the drivers", redactor:text(
      "/srv/cases/4711/a.log, line 7; drivers/b.sys; the drivers"))
  end)
end)
