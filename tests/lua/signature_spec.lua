--- Signatures: graded as they must be on files that osslsigncode made, and read as it reads them.
local catalog  = require "tests.make.catalog"
local evidence = require "tests.lua.support.evidence"
local folders  = require "tests.lua.support.folder"
local image    = require "tests.lua.support.image"
local json     = require "poolsleuth.json"
local pe       = require "poolsleuth.pe"
local shell    = require "tests.lua.support.shell"
local system   = require "poolsleuth.system"

local NOW <const> = 1790000000

local has <const> = shell.find

local function read(path)
  return assert(system.read(path))
end

local function bytes_of(path, trust)
  return assert(pe.parse(read(path), { trust = trust, detail = true, now = NOW }))
end

-- What can be said without the tool that signs.
describe("a driver without a signature", function()
  it("is unsigned, and its page says so", function()
    local folder <close> = folders.new()
    local path = folder:write("acme.sys", image.with_tag "LkaL")
    local result = shell.poolsleuth { "driver", path }
    assert.equal(0, result.status)
    assert.matches("no signature in the file", result.out)
    local decoded = json.decode(shell.poolsleuth({ "driver", "--json", path }).out)
    local driver = decoded.data.drivers[1]
    assert.equal("unsigned", driver.signature)
    assert.same({}, driver.signatures)
    assert.equal(64, #driver.pe_sha256)
    assert.equal(40, #driver.pe_sha1)
    assert.is_true(driver.entropy > 0 and driver.entropy < 8)
  end)

  it("has sigcheck's columns in CSV", function()
    local folder <close> = folders.new()
    local path = folder:write("acme.sys", image.with_tag "LkaL")
    local out = shell.poolsleuth({ "driver", "--csv", path }).out
    assert.matches("^Path,Verified,Date,Publisher,Company,Description,Product,Product Version,File Version,"
      .. "Machine Type,Binary Version,Original Name,Internal Name,Copyright,Comments,Entropy,MD5,SHA1,"
      .. "PESHA1,PESHA256,SHA256,IMP,Pool Tags\r\n", out)
    assert.matches(path:gsub("%p", "%%%0") .. ",Unsigned,2023%-09%-12", out)
    assert.matches("64%-bit", out)
  end)

  it("refuses roots and catalogs that are none", function()
    local folder <close> = folders.new()
    local path = folder:write("acme.sys", image.with_tag "LkaL")
    local none = folder:write("none.pem", "no certificate")
    local result = shell.poolsleuth { "driver", "--roots", none, path }
    assert.equal(65, result.status)
    assert.matches("none.pem: has no certificate", result.err)
    result = shell.poolsleuth { "driver", "--catalogs", none, path }
    assert.equal(0, result.status)
    assert.matches("is no catalog", result.out)
    assert.equal(66, shell.poolsleuth({ "driver", "--catalogs", folder:path "missing", path }).status)
  end)
end)

describe("what osslsigncode signs", function()
  local able = has "osslsigncode" and has "openssl"
  local folder, trust

  setup(function()
    if not able then return end
    folder = folders.new()
    local driver = folder:write("acme.sys", image.with_tag "LkaL")
    local made = shell.run { "bash", "tests/make/signatures.sh", driver, folder:path "made" }
    assert(made.status == 0, made.err)
    trust = assert(pe.trust())
    assert(trust:add_roots(read(folder:path "made/root.pem")))
  end)
  teardown(function() if folder then folder:__close() end end)

  local function expect(name, status, reason)
    if not able then return pending "osslsigncode is not installed" end
    local first = bytes_of(folder:path("made/" .. name .. ".sys"), trust).signatures[1]
    assert.equal(status, first.status, first.reason)
    if reason then assert.matches(reason, first.reason, 1, true) else assert.is_nil(first.reason) end
    return first
  end

  it("chains when it is good", function()
    local first = expect("good", "chained")
    if not first then return end
    assert.equal("Acme Inc.", first.signer)
    assert.equal("Tests Root", first.issuer)
    assert.equal("Acme filter", first.program)
    assert.equal(2, #first.chain)
    assert.equal(first.digest, first.computed)
    expect("sha1", "chained")
  end)

  it("is of an unknown root without roots", function()
    if not able then return pending "osslsigncode is not installed" end
    local first = bytes_of(folder:path "made/good.sys").signatures[1]
    assert.equal("unknown-root", first.status)
    assert.equal("Acme Inc.", first.signer)
  end)

  it("has page hashes that fit, until a page changes", function()
    local first = expect("paged", "chained")
    if not first then return end
    assert.equal("sha256", first.pages)
    assert.is_true(first.pages_match)
    local changed = read(folder:path "made/paged.sys")
    changed = changed:sub(1, 0x210) .. "\xCC" .. changed:sub(0x212)
    assert.is_false(pe.parse(changed, { detail = true }).signatures[1].pages_match)
  end)

  it("is a mismatch when the file was changed", function()
    expect("tampered", "digest-mismatch", "changed after it was signed")
  end)

  it("is judged at the time of signing", function()
    expect("expired", "expired", "no time of signing is proved")
    local stamped = expect("stamped", "chained")
    if not stamped then return end
    assert.equal(1300000000, stamped.time)
    assert.equal("rfc3161", stamped.time_source)
    assert.equal("Tests Time", stamped.time_signer)
    expect("late", "expired", "signed after the signer's certificate had expired")
  end)

  it("is for testing when the signer vouches for itself", function()
    expect("selfsigned", "test-signed", "vouches for itself")
    local nested = able and bytes_of(folder:path "made/nested.sys", trust).signatures
    if not nested then return end
    assert.equal("chained", nested[1].status)
    assert.equal("nested", nested[2].source)
    assert.equal("test-signed", nested[2].status)
    assert.equal("test-signed", bytes_of(folder:path "made/tester.sys").signatures[1].status)
  end)

  it("is bad when a byte of the signature changes", function()
    if not able then return pending "osslsigncode is not installed" end
    local bytes = read(folder:path "made/good.sys")
    local at = assert(bytes:find("\x30\x82", 0x401, true))
    for step = 40, #bytes - at, 211 do
      local one = bytes:sub(1, at + step - 1) .. string.char(bytes:byte(at + step) ~ 0x55)
        .. bytes:sub(at + step + 1)
      local found = assert(pe.parse(one, { trust = trust, now = NOW })).signatures[1]
      local intact = found.status == "chained" and found.digest == found.computed
      -- what nobody signs may change: padding, unsigned attributes, certificates of the chain
      assert(found.status == "bad-signature" or found.status == "unknown-root"
        or found.status == "digest-mismatch" or found.status == "test-signed" or intact, found.status)
    end
  end)

  it("may be a catalog that lists a driver", function()
    if not able then return pending "osslsigncode is not installed" end
    local driver = folder:path "acme.sys"
    local known = bytes_of(driver)
    for i, digest in ipairs { known.pe_sha1, known.pe_sha256 } do
      local list = folder:write("list.der", catalog.content { ("ab"):rep(20), digest })
      local signed = shell.run { "openssl", "cms", "-sign", "-binary", "-nodetach", "-outform", "DER",
        "-econtent_type", "1.3.6.1.4.1.311.10.1", "-md", "sha256", "-in", list,
        "-signer", folder:path "made/signer.pem", "-inkey", folder:path "made/signer.key",
        "-out", folder:mkdir("catalogs" .. i) .. "/acme.cat" }
      assert(signed.status == 0, signed.err)
      folder:write("catalogs" .. i .. "/other.inf", "[Version]")
      local result = shell.poolsleuth { "driver", "--json", driver,
        "--catalogs", folder:path("catalogs" .. i),
        "--roots", folder:path "made/root.pem" }
      local decoded = json.decode(result.out)
      local found = decoded.data.drivers[1].signatures
      assert.equal(1, #found)
      assert.equal("catalog", found[1].source)
      assert.equal("chained", found[1].status)
      assert.equal("Acme Inc.", found[1].signer)
      assert.equal(digest, found[1].digest)
      assert.matches("acme%.cat$", found[1].catalog)
      assert.same({}, decoded.problems)
    end
    local result = shell.poolsleuth { "driver", folder:path "made/good.sys", "--catalogs",
      folder:path "catalogs1" }
    assert.matches("2%. unknown%-root, catalog: Acme Inc", result.out)
  end)

  it("is a remark on a suspect", function()
    if not able then return pending "osslsigncode is not installed" end
    local logs = evidence.logs(folder, 8)
    local function first_suspect(name, roots)
      local words = { "find-leaking-driver", "--json", folder:path("made/" .. name .. ".sys") }
      if roots then table.move({ "--roots", folder:path "made/root.pem" }, 1, 2, #words + 1, words) end
      table.move(logs, 1, #logs, #words + 1, words)
      return json.decode(shell.poolsleuth(words).out).data.findings[1].suspects[1]
    end
    local function says(suspect, text)
      assert.matches(text, table.concat(suspect.reasons, "\n"), 1, true)
    end
    local good = first_suspect "good"
    assert.equal("unknown-root, Acme Inc.", good.signature)
    says(good, "signed by Acme Inc.")
    assert.equal("chained, Acme Inc.", first_suspect("good", true).signature)
    local tampered = first_suspect "tampered"
    assert.equal("digest-mismatch, Acme Inc.", tampered.signature)
    says(tampered, "the file was changed after Acme Inc. signed it")
    says(first_suspect "tester", "it is test-signed by WDKTestCert acme")
  end)

  it("stands on the page", function()
    if not able then return pending "osslsigncode is not installed" end
    local result = shell.poolsleuth { "driver", "--roots", folder:path "made/root.pem",
      folder:path "made/good.sys", folder:path "made/tampered.sys" }
    assert.equal(0, result.status)
    assert.matches("chained: Acme Inc", result.out)
    assert.matches("digest%-mismatch: Acme Inc", result.out)
    for line in result.out:gmatch "[^\n]+" do
      assert(utf8.len(line) <= 80 or line:find("/", 1, true), line)
    end
  end)
end)

-- Signatures of a file as osslsigncode reads them: by digest and serial, each with its time.
local function theirs(path, offline)
  local words = { "osslsigncode", "verify", "-ignore-crl", "-ignore-cdp", path }
  if offline then table.move(words, 1, #words, 3) words[1], words[2] = "unshare", "-n" end
  local out, found = shell.run(words).out, {}
  for part in out:gsub("Signature Index:", "\0"):gmatch "%z([^%z]*)" do
    local digest = part:match "Current message digest%s*: (%x+)"
    local computed = part:match "Calculated message digest%s*: (%x+)"
    local serial = part:match "Signer #0:.-Serial : (%x+)"
    local time = part:match "Timestamp time: ([^\n]-)%s*GMT"
    found[#found + 1] = ("%s %s %s %s"):format(digest or "?", computed or "?",
      (serial or "?"):gsub("^0+", ""), time and time:gsub("%s+", " ") or "-"):lower()
  end
  table.sort(found)
  return found
end

local function ours(driver)
  local found = {}
  for i, one in ipairs(driver.signatures) do
    local time = one.time and os.date("!%b %d %H:%M:%S %Y", one.time):gsub("(%a) 0", "%1 ")
    local serial = one.serial:gsub("^0+", "")
    found[i] = ("%s %s %s %s"):format(one.digest, one.computed, serial, time or "-"):lower()
  end
  table.sort(found)
  return found
end

-- Certificates with a negative serial: osslsigncode prints a minus, not the bytes.
local NEGATIVE <const> = { ["02b68f8cc467"] = true }

describe("real signatures", function()
  it("are read as osslsigncode reads them", function()
    local corpus = os.getenv "POOLSLEUTH_CORPUS"
    if not corpus then return pending "POOLSLEUTH_CORPUS is not set" end
    if not has "osslsigncode" then return pending "osslsigncode is not installed" end
    local offline = shell.run({ "unshare", "-n", "true" }).status == 0
    local paths, wrong, count = {}, {}, 0
    for path in shell.run({ "find", corpus .. "/drivers", "-type", "f" }).out:gmatch "[^\n]+" do
      paths[#paths + 1] = path
    end
    for _, result in ipairs(assert(pe.scan(paths))) do
      local known = result.path:match "([^/_]*)_[^/]*$"
      if result.driver and #result.driver.signatures > 0 and not NEGATIVE[known] then
        local mine, other = ours(result.driver), theirs(result.path, offline)
        count = count + #mine
        if table.concat(mine, "\n") ~= table.concat(other, "\n") then
          wrong[#wrong + 1] = result.path
          table.move(mine, 1, #mine, #wrong + 1, wrong)
          table.move(other, 1, #other, #wrong + 1, wrong)
        end
      end
    end
    assert(#wrong == 0, table.concat(wrong, "\n"))
    assert.is_true(count > 0)
  end)
end)
