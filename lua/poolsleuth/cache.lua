--- The scanner's cache: what was found in drivers, so that an unchanged folder is not read again.
-- A cache that cannot be used is a remark, never a failure: everything in it can be found out anew.
-- @module poolsleuth.cache
local kept = require "poolsleuth.kept"

local cache = {}
cache.__index = cache

--- Where the cache lies.
-- @tparam[opt] function getenv instead of os.getenv
-- @treturn ?string a path; nil where there is no home to keep it in
function cache.path(getenv)
  return kept.path("XDG_CACHE_HOME", ".cache", "drivers.db", getenv)
end

--- Open a cache.
-- @tparam string path
-- @tparam[opt] table options `rebuild`: forget what it holds
-- @treturn[1] Cache
-- @treturn[2] nil
-- @treturn[2] string why it cannot be used
function cache.open(path, options)
  local driver_index = require "poolsleuth.driver_index"
  kept.make_folders(path)
  if options and options.rebuild then os.remove(path) end
  local index, message = driver_index.open(path)
  if not index then return nil, message end
  return setmetatable({ index = index, path = path, entries = {}, stamps = {} }, cache)
end

-- From the first failure on the cache is left alone.
local function give_up(self, message)
  self.problem = self.problem or message
  self.broken = true
end

--- Look many files up at once: find then has the answers.
-- @tparam {string,...} paths
function cache:look_up(paths)
  if self.broken then return end
  local entries, stamps = self.index:find_all(paths)
  if not entries then
    give_up(self, stamps)
    return
  end
  if next(self.stamps) == nil then
    self.entries, self.stamps = entries, stamps
    return
  end
  for path, stamp in pairs(stamps) do self.entries[path], self.stamps[path] = entries[path], stamp end
end

--- What is known of a file as it lies on disk now.
-- @tparam string path
-- @treturn ?table `sha256` and `summary`; nil where nothing is known
function cache:find(path)
  if self.stamps[path] or self.broken then return self.entries[path] end
  local entry, stamp, message = self.index:find(path)
  if message then
    give_up(self, message)
    return nil
  end
  self.entries[path], self.stamps[path] = entry, stamp
  return entry
end

--- All that the scanner found in a content.
-- @tparam string sha256
-- @treturn ?table a driver as poolsleuth.pe gives it
function cache:detail(sha256)
  local detail, message = self.index:detail(sha256)
  if not detail then give_up(self, message) end
  return detail
end

--- Every file in the cache whose content has a call site of the tag.
-- @tparam string tag
-- @treturn {table,...} `path`, `sha256`, `summary`; `stale` where the file is not as it was
function cache:with_tag(tag)
  if self.broken then return {} end
  local found, message = self.index:with_tag(tag)
  if not found then give_up(self, message) end
  return found or {}
end

local function add_all(self, contents)
  local index = self.index
  local ok, message = index:begin()
  if not ok then return nil, message end
  for _, content in ipairs(contents) do
    ok, message = index:add(content.path, self.stamps[content.path], content)
    if not ok then
      index:rollback()
      return nil, message
    end
  end
  return index:commit()
end

--- Keep what was found; all of it or nothing.
-- @tparam {table,...} contents each `path` (which find was asked for before it was read), `sha256`,
--   `summary`, `detail`, `tags`
function cache:keep(contents)
  if self.broken or #contents == 0 then return end
  local ok, message = add_all(self, contents)
  if not ok then give_up(self, message) end
end

return cache
