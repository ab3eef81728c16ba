-- Every verdict that shared-tag can give, each on the smallest evidence that earns it.
local made_up = require "poolsleuth.made_up"

local function leaking(tag)
  return function(hour)
    return made_up.among(hour, { tag, 9000 + math.floor(30000 * hour), 40, 512 })
  end
end
local function series(tag) return made_up.series(10, 1, leaking(tag)) end

local drivers = {
  made_up.driver("acme.sys", { tag = "Ddk " }),
  made_up.driver("tidy.sys", { tag = "Ddk ", company = "Tidy Ltd." }),
  made_up.driver("other.sys", { tag = "Ddk ", company = "Other GmbH" }),
  made_up.driver("bare.sys", { imports = { "ExAllocatePool" }, company = "Bare Inc." }),
}

local function blocks(tag)
  local list = {}
  for i = 1, 30 do list[i] = { address = 4096 * i, tag = tag, size = i < 26 and 512 or 96 } end
  return list
end

return {
  {
    name = "the default tag of old headers, which three drivers use: SHARED-TAG and a plan",
    evidence = { texts = series "Ddk ", drivers = drivers },
    expect = { '^SHARED%-TAG tag="Ddk " pool=nonpaged drivers=3 plan=sizes%+stacks%+halves' },
    reject = { "driver=" }, status = 2,
  },
  {
    name = "a list of blocks tells the sizes",
    evidence = { texts = series "Ddk ", drivers = drivers, blocks = blocks "Ddk " },
    expect = { "^SHARED%-TAG .*drivers=3 plan=stacks%+halves size=512" },
  },
  {
    name = "without a tag: those that import what allocates so",
    evidence = { texts = series "None", drivers = drivers },
    expect = { '^SHARED%-TAG tag="None" .*drivers=1 .*driver=bare.sys' },
  },
  {
    name = "the framework's tag for short names: the services that have such",
    evidence = { texts = series "FxDr", services = {
      { name = "ab", type = "kernel driver", path = "ab.sys" }, { name = "xy", type = "kernel driver" },
      { name = "acmebus", type = "kernel driver" } } },
    expect = { '^SHARED%-TAG tag="FxDr" .*drivers=2' },
  },
  {
    name = "no drivers at all: how many is unknown", evidence = { texts = series "Wdm " },
    expect = { '^SHARED%-TAG tag="Wdm " .*drivers=unknown' },
  },
  {
    name = "contradictory: drivers are at hand, and none uses it",
    evidence = { texts = series "Wdm ", drivers = drivers }, expect = { "^SHARED%-TAG .*confidence=low" },
  },
  {
    name = "two snapshots: SUSPECT at most",
    evidence = { texts = made_up.series(2, 1, leaking "Ddk "), drivers = drivers },
    expect = { '^SUSPECT tag="Ddk "' }, status = 1,
  },
  {
    name = "one snapshot: HIGH at most",
    evidence = { texts = { made_up.snapshot(9, leaking "Ddk "(9)) }, drivers = drivers },
    expect = { '^HIGH tag="Ddk "' }, status = 1,
  },
  {
    name = "a private tag is not shared", evidence = { texts = series "LkaL", drivers = drivers },
    expect = { "^NO%-LEAK" },
  },
  {
    name = "a healthy server", evidence = { texts = made_up.series(10, 1, made_up.crowd) },
    expect = { "^NO%-LEAK" }, status = 0,
  },
  {
    name = "too little: totals without tags", evidence = { texts = { { name = "vm.txt", text = made_up.vm {
      nonpaged_bytes = 1 << 28, nonpaged_limit_bytes = 1 << 30 } } } },
    expect = { "^NOT%-ENOUGH%-DATA" }, status = 3,
  },
  { name = "nothing at all", status = 65 },
}
