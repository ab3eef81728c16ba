--- What sigcheck says of a suspect's file stands beside the suspect, whether or not the file is at hand.
local case          = require "poolsleuth.case"
local file_listings = require "poolsleuth.file_listings"
local made_up       = require "poolsleuth.made_up"
local folders       = require "tests.lua.support.folder"
local json          = require "poolsleuth.json"
local shell         = require "tests.lua.support.shell"

local HEAD <const> = "Path,Verified,Date,Publisher,Company,Description,Product,Product Version,File Version,"
  .. "Machine Type,MD5,SHA1,PESHA1,PE256,SHA256,IMP\n"
local HASH <const> = ("ab"):rep(32)

local function line(path, verified, publisher, company, version, sha256)
  return ('"%s","%s","14:48 29.10.2014","%s","%s","A filter","Suite","1.2","%s","64-bit","n/a","n/a","n/a",'
    .. '"n/a","%s","n/a"\n'):format(path, verified, publisher, company, version, sha256 or "n/a")
end

local function listed(...)
  return case.new { texts = { { name = "sent/sigcheck.csv", text = HEAD .. table.concat { ... } } } }
end

local function joined(made, suspect)
  suspect.reasons = suspect.reasons or {}
  local finding = { suspects = { suspect }, evidence = {} }
  file_listings.join(made, finding)
  return suspect, finding
end

local PLACE <const> = "C:\\Windows\\System32\\drivers\\acme.sys"

describe("a suspect without a file", function()
  it("gets version, company, publisher and signature from the listing, with line and source", function()
    local made = listed(line("c:\\windows\\system32\\drivers\\other.sys", "Signed", "n/a", "n/a", "1.0"),
      line(PLACE, "Signed", "Acme Publishing", "Acme Inc.", "1.2.3.4"))
    local suspect, finding = joined(made, { driver = "ACME.SYS" })
    assert.same({ "1.2.3.4", "Acme Inc.", "signed", "Acme Publishing" },
      { suspect.file_version, suspect.company, suspect.signature, suspect.signer })
    assert.equal("sigcheck lists it as Signed, publisher Acme Publishing, company Acme Inc., version 1.2.3.4 "
      .. "[sigcheck.csv, line 3]", suspect.reasons[1])
    assert.same({ "sent/sigcheck.csv", "line 3" }, { finding.evidence[1].source, finding.evidence[1].place })
    assert.is_truthy(finding.evidence[1].text:find(PLACE, 1, true))
  end)

  it("is found by a name without its ending, and said once", function()
    local made = listed(line(PLACE, "Unsigned", "n/a", "Acme Inc.", "1.2"))
    local suspect, finding = joined(made, { driver = "acme" })
    assert.equal("unsigned", suspect.signature)
    file_listings.join(made, finding)
    assert.same({ 1, 1 }, { #suspect.reasons, #finding.evidence })
  end)

  it("keeps the words of a signature that does not verify", function()
    local suspect = joined(listed(line(PLACE, "A certificate was revoked", "n/a", "Acme", "1")),
      { driver = "acme.sys" })
    assert.equal("A certificate was revoked", suspect.signature)
  end)

  it("takes the file in its place before copies, and none of copies that differ", function()
    local store = "C:\\Windows\\System32\\DriverStore\\FileRepository\\a\\acme.sys"
    local suspect = joined(listed(line(store, "Signed", "n/a", "Acme", "1.0"),
      line(PLACE, "Signed", "n/a", "Acme", "2.0")), { driver = "acme.sys" })
    assert.equal("2.0", suspect.file_version)
    local finding
    suspect, finding = joined(listed(line(store, "Signed", "n/a", "Acme", "1.0"),
      line(store:gsub("\\a\\", "\\b\\"), "Signed", "n/a", "Acme", "2.0")), { driver = "acme.sys" })
    assert.is_nil(suspect.file_version)
    assert.equal("files of its name are listed in 2 versions: 1.0, 2.0", suspect.reasons[1])
    assert.equal(0, #finding.evidence)
  end)

  it("that is not listed stays as it was", function()
    local suspect, finding = joined(listed(line(PLACE, "Signed", "n/a", "Acme", "1")), { driver = "acm.sys" })
    assert.same({ 0, 0 }, { #suspect.reasons, #finding.evidence })
    assert.is_nil(suspect.company)
  end)
end)

describe("a suspect with its file", function()
  local function at_hand(version, sha256)
    return { driver = "acme.sys", file_version = version, company = "Acme Corp", signature = "unsigned",
             record = { sha256 = sha256, file_version = version } }
  end

  it("is found by its hash under another name, and keeps what the file says itself", function()
    local suspect = joined(listed(line("C:\\old\\renamed.bin", "Signed", "Acme", "n/a", "9", HASH:upper())),
      at_hand("1.2.3.4", HASH))
    assert.same({ "1.2.3.4", "Acme Corp", "unsigned" },
      { suspect.file_version, suspect.company, suspect.signature })
    assert.is_truthy(suspect.reasons[1]:find("^sigcheck lists it as Signed, publisher Acme"))
  end)

  it("is told from another build of its name", function()
    for _, one in ipairs { at_hand("1.2.3.4", ("cd"):rep(32)), at_hand("1.2.3.5") } do
      local suspect = joined(listed(line(PLACE, "Signed", "Acme", "n/a", "1.2.3.4", HASH)), one)
      assert.is_truthy(suspect.reasons[1]:find("^sigcheck lists another build than this file: Signed"))
    end
    local suspect = joined(listed(line(PLACE, "Signed", "Acme", "n/a", "1.2.3.4")),
      at_hand "1, 2, 3, 4 (built here)")
    assert.is_truthy(suspect.reasons[1]:find "^sigcheck lists it as")
  end)
end)

describe("a folder of logs and a listing", function()
  it("names the driver with version, company and signature though no driver is there", function()
    local folder <close> = folders.new()
    for hour = 0, 9 do
      local log = made_up.snapshot(hour, made_up.among(hour, { "WCsc", 5000 + 20000 * hour, 1000, 1024 }))
      folder:write("in/" .. log.name, log.text)
    end
    folder:write("in/files.csv", HEAD .. line("C:\\Windows\\System32\\drivers\\wcifs.sys", "Signed",
      "Microsoft Windows", "Microsoft Corporation", "10.0.26100.1"))
    for _, name in ipairs { "find-leaking-driver", "investigate" } do
      local out = shell.poolsleuth({ name, folder:path "in" }).out
      assert.is_truthy(out:find("driver=wcifs.sys version=10.0.26100.1 company=\"Microsoft Cor", 1, true))
      assert.is_truthy(out:find("wcifs.sys, 10.0.26100.1, Microsoft Corporation, signed", 1, true), out)
      local _, count = out:gsub("sigcheck lists it as", "")
      assert.equal(1, count)
    end
    local report = shell.poolsleuth { "report", folder:path "in", "--json", "-o", folder:path "r.json" }
    assert.equal(2, report.status)
    local file <close> = assert(io.open(folder:path "r.json"))
    local driver = json.decode(file:read "a").data.drivers[1]
    assert.same({ "wcifs.sys", "10.0.26100.1", "signed", "Microsoft Windows" },
      { driver.driver, driver.file_version, driver.signature, driver.signer })
  end)
end)
