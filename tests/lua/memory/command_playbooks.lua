-- Every playbook on the evidence of its own tests, while memory runs out: the first case, which makes it do
-- its work, and in a long run each of them.
local lfs     = require "lfs"
local shelf   = require "poolsleuth.shelf"
local testing = require "poolsleuth.testing"

local FOLDER <const> = "scripts/playbooks/"
local SHELVES <const> = { { path = "scripts", origin = "option" } }

local function names()
  local list = {}
  for file in lfs.dir(FOLDER) do
    list[#list + 1] = file:match "^([^.]*)%.lua$"
  end
  table.sort(list)
  return list
end

-- The number-th of what is to be tried: a playbook's path and one of its cases.
local function chosen(number)
  for _, name in ipairs(names()) do
    local path = FOLDER .. name .. ".lua"
    local cases = assert(testing.load(testing.path(path)))
    local count = os.getenv "POOLSLEUTH_LONG" and #cases or 1
    if number <= count then return path, cases[number], name end
    number = number - count
  end
  return nil
end

local function literally(text) return "^" .. text:gsub("%p", "%%%0") .. "$" end

-- Once with memory, for the words of its answer: there is no such pattern in them.
local function answer_of(def, case)
  local asked = setmetatable({ expect = { "%z" } }, { __index = case })
  return assert(testing.run(def, asked, SHELVES):match "is not in: (.*)$", case.name)
end

local path, case, name = chosen((...))
if not path then return nil end
local def = assert(shelf.load_named(path))
local whole = setmetatable({ expect = { literally(answer_of(def, case)) }, reject = {} }, { __index = case })

return function()
  local reason = testing.run(def, whole, SHELVES)
  if reason and not reason:find "memory" then error(reason, 0) end
end, os.getenv "POOLSLEUTH_LONG" and name .. ": " .. case.name or name
