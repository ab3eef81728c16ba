-- The drivers of a folder: who made them, and which tags they allocate with.
local command     = require "poolsleuth.command"
local driver_data = require "poolsleuth.driver_data"
local format      = require "poolsleuth.format"

-- What --match looks at: the file, its version strings, its tags and its imports.
local function words_of(record)
  local driver, words = record.driver, { record.path }
  for _, item in ipairs(driver.version_strings or {}) do words[#words + 1] = item.value end
  for _, value in pairs(driver.version or {}) do words[#words + 1] = value end
  for _, site in ipairs(driver.sites or {}) do
    if site.tag then words[#words + 1] = format.tag_text(site.tag) end
  end
  for _, import in ipairs(driver.imports or {}) do words[#words + 1] = import.name end
  return words
end

local function matches(record, regex)
  for _, word in ipairs(words_of(record)) do
    if regex:matches(word) then return true end
  end
  return false
end

return command {
  name    = "scan",
  summary = "Scan drivers for the tags they allocate with",
  about   = [[
Finds the drivers in files and folders by their content, reads their version
and imports, and recovers the pool tags that they pass at their call sites.
The same driver in several copies counts once.]],
  needs   = { "drivers" },
  args    = {
    { name = "paths", type = "source", metavar = "PATH", many = true, about = "drivers, folders, globs" },
    { name = "match", type = "regex", flag = "--match",
      about = "only drivers whose path, version, tags or imports match" },
    { name = "tags", type = "glob", flag = "--tag", many = true,
      about = "only drivers that allocate with such a tag" },
  },

  run = function(case, args)
    case:load(args.paths)
    case:need("drivers", #case.driver_paths > 0)
    local function has_tag(record)
      for _, tag in ipairs(record.tags) do
        for _, glob in ipairs(args.tags) do
          if glob:matches_tag(tag) then return true end
        end
      end
      return #args.tags == 0
    end
    local found = {}
    for _, record in ipairs(case.drivers:all()) do
      if has_tag(record) and (not args.match or matches(record, args.match)) then
        found[#found + 1] = driver_data.of(record)
      end
    end
    return { kind = "drivers", data = { drivers = found, failures = case.drivers.failures } }
  end,
}
