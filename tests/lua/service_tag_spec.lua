--- Tags that the driver framework makes of a service's name.
local drivers     = require "poolsleuth.drivers"
local leads       = require "poolsleuth.leads"
local service_tag = require "poolsleuth.service_tag"

-- A driver of the framework that leaves its tag to it.
local function framework_driver(path)
  local sites = { { api = "WdfDriverCreate", role = "allocates", rva = 0x1000, reason = service_tag.REASON,
                    confidence = "low", via = {} } }
  return { path = path, machine = "x64", sites = sites, imports = {}, problems = {}, sites_supported = true }
end

local function allocating_driver(path, tag, template)
  local site = { api = "ExAllocatePool2", role = "allocates", rva = 0x2000, tag = tag, via = {} }
  site.template, site.reason = template, not tag and "computed" or nil
  site.confidence = tag and "medium" or "low"
  return { path = path, machine = "x64", sites = { site }, imports = {}, problems = {},
           sites_supported = true }
end

describe("the framework's tag", function()
  it("is the first four characters of the service's name", function()
    assert.equal("acme", service_tag.of "acmebus")
    assert.equal("AcMe", service_tag.of "AcMeBus")
    assert.equal("acme", service_tag.of "acme")
  end)

  it("begins behind a leading wdf, whatever its case", function()
    assert.equal("acme", service_tag.of "wdfacmebus")
    assert.equal("Acme", service_tag.of "WdfAcme")
  end)

  it("takes three characters as they are, and is the default below that", function()
    assert.equal("usb\0", service_tag.of "usb")
    assert.equal("FxDr", service_tag.of "pc")
    assert.equal("FxDr", service_tag.of "wdfab")
    assert.equal("FxDr", service_tag.of "wdf")
  end)
end)

describe("a framework driver without a tag", function()
  it("is found by its file's name, as a guess", function()
    local index = drivers.scan({}, { given = { framework_driver "C:/acmebus.sys" } })
    local users = index:with_tag "acme"
    assert.equal(1, #users)
    assert.equal("made", users[1].possible)
    assert.is_true(users[1].made.guess)
    assert.equal("low", users[1].allocates[1].confidence)
    assert.is_truthy(users[1].allocates[1].reason:find("file's name acmebus", 1, true))
    assert.equal(0, #index:with_tag "acmf")
  end)

  it("is found by its service's name where a list has it, and by no other", function()
    local index = drivers.scan({}, { given = { framework_driver "C:/oem12.sys" } })
    index:mark_loaded {
      { name = "zebra", path = "\\SystemRoot\\System32\\drivers\\oem12.sys", origin = "driverquery" },
    }
    assert.equal(1, #index:with_tag "zebr")
    assert.is_false(index:with_tag "zebr"[1].made.guess)
    assert.equal("derived from the service name zebra", index:with_tag "zebr"[1].made.reason)
    assert.equal(0, #index:with_tag "oem1")
  end)

  it("of three characters is found whether blanks or NULs follow", function()
    local index = drivers.scan({}, { given = { framework_driver "C:/usb.sys" } })
    assert.equal(1, #index:with_tag "usb ")
    assert.equal(1, #index:with_tag "usb\0")
  end)

  it("has that as a lead", function()
    local index = drivers.scan({}, { given = { framework_driver "C:/acmebus.sys" } })
    local found = leads.of(index:all()[1])
    assert.equal("service", found[1].kind)
    assert.same({ "acme" }, found[1].tags)
  end)
end)

describe("a tag of which only some characters are known", function()
  it("is found where they fit, if there are two of them", function()
    local index = drivers.scan({}, { given = {
      allocating_driver("C:/a.sys", nil, "Nv??"), allocating_driver("C:/b.sys", nil, "N???"),
    } })
    local users = index:with_tag "NvRM"
    assert.equal(1, #users)
    assert.equal("a.sys", users[1].record.name)
    assert.equal("template", users[1].possible)
    assert.equal(0, #index:with_tag "MvRM")
  end)
end)

describe("suspects", function()
  local case_class = require "poolsleuth.case"
  local suspects   = require "poolsleuth.suspects"

  it("of a guessed tag never outrank a call site", function()
    local case = case_class.new { drivers = {
      framework_driver "C:/acmebus.sys", allocating_driver("C:/other.sys", "acme"),
      allocating_driver("C:/maker.sys", nil, "acm?"),
    } }
    local list = suspects.of(case, { tag = "acme", pool = "nonpaged", growth = 0 })
    assert.equal("other.sys", list[1].driver)
    assert.is_true(list[1].score > 3 * list[2].score)
    assert.equal(3, #list)
  end)
end)
