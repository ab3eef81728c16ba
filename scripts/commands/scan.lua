-- The drivers of a folder: who made them, and which tags they allocate with.
local command     = require "poolsleuth.command"
local driver_data = require "poolsleuth.driver_data"
local format      = require "poolsleuth.format"
local shared      = require "poolsleuth.shared_arguments"
local trust       = require "poolsleuth.trust"

-- What --match looks at: the file, its version strings, its tags and its imports.
local function words_of(record)
  local words = { record.path }
  for _, item in ipairs(record.driver.version_strings or {}) do words[#words + 1] = item.value end
  for _, value in pairs(record.version) do words[#words + 1] = value end
  for _, tag in ipairs(record.tags) do words[#words + 1] = format.tag_text(tag) end
  for _, import in ipairs(record.driver.imports or {}) do words[#words + 1] = import.name end
  return words
end

local function matches(record, regex)
  for _, word in ipairs(words_of(record)) do
    if regex:matches(word) then return true end
  end
  return false
end

local function has_tag(record, globs)
  for _, tag in ipairs(record.tags) do
    for _, glob in ipairs(globs) do
      if glob:matches_tag(tag) then return true end
    end
  end
  return #globs == 0
end

local function chosen(case, args)
  local found = {}
  for _, record in ipairs(case.drivers:all()) do
    if has_tag(record, args.tags) and (not args.match or matches(record, args.match)) then
      found[#found + 1] = record
    end
  end
  return found
end

local function compare(case, args)
  if #args.paths ~= 2 then
    error({ message = "--diff takes two paths: the older drivers and the newer ones", status = 64 }, 0)
  end
  local sides = {}
  for i, path in ipairs(args.paths) do
    local first = #case.driver_paths + 1
    case:load { path }
    case:need("drivers", #case.driver_paths >= first)
    sides[i] = case:drivers_of(table.move(case.driver_paths, first, #case.driver_paths, 1, {}))
  end
  return { kind = "driver-changes", data = require("poolsleuth.driver_changes").sets(sides[1], sides[2]) }
end

local function emit(case, args)
  local rows, skipped = require("poolsleuth.tag_rows").of(chosen(case, args), case.knowledge)
  local notes = {}
  if skipped > 0 then
    notes[1] = ("%d tags with bytes that a tag file cannot hold are left out"):format(skipped)
  end
  for _, failure in ipairs(case.drivers.failures) do
    notes[#notes + 1] = ("not read: %s: %s"):format(failure.path, failure.message)
  end
  for _, row in ipairs(rows) do row.tag = format.tag_text(row.tag) end
  return { kind = "tagfile", data = { rows = rows, notes = notes }, verbatim = true }
end

return command {
  name    = "scan",
  summary = "Scan drivers for the tags they allocate with",
  about   = [[
Finds the drivers in files and folders by their content, reads their version
and imports, and recovers the pool tags that they pass at their call sites.
The same driver in several copies counts once.  What was found is kept, so that
an unchanged folder is answered at once.]],
  needs   = { "drivers" },
  args    = shared.with({
    { name = "paths", type = "source", metavar = "PATH", many = true, about = "drivers, folders, globs" },
    { name = "match", type = "regex", flag = "--match",
      about = "only drivers whose path, version, tags or imports match" },
    { name = "tags", type = "glob", flag = "--tag", many = true,
      about = "only drivers that allocate with such a tag" },
    { name = "diff", type = "boolean", flag = "--diff",
      about = "compare two versions: scan --diff OLD NEW, files or folders" },
    { name = "emit_tags", type = "boolean", flag = "--emit-tags",
      about = "write a tag file (in the manner of pooltag.txt) from the call sites" },
  }, "trust", {
    { name = "hashes", type = "boolean", flag = "--hashes",
      about = "hashes and entropy too, for --csv with the columns of sigcheck" },
    { name = "rebuild", type = "boolean", flag = "--rebuild", about = "forget what earlier scans found" },
  }),

  run = function(case, args)
    case.options.rebuild_cache, case.options.detail = args.rebuild, args.hashes
    trust.load(case, args)
    if args.diff then return compare(case, args) end
    case:load(args.paths)
    case:need("drivers", #case.driver_paths > 0)
    if args.emit_tags then return emit(case, args) end
    local found = {}
    for i, record in ipairs(chosen(case, args)) do found[i] = driver_data.of(record) end
    return { kind = "drivers", data = { drivers = found, failures = case.drivers.failures } }
  end,
}
