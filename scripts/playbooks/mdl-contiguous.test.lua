-- Every verdict that mdl-contiguous can give, each on the smallest evidence that earns it.
local made_up = require "poolsleuth.made_up"

-- Lists that are made and freed, of which so many an hour stay, and contiguous buffers.
local function memory(stay, buffers, more)
  return function(hour)
    local busy = math.floor(200000 * hour)
    return made_up.among(hour,
      { "Mmdi", 500000 + busy + math.floor(stay * hour), 499000 + busy, 1024 },
      { "MmCm", buffers + 12 + math.floor((more or 0) * hour), 12, 1 << 20 })
  end
end

local function series(...) return made_up.series(10, 1, memory(...)) end

local pages = { "MmAllocatePagesForMdlEx", "MmFreePagesFromMdl" }
local leaky = made_up.driver("acmefs.sys", { imports = pages })
local tidy = made_up.driver("tidyfs.sys",
  { imports = { pages[1], pages[2], "ExFreePool" }, company = "Tidy Ltd." })
local nobody = made_up.driver("nobody.sys", { imports = { "IoFreeMdl" }, company = "Nobody Ltd." })

return {
  {
    name = "lists stay, and a driver gives back the pages and not the list: MDL-LEAK",
    evidence = { texts = series(60000, 4), drivers = { tidy, leaky, nobody } },
    expect = { '^MDL%-LEAK tag="Mmdi" pool=nonpaged .*driver=acmefs.sys' }, status = 2,
  },
  {
    name = "the same without a driver: a public report is followed",
    evidence = { texts = series(60000, 4) }, expect = { '^MDL%-LEAK tag="Mmdi" .*driver=viofs.sys' },
  },
  {
    name = "contiguous memory that grows is no fixed buffer",
    evidence = { texts = series(0, 4, 9) }, expect = { '^MDL%-LEAK tag="MmCm"' }, reject = { "driver=" },
  },
  {
    name = "contradictory: no driver at hand takes such memory",
    evidence = { texts = series(0, 4, 9), drivers = { nobody } },
    expect = { '^MDL%-LEAK tag="MmCm" .*confidence=low' },
  },
  {
    name = "large and constant: FIXED-DMA", evidence = { texts = series(0, 400) },
    expect = { '^FIXED%-DMA tag="MmCm" pool=nonpaged holds=401MiB' }, reject = { "driver=" }, status = 0,
  },
  {
    name = "two snapshots of lists that grow: SUSPECT at most",
    evidence = { texts = made_up.series(2, 1, memory(90000, 4)) }, expect = { '^SUSPECT tag="Mmdi"' },
    status = 1,
  },
  {
    name = "one snapshot of many lists: HIGH at most",
    evidence = { texts = { made_up.snapshot(9, memory(400000, 4)(9)) } }, expect = { '^HIGH tag="Mmdi"' },
    status = 1,
  },
  {
    name = "too little: large in one snapshot",
    evidence = { texts = { made_up.snapshot(0, memory(0, 400)(0)) } },
    expect = { "^NOT%-ENOUGH%-DATA" }, status = 3,
  },
  {
    name = "too little: no such tag", evidence = { texts = { made_up.snapshot(0, made_up.crowd(0)) } },
    expect = { "^NOT%-ENOUGH%-DATA" },
  },
  {
    name = "a healthy server", evidence = { texts = series(0, 4), drivers = { leaky } },
    expect = { "^NO%-LEAK" }, status = 0,
  },
  { name = "nothing at all", status = 65 },
}
