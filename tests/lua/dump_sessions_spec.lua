-- Pools of sessions: each session's tables are read through its own page tables, and stand beside the
-- system's pool, never in it.
local dump <const> = require "poolsleuth.dump"
local dumps <const> = require "tests.lua.support.dumps"
local folders <const> = require "tests.lua.support.folder"
local kd <const> = require "poolsleuth.kd"
local machines <const> = require "tests.make.kernel.machines"
local sessions <const> = require "tests.make.kernel.sessions"

if not dumps.available() then
  describe("sessions", function()
    pending("needs clang-14, lld-link and llvm-dlltool to build kernels")
  end)
  return
end

local with <const>, without <const> = {}, {}
for name, spec in pairs(machines) do
  local list <const> = sessions.are_known(spec) and with or without
  list[#list + 1] = name
end
table.sort(with)
table.sort(without)

-- A session's rows as text, in order; those of other rows are nil.
local function text_of(rows)
  local lines <const> = {}
  for _, row in ipairs(rows) do
    if row.session then
      lines[#lines + 1] = ("%d %s %s %d %d %d"):format(row.session, row.tag, row.pool, row.allocs, row.frees,
        row.bytes)
    end
  end
  table.sort(lines)
  return table.concat(lines, "\n")
end

local function expected(told)
  local rows <const> = {}
  for _, session in ipairs(told.sessions) do
    for tag, pools in pairs(session.tags) do
      for pool, numbers in pairs(pools) do
        rows[#rows + 1] = { session = session.id, tag = tag, pool = pool, allocs = numbers.allocs,
          frees = numbers.frees, bytes = numbers.bytes }
      end
    end
  end
  return text_of(rows)
end

local function blocks_of(list)
  local lines <const> = {}
  for _, block in ipairs(list) do
    lines[#lines + 1] = ("%d %x %x %s %s"):format(block.session, block.address & 0xffffffff, block.size,
      block.tag, block.pool)
  end
  table.sort(lines)
  return table.concat(lines, "\n")
end

local function expected_blocks(told)
  local list <const> = {}
  for _, session in ipairs(told.sessions) do
    for _, block in ipairs(session.big) do
      list[#list + 1] = { session = session.id, address = block.address, size = block.size, tag = block.tag,
        pool = block.pool }
    end
  end
  return blocks_of(list)
end

describe("the pools of sessions", function()
  local folder

  lazy_setup(function() folder = folders.new() end)
  lazy_teardown(function() getmetatable(folder).__close(folder) end)

  for _, name in ipairs(with) do
    it(("of %s are those that it was built with"):format(name), function()
      local m <const>, told <const> = dumps.machine(name)
      for _, container in ipairs { "full", m.spec.build < 9200 and "summary" or "bitmap6" } do
        for _, pdb in ipairs { false, dumps.pdb(m) } do
          local rows <const>, problems <const>, d = dumps.read(dumps.write(m, container, folder:path()), pdb)
          assert.is_nil(dumps.difference(rows, told), problems)
          assert.equal(expected(told), text_of(rows))
          assert.equal(expected_blocks(told), blocks_of(assert(d:session_blocks())))
        end
      end
    end)
  end

  for _, name in ipairs(without) do
    it(("of %s are not made up"):format(name), function()
      local m <const> = dumps.machine(name)
      local rows <const>, _, d = dumps.read(dumps.write(m, "full", folder:path()), dumps.pdb(m))
      assert.equal("", text_of(rows))
      local list, why, err = d:session_blocks()
      assert.is_true(list and #list == 0 or err.code == "unsupported", why)
      local answer <const> = kd.new(d, {}):run("!poolused 8")[1]
      assert.matches("the tags of session pools are not known", answer.error)
    end)
  end

  it("stand apart in !poolused", function()
    local m <const>, told <const> = dumps.machine("win7_x64")
    local opened <close> = assert(dump.open(dumps.write(m, "full", folder:path())))
    local session <const> = kd.new(opened, {})
    local answer <const> = session:run("!poolused 8")[1]
    assert.is_nil(answer.error)
    local said <const> = table.concat(answer.lines, "\n")
    assert.matches("Session 0.*Gh05.*Session 1.*Gh05", said)
    assert.equal(10, #answer.data.poolused)
    for _, row in ipairs(answer.data.poolused) do
      local numbers <const> = told.sessions[row.session + 1].tags[row.tag][row.pool]
      assert.same({ numbers.diff, numbers.bytes }, { row.diff, row.bytes })
    end
    assert.is_nil(table.concat(session:run("!poolused")[1].lines, "\n"):find("Gh05", 1, true))
    answer.data.poolused = session:run("!poolused 8 Usac")[1].data.poolused
    assert.equal(2, #answer.data.poolused)
    local found <const> = session:run("!poolfind * 4")[1]
    assert.is_nil(found.error)
    assert.equal(#told.sessions[1].big + #told.sessions[2].big, #found.data.poolfind)
    assert.matches("of session 1", table.concat(found.lines, "\n"))
  end)

  it("whose pages are missing are told of", function()
    local m <const>, told <const> = dumps.machine("win7_x64")
    local hurt = 0
    for _, frame in ipairs(m.memory:used()) do
      local path <const> = dumps.write(m, "full", folder:path(), { missing = { [frame] = true } })
      local rows <const>, problems <const>, d <const> = dumps.read(path, dumps.pdb(m))
      local list <const>, why <const> = d:session_blocks()
      if text_of(rows) ~= expected(told) then
        hurt = hurt + 1
        assert.is_true(problems ~= "", ("frame 0x%x"):format(frame))
      end
      if list and blocks_of(list) ~= expected_blocks(told) then
        assert.is_true(#d:problems() > 0, ("blocks, frame 0x%x"):format(frame))
      elseif not list then
        assert.is_string(why)
      end
    end
    assert.is_true(hurt > 6)
  end)
end)
