--- Exporters: plugins that write an answer as another program reads it.
-- A file returns `exporter { name =, summary =, kinds =, write = }`.
-- @module poolsleuth.exporter
local exporter = {}

local FIELDS <const> = { name = "string", summary = "string", about = "string", kinds = "table",
                         extension = "string", write = "function" }
local REQUIRED <const> = { "name", "summary", "kinds", "write" }

-- What an answer may look like besides; no exporter can take these names.
local BUILT_IN <const> = { text = true, json = true, csv = true, markdown = true, html = true }

local function complain(form, ...)
  error(form:format(...), 0)
end

local function check_fields(def)
  for _, field in ipairs(REQUIRED) do
    if def[field] == nil then complain("exporter field '%s' is missing", field) end
  end
  for field, value in pairs(def) do
    local expected = FIELDS[field]
    if not expected then
      complain("unknown exporter field '%s' (known: about, extension, kinds, name, summary, write)",
        tostring(field))
    end
    if type(value) ~= expected then complain("exporter field '%s': %s expected", field, expected) end
  end
end

--- Declare an exporter; raises when the declaration is malformed, which is its author's mistake.
--
-- * `kinds` lists the kinds of documents that it takes: "verdict", "trend", "snapshot", "snapshots" …, as
--   they stand in the JSON's schema.
-- * `extension` chooses it for `-o FILE` with that ending.
-- * `write(document)` gives the text, and maybe an exit status in place of the document's own.  It sees
--   `kind`, `data` (as in JSON; what is null there is nil), `inputs`, `problems`, `complete`, `status`,
--   `title`, `host` (where all snapshots are of one), `now` (seconds since 1970), `thresholds` (of the
--   site's configuration) and `version`.
-- @tparam table def
-- @treturn table def with its `kind`
function exporter.new(def)
  if type(def) ~= "table" then complain "an exporter is declared with a table" end
  check_fields(def)
  if not def.name:find "^%a[%w-]*$" then
    complain("exporter name '%s': letters, digits and - only", def.name)
  end
  if BUILT_IN[def.name] then complain("exporter name '%s' is a format of its own", def.name) end
  if def.extension and not def.extension:find "^%w+$" then
    complain("exporter extension '%s': letters and digits only", def.extension)
  end
  for _, kind in ipairs(def.kinds) do
    if type(kind) ~= "string" then complain "exporter field 'kinds' is a list of words" end
  end
  if #def.kinds == 0 then complain "exporter field 'kinds' is empty" end
  def.kind = "exporter"
  return def
end

--- Does it take documents of a kind?
-- @tparam table def
-- @tparam string kind
-- @treturn boolean
function exporter.takes(def, kind)
  for _, each in ipairs(def.kinds) do
    if each == kind then return true end
  end
  return false
end

-- A copy that the exporter may change, without null.
local function plain(value)
  local json = require "poolsleuth.json"
  if type(value) ~= "table" then return value end
  if getmetatable(value) and value ~= json.null then return value end
  local copied = {}
  for name, item in pairs(value) do copied[name] = plain(json.known(item)) end
  return copied
end

--- Write a document with an exporter.
-- @tparam table def from @{new}, opened
-- @tparam table document of report.document
-- @tparam table options `version`, `thresholds`
-- @treturn[1] string
-- @treturn[1] int the exit status
-- @treturn[2] nil
-- @treturn[2] string what is wrong
-- @treturn[2] table `code`: "usage" where the document does not fit, "internal" where the plugin failed
function exporter.write(def, document, options)
  if not exporter.takes(def, document.kind) then
    local message = ("format %s takes answers of kind %s, and this one is a %s"):format(def.name,
      table.concat(def.kinds, ", "), document.kind)
    return nil, message, { code = "usage" }
  end
  local seen = { now = os.time(), version = options.version, thresholds = options.thresholds or {} }
  for _, field in ipairs { "kind", "data", "inputs", "problems", "complete", "status", "title", "host" } do
    seen[field] = plain(document[field])
  end
  local ok, text, status = pcall(def.write, seen)
  if ok and type(text) ~= "string" then ok, text = false, "it gave a " .. type(text) .. " for a text" end
  if not ok then
    return nil, ("exporter %s failed: %s"):format(def.name, tostring(text)), { code = "internal" }
  end
  return text, math.tointeger(status) or document.status
end

return setmetatable(exporter, { __call = function(_, def) return exporter.new(def) end })
