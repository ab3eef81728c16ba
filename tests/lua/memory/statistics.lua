-- Statistics must survive every refused allocation.
local statistics = require "poolsleuth.statistics"

local values, times = {}, {}
for i = 1, 40 do values[i], times[i] = 1e8 + 1e6 * i + (i * 7919 % 13) * 1e4, 3600 * i end

assert(statistics.mann_kendall(values, { correction = "hamed-rao" }))
assert(statistics.theil_sen(values, times))
assert(statistics.seasonal(values, 8))
assert(statistics.pettitt(values))
assert(statistics.forecast(values, times, 2e8).eta)
assert(statistics.judge(values, times).word == "LEAK")
local online = assert(statistics.online())
for i, value in ipairs(values) do online:add(times[i], value) end
assert(online:result().count == 40)
