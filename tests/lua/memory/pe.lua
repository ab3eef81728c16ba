-- Read, scan and raw search of a driver, for the out-of-memory host.
local pe = require "poolsleuth.pe"
local image = require "tests.lua.support.image"

local bytes = image.with_tag "LkaL"
local driver = assert(pe.parse(bytes))
assert(driver.machine == "x64" and #driver.sections == 1 and #driver.imports == 1)
local none, message = pe.parse(bytes:sub(1, 100))
assert(none == nil and type(message) == "string")
for _, result in ipairs(assert(pe.scan({ "Makefile" }, { threads = 1 }))) do
  assert(result.driver == nil and result.error)
end
for _, result in ipairs(assert(pe.raw_search({ "Makefile" }, "LkaL", { threads = 1 }))) do
  assert(result.path == "Makefile")
end
