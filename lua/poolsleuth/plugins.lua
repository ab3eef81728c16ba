--- Plugins: dialects in Lua that are offered the texts in which no reader recognised anything, and exporters
-- that write answers as other programs read them.
-- @module poolsleuth.plugins
local pool   = require "poolsleuth.pool"
local report = require "poolsleuth.report"
local shelf  = require "poolsleuth.shelf"
local system = require "poolsleuth.system"

local plugins = {}

--- A text of more bytes is not offered: lines go through Lua one by one.
plugins.LARGEST_TEXT = 64 << 20

-- A table must begin within so many lines of the text's start, or of the last table's end.
local SEARCHED_LINES <const> = 100000

local SEVERITIES <const> = { refused = true, ambiguous = true, flagged = true, note = true }
local QUOTED <const> = 48
local MOST_PROBLEMS <const> = 10000

local function trusted_of(folders)
  local trusted = {}
  for _, folder in ipairs(folders or {}) do
    if not folder.skipped then trusted[#trusted + 1] = folder end
  end
  return trusted
end

-- The first exporter of the shelf that fits; raises where none does among those that could be read.
local function find_exporter(folders, fits)
  local entries = shelf.list_plugins(trusted_of(folders))
  for _, entry in ipairs(entries) do
    local def = entry.def
    if def and def.kind == "exporter" and fits(def) then
      def.open()
      return def
    end
  end
  shelf.demand(entries)
  return nil
end

--- The exporter that an ending of a file chooses.
-- @tparam {table,...} folders of shelf.plugin_folders
-- @tparam string extension without its dot, in lower case
-- @treturn ?table
function plugins.exporter_for(folders, extension)
  return find_exporter(folders, function(def) return def.extension == extension end)
end

--- The exporter of a name.
-- @tparam {table,...} folders of shelf.plugin_folders
-- @tparam string name
-- @treturn[1] table opened
-- @treturn[2] nil
-- @treturn[2] string why there is none
function plugins.exporter(folders, name)
  local path = shelf.find_plugin(folders, name)
  local def, broken
  if path then def, broken = shelf.load_named(path) end
  if broken then return nil, ("%s cannot be used: %s"):format(path, broken) end
  if def and def.kind == "exporter" then
    def.open()
    return def
  end
  local names = {}
  find_exporter(folders, function(other) names[#names + 1] = other.name end)
  return nil, ("there is no format '%s'\nthere are: %s"):format(name,
    table.concat(table.move(names, 1, #names, #report.FORMATS + 1, { table.unpack(report.FORMATS) }), " "))
end

--- Load every dialect of these folders.
-- @tparam {table,...} folders of shelf.plugin_folders
-- @treturn {table,...} dialects, by name
-- @treturn {table,...} those that are broken, each `path` and `reason`
function plugins.load(folders)
  local dialects, broken, seen = {}, {}, {}
  for _, entry in ipairs(shelf.list_plugins(trusted_of(folders))) do
    local is_other = entry.def and entry.def.kind ~= "dialect"
    if entry.def and not is_other and not seen[entry.name] then
      entry.def.open()
      dialects[#dialects + 1] = entry.def
      seen[entry.name] = true
    elseif entry.broken then
      broken[#broken + 1] = { path = entry.path, reason = entry.broken }
    end
  end
  return dialects, broken
end

local function from_utf16(bytes, form)
  local units, out, high = {}, {}, nil
  for i = 1, #bytes - 1, 2 do units[#units + 1] = string.unpack(form, bytes, i) end
  for _, unit in ipairs(units) do
    if high and unit >= 0xDC00 and unit < 0xE000 then
      out[#out] = utf8.char(0x10000 + (high - 0xD800 << 10) + unit - 0xDC00)
      high = nil
    else
      high = unit >= 0xD800 and unit < 0xDC00 and unit or nil
      out[#out + 1] = utf8.char(unit)
    end
  end
  return table.concat(out)
end

-- The text as UTF-8, or as its bytes where it has another encoding of 8 bits.
local function decode(bytes, encoding)
  if encoding == "utf-16le" then bytes = from_utf16(bytes, "<I2") end
  if encoding == "utf-16be" then bytes = from_utf16(bytes, ">I2") end
  return (bytes:gsub("^\239\187\191", ""))
end

local Reading = {}
Reading.__index = Reading

function Reading:remark(number, severity, reason, line)
  if #self.problems >= MOST_PROBLEMS then return end
  local text = line and (line:gsub("[%c\127]", "?"):gsub("%s+", " "):gsub("^ ", "")) or nil
  if text and #text > QUOTED then text = text:sub(1, QUOTED) .. "…" end
  self.problems[#self.problems + 1] = { severity = severity, line = number, reason = reason, text = text }
end

-- Call a function of the plugin; a mistake in it drops the table and puts the plugin aside for this text.
function Reading:call(def, name, ...)
  if not def[name] then return nil end
  local result = table.pack(pcall(def[name], ...))
  if result[1] then return table.unpack(result, 2, result.n) end
  local reason = ("plugin %s failed in %s: %s"):format(def.name, name, tostring(result[2]))
  self:remark(self.number, "refused", reason)
  self.aside[def] = true
  self.open = nil
  return nil, nil, nil, true
end

-- A row that does not say its pool is no row: there is none to be taken for granted.
function Reading:add(row, number, line)
  if row.pool == nil then
    self:remark(number, "refused", 'the row does not name its pool, "nonpaged" or "paged"', line)
    return
  end
  row.line = row.line or number
  self.open.rows[#self.open.rows + 1] = row
end

local function build(def, open, more)
  local rows = open.rows
  if #rows == 0 and next(more.memory or {}) == nil then return nil end
  return assert(pool.snapshot {
    origin = more.origin or def.name, rows = rows, memory = more.memory, time = more.time,
    host = more.host, scope = more.scope or (#rows == 0 and "totals" or "part"),
    first_line = open.first, last_line = open.last,
  })
end

function Reading:finish()
  local open = self.open
  if not open then return end
  local more, _, _, failed = self:call(open.def, "finish", open.state)
  if failed then return end
  more = more or {}
  for _, row in ipairs(more.rows or {}) do self:add(row, open.last) end
  self.open = nil
  local ok, snapshot = pcall(build, open.def, open, more)
  if not ok then
    self:remark(open.first, "refused", ("plugin %s gave no snapshot: %s"):format(open.def.name, snapshot))
    return
  end
  self.snapshots[#self.snapshots + 1] = snapshot
  for _, row in ipairs(snapshot and snapshot:rows() or {}) do
    for _, flag in ipairs(row.flags) do
      local contradicts = flag:find "mismatch"
      if contradicts then self:remark(row.line, "flagged", "the row's numbers disagree: " .. flag) end
    end
  end
end

-- Offer a line to the table that is open.  Returns false when it ended before the line.
function Reading:take(line)
  local open = self.open
  local result, reason, severity, failed = self:call(open.def, "row", open.state, line, self.number)
  if failed then return true end
  if result == false then
    self:finish()
    return false
  end
  open.last = self.number
  if type(result) == "table" then
    self:add(result, self.number, line)
    self.row_lines = self.row_lines + 1
  elseif result == nil then
    severity = SEVERITIES[severity] and severity or "refused"
    self:remark(self.number, severity, tostring(reason or "not understood"), line)
  end
  return true
end

function Reading:offer(line)
  for _, def in ipairs(self.dialects) do
    local state, is_row
    if not self.aside[def] then state, is_row = self:call(def, "start", line, self.number) end
    if state then
      self.open = { def = def, state = state, rows = {}, first = self.number, last = self.number }
      self.recognised = true
      if is_row == true then self:take(line) end
      return
    end
  end
end

--- Read a text with the dialects.
-- @tparam {table,...} dialects of @{load}
-- @tparam string bytes
-- @tparam[opt] string encoding as text.parse gives it
-- @treturn ?table as text.parse gives it; nil where no dialect recognised anything or failed
function plugins.read(dialects, bytes, encoding)
  local self = setmetatable({ dialects = dialects, snapshots = {}, problems = {}, aside = {}, number = 0,
                              row_lines = 0, searched_from = 0 }, Reading)
  for line in (decode(bytes, encoding) .. "\n"):gmatch "([^\n]*)\n" do
    self.number = self.number + 1
    if self.open then self.searched_from = self.number end
    if self.number - self.searched_from > SEARCHED_LINES then break end
    if self.number % 4096 == 0 and system.interrupted() then break end
    line = line:gsub("\r$", "")
    if not (self.open and self:take(line)) and not self.open then self:offer(line) end
  end
  self:finish()
  if not self.recognised and #self.problems == 0 then return nil end
  local totals = { refused = 0, ambiguous = 0, flagged = 0, note = 0 }
  for _, problem in ipairs(self.problems) do totals[problem.severity] = totals[problem.severity] + 1 end
  return {
    snapshots = self.snapshots, problems = self.problems, totals = totals, lines = self.number,
    row_lines = self.row_lines, encoding = encoding, modules = {}, blocks = {}, processes = {}, verified = {},
  }
end

return plugins
