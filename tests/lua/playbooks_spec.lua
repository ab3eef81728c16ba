--- The shipped playbooks: short, tested, and every verdict that one names is reached by its tests.
local lfs     = require "lfs"
local servers = require "tests.lua.support.servers"
local shelf   = require "poolsleuth.shelf"
local testing = require "poolsleuth.testing"
local tree    = require "tests.lua.support.tree"
local verdict = require "poolsleuth.verdict"

local FOLDER <const> = "scripts/playbooks"
local MOST_LINES <const> = 80

-- Too little for it, wrong sources for it: nobody is accused.
local NOTHING_SAID <const> = { [3] = true, [64] = true, [65] = true }

local function names()
  local list = {}
  for file in lfs.dir(FOLDER) do
    local name = file:match "^([%w-]+)%.lua$"
    if name and not name:find "%.test$" then list[#list + 1] = name end
  end
  table.sort(list)
  return list
end

-- Words in quotes that are verdicts and not only compared with, and those that the library files for a
-- playbook.
local function words_in(source)
  local words = {}
  for before, word in source:gmatch '(..) "([%u-]+)"' do
    if verdict.is_word(word) and before ~= "==" and before ~= "~=" then words[word] = true end
  end
  if source:find("too_little", 1, true) then words["NOT-ENOUGH-DATA"] = true end
  if source:find("in_order", 1, true) then words["NO-LEAK"] = true end
  return words
end

local function expectations(cases)
  local all = {}
  for _, case in ipairs(cases) do
    for _, pattern in ipairs(case.expect or {}) do all[#all + 1] = pattern:gsub("%%", "") end
  end
  return table.concat(all, "\n")
end

describe("the playbook", function()
  for _, name in ipairs(names()) do
    local path = ("%s/%s.lua"):format(FOLDER, name)

    it(name .. " is short enough to be read at one go", function()
      local _, lines = tree.read(path):gsub("\n", "")
      assert.is_true(lines <= MOST_LINES, ("%d lines"):format(lines))
    end)

    it(name .. " reaches each of its verdicts in a test that passes", function()
      local cases = assert(testing.load(testing.path(path)))
      local expected = expectations(cases)
      for word in pairs(words_in(tree.read(path))) do
        assert.is_truthy((" " .. expected):find("%f[%w-]" .. word:gsub("%-", "%%-") .. "%f[^%w-]"), word)
      end
      local result = assert(testing.script(path))
      for _, case in ipairs(result.cases) do assert.is_true(case.passed, case.reason) end
    end)

    for kind, made in pairs { ["a server that is well"] = servers.healthy,
                              ["a busy file server"] = servers.file_server } do
      it(name .. " accuses nobody on " .. kind, function()
        local wrong = testing.run(assert(shelf.load_named(path)), { evidence = made(), status = 0 })
        local status = wrong and tonumber(wrong:match "^ended with status (%d+)")
        assert.is_true(wrong == nil or NOTHING_SAID[status] ~= nil, wrong)
      end)
    end
  end
end)
