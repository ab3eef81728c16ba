--- The driver index: PE files scanned once, and asked by tag, by import or by name.
-- The same driver in several copies counts once, by its hash.
-- @module poolsleuth.drivers
local pe      = require "poolsleuth.pe"
local sources = require "poolsleuth.sources"

local drivers = {}
drivers.__index = drivers

local function stem(name)
  return (sources.basename(name):lower():gsub("%.%w+$", ""))
end

-- Version strings as makers fill them in: blanks around them, or nothing but blanks.
local function trimmed(text)
  text = text and text:match "^%s*(.-)%s*$"
  return text ~= "" and text or nil
end

local function describe(path, sha256, driver)
  local version = driver.version or {}
  return {
    path         = path,
    paths        = { path },
    sha256       = sha256,
    name         = sources.basename(path),
    driver       = driver,
    company      = trimmed(version.CompanyName),
    product      = trimmed(version.ProductName),
    description  = trimmed(version.FileDescription),
    original     = trimmed(version.OriginalFilename),
    file_version = driver.file_version or trimmed(version.FileVersion),
  }
end

local function add_site(index, record, site)
  if not site.tag then return end
  local key = string.pack("<I4", string.unpack("<I4", site.tag) & 0x7FFFFFFF)
  local users = index[key]
  if not users then
    users = {}
    index[key] = users
  end
  local last = users[#users]
  if not last or last.record ~= record then
    last = { record = record, allocates = {}, frees = {} }
    users[#users + 1] = last
  end
  local list = site.role == "frees" and last.frees or last.allocates
  list[#list + 1] = site
end

local function build_indices(self)
  self.by_tag, self.by_import = {}, {}
  for _, record in ipairs(self.records) do
    record.imports = {}
    for _, import in ipairs(record.driver.imports or {}) do
      local name = import.name
      if name and not record.imports[name] then
        record.imports[name] = true
        self.by_import[name] = self.by_import[name] or {}
        table.insert(self.by_import[name], record)
      end
    end
    for _, site in ipairs(record.driver.sites or {}) do add_site(self.by_tag, record, site) end
  end
end

local function add_result(self, by_hash, result)
  if not result.driver then
    local message = result.error and result.error.message
    self.failures[#self.failures + 1] = { path = result.path, message = message }
    return
  end
  local key = result.sha256 or result.path
  local known = by_hash[key]
  if known then
    known.paths[#known.paths + 1] = result.path
    if #result.path < #known.path then known.path, known.name = result.path, sources.basename(result.path) end
    return
  end
  local record = describe(result.path, result.sha256, result.driver)
  by_hash[key] = record
  self.records[#self.records + 1] = record
end

--- Scan files and index them.
-- @tparam {string,...} paths PE files
-- @tparam[opt] table options `threads`, `progress` (function of done and total), `given`: driver
--   tables that stand for files, each with a `path`
-- @treturn Drivers fields `records` and `failures` ({path, message})
function drivers.scan(paths, options)
  options = options or {}
  local self = setmetatable({ records = {}, failures = {} }, drivers)
  local by_hash = {}
  if #paths > 0 then
    local results = assert(pe.scan(paths, { threads = options.threads, progress = options.progress }))
    for _, result in ipairs(results) do add_result(self, by_hash, result) end
  end
  for _, driver in ipairs(options.given or {}) do
    add_result(self, by_hash, { path = driver.path, sha256 = driver.sha256, driver = driver })
  end
  build_indices(self)
  return self
end

--- Every driver once.
-- @treturn {table,...} records: `path`, `paths`, `sha256`, `name`, `company`, `product`,
--   `description`, `file_version`, `loaded`, `imports` (a set), `driver` (what the scanner read)
function drivers:all()
  return self.records
end

--- The drivers with a call site of this constant tag.
-- @tparam string tag four bytes; bit 31 is ignored
-- @treturn {table,...} each `record`, `allocates` and `frees` (arrays of sites)
function drivers:with_tag(tag)
  local key = string.pack("<I4", string.unpack("<I4", tag) & 0x7FFFFFFF)
  return self.by_tag[key] or {}
end

--- The drivers that import a function.
-- @tparam string api
-- @treturn {table,...} records
function drivers:importing(api)
  return self.by_import[api] or {}
end

--- The drivers of a file name, whatever its case and extension.
-- @tparam string name "acmeflt.sys", "acmeflt", or a path
-- @treturn {table,...} records
function drivers:named(name)
  local wanted, found = stem(name), {}
  for _, record in ipairs(self.records) do
    local same = stem(record.name) == wanted
    if same or (record.original and stem(record.original) == wanted) then found[#found + 1] = record end
  end
  return found
end

--- Mark which drivers are loaded.
-- @tparam {table,...} modules each `name` and maybe `path`, `unloaded`
function drivers:mark_loaded(modules)
  local loaded = {}
  for _, module in ipairs(modules) do
    if not module.unloaded then
      loaded[stem(module.name)] = true
      if module.path then loaded[stem(module.path)] = true end
    end
  end
  for _, record in ipairs(self.records) do
    local original = record.original and stem(record.original)
    record.loaded = loaded[stem(record.name)] or (original and loaded[original]) or false
  end
end

--- Files that hold a tag's four bytes anywhere: a lead at best, for comparison with call sites.
-- @tparam string tag
-- @treturn {table,...} each `record` and `count`
function drivers:raw_hits(tag)
  local paths, by_path, found = {}, {}, {}
  for _, record in ipairs(self.records) do
    if record.sha256 then
      paths[#paths + 1] = record.path
      by_path[record.path] = record
    end
  end
  if #paths == 0 then return found end
  for _, hit in ipairs(assert(pe.raw_search(paths, tag))) do
    if hit.count > 0 then found[#found + 1] = { record = by_path[hit.path], count = hit.count } end
  end
  return found
end

return drivers
