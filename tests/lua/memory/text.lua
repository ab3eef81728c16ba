-- Read evidence and a tag file, compare snapshots, for the out-of-memory host.
local text = require "poolsleuth.text"
local pool = require "poolsleuth.pool"

local function poolmon(bytes)
  return (" Tag  Type     Allocs            Frees            Diff   Bytes       Per Alloc\n\n"
    .. " CM31 Paged      9784 (   0)      6312 (   0)     3472 17121280 (     0)   4931\n"
    .. " LkaL Nonp     120000 (   0)         8 (   0)   119992 %8d (     0)    256\n"):format(bytes)
end

local before, after = assert(text.parse(poolmon(30717952))), assert(text.parse(poolmon(40717952)))
assert(#before.snapshots == 1 and #before.snapshots[1]:rows() == 2)
assert(pool.diff(before.snapshots[1], after.snapshots[1]))
assert(pool.trend({ before.snapshots[1], after.snapshots[1] }, { 0, 3600 })):rows()

local tags = assert(text.tagfile "LkaL - acme.sys - contexts\nLka? - acme.sys - others\n")
assert(#tags == 2 and #tags:find "LkaL" == 1)
