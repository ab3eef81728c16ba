-- Changes of the evidence that must never change who is accused.
local arguments = require "poolsleuth.arguments"
local case = require "poolsleuth.case"
local stories   = require "tests.lua.support.stories"
local verdict = require "poolsleuth.verdict"

local HEAD <const> = " Memory:33473120K Avail:20055132K  PageFlts:     5   InRam Krnl:10444K P:1843072K\n"
  .. " Commit:15035764K Limit:67027552K Peak:16677444K            Pool N:%dK P:%dK\n\n"
  .. " Tag  Type     Allocs         Frees    Diff   Bytes    Per Alloc\n\n"

-- The rows of one hour: a leak, its victim, a filling cache, a large constant, churn and noise.
local function rows_at(hour, names, scale)
  local random = stories.stream(hour + 7)
  local rows = {
    { names.leak, "Nonp", 40000 + 21000 * hour, 400 + 60 * hour, 528 * scale },
    { names.victim, "Nonp", 90000 + 61000 * hour, 50000 + 40060 * hour, 96 * scale },
    { names.cache, "Paged", 900000 + 30000 * hour, 810000 + 30000 * hour + 60000 // (1 + hour),
      1024 * scale },
    { names.large, "Nonp", 6394, 4056, 698960 * scale },
    { names.churn, "Nonp", 5000000 + 700000 * hour + random(900), 4990000 + 700000 * hour, 208 * scale },
  }
  for i = 1, names.noise do
    local size = 48 + 16 * (i % 13)
    rows[#rows + 1] = { ("Q%03d"):format(i), i % 2 == 0 and "Nonp" or "Paged",
      10000 + 300 * i + 500 * hour, 9000 + 300 * i + 500 * hour - random(60), size * scale }
  end
  return rows
end

local function text_of(rows)
  local lines, total = {}, { Nonp = 0, Paged = 0 }
  for i, row in ipairs(rows) do
    local diff = row[3] - row[4]
    total[row[2]] = total[row[2]] + diff * row[5]
    lines[i] = (" %-4s %-5s %d %d %d %d %d\n"):format(row[1], row[2], row[3], row[4], diff, diff * row[5],
      row[5])
  end
  return HEAD:format(total.Nonp // 1000, total.Paged // 1000) .. table.concat(lines)
end

local USUAL <const> = {
  leak = "Lk47", victim = "Vc47", cache = "CM31", large = "EtwB", churn = "Irp ", noise = 60,
}

local function evidence(names, scale, hours)
  local texts = {}
  for _, hour in ipairs(hours) do
    texts[#texts + 1] = { text = text_of(rows_at(hour, names, scale)),
      name = ("poolmon-2026-11-%02dT%02d-30-00.log"):format(1 + hour // 24, hour % 24) }
  end
  return texts
end

local function drivers(tag)
  local function driver(path, company, sites, imports)
    return { path = path, machine = "x64", version = { CompanyName = company }, sites = sites,
      imports = imports or {} }
  end
  local function site(of)
    return { api = "ExAllocatePoolWithTag", role = "allocates", rva = 0x1040, function_rva = 0x1000, tag = of,
      pool = "nonpaged", argument = 2, confidence = "high", via = {} }
  end
  return {
    driver("drivers/bigbuf.sys", "Big Corp", { site "BigB" }),
    driver("drivers/guilty.sys", "Guilty GmbH", { site(tag) }),
    driver("drivers/pairs.sys", "Fair Ltd", { site "Pair" }, {
      { dll = "ntoskrnl.exe", name = "IoAllocateIrp" }, { dll = "ntoskrnl.exe", name = "IoFreeIrp" } }),
  }
end

local function run(texts, tag)
  local def = dofile "scripts/playbooks/find-leaking-driver.lua"
  local one = case.new { texts = texts, drivers = drivers(tag) }
  def.run(one, assert(arguments.check(def, { sources = {} })))
  verdict.sort(one.findings)
  return one.findings
end

local function accused(texts, tag)
  local first = run(texts, tag or "Lk47")[1]
  return first.verdict, first.tag, first.suspects[1] and first.suspects[1].driver
end

local function hours(from, to, step)
  local list = {}
  for hour = from, to, step or 1 do list[#list + 1] = hour end
  return list
end

local function shuffled(list, seed)
  local random = stories.stream(seed)
  for i = #list, 2, -1 do
    local j = 1 + random(i)
    list[i], list[j] = list[j], list[i]
  end
  return list
end

describe("find-leaking-driver", function()
  it("accuses the source, not its victim, its size or the noise", function()
    local findings = run(evidence(USUAL, 1, hours(0, 19)), "Lk47")
    assert.are.equal("LEAK", findings[1].verdict)
    assert.are.equal("Lk47", findings[1].tag)
    assert.are.equal("guilty.sys", findings[1].suspects[1].driver)
    assert.are.equal("Vc47", findings[1].victims[1].tag)
    for i = 2, #findings do assert.are_not.equal("LEAK", findings[i].verdict) end
  end)

  it("does not care what the tags are called", function()
    for _, name in ipairs { "Zz9 ", "aB.d", "1234", "Proz" } do
      local names = setmetatable({ leak = name, victim = "x" .. name:sub(1, 3) }, { __index = USUAL })
      assert.are.same({ "LEAK", name, "guilty.sys" }, { accused(evidence(names, 1, hours(0, 19)), name) })
    end
  end)

  it("does not care about scale", function()
    for _, scale in ipairs { 10, 100 } do
      assert.are.same({ "LEAK", "Lk47", "guilty.sys" }, { accused(evidence(USUAL, scale, hours(0, 19))) })
    end
  end)

  it("does not care in which order the files are named", function()
    for seed = 1, 10 do
      local texts = shuffled(evidence(USUAL, 1, hours(0, 19)), seed)
      assert.are.same({ "LEAK", "Lk47", "guilty.sys" }, { accused(texts) })
    end
  end)

  it("does not care when every second snapshot is missing", function()
    assert.are.same({ "LEAK", "Lk47", "guilty.sys" }, { accused(evidence(USUAL, 1, hours(0, 19, 2))) })
    assert.are.same({ "LEAK", "Lk47", "guilty.sys" }, { accused(evidence(USUAL, 1, hours(0, 19, 4))) })
    local word, tag, driver = accused(evidence(USUAL, 1, hours(0, 19, 19)))
    assert.are.same({ "SUSPECT", "Lk47", "guilty.sys" }, { word, tag, driver })
  end)

  it("does not care about more noise", function()
    for _, noise in ipairs { 0, 300, 900 } do
      local names = setmetatable({ noise = noise }, { __index = USUAL })
      assert.are.same({ "LEAK", "Lk47", "guilty.sys" }, { accused(evidence(names, 1, hours(0, 19))) })
    end
  end)

  it("accuses nobody on the same machine without the leak", function()
    local texts = {}
    for hour = 0, 19 do
      local rows = rows_at(hour, USUAL, 1)
      table.remove(rows, 1)
      table.remove(rows, 1)
      texts[#texts + 1] = { text = text_of(rows), name = ("poolmon-2026-11-01T%02d-30-00.log"):format(hour) }
    end
    for _, finding in ipairs(run(texts, "Lk47")) do
      assert.is_nil(({ LEAK = true, SUSPECT = true, HIGH = true })[finding.verdict], finding.tag)
    end
  end)
end)
