--- What in a driver may hold pool memory that no call site shows.
local drivers = require "poolsleuth.drivers"
local leads   = require "poolsleuth.leads"

local function leads_of(fields)
  local driver = { path = "C:/acme.sys", machine = "x64", sites = {}, imports = {}, problems = {} }
  for name, value in pairs(fields) do driver[name] = value end
  for i, name in ipairs(driver.imports) do driver.imports[i] = { dll = "ntoskrnl.exe", name = name } end
  local by_kind = {}
  for _, lead in ipairs(leads.of(drivers.scan({}, { given = { driver } }):all()[1])) do
    by_kind[lead.kind] = lead
  end
  return by_kind
end

describe("leads", function()
  it("are none where everything is in sight", function()
    assert.same({}, leads_of { imports = { "ExAllocatePool2", "ExFreePoolWithTag" } })
  end)

  it("are what is taken and never given back", function()
    local lead = leads_of { imports = { "IoAllocateMdl" } }.unpaired
    assert.equal("IoAllocateMdl", lead.api)
    assert.is_truthy(lead.text:find("none of IoFreeMdl", 1, true))
    assert.is_nil(leads_of { imports = { "IoAllocateMdl", "IoFreeMdl" } }.unpaired)
    assert.is_nil(leads_of { imports = { "IoAllocateMdl" }, looked_up = { "IoFreeMdl" } }.unpaired)
  end)

  it("are allocations without a tag", function()
    assert.same({ "None" }, leads_of { imports = { "ExAllocatePool" } }.untagged.tags)
  end)

  it("are pool routines that are looked up, or any if no name shows", function()
    local looked_up = { "PsGetVersion", "ExAllocatePool3" }
    local lead = leads_of { imports_dynamically = true, looked_up = looked_up }.dynamic
    assert.equal("ExAllocatePool3", lead.api)
    assert.is_nil(leads_of { imports_dynamically = true, looked_up = { "PsGetVersion" } }.dynamic)
    assert.is_truthy(leads_of { imports_dynamically = true, looked_up = {} }.dynamic)
  end)

  it("are tags that are put together, and packed code", function()
    local site = { api = "ExAllocatePool2", role = "allocates", rva = 0x1000, template = "Ac??",
                   reason = "computed", confidence = "low", via = {} }
    local found = leads_of { sites = { site }, packed = true }
    assert.same({ "Ac??" }, found.template.tags)
    assert.is_truthy(found.packed)
  end)
end)
