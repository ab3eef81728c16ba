--- What is known of tags: proxies, defaults, caches, object types, culprits, components, pool limits,
-- the user's own rows and the user's tag files.  Rows are data (poolsleuth/knowledge/*.lua), each with
-- its source; a row's pattern may hold ? (any one character) and * (any rest), and the most specific
-- pattern wins.  Bit 31 of a tag is ignored, short tags are padded with blanks.
-- Rules, families of tags, sets of routines, commands and the like are found by name.
-- @module poolsleuth.knowledge
local named_rows = require "poolsleuth.named_rows"

local knowledge = {}

-- Each section: the file of its rows, and the field that says what a row means.
local sections <const> = {
  proxies    = { meaning = "what", kind = "proxy" },
  by_design  = { meaning = "text", kind = "by-design" },
  shared     = { meaning = "text", kind = "shared" },
  objects    = { meaning = "text", kind = "object" },
  culprits   = { meaning = "cause", kind = "culprit" },
  components = { meaning = "text", kind = "component" },
  limits     = { meaning = "text", kind = "limit" },
  rules      = { meaning = "text", named = true },
  families   = { meaning = "text", named = true },
  api_sets   = { meaning = "text", named = true },
  loggers    = { meaning = "text", named = true },
  hives      = { meaning = "text", named = true },
  holders    = { meaning = "text", named = true },
  events     = { meaning = "text", named = true },
  refusals   = { meaning = "text", named = true },
  commands   = { meaning = "text", named = true },
  filters    = { meaning = "text", named = true },
  starts     = { meaning = "text", named = true },
  violations = { meaning = "text", named = true },
}
local confidences <const> = { high = true, medium = true, low = true }
local LARGEST <const> = 64 * 1024 * 1024

local Knowledge = {}
Knowledge.__index = Knowledge

-- The four bytes of a tag without bit 31: short ones and NULs at the end become blanks.
local function normal(tag)
  if #tag == 4 and tag:find "^...[\1-\x7f]$" then return tag end
  local bytes = tag:sub(1, 4):gsub("\0+$", "")
  bytes = bytes .. (" "):rep(4 - #bytes)
  return bytes:sub(1, 3) .. string.char(bytes:byte(4) % 128)
end

local function check_tag(tag)
  if type(tag) ~= "string" or #tag == 0 or #tag > 4 then
    error("a tag is a string of one to four bytes", 3)
  end
  return normal(tag)
end

local function has_wildcard(pattern) return pattern:find("[?*]") ~= nil end

-- A tag pattern as a Lua pattern and its rank: literal characters count, ? goes before *.
local function compile(pattern)
  local literals, stars, escaped = 0, 0, {}
  for character in pattern:gmatch(".") do
    if character == "?" then
      escaped[#escaped + 1] = "."
    elseif character == "*" then
      escaped[#escaped + 1], stars = ".*", stars + 1
    else
      escaped[#escaped + 1], literals = character:gsub("%W", "%%%0"), literals + 1
    end
  end
  if stars == 0 then
    for _ = #pattern + 1, 4 do escaped[#escaped + 1] = " " end
  end
  return "^" .. table.concat(escaped) .. "$", literals * 8 - stars
end

-- One layer of one section: rows by exact tag, and rows with wildcards, of which those that a tag
-- may fit are found by its first byte.
local function new_layer() return { exact = {}, wild = {}, by_first = {} } end

-- The rows with wildcards that fit tags with this first character.
local function wild_of(layer, first)
  local list = layer.by_first[first]
  if not list then
    list = {}
    for _, candidate in ipairs(layer.wild) do
      if candidate.first == first or has_wildcard(candidate.first) then list[#list + 1] = candidate end
    end
    layer.by_first[first] = list
  end
  return list
end

local function add_pattern(layer, pattern, row)
  if not has_wildcard(pattern) then
    local tag = normal(pattern)
    layer.exact[tag] = layer.exact[tag] or {}
    table.insert(layer.exact[tag], row)
    return
  end
  local lua_pattern, rank = compile(pattern)
  table.insert(layer.wild, { pattern = lua_pattern, rank = rank, row = row, first = pattern:sub(1, 1) })
  layer.by_first = {}
end

-- All rows of a layer whose pattern fits the tag best; an empty list if none fits.
local function best(layer, tag)
  if layer.exact[tag] then return layer.exact[tag] end
  local found, rank = {}, nil
  for _, candidate in ipairs(wild_of(layer, tag:sub(1, 1))) do
    if tag:find(candidate.pattern) and (rank == nil or candidate.rank >= rank) then
      if candidate.rank ~= rank then found, rank = {}, candidate.rank end
      found[#found + 1] = candidate.row
    end
  end
  return found
end

-- A copy of a row for one of its tags, with the defaults that a user's row may leave out.
local function row_for(row, pattern, origin)
  local copy = {}
  for key, value in pairs(row) do copy[key] = value end
  copy.tags, copy.tag = nil, pattern
  copy.source = row.source or origin
  copy.confidence = row.confidence or "high"
  copy.user = origin ~= nil or nil
  return copy
end

local function bad(origin, section, number, reason)
  return nil, ("%s: %s row %d: %s"):format(origin, section, number, reason), { code = "format" }
end

local function list_of_names(list)
  if type(list) ~= "table" then return false end
  for _, name in ipairs(list) do
    if type(name) ~= "string" then return false end
  end
  return true
end

local function pairs_are_sound(list)
  if type(list) ~= "table" or #list == 0 then return false end
  for _, pair in ipairs(list) do
    if type(pair) ~= "table" or not list_of_names(pair.acquire) or #pair.acquire == 0
        or not list_of_names(pair.release) then
      return false
    end
  end
  return true
end

local function patterns_are_sound(patterns)
  if #patterns == 0 then return false end
  for _, pattern in ipairs(patterns) do
    if type(pattern) ~= "string" or #pattern == 0 or #pattern > 4 then return false end
  end
  return true
end

-- Why a row cannot be used; nil if it can.
local function fault(section, row)
  if type(row) ~= "table" then return "is not a table" end
  if sections[section].named then
    local reason = named_rows.fault(row)
    if reason then return reason end
  elseif section ~= "limits" and not patterns_are_sound(row.tags or { row.tag }) then
    return "needs a tag of one to four characters"
  end
  if type(row[sections[section].meaning]) ~= "string" then
    return "needs the field " .. sections[section].meaning
  end
  if row.source ~= nil and type(row.source) ~= "string" then return "source is not a string" end
  if row.confidence ~= nil and not confidences[row.confidence] then
    return "confidence is not high, medium or low"
  end
  if section == "proxies" and not pairs_are_sound(row.pairs) then
    return "needs pairs = { { acquire = { names }, release = { names } }, ... }"
  end
  return nil
end

local function is_list(rows)
  if type(rows) ~= "table" then return false end
  local count = 0
  for _ in pairs(rows) do count = count + 1 end
  return count == #rows
end

local function add_row(layers, section, row, origin)
  if sections[section].named then
    local copy = row_for(row, nil, origin)
    copy.tags = row.tags
    table.insert(layers[section], copy)
    return
  end
  if section == "limits" then
    table.insert(layers.limits.wild, { row = row_for(row, nil, origin) })
    return
  end
  for _, pattern in ipairs(row.tags or { row.tag }) do
    add_pattern(layers[section], pattern, row_for(row, pattern, origin))
  end
end

-- Put the rows of every section of a table into new layers; origin names a user's file.
local function build(data, origin)
  local name, layers = origin or "poolsleuth", {}
  for section, of in pairs(sections) do layers[section] = of.named and {} or new_layer() end
  for section, rows in pairs(data) do
    if not sections[section] then
      return nil, ("%s: unknown section %s"):format(name, tostring(section)), { code = "format" }
    end
    if not is_list(rows) then
      return nil, ("%s: %s is not a list of rows"):format(name, section), { code = "format" }
    end
    for number, row in ipairs(rows) do
      local reason = fault(section, row)
      if reason then return bad(name, section, number, reason) end
      add_row(layers, section, row, origin)
    end
  end
  return layers
end

local function own_rows()
  local data = {}
  for section in pairs(sections) do data[section] = require("poolsleuth.knowledge." .. section) end
  return assert(build(data))
end

local function read_file(options, path)
  local read = options.read or require("poolsleuth.system").read
  local bytes, message, err = read(path, LARGEST)
  if bytes then return bytes end
  local missing = err and err.cause == "missing"
  return nil, ("%s: %s"):format(path, message), missing and { code = "missing" } or err
end

-- A user's file of rows: Lua as text only, without any function of the library at hand.
local function load_overlay(options, path)
  local bytes, message, err = read_file(options, path)
  if not bytes then return nil, message, err end
  local chunk, syntax = load(bytes, "@" .. path, "t", {})
  if not chunk then return nil, syntax, { code = "format" } end
  local ok, data = pcall(chunk)
  if not ok then return nil, tostring(data), { code = "format" } end
  if type(data) ~= "table" then
    return nil, path .. ": does not return a table of rows", { code = "format" }
  end
  return build(data, path)
end

local function load_tagfile(options, path)
  local bytes, message, err = read_file(options, path)
  if not bytes then return nil, message, err end
  local file
  file, message, err = require("poolsleuth.text").tagfile(bytes)
  if not file then return nil, path .. ": " .. message, err end
  return { path = path, file = file }
end

--- Load what is known.
-- @tparam[opt] table options  overlays: paths of Lua files that return { proxies = { row… },
--   culprits = { row… }, … }, whose rows win over ours, later files over earlier; tagfiles: paths of
--   pooltag.txt files; read: function (path, limit) that gives a file's bytes (tests)
-- @treturn Knowledge|nil  nil, message and { code= } where a named file cannot be used
function knowledge.load(options)
  options = options or {}
  local self = setmetatable({ layers = { own_rows() }, files = {} }, Knowledge)
  for _, path in ipairs(options.overlays or {}) do
    local layers, message, err = load_overlay(options, path)
    if not layers then return nil, message, err end
    table.insert(self.layers, 1, layers)
  end
  for _, path in ipairs(options.tagfiles or {}) do
    local file, message, err = load_tagfile(options, path)
    if not file then return nil, message, err end
    self.files[#self.files + 1] = file
  end
  return self
end

-- The best rows of the first layer that knows the tag: a user's row hides ours.
local function find(self, section, tag)
  for _, layers in ipairs(self.layers) do
    local rows = best(layers[section], tag)
    if #rows > 0 then return rows end
  end
  return {}
end

local function check_section(section)
  local of = sections[section]
  if not of or not of.named then error(("no rows are found by name in '%s'"):format(tostring(section)), 3) end
end

local function layers_of(self, section)
  local layers = {}
  for i, layer in ipairs(self.layers) do layers[i] = layer[section] end
  return layers
end

--- All rows of a section whose rows have names, the user's first.
-- @tparam string section "rules", "families", "api_sets", "loggers", "hives", "holders", "events",
--   "refusals", "commands", "filters", "starts" or "violations"
-- @treturn {table,...} rows with `name`, `text`, `source`, `confidence` and what the section adds
function Knowledge:entries(section)
  check_section(section)
  return named_rows.all(layers_of(self, section))
end

--- The rows of a name; a user's row hides ours.
-- @tparam string section as for @{entries}
-- @tparam string name case does not count
-- @treturn {table,...} rows; none where the name is not known
function Knowledge:entry(section, name)
  check_section(section)
  return named_rows.find(layers_of(self, section), name)
end

--- The proxy rule of a tag: memory that Windows allocates for a caller.
-- @tparam string tag
-- @treturn table|nil  { tag, what, pairs = { { acquire = { api… }, release = { api… } }… }, source,
--   confidence }; of release any one is enough
function Knowledge:proxy(tag) return find(self, "proxies", check_tag(tag))[1] end

--- Every proxy tag.
-- @treturn {table,...} rows as Knowledge:proxy has them, the user's own first
function Knowledge:proxies()
  local all = {}
  for _, layer in ipairs(self.layers) do
    local own = {}
    for _, rows in pairs(layer.proxies.exact) do
      for _, row in ipairs(rows) do own[#own + 1] = row end
    end
    for _, candidate in ipairs(layer.proxies.wild) do own[#own + 1] = candidate.row end
    table.sort(own, function(a, b) return a.tag < b.tag end)
    table.move(own, 1, #own, #all + 1, all)
  end
  return all
end

--- Whether a tag is large by design: a cache, buffers, bookkeeping.
-- @tparam string tag
-- @treturn table|nil  { tag, text, source, confidence, elastic, check }
function Knowledge:by_design(tag) return find(self, "by_design", check_tag(tag))[1] end

--- Whether a tag identifies nobody: no tag, a default tag, or a linked library's.
-- @tparam string tag
-- @treturn table|nil  { tag, kind = "untagged"|"default"|"library", text, apis, source, confidence }
function Knowledge:shared(tag) return find(self, "shared", check_tag(tag))[1] end

--- Whether a tag is that of a kernel object type.
-- @tparam string tag
-- @treturn table|nil  { tag, type, object, cause, text, collect = { { text, command, undo, kd }… },
--   source, confidence }
function Knowledge:object(tag) return find(self, "objects", check_tag(tag))[1] end

--- What a tag is for.
-- @tparam string tag
-- @treturn table|nil  { tag, owner, text, source, confidence }
function Knowledge:component(tag) return find(self, "components", check_tag(tag))[1] end

--- Who was guilty of this tag in public reports; the user's rows first, then ours.
-- @tparam string tag
-- @treturn table  array of { tag, driver, kind, cause, remedy, versions, source, cited, confidence };
--   only a row with cited = true may move a verdict
function Knowledge:culprits(tag)
  local bytes, all = check_tag(tag), {}
  for _, layers in ipairs(self.layers) do
    for _, row in ipairs(best(layers.culprits, bytes)) do all[#all + 1] = row end
  end
  return all
end

--- The rows of the user's tag files for a tag, the most specific of each file.
-- @tparam string tag
-- @treturn table  array of { pattern, binary, text, line, file }
function Knowledge:tagfile(tag)
  local bytes, rows = check_tag(tag), {}
  for _, entry in ipairs(self.files) do
    for _, found in ipairs(entry.file:find(bytes)) do
      rows[#rows + 1] = {
        pattern = found.pattern, binary = found.binary, text = found.text, line = found.line,
        file = entry.path,
      }
    end
  end
  return rows
end

local function add(list, kind, row, text)
  list[#list + 1] = {
    kind = kind, text = text or row.text, where = row.source, confidence = row.confidence,
  }
end

local function tagfile_text(row)
  local binary, text = row.binary or "", row.text or ""
  if binary == "" or text == "" then return binary .. text end
  return binary .. ": " .. text
end

local function proxy_text(row)
  local acquire = {}
  for _, pair in ipairs(row.pairs) do
    if not acquire[pair.acquire[1]] then
      acquire[#acquire + 1], acquire[pair.acquire[1]] = pair.acquire[1], true
    end
  end
  return ("%s; drivers hold some through %s"):format(row.what, table.concat(acquire, ", "))
end

local function culprit_text(row)
  local versions = row.versions and " (" .. row.versions .. ")" or ""
  local text = ("%s%s: %s"):format(row.driver or "unknown driver", versions, row.cause)
  if row.remedy and row.remedy ~= "" then text = text .. "; what helped: " .. row.remedy end
  return text
end

--- Everything known of a tag, in the order in which to read it.
-- @tparam string tag
-- @treturn table  array of { kind, text, where, confidence }; one entry of kind "unknown" if nothing is
function Knowledge:explain(tag)
  local list = {}
  for _, row in ipairs(self:tagfile(tag)) do
    list[#list + 1] = {
      kind = "tagfile", text = tagfile_text(row), where = ("%s:%d"):format(row.file, row.line),
    }
  end
  local object, shared = self:object(tag), self:shared(tag)
  local component, proxy, by_design = self:component(tag), self:proxy(tag), self:by_design(tag)
  if object then add(list, "object", object) end
  if shared then add(list, "shared", shared) end
  if component and not object and not shared then
    add(list, "component", component, ("%s: %s"):format(component.owner or "?", component.text))
  end
  if proxy then add(list, "proxy", proxy, proxy_text(proxy)) end
  if by_design then add(list, "by-design", by_design) end
  for _, row in ipairs(self:culprits(tag)) do
    add(list, row.cited and "culprit" or "hint", row, culprit_text(row))
  end
  if #list == 0 then
    list[1] = { kind = "unknown", where = "poolsleuth knowledge",
      text = "unknown: no tag file, no rule and no report names this tag" }
  end
  return list
end

local function limit_fits(row, pool, machine)
  return row.pool == pool and row.bits == machine.bits
    and machine.build >= (row.from or 0) and machine.build <= (row.to or math.huge)
    and (row.large_user_space or false) == (machine.large_user_space or false)
end

-- What a row comes to on a machine: its registry may set or lower it.
local function bytes_of(row, machine)
  local registry = machine.registry or {}
  local bytes = row.registry_size and registry[row.registry_size:lower()]
  if bytes then return math.min(bytes, row.bytes) end
  bytes = row.bytes
  if row.ram_percent and machine.physical_bytes then
    bytes = math.min(bytes, machine.physical_bytes * row.ram_percent // 100)
  end
  if row.commit and machine.commit_limit_bytes then bytes = math.min(bytes, machine.commit_limit_bytes) end
  local set = row.registry and registry[row.registry:lower()]
  if set then bytes = math.min(bytes, set) end
  return math.max(bytes, row.least_bytes or 0)
end

--- The maximum of a pool where the evidence does not say it.
-- @tparam string pool  "nonpaged" or "paged"
-- @tparam table machine  { build = Windows build, bits = 32|64, physical_bytes, commit_limit_bytes,
--   large_user_space = /3GB, registry = values of Memory Management by their names in lower case }
-- @treturn table|nil  { bytes, text, windows, source, confidence }
function Knowledge:limit(pool, machine)
  for _, layers in ipairs(self.layers) do
    for _, candidate in ipairs(layers.limits.wild) do
      local row = candidate.row
      if limit_fits(row, pool, machine) then
        return { bytes = bytes_of(row, machine), text = row.text, windows = row.windows, source = row.source,
          confidence = row.confidence }
      end
    end
  end
  return nil
end

return knowledge
