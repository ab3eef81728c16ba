--- The scanner's tags against those of a second implementation: a linear pass over Capstone's instructions.
-- Where both give a tag they differ on at most one of two hundred calls, and every difference has been judged
-- by hand in tests/corpus/second_opinion.lua.
local pe = require "poolsleuth.pe"
local shell = require "tests.lua.support.shell"
local judged = dofile "tests/corpus/second_opinion.lua"

local corpus = os.getenv "POOLSLEUTH_CORPUS"
local share <const> = 1 / 200

--- The first Python that has Capstone, or nil.
local function find_python()
  for _, python in ipairs { "python3", "/usr/bin/python3" } do
    if os.execute(python .. " -c 'import capstone' 2>/dev/null") then return python end
  end
end

local function driver_files()
  local list = {}
  local pipe <close> = assert(io.popen("find " .. shell.quote(corpus .. "/drivers") .. " -type f"))
  for line in pipe:lines() do list[#list + 1] = line end
  table.sort(list)
  return list
end

--- The direct calls of each x64 and ARM64 driver: by hash, RVA and API, which tags they may have.
local function first_opinion(paths)
  local calls, found = {}, {}
  for _, result in ipairs(assert(pe.scan(paths, {}))) do
    local machine = result.driver and result.driver.machine
    if machine == "x64" or machine == "arm64" then
      found[#found + 1] = result.path
      for _, site in ipairs(result.driver.sites) do
        if #(site.via or {}) == 0 and (site.tag or site.reason == "zero") then
          local key = ("%s %x %s"):format(result.sha256, site.rva, site.api)
          calls[key] = calls[key] or {}
          calls[key][("<I4"):unpack(site.tag or "\0\0\0\0")] = true
        end
      end
    end
  end
  return calls, found
end

describe("a second opinion on the tags of real drivers", function()
  local python = find_python()
  if not python then
    pending "Capstone for Python is not installed"
    return
  end
  if not corpus then
    pending "POOLSLEUTH_CORPUS is not set"
    return
  end

  local both, differences, unjudged = 0, {}, {}
  setup(function()
    local calls, paths = first_opinion(driver_files())
    local words = { python, "tests/lua/support/second_opinion.py" }
    for _, path in ipairs(paths) do words[#words + 1] = shell.quote(path) end
    local pipe <close> = assert(io.popen(table.concat(words, " ")))
    for line in pipe:lines() do
      local hash, rva, api, tag = line:match "^(%x+) (%x+) (%S+) (%x+)$"
      local ours = calls[("%s %s %s"):format(hash, rva, api)]
      if ours then
        both = both + 1
        if not ours[tonumber(tag, 16)] then
          differences[#differences + 1] = line
          if not (judged[hash] and judged[hash][tonumber(rva, 16)]) then unjudged[#unjudged + 1] = line end
        end
      end
    end
  end)

  it("is had on many calls", function() assert.is_true(both > 500, both .. " calls") end)

  it("differs on at most one call of two hundred", function()
    assert.is_true(#differences <= both * share, ("%d of %d"):format(#differences, both))
  end)

  it("differs nowhere that has not been judged", function()
    assert.same({}, unjudged)
  end)
end)
