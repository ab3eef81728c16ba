--- The exporter for Zabbix quotes its lines and keys as zabbix_sender reads them.
local export = require "tests.lua.support.export"
local json = require "poolsleuth.json"

-- The words of a line as zabbix_sender takes it apart: blanks between, quotes and backslashes within.
local function words_of(line)
  local words, at = {}, 1
  while at <= #line do
    if line:sub(at, at) == '"' then
      local word = {}
      at = at + 1
      while line:sub(at, at) ~= '"' do
        if line:sub(at, at) == "\\" then at = at + 1 end
        word[#word + 1] = line:sub(at, at)
        at = at + 1
        assert(at <= #line, "a quote is open: " .. line)
      end
      words[#words + 1], at = table.concat(word), at + 2
    else
      local word = line:match("^%S+", at)
      words[#words + 1], at = word, at + #word + 1
    end
  end
  return words
end

local function lines_of(text)
  local lines = {}
  for line in text:gmatch "([^\n]*)\n" do lines[#lines + 1] = words_of(line) end
  return lines
end

local function find(text, host, key)
  for _, words in ipairs(lines_of(text)) do
    if words[1] == host and words[2] == key then return words end
  end
  error(key .. " is not in:\n" .. text)
end

describe("the Zabbix exporter", function()
  it("writes host, key, time and value", function()
    local text = export.write("zabbix", export.two_hosts())
    for _, words in ipairs(lines_of(text)) do assert.are.equal(4, #words) end
    assert.are.same({ "SRV7", "poolsleuth.tag.bytes[LkaL,nonpaged]", "1793491500", "1075193856" },
      find(text, "SRV7", "poolsleuth.tag.bytes[LkaL,nonpaged]"))
    local allocs = find(text, "SRV7", "poolsleuth.tag.allocs_total[LkaL,nonpaged]")
    assert.are.equal("18446744073709551615", allocs[4])
  end)

  it("discovers each host's tags before their values", function()
    local text = export.write("zabbix", export.two_hosts())
    local words = lines_of(text)[1]
    assert.are.same({ "SRV7", "poolsleuth.tags" }, { words[1], words[2] })
    assert.are.same({ { ["{#TAG}"] = "LkaL", ["{#POOL}"] = "nonpaged" },
                      { ["{#TAG}"] = "Irp ", ["{#POOL}"] = "nonpaged" } }, json.decode(words[4]))
    assert.are.equal(2, select(2, text:gsub("poolsleuth%.tags ", "")))
  end)

  it("quotes hosts with blanks, and tags with blanks, commas, brackets and quotes", function()
    local text = export.write("zabbix", { kind = "snapshot", data = export.snapshot {
      host = 'print "server" 7', time = "2026-11-01T00:05:00", rows = {
        export.row("Irp ", "paged", { bytes = 1 }), export.row("a,]b", "paged", { bytes = 2 }),
        export.row('"x" ', "paged", { bytes = 3 }), export.row("[ab\\", "paged", { bytes = 4 }) } } })
    local host <const> = 'print "server" 7'
    assert.are.equal("1", find(text, host, "poolsleuth.tag.bytes[Irp ,paged]")[4])
    assert.are.equal("2", find(text, host, 'poolsleuth.tag.bytes["a,]b",paged]')[4])
    assert.are.equal("3", find(text, host, 'poolsleuth.tag.bytes["\\"x\\" ",paged]')[4])
    assert.are.equal("4", find(text, host, "poolsleuth.tag.bytes[[ab\\,paged]")[4])
  end)

  it("tells tags apart that look the same", function()
    local text = export.write("zabbix", { kind = "snapshot", data = export.snapshot { host = "A", rows = {
      { tag = "...4", tag_hex = "34030201", pool = "paged", bytes = 1, flags = {} },
      { tag = "...4", tag_hex = "34060504", pool = "paged", bytes = 2, flags = {} } } } })
    assert.are.equal("1", find(text, "A", "poolsleuth.tag.bytes[0x34030201,paged]")[4])
    assert.are.equal("2", find(text, "A", "poolsleuth.tag.bytes[0x34060504,paged]")[4])
  end)

  it("leaves the host to the agent's configuration where the evidence names none", function()
    local text = export.write("zabbix", { kind = "snapshot", data = export.snapshot { rows = {
      export.row("LkaL", "paged", { bytes = 1 }) } } })
    assert.are.equal("1", find(text, "-", "poolsleuth.tag.bytes[LkaL,paged]")[4])
  end)

  it("gives verdicts and trends", function()
    local text = export.write("zabbix", export.verdict())
    assert.are.equal("2", find(text, "SRV7", "poolsleuth.finding.status[nightly,LkaL,nonpaged]")[4])
    assert.are.equal("0", find(text, "SRV8", "poolsleuth.finding.status[nightly]")[4])
    assert.are.equal("113400", find(text, "SRV7", "poolsleuth.growth.exhausted_in_seconds[LkaL,nonpaged]")[4])
    assert.are.equal("0.5", find(export.write("zabbix", export.trend()), "SRV7",
      "poolsleuth.growth.freed_ratio[LkaL,nonpaged]")[4])
  end)
end)
