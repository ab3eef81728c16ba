--- Writes the fixtures that are kept: build.lua KERNELS OUT, from the folder of the project.
local here <const> = arg[0]:match("^(.*)/tests/make/kernel/[^/]*$") or "."
package.path = here .. "/?.lua;" .. package.path
local fixtures <const> = require "tests.make.kernel.fixtures"

fixtures.write(arg[1], arg[2])
