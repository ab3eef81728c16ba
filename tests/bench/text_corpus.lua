-- text_corpus.lua - every text under $POOLSLEUTH_CORPUS/text and every fixture: its lines, what was
-- read from it, and what was not.
local lfs  = require "lfs"
local text = require "poolsleuth.text"

local totals = { files = 0, lines = 0, rows = 0, refused = 0, ambiguous = 0, bare = 0 }

local function row_count(parsed)
  local rows = 0
  for _, snapshot in ipairs(parsed.snapshots) do rows = rows + #snapshot end
  return rows
end

-- Whatever else was found: modules, blocks, processes, verified drivers, memory totals.
local function others(parsed)
  return #parsed.modules + #parsed.blocks + #parsed.processes + #parsed.verified + #parsed.snapshots
end

local function measure(path, name)
  local parsed, message = text.read(path)
  if not parsed then print(("%-60s %s"):format(name, message)) return end
  local rows, refused, ambiguous = row_count(parsed), parsed.totals.refused, parsed.totals.ambiguous
  print(("%-60.60s %6d %6d %6d %7d %9d"):format(name, parsed.lines, rows, others(parsed), refused, ambiguous))
  totals.files, totals.lines, totals.rows = totals.files + 1, totals.lines + parsed.lines, totals.rows + rows
  totals.refused, totals.ambiguous = totals.refused + refused, totals.ambiguous + ambiguous
  if rows + others(parsed) == 0 and #parsed.problems == 0 then totals.bare = totals.bare + 1 end
end

local function walk(folder)
  local names = {}
  for name in lfs.dir(folder) do
    if name:sub(1, 1) ~= "." and not name:find "%.lua$" then names[#names + 1] = name end
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local path = folder .. "/" .. name
    if lfs.attributes(path, "mode") == "directory" then walk(path) else measure(path, name) end
  end
end

print(("%-60s %6s %6s %6s %7s %9s"):format("file", "lines", "rows", "other", "refused", "ambiguous"))
local corpus = os.getenv "POOLSLEUTH_CORPUS"
if corpus then walk(corpus .. "/text") else print "POOLSLEUTH_CORPUS is not set: fixtures only" end
walk "tests/fixtures/text"
print(("%d files, %d lines, %d rows, %d refused, %d ambiguous; without rows and without a reason: %d"):format(
  totals.files, totals.lines, totals.rows, totals.refused, totals.ambiguous, totals.bare))
os.exit(totals.bare == 0)
