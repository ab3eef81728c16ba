-- Small blocks of pool: every page that a machine was built with is walked, block by block; chains that
-- somebody forged are refused with what is wrong; builds with a segment heap say that they have none.
local dump <const> = require "poolsleuth.dump"
local dumps <const> = require "tests.lua.support.dumps"
local fixtures <const> = require "tests.make.kernel.fixtures"
local folders <const> = require "tests.lua.support.folder"
local kd <const> = require "poolsleuth.kd"
local json <const> = require "poolsleuth.json"
local machines <const> = require "tests.make.kernel.machines"
local schema <const> = require "tests.lua.support.schema"
local shell <const> = require "tests.lua.support.shell"
local text <const> = require "poolsleuth.text"

if not dumps.available() then
  describe("small blocks", function()
    pending("needs clang-14, lld-link and llvm-dlltool to build kernels")
  end)
  return
end

local old <const>, new <const> = {}, {}
for name, spec in pairs(machines) do
  local list <const> = spec.build < 18362 and old or new
  list[#list + 1] = name
end
table.sort(old)
table.sort(new)

-- A 32-bit address as the reader gives it.
local function extend(m, address)
  return m.bits == 32 and address | ~0xffffffff or address
end

local function line_of(m, block)
  return ("%x %x %x %s %s"):format(extend(m, block.address), block.size, block.previous_size, block.tag,
    block.pool)
end

-- Blocks in use of the made-up tags that the dump holds, in order, as text.
local function expected(m, told)
  local lines <const> = {}
  for _, block in ipairs(told.blocks) do
    if not block.free and block.state ~= "paged out" and block.tag:find "^Wl" then
      lines[#lines + 1] = line_of(m, block)
    end
  end
  table.sort(lines)
  return table.concat(lines, "\n")
end

local function listed(m, found)
  local lines <const> = {}
  for i, block in ipairs(found.blocks) do
    lines[i] = line_of(m, block)
    assert.is_true(i == 1 or math.ult(found.blocks[i - 1].address, block.address))
  end
  table.sort(lines)
  return table.concat(lines, "\n")
end

-- Sums by tag and pool of the blocks that are found, and of those that were built.
local function totals(blocks, take)
  local sums <const> = {}
  for _, block in ipairs(blocks) do
    if take(block) then
      local key <const> = block.tag .. " " .. block.pool
      sums[key] = sums[key] or { 0, 0 }
      sums[key][1], sums[key][2] = sums[key][1] + 1, sums[key][2] + block.size
    end
  end
  return sums
end

local function sums_of(found)
  local sums <const> = {}
  for _, sum in ipairs(found.sums) do sums[sum.tag .. " " .. sum.pool] = { sum.count, sum.bytes } end
  return sums
end

local function is_there(block)
  return not block.free and block.state ~= "paged out"
end

local function pages_there(m)
  local count = 0
  for _, page in ipairs(m.pool_pages) do count = count + (page.state == "paged out" and 0 or 1) end
  return count
end

-- The file of another kind, if the machine's kernel could not be found in one without a header.
local function containers_of(spec)
  return { "full", spec.build < 9200 and "summary" or "bitmap6", "lime", "raw" }
end

describe("small blocks of", function()
  local folder

  lazy_setup(function() folder = folders.new() end)
  lazy_teardown(function() getmetatable(folder).__close(folder) end)

  for _, name in ipairs(old) do
    it(name .. " are those that it was built with, in any container, with a PDB and without", function()
      local m <const>, told <const> = dumps.machine(name)
      for _, container in ipairs(containers_of(m.spec)) do
        for _, pdb in ipairs { false, dumps.pdb(m) } do
          local opened <close> = assert(dump.open(dumps.write(m, container, folder:path())))
          if pdb then assert(opened:use_pdb(pdb)) end
          local found <const> = assert(opened:pool_blocks { tag = "Wl*" })
          assert.equal(expected(m, told), listed(m, found))
          assert.same(totals(told.blocks, is_there), sums_of(found))
          assert.equal(pages_there(m), found.pages)
          assert.is_true(found.paged_out >= 1)
          assert.is_false(found.more or found.cut or found.stopped)
        end
      end
    end)

    it(name .. " are listed page by page, free ones too", function()
      local m <const>, told <const> = dumps.machine(name)
      local opened <close> = assert(dump.open(dumps.write(m, "full", folder:path())))
      local seen = 0
      for _, page in ipairs(m.pool_pages) do
        local got, why = opened:pool_page(extend(m, page.address + 0x123))
        if page.state == "paged out" then
          assert.matches("is paged out", why)
        else
          assert.is_true(got.whole)
          assert.equal(page.side, got.pool)
          for i, block in ipairs(page.blocks) do
            assert.equal(line_of(m, block), line_of(m, got.blocks[i]))
            assert.equal(block.free, got.blocks[i].free)
            seen = seen + 1
          end
          assert.equal(#page.blocks, #got.blocks)
        end
      end
      assert.is_true(seen > #told.blocks // 2)
    end)
  end

  -- Builds between those that have a kernel of their own: what differs between them is not of blocks.
  for _, item in ipairs {
    { "vista_x86", 6000 }, { "win7_x64", 6002 }, { "win7_x64", 7600 }, { "win81_x64", 9200 },
    { "win81_pae", 9200 },
    { "win10_15063_x64", 10240 }, { "win10_15063_x64", 14393 }, { "win10_16299_x64", 17134 },
    { "win10_16299_x64", 17763 },
  } do
    it(("build %d, as %s, are walked"):format(item[2], item[1]), function()
      local spec <const> = { build = item[2] }
      for key, value in pairs(machines[item[1]]) do
        if spec[key] == nil then spec[key] = value end
      end
      local m <const> = fixtures.machine(spec, dumps.kernels)
      for _, container in ipairs { "full", "lime" } do
        local opened <close> = assert(dump.open(dumps.write(m, container, folder:path())))
        assert(opened:use_pdb(dumps.pdb(m)))
        local found <const> = assert(opened:pool_blocks { tag = "Wl*" })
        assert.equal(expected(m, { blocks = m.pool_blocks }), listed(m, found))
        assert.same(totals(m.pool_blocks, is_there), sums_of(found))
      end
    end)
  end

  for _, name in ipairs(new) do
    it(name .. " are not walked, and that is said", function()
      local m <const> = dumps.machine(name)
      local opened <close> = assert(dump.open(dumps.write(m, "full", folder:path())))
      for _, method in ipairs { "pool_blocks", "pool_page" } do
        local got, why, err = opened[method](opened, method == "pool_page" and 0 or {})
        assert.is_nil(got)
        assert.equal("unsupported", err.code)
        assert.matches("segment heap", why)
        assert.matches(("build %d"):format(m.spec.build), why)
      end
    end)
  end

  it("one tag, one pool and no more than asked for", function()
    local m <const>, told <const> = dumps.machine("win7_x64")
    local opened <close> = assert(dump.open(dumps.write(m, "full", folder:path())))
    local whole <const> = assert(opened:pool_blocks { tag = "Wlk1", pool = "paged" })
    assert.is_true(#whole.blocks > 1)
    for _, block in ipairs(whole.blocks) do
      assert.equal("Wlk1", block.tag)
      assert.equal("paged", block.pool)
    end
    local cut <const> = assert(opened:pool_blocks { tag = "W??1", pool = "paged", limit = 1 })
    assert.equal(1, #cut.blocks)
    assert.equal(whole.blocks[1].address, cut.blocks[1].address)
    assert.is_true(cut.more)
    assert.same(sums_of(whole), sums_of(cut))
    assert.same({}, assert(opened:pool_blocks()).blocks)
    assert.same({}, assert(opened:pool_blocks { tag = "none" }).blocks)
    for threads = 1, 3 do
      local again <const> = assert(opened:pool_blocks { tag = "W*", threads = threads })
      assert.equal(expected(m, told), listed(m, again))
    end
  end)

  it("a walk that is stopped say so", function()
    local m <const> = dumps.machine("win7_x64")
    local opened <close> = assert(dump.open(dumps.write(m, "full", folder:path())))
    local found <const> = assert(opened:pool_blocks { progress = function() return false end })
    assert.is_true(found.stopped)
    assert.equal(0, found.pages)
    assert.has_error(function() opened:pool_blocks { progress = function() error "no" end } end)
    assert.has_error(function() opened:pool_blocks { tag = "toolong" } end)
    assert.has_error(function() opened:pool_blocks { pool = "session" } end)
  end)
end)

-- A header's field changed: its word is at the block's beginning.
local function forge(m, block, change)
  local wide <const> = m.bits == 64
  local format <const> = wide and "<I1I1I1I1" or "<I2I2"
  local fields
  if wide then
    fields = { before = block.previous_size // 16, size = block.size // 16, kind = block.kind }
  else
    fields = { before = block.previous_size // 8, size = block.size // 8, kind = block.kind }
  end
  for name, value in pairs(change) do fields[name] = value end
  m.space:write(block.address, wide and format:pack(fields.before, 0, fields.size, fields.kind)
    or format:pack(fields.before, fields.size | fields.kind << 9))
end

describe("a forged chain", function()
  local folder

  lazy_setup(function() folder = folders.new() end)
  lazy_teardown(function() getmetatable(folder).__close(folder) end)

  for _, name in ipairs { "story2", "vista_x86", "win2003_x64", "win81_x64" } do
    local most <const> = (machines[name].mode == "x86" or machines[name].mode == "pae") and 511 or 255
    local of_old <const> = machines[name].build < 6000
    for _, item in ipairs {
      { "without a size", { size = 0 }, "has no size" },
      { "that runs over the page", { size = most }, "but the page ends after" },
      { "that lies of the block before", { before = 77 }, "bytes before it, but there are" },
      { "of both pools", { kind = of_old and 2 or 3 }, "of another pool", { -1 } },
    } do
      for _, place in ipairs(item[4] or { 2, -1 }) do
        it(("%s is refused in %s, at block %d"):format(item[1], name, place), function()
          local m <const> = fixtures.machine(name, dumps.kernels)
          local page <const> = m.pool_pages[1]
          local at <const> = place > 0 and place or #page.blocks
          local block <const> = page.blocks[at]
          block.kind = of_old and 1 or 2
          forge(m, block, item[2])
          local opened <close> = assert(dump.open(dumps.write(m, "full", folder:path())))
          local got <const> = assert(opened:pool_page(extend(m, page.address)))
          assert.is_false(got.whole)
          assert.matches(item[3], got.broken, 1, true)
          assert.matches(("0x%x "):format(extend(m, block.address)), got.broken, 1, true)
          assert.equal(at - 1, #got.blocks)
          local found <const> = assert(opened:pool_blocks {})
          assert.equal(pages_there(m) - 1, found.pages)
          assert.same(totals(m.pool_blocks, function(other)
            return is_there(other) and (other.address & ~0xfff) ~= page.address
          end), sums_of(found))
        end)
      end
    end
  end

  it("is told by !pool, with the blocks before it", function()
    local m <const> = fixtures.machine("win7_x64", dumps.kernels)
    local page <const> = m.pool_pages[1]
    page.blocks[4].kind = 2
    forge(m, page.blocks[4], { size = 0 })
    local opened <close> = assert(dump.open(dumps.write(m, "full", folder:path())))
    local answer <const> = kd.new(opened, {}):run(("!pool %x"):format(page.address))[1]
    assert.matches("do not chain", answer.error)
    assert.equal(3, #answer.data.pool.blocks)
    local nothing <const> = kd.new(opened, {}):run(("!pool %x"):format(m.kernel_base))[1]
    assert.matches("in no block that is known", nothing.error)
    assert.matches("it is in no page of small blocks", table.concat(nothing.lines, "\n"))
  end)

  it("of tables that map themselves ends", function()
    local m <const> = fixtures.machine("win81_x64", dumps.kernels)
    local top <const> = m.space.tables[m.space.root]
    local shared <const> = top[m.kernel_base >> 39 & 0x1ff]
    for index = 0x110, 0x1ff do
      if index ~= 0x1ed and not top[index] then m.space:set_entry(m.space.root, index, shared) end
    end
    local opened <close> = assert(dump.open(dumps.write(m, "full", folder:path())))
    local found <const> = assert(opened:pool_blocks { tag = "Wl*", limit = 10 })
    assert.is_true(found.looked > 1000)
  end)
end)

describe("a page of the pool that is missing", function()
  it("is named, and its blocks are not found", function()
    local folder <close> = folders.new()
    for _, name in ipairs { "xp_x86", "win7_x64", "win81_pae" } do
      local m <const> = dumps.machine(name)
      for _, page in ipairs(m.pool_pages) do
        local frame <const> = m.space.frame_of[page.address >> 12]
        if frame then
          local path <const> = dumps.write(m, "full", folder:path(), { missing = { [frame] = true } })
          local opened <close> = assert(dump.open(path))
          local got, why = opened:pool_page(extend(m, page.address))
          assert.is_nil(got)
          assert.matches("is not in the dump", why)
          local found <const> = assert(opened:pool_blocks {})
          assert.is_true(found.missing >= 1)
          assert.equal(pages_there(m) - 1, found.pages)
        end
      end
    end
  end)
end)

describe("the debugger's words for blocks", function()
  local folder

  lazy_setup(function() folder = folders.new() end)
  lazy_teardown(function() getmetatable(folder).__close(folder) end)

  local function session_of(name, container)
    local m <const>, told <const> = dumps.machine(name)
    local opened <const> = assert(dump.open(dumps.write(m, container, folder:path())))
    return kd.new(opened, {}), m, told
  end

  for _, name in ipairs { "xp_x86", "story2", "win7_x64", "win10_16299_x64" } do
    it(("of %s are read back by the reader of texts"):format(name), function()
      local session <const>, m = session_of(name, "full")
      local page <const> = m.pool_pages[2]
      local asked <const> = page.blocks[3]
      local log <const> = { ("0: kd> !pool %x"):format(asked.address + 8) }
      for _, line in ipairs(session:run(log[1])[1].lines) do log[#log + 1] = line end
      local read <const> = assert(text.parse(table.concat(log, "\n") .. "\n")).blocks
      assert.equal(#page.blocks, #read)
      for i, block in ipairs(page.blocks) do
        assert.equal(extend(m, block.address) & 0xffffffff, read[i].address & 0xffffffff)
        assert.same({ block.size, block.previous_size, block.free and "free" or "allocated", block == asked },
          { read[i].size, read[i].previous_size, read[i].state, read[i].marked or false })
        assert.equal("nonpaged", read[i].pool)
      end
    end)

    it(("find all of a tag in %s, and say how many there are"):format(name), function()
      local session <const>, _, told = session_of(name, "full")
      local answer <const> = session:run("!poolfind Wlk2")[1]
      assert.is_nil(answer.error)
      local log <const> = "0: kd> !poolfind Wlk2\n" .. table.concat(answer.lines, "\n") .. "\n"
      local want <const> = totals(told.blocks, function(block)
        return is_there(block) and block.tag == "Wlk2"
      end)
      local snapshots <const> = assert(text.parse(log)).snapshots
      local read <const> = {}
      for _, snapshot in ipairs(snapshots) do
        for _, row in ipairs(snapshot:rows()) do
          read[row.tag .. " " .. row.pool] = { row.diff, row.bytes }
        end
      end
      assert.same(want, read)
      assert.equal(want["Wlk2 nonpaged"][1] + want["Wlk2 paged"][1], #answer.data.poolfind)
      for _, row in ipairs(answer.data.coverage) do
        local numbers <const> = told.tags.Wlk2[row.pool]
        assert.same({ numbers.diff, numbers.bytes }, { row.counted, row.counted_bytes })
        assert.same(want["Wlk2 " .. row.pool], { row.count, row.bytes })
      end
      assert.matches("page.- paged out", log)
    end)
  end

  it("take what people type", function()
    local session <const> = session_of("win7_x64", "full")
    local function count(line)
      local answer <const> = session:run(line)[1]
      return answer.error or #answer.data.poolfind
    end
    local both <const> = count("!poolfind Wlk1")
    assert.equal(both, count('!poolfind "Wlk1"'))
    assert.equal(both, count("!poolfind -tag Wlk1"))
    assert.equal(both, count("!poolfind 'Wlk1' 0") + count("!poolfind Wlk1 1"))
    assert.equal(count("!poolfind Wlk1 1"), count("!poolfind -tag \"Wlk1\" -paged"))
    assert.is_true(count("!poolfind W*") > both)
    assert.equal(count("!poolfind W*"), count("!poolfind Wl??"))
    assert.matches("one to four", count("!poolfind"))
    assert.matches("one to four", count("!poolfind toolong"))
    assert.matches("is not walked", count("!poolfind Wlk1 2"))
    assert.matches("is no pool", count("!poolfind Wlk1 7"))
    assert.equal(2, count("!poolfind LkaL"))
  end)

  it("answer as a document", function()
    local m <const> = dumps.machine("win7_x64")
    local path <const> = dumps.write(m, "full", folder:path())
    local result <const> = shell.poolsleuth { "kd", path, "--json", "-c",
      ("!pool %x; !pool %x 3; !poolfind Wlk1; !poolfind LkaL; !poolfind * 4; !poolused 8; what %x; " ..
        "owners Wlk1"):format(m.pool_pages[1].address, m.pool_pages[1].address, m.pool_pages[1].address + 8) }
    assert.equal(0, result.status)
    local decoded <const> = assert(json.decode(result.out))
    assert.is_nil(schema.check(decoded, "dump"))
    local commands <const> = decoded.data.commands
    assert.equal(#m.pool_pages[1].blocks, #commands[1].pool.blocks)
    assert.is_true(commands[1].pool.blocks[1].marked)
    assert.equal(pages_there(m), commands[3].walk.pages)
    assert.equal("Wlk1", commands[3].coverage[1].tag)
    assert.is_true(commands[4].poolfind[1].large)
    assert.is_number(commands[5].poolfind[1].session)
    assert.equal(m.pool_pages[1].blocks[1].tag:sub(1, 3), commands[7].place.tag:sub(1, 3))
  end)

  it("say what a triage dump does not hold", function()
    for _, name in ipairs { "win7_pae", "win10_x64" } do
      local session <const> = session_of(name, "triage")
      assert.matches("in no block that is known", session:run("!pool 80001000")[1].error)
      for _, line in ipairs { "!poolfind Wlk1", "owners Wlk1" } do
        assert.matches("a triage dump holds", table.concat(session:run(line)[1].lines, "\n"))
      end
      local processes <const> = session:run("!process 0 0")[1]
      assert.is_true(processes.error ~= nil or #processes.data.processes == 1)
    end
  end)

  it("list big blocks of builds with a segment heap, and say what is not walked", function()
    local session <const> = session_of("win10_x64", "full")
    local answer <const> = session:run("!poolfind LkaL")[1]
    assert.is_nil(answer.error)
    assert.equal(2, #answer.data.poolfind)
    assert.matches("segment heap", table.concat(answer.lines, "\n"))
    local other <const> = session:run("!pool 1000")[1]
    assert.matches("in no block that is known", other.error)
    assert.matches("segment heap", table.concat(other.lines, "\n"))
  end)
end)

describe("the owners of small blocks", function()
  it("are the modules whose addresses stand in them", function()
    local folder <close> = folders.new()
    for _, name in ipairs { "story2", "vista_x86", "win7_x64", "win10_16299_x64" } do
      local m <const>, told <const> = dumps.machine(name)
      local opened <close> = assert(dump.open(dumps.write(m, "full", folder:path())))
      local owners <const> = assert(opened:small_owners "Wlk1")
      local count = 0
      for _, block in ipairs(told.blocks) do
        if is_there(block) and block.tag == "Wlk1" then count = count + 1 end
      end
      assert.equal(count, owners.blocks)
      assert.equal(m.modules[3].name, owners.votes[1].module)
      assert.is_true(owners.votes[1].blocks > owners.sampled // 2)
      assert.same({}, assert(opened:small_owners "Wlk2").votes)
      local answer <const> = kd.new(opened, {}):run("owners Wlk1")[1]
      assert.is_nil(answer.error)
      assert.matches(m.modules[3].name, table.concat(answer.lines, "\n"), 1, true)
      assert.equal("small", answer.data.owners[2].kind)
      assert.matches("one to four", kd.new(opened, {}):run("owners toolong")[1].error)
    end
  end)
end)

describe("processes that no list leads to", function()
  local folder

  lazy_setup(function() folder = folders.new() end)
  lazy_teardown(function() getmetatable(folder).__close(folder) end)

  local function names_of(list)
    local names <const> = {}
    for i, process in ipairs(list) do names[i] = ("%d %s"):format(process.pid, process.name) end
    table.sort(names)
    return table.concat(names, ", ")
  end

  for _, name in ipairs { "xp_x86", "story2", "vista_x86", "win81_pae", "win2003_x64", "win7_x64",
                          "win81_x64", "win10_16299_x64" } do
    it(("of %s are found in the pool"):format(name), function()
      local whole <const> = dumps.machine(name)
      local opened <close> = assert(dump.open(dumps.write(whole, "full", folder:path())))
      local all <const> = names_of(assert(opened:processes()))
      for _, break_at in ipairs { "head", "first", "second" } do
        local m <const> = fixtures.machine(name, dumps.kernels)
        local links <const> = extend(m, m:symbol "PsActiveProcessHead")
        if break_at == "head" then
          m:set("PsActiveProcessHead", m:pointer(0) .. m:pointer(0))
        else
          local spec <const> = m.spec.processes[break_at == "first" and 1 or 2]
          m.space:write(spec.links, m:pointer(links + 0x40))
        end
        local broken <close> = assert(dump.open(dumps.write(m, "full", folder:path())))
        assert.equal(all, names_of(assert(broken:processes())), break_at)
        local said = ""
        for _, problem in ipairs(broken:problems()) do said = said .. problem.reason .. "\n" end
        assert.matches("were found among the small blocks", said)
      end
    end)
  end

  it("are not looked for where the pool is not walked", function()
    local m <const> = fixtures.machine("win10_x64", dumps.kernels)
    m:set("PsActiveProcessHead", m:pointer(0) .. m:pointer(0))
    local opened <close> = assert(dump.open(dumps.write(m, "full", folder:path())))
    local list <const>, why <const> = opened:processes()
    assert.is_nil(list)
    assert.matches("list of processes", why)
  end)
end)
