--- The driver index: PE files scanned once, and asked by tag, by import or by name.
-- The same driver in several copies counts once, by its hash.
-- @module poolsleuth.drivers
local format      = require "poolsleuth.format"
local loaded      = require "poolsleuth.loaded"
local pe          = require "poolsleuth.pe"
local service_tag = require "poolsleuth.service_tag"
local signature   = require "poolsleuth.signature"
local sources     = require "poolsleuth.sources"

local drivers = {}
drivers.__index = drivers

local stem <const> = sources.stem

-- Version strings as makers fill them in: blanks around them, or nothing but blanks.
local function trimmed(text)
  text = text and text:match "^%s*(.-)%s*$"
  return text ~= "" and text or nil
end

-- Each constant tag of the call sites that a filter wants, once, in order.
local function tags_of(driver, wanted)
  local tags, seen = {}, {}
  for _, site in ipairs(driver.sites or {}) do
    local tag = site.tag and wanted(site) and format.plain_tag(site.tag)
    if tag and not seen[tag] then
      seen[tag] = true
      tags[#tags + 1] = tag
    end
  end
  table.sort(tags)
  return tags
end

local function is_any() return true end
local function is_allocation(site) return site.role ~= "frees" end

-- What is known of tags that a driver puts together, each once: "Nv??".
local function templates_of(driver)
  local templates, seen = {}, {}
  for _, site in ipairs(driver.sites or {}) do
    local template = site.role == "allocates" and site.template
    if template and not seen[template] then
      seen[template] = true
      templates[#templates + 1] = template
    end
  end
  return templates
end

-- What is asked of every driver, however many there are; the rest is loaded when it is asked for.
local function summarise(driver)
  local strings = driver.version or {}
  local version = {
    company         = trimmed(strings.CompanyName),
    product         = trimmed(strings.ProductName),
    description     = trimmed(strings.FileDescription),
    file_version    = driver.file_version or trimmed(strings.FileVersion),
    product_version = driver.product_version or trimmed(strings.ProductVersion),
    original_name   = trimmed(strings.OriginalFilename),
    internal_name   = trimmed(strings.InternalName),
    copyright       = trimmed(strings.LegalCopyright),
  }
  return {
    version = version, machine = driver.machine, sites_supported = driver.sites_supported,
    site_count = #(driver.sites or {}), tags = tags_of(driver, is_any),
    allocates = tags_of(driver, is_allocation), templates = templates_of(driver),
    makes_tag = service_tag.is_needed(driver) or nil,
    signature = driver.signatures and signature.text(driver),
  }
end

local made_when_asked = {}

function made_when_asked.driver(record)
  local driver = record.cache and record.cache:detail(record.sha256)
  if not driver then
    local result = assert(pe.scan { record.path })[1]
    driver = result.driver or error({ message = ("%s: %s"):format(record.path, result.error.message) }, 0)
  end
  return driver
end

function made_when_asked.imports(record)
  local names = {}
  for _, import in ipairs(record.driver.imports or {}) do
    if import.name then names[import.name] = true end
  end
  return names
end

function made_when_asked.name(record)
  return sources.basename(record.path)
end

local OF_VERSION <const> = {
  company = "company", product = "product", description = "description", file_version = "file_version",
  original = "original_name",
}

local record_class = {}

function record_class.__index(record, key)
  local field = OF_VERSION[key]
  if field then return record.version[field] end
  local make = made_when_asked[key]
  local value = make and make(record)
  if value ~= nil then rawset(record, key, value) end
  return value
end

-- A summary becomes the record of its driver.
local function new_record(path, sha256, summary)
  summary.path, summary.paths, summary.sha256 = path, { path }, sha256
  return setmetatable(summary, record_class)
end

local function index_tags(self)
  self.by_tag = {}
  for _, record in ipairs(self.records) do
    for _, tag in ipairs(record.tags) do
      self.by_tag[tag] = self.by_tag[tag] or {}
      table.insert(self.by_tag[tag], record)
    end
  end
end

local function index_imports(self)
  self.by_import = {}
  for _, record in ipairs(self.records) do
    for name in pairs(record.imports) do
      self.by_import[name] = self.by_import[name] or {}
      table.insert(self.by_import[name], record)
    end
  end
end

-- A file as one more driver, or as one more copy of one.
local function add_file(self, path, sha256, make)
  local key = sha256 or path
  local known = self.by_hash[key]
  if known then
    known.paths[#known.paths + 1] = path
    if #path < #known.path then known.path, known.name = path, nil end
    return
  end
  local record = make()
  self.by_hash[key] = record
  self.records[#self.records + 1] = record
end

local function add_result(self, result)
  if not result.driver then
    local message = result.error and result.error.message
    self.failures[#self.failures + 1] = { path = result.path, message = message }
    return
  end
  add_file(self, result.path, result.sha256, function()
    local record = new_record(result.path, result.sha256, summarise(result.driver))
    record.driver = result.driver
    return record
  end)
end

local function add_known(self, path, entry, cache)
  add_file(self, path, entry.sha256, function()
    local record = new_record(path, entry.sha256, entry.summary)
    record.cache = cache
    return record
  end)
end

local function keep(cache, results)
  local contents = {}
  for _, result in ipairs(results) do
    if result.driver and result.sha256 then
      contents[#contents + 1] = { path = result.path, sha256 = result.sha256, detail = result.driver,
                                  summary = summarise(result.driver),
                                  tags = tags_of(result.driver, is_any) }
    end
  end
  cache:keep(contents)
end

-- Results by path: from the cache where it has them, else from the files.
local function read_all(paths, options)
  local cache, entries, missing = options.cache, {}, paths
  -- What it holds was judged and read otherwise.
  if options.trust or options.detail or options.limits then cache = nil end
  if cache then
    missing = {}
    for _, path in ipairs(paths) do
      entries[path] = cache:find(path)
      if not entries[path] then missing[#missing + 1] = path end
    end
  end
  local results = {}
  if #missing > 0 then
    local scanned = assert(pe.scan(missing, {
      threads = options.threads, progress = options.progress, trust = options.trust,
      detail = options.detail, limits = options.limits }))
    for _, result in ipairs(scanned) do results[result.path] = result end
    if cache then keep(cache, scanned) end
  end
  return entries, results
end

local function new_index()
  return setmetatable({ records = {}, failures = {}, by_hash = {}, users = {} }, drivers)
end

--- Scan files and index them.
-- @tparam {string,...} paths PE files
-- @tparam[opt] table options `threads`, `progress` (function of done and total), `trust`, `detail` and
--   `limits` (as pe.scan has them; each keeps the cache out), `cache` (of poolsleuth.cache), `given`: driver
--   tables that stand for files, each with a `path`
-- @treturn Drivers fields `records` and `failures` ({path, message})
function drivers.scan(paths, options)
  options = options or {}
  local self = new_index()
  local entries, results = read_all(paths, options)
  for _, path in ipairs(paths) do
    if entries[path] then add_known(self, path, entries[path], options.cache)
    else add_result(self, results[path]) end
  end
  for _, driver in ipairs(options.given or {}) do
    add_result(self, { path = driver.path, sha256 = driver.sha256, driver = driver })
  end
  index_tags(self)
  return self
end

--- The drivers of earlier scans with a call site of a tag, wherever they lie.
-- @tparam table cache of poolsleuth.cache
-- @tparam string tag
-- @treturn Drivers those alone
-- @treturn int how many are left out because their files have changed or are gone
function drivers.remembered(cache, tag)
  local self, stale = new_index(), 0
  for _, entry in ipairs(cache:with_tag(tag)) do
    if entry.stale then stale = stale + 1 else add_known(self, entry.path, entry, cache) end
  end
  index_tags(self)
  return self, stale
end

--- Every driver once.
-- @treturn {table,...} records: `path`, `paths`, `sha256`, `name`, `company`, `product`,
--   `description`, `file_version`, `machine`, `version`, `tags` (of its call sites), `allocates`
--   (those that it allocates with), `site_count`, `loaded`; and, read when they are asked for,
--   `imports` (a set) and `driver` (what the scanner found)
function drivers:all()
  return self.records
end

-- The call sites of a tag in a driver.
local function user_of(record, tag)
  local user = { record = record, allocates = {}, frees = {} }
  for _, site in ipairs(record.driver.sites or {}) do
    if site.tag and format.plain_tag(site.tag) == tag then
      local list = site.role == "frees" and user.frees or user.allocates
      list[#list + 1] = site
    end
  end
  return user
end

-- Tags are compared without what stands behind short ones: NULs or blanks.
local function unpadded(tag) return (tag:gsub("[ \0]+$", "")) end

-- A template of one character would fit a tag in a hundred.
local LEAST_KNOWN <const> = 2

local function fits(template, tag)
  local known = 0
  for i = 1, #template do
    local byte = template:sub(i, i)
    if byte ~= "?" and byte ~= tag:sub(i, i) then return false end
    if byte ~= "?" then known = known + 1 end
  end
  return known >= LEAST_KNOWN
end

-- A driver that may use the tag, though no call site of it has the tag whole.
local function possible_user(record, tag)
  for _, made in ipairs(service_tag.candidates(record)) do
    if unpadded(format.plain_tag(made.tag)) == unpadded(tag) then
      local site = { api = "WdfDriverCreate", role = "allocates", tag = made.tag, confidence = "low",
                     reason = made.reason, via = {} }
      return { record = record, allocates = { site }, frees = {}, possible = "made", made = made }
    end
  end
  for _, template in ipairs(record.templates or {}) do
    if fits(template, tag) then
      local sites = {}
      for _, site in ipairs(record.driver.sites) do
        if site.template == template and site.role == "allocates" then sites[#sites + 1] = site end
      end
      return { record = record, allocates = sites, frees = {}, possible = "template", template = template }
    end
  end
end

--- The drivers with a call site of this constant tag, and behind them those that may use it.
-- @tparam string tag four bytes; bit 31 is ignored
-- @treturn {table,...} each `record`, `allocates` and `frees` (arrays of sites); and `possible` where no
--   site has the tag whole: "made" by the framework from a name (`made`, of poolsleuth.service_tag), or
--   put together as `template` says
function drivers:with_tag(tag)
  local key = format.plain_tag(tag)
  local users = self.users[key]
  if users then return users end
  users = {}
  local known = {}
  for i, record in ipairs(self.by_tag[key] or {}) do
    users[i] = user_of(record, key)
    known[record] = users[i]
  end
  for _, record in ipairs(self.records) do
    local sure = known[record]
    local user = not (sure and #sure.allocates > 0) and possible_user(record, key)
    if user and sure then sure.allocates, sure.possible, sure.made = user.allocates, user.possible, user.made
    elseif user then users[#users + 1] = user end
  end
  self.users[key] = users
  return users
end

--- The drivers that import a function.
-- @tparam string api
-- @treturn {table,...} records
function drivers:importing(api)
  if not self.by_import then index_imports(self) end
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
-- @tparam {table,...} modules see loaded.mark
function drivers:mark_loaded(modules)
  loaded.mark(self.records, modules)
  self.users = {} -- a service's name may make a tag
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
