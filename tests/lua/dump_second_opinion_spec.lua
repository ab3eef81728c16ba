-- A program that knows nothing of the reader, tests/lua/support/tracker_sums.py, adds the tag tables up too.
local dumps <const> = require "tests.lua.support.dumps"
local folders <const> = require "tests.lua.support.folder"
local shell <const> = require "tests.lua.support.shell"

local variables <const> = { "PoolTrackTable", "PoolTrackTableSize", "ExPoolTagTables",
  "PoolTrackTableExpansion",
  "PoolTrackTableExpansionSize" }

local function second_opinion(path, m)
  local words <const> = { "python3", "tests/lua/support/tracker_sums.py", shell.quote(path) }
  for _, name in ipairs(variables) do
    if m.symbols[name] then words[#words + 1] = ("%s=0x%x"):format(name, m:symbol(name)) end
  end
  if m.space.name == "la57" then words[#words + 1] = "levels=5" end
  local rows <const>, count = {}, 0
  local pipe <close> = assert(io.popen(table.concat(words, " ")))
  for line in pipe:lines() do
    local tag, pool, diff, bytes = line:match("^(%x+) (%a+) (%-?%d+) (%-?%d+)$")
    assert(tag, line)
    rows[tag .. " " .. pool] = diff .. " " .. bytes
    count = count + 1
  end
  return rows, count
end

describe("the second opinion agrees on", function()
  if not dumps.available() or not shell.find "python3" then
    pending("needs clang-14, lld-link, llvm-dlltool and python3")
    return
  end
  for _, item in ipairs {
    { "xp_x86", "full" }, { "story2", "summary" }, { "vista_x86", "summary" }, { "win7_pae", "full" },
    { "win81_pae", "bitmap5" }, { "win10_pae", "bitmap6" }, { "limits_pae", "full" }, { "crowded_x86",
      "full" },
    { "win2003_x64", "summary" }, { "win7_x64", "full" }, { "win81_x64", "bitmap5" },
    { "win10_15063_x64", "ranges8" }, { "win10_16299_x64", "bitmap6" }, { "win10_x64", "ranges9" },
    { "crowded_x64", "bitmap6" }, { "win11_24h2_x64", "rangesA" }, { "server2022_la57", "bitmap6" },
    { "win10_arm64", "full" }, { "win11_arm64", "rangesA" },
  } do
    it(item[1] .. " as " .. item[2], function()
      local folder <close> = folders.new()
      local m <const> = dumps.machine(item[1])
      local path <const> = dumps.write(m, item[2], folder:path())
      local theirs <const>, count <const> = second_opinion(path, m)
      local rows <const>, problems <const> = dumps.read(path, dumps.pdb(m))
      assert.is_table(rows, problems)
      local ours <const> = {}
      for _, row in ipairs(rows) do
        local tag <const> = row.tag:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end)
        if not row.session then ours[tag .. " " .. row.pool] = ("%d %d"):format(row.diff, row.bytes) end
      end
      assert.is_true(count > 100)
      for key, value in pairs(theirs) do
        assert.equal(value, ours[key] or "0 0", key)
      end
      for key in pairs(ours) do assert.is_string(theirs[key], key) end
    end)
  end
end)
