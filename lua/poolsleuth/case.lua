--- The case: the evidence of one run, what is known, and the findings made from them.
-- @module poolsleuth.case
local drivers  = require "poolsleuth.drivers"
local lists    = require "poolsleuth.lists"
local series   = require "poolsleuth.series"
local severity = require "poolsleuth.severity"
local sources  = require "poolsleuth.sources"
local system   = require "poolsleuth.system"
local window   = require "poolsleuth.window"

local case = {}

local TEXT_LIMIT <const> = 1 << 30
local AHEAD <const> = 48 -- files of a folder that are read at a time
local STATUS <const> = { missing = 66, io = 74, format = 65, truncated = 65, limit = 65, unsupported = 65 }

-- What is made on first use, because not every script needs it.
local lazy = {}

-- The machine that the snapshots are to be of; false where there is nothing to choose from.
function lazy.about(self)
  if #self.histories > 0 or #self.snapshots == 0 then return false end
  local wanted = (self.options.window or {}).host
  local chosen, message = require("poolsleuth.about").choose(self, wanted)
  return self:must(chosen, message)
end

-- The times that were given of the snapshots that are chosen.
local function times_for(self, entries)
  local times = self.options.times
  if not times or #times == 0 then return nil end
  if #times ~= #self.snapshots then
    self:must(nil, ("%d times are given for %d snapshots"):format(#times, #self.snapshots))
  end
  local by_entry, list = {}, {}
  for i, entry in ipairs(self.snapshots) do by_entry[entry] = times[i] end
  for i, entry in ipairs(entries) do list[i] = by_entry[entry] end
  return list
end

function lazy.series(self)
  if #self.histories > 0 then return require("poolsleuth.site").series(self) end
  local chosen = self.about
  local entries = chosen and chosen.entries or self.snapshots
  local times = times_for(self, entries)
  local built = series.build(entries, { times = times, interval_s = self.options.interval })
  local note = chosen and require("poolsleuth.about").note(chosen)
  if note then
    table.insert(built.problems, 1, note)
    built.host = chosen.name
  end
  return window.narrow(built, self.options.window or {})
end

-- Scan files, remarking on those that could not be read.
local function scan_files(self, paths, given)
  local index = drivers.scan(paths, {
    threads = self.options.threads, progress = self.progress, given = given, cache = self.cache or nil,
    trust = self.options.trust, detail = self.options.detail, limits = self.options.limits })
  if self.cache and self.cache.problem then
    self:problem { source = self.cache.path, text = self.cache.problem }
    self.cache.problem = nil
  end
  for _, record in ipairs(index.records) do
    local input = self.by_path[record.path]
    if input then input.sha256 = record.sha256 end
  end
  for _, failure in ipairs(index.failures) do
    self:problem { source = failure.path, text = failure.message or "not read", severity = "refused" }
  end
  return index
end

-- The drivers that are at hand, without those of other machines than the answer is about.
local function own_drivers(self)
  local chosen = rawget(self, "about")
  if not chosen or #chosen.parts < 2 then return self.driver_paths, self.given_drivers end
  local function is_own(path)
    local owner = require("poolsleuth.belongings").owner(self, chosen, path)
    return not owner or owner == chosen.name
  end
  local paths, given = {}, {}
  for _, path in ipairs(self.driver_paths) do paths[#paths + 1] = is_own(path) and path or nil end
  for _, driver in ipairs(self.given_drivers) do given[#given + 1] = is_own(driver.path) and driver or nil end
  return paths, given
end

function lazy.drivers(self)
  local none_named = #self.driver_paths == 0 and #self.given_drivers == 0
  if none_named and self.config.drivers then self:load(self.config.drivers) end
  local paths, given = own_drivers(self)
  if #self.dumps > 0 then given = require("poolsleuth.dumps").with_drivers(self, given) end
  local index = scan_files(self, paths, given)
  local modules = require("poolsleuth.belongings").list(self, "modules")
  if #modules > 0 then index:mark_loaded(modules) end
  return index
end

-- The drivers of all machines, for whoever compares these.
function lazy.every_driver(self)
  local own, given = own_drivers(self)
  if #own == #self.driver_paths and #given == #self.given_drivers then return self.drivers end
  return scan_files(self, self.driver_paths, self.given_drivers)
end

function lazy.cache(self)
  if not self.options.cache then return false end
  local cache, message = require("poolsleuth.cache").open(self.options.cache, {
    rebuild = self.options.rebuild_cache })
  if not cache then self:problem { source = self.options.cache, text = message } end
  return cache or false
end

function lazy.knowledge(self)
  return self:must(require("poolsleuth.knowledge").load {
    overlays = self.config.overlays, tagfiles = self.config.tagfiles })
end

-- What bounds the pools of the machine that the arguments describe.
function lazy.limits(self)
  return require("poolsleuth.limits").new(self, self.options.machine)
end

local methods = {}

-- Dialects in Lua; what is wrong with one is said when it would have been asked.
function lazy.dialects(self)
  local dialects, broken = require("poolsleuth.plugins").load(self.options.plugins or {})
  for _, plugin in ipairs(broken) do
    self:problem { source = plugin.path, text = "the plugin cannot be used: " .. plugin.reason }
  end
  return dialects
end

local function index(self, key)
  if methods[key] then return methods[key] end
  local make = lazy[key]
  if not make then return nil end
  local value = make(self)
  rawset(self, key, value)
  return value
end

local class = { __index = index }

local function add_text(self, input, parsed)
  input.complete = true
  for _, problem in ipairs(parsed.problems) do
    if severity.is_missing(problem.severity) then input.complete = false end
    input.problems[#input.problems + 1] = problem
  end
  for _, snapshot in ipairs(parsed.snapshots) do
    local entry = { snapshot = snapshot, source = input, memory = snapshot:memory() }
    self.snapshots[#self.snapshots + 1] = entry
  end
  local listed = 0
  for _, name in ipairs(lists.NAMES) do
    for _, item in ipairs(parsed[name] or {}) do
      item.source = input
      self[name][#self[name] + 1] = item
    end
    listed = listed + #(parsed[name] or {})
  end
  for _, process in ipairs(parsed.processes) do
    self.handles[#self.handles + 1] = lists.handles_of(process)
  end
  input.lines, input.row_lines, input.totals = parsed.lines, parsed.row_lines, parsed.totals
  input.encoding = parsed.encoding
  input.recognised = #parsed.snapshots > 0 or listed > 0
end

local function is_recognised(parsed)
  if #parsed.snapshots > 0 then return true end
  for _, name in ipairs(lists.NAMES) do
    if #(parsed[name] or {}) > 0 then return true end
  end
  return false
end

-- The dialects in Lua that a text is offered to: the one that was asked for, or all of them where no reader
-- recognised anything.
local function dialects_for(self, parsed)
  local wanted = self.options.read_as
  if not wanted then return is_recognised(parsed) and {} or self.dialects end
  for _, def in ipairs(self.dialects) do
    if def.name == wanted then return { def } end
  end
  local message = ("no dialect '%s'; poolsleuth list --dialects shows them"):format(wanted)
  error({ message = message, status = 64 }, 0)
end

-- What a plugin reads in a text takes the place of what the readers in C said of it.
local function with_plugins(self, parsed, get_bytes)
  local dialects = dialects_for(self, parsed)
  if #dialects == 0 then return parsed end
  local plugins = require "poolsleuth.plugins"
  local bytes = get_bytes(plugins.LARGEST_TEXT)
  local other = bytes and plugins.read(dialects, bytes, parsed.encoding)
  if not other then return parsed end
  if #other.snapshots > 0 then
    other.sha256 = parsed.sha256
    return other
  end
  table.move(other.problems, 1, #other.problems, #parsed.problems + 1, parsed.problems)
  return parsed
end

--- A new case.
-- @tparam[opt] table given `knowledge`, `config` (thresholds and paths of the site), `options`
--   (`times`, `interval` in seconds, `window`: of window.of, `machine`: arguments of limits.new, `threads`,
--   `cache`: where the scanner keeps what it found),
--   `progress` (function of done and total), `texts` ({name, text}: evidence inline), `drivers`
--   (driver tables inline), `dumps` ({path, dump}: what answers as a Dump does)
-- @treturn Case fields `inputs`, `snapshots`, `dumps` ({dump, path, source}), `about` (of about.choose),
--   `series` and `drivers` of that machine, `every_driver`,
--   `knowledge`, `findings`, `problems`, and the lists of lists.NAMES: `modules`, `blocks`, `processes`,
--   `verified`, `handles`, `services`, `events`, `loggers`, `hives`, `files`, each item with its `source`
function case.new(given)
  given = given or {}
  local self = setmetatable({
    inputs = {}, by_path = {}, snapshots = {}, driver_paths = {}, dumps = {},
    histories = {}, roots = {}, findings = {}, problems = {},
    options = given.options or {}, config = given.config or {}, progress = given.progress,
    knowledge = given.knowledge, given_drivers = given.drivers or {},
  }, class)
  for _, name in ipairs(lists.NAMES) do self[name] = {} end
  for _, text in ipairs(given.texts or {}) do
    local input = { path = text.name, kind = "text", problems = {}, complete = true, mtime = text.mtime }
    self.inputs[#self.inputs + 1] = input
    local parsed = self:must(require("poolsleuth.text").parse(text.text))
    add_text(self, input, with_plugins(self, parsed, function() return text.text end))
  end
  for _, entry in ipairs(given.dumps or {}) do
    require("poolsleuth.dumps").add(self, { path = entry.path, problems = {} }, entry.dump)
  end
  return self
end

local function fail_input(self, input, message, err, quiet)
  input.complete = false
  input.code = err and err.code or "io"
  input.problems[#input.problems + 1] = { severity = quiet and "note" or "refused", reason = message }
  if quiet or self.failed then return end
  self.failed = { message = input.path .. ": " .. message, code = input.code }
end

-- Standard input is read whole, a file through a window.
local function parse(self, path)
  local text = require "poolsleuth.text"
  local limits = self.options.limits
  if path ~= "-" then return text.read(path, { progress = self.progress, limits = limits }) end
  local bytes, message, err = system.read(path, limits and limits.input_bytes or TEXT_LIMIT)
  if not bytes then return nil, message, err end
  local parsed
  parsed, message, err = text.parse(bytes, { limits = limits })
  if parsed then parsed.sha256 = system.sha256_of(bytes) end
  return parsed, message, err
end

local function read_text(self, input, explicit, ready)
  local parsed, message, err = ready, nil, nil
  if not parsed then parsed, message, err = parse(self, input.path) end
  if not parsed then return fail_input(self, input, message, err) end
  parsed = with_plugins(self, parsed, function(limit) return (system.read(input.path, limit)) end)
  add_text(self, input, parsed)
  input.sha256 = parsed.sha256
  if explicit and not input.recognised then
    self.unrecognised = self.unrecognised or input.path
  end
end

-- A file found in a folder may be anything; one that the user named must be understood.
local function read_file(self, path, explicit, ready)
  if self.by_path[path] then return end
  local input = { path = path, problems = {}, complete = true }
  self.by_path[path] = input
  self.inputs[#self.inputs + 1] = input
  if not explicit and self.cache and self.cache:find(path) then
    input.kind = "pe"
    self.driver_paths[#self.driver_paths + 1] = path
    return
  end
  local found, message, err = ready, nil, nil
  if not found then found, message, err = system.probe(path) end
  if not found then
    input.kind = "unknown"
    return fail_input(self, input, message, err)
  end
  input.kind, input.size, input.mtime = found.kind, found.size, found.mtime
  if found.kind == "text" then return read_text(self, input, explicit, found.parsed) end
  if found.kind == "pe" then
    self.driver_paths[#self.driver_paths + 1] = path
    return
  end
  if found.kind == "history" then
    local ok, why, cause = require("poolsleuth.site").add(self, input)
    return ok or fail_input(self, input, why, cause)
  end
  local dumps = require "poolsleuth.dumps"
  if dumps.KINDS[found.kind] or (explicit and dumps.may_be_raw(found)) then
    local ok, why, cause = dumps.read(self, input)
    if ok then return end
    if dumps.KINDS[found.kind] then return fail_input(self, input, why, cause, not explicit) end
  end
  local advice = require("poolsleuth.advice").on(path, found.kind)
  fail_input(self, input, advice, { code = "unsupported" }, not explicit)
end

-- Files are read on all cores, some at a time, before they are looked at one by one.
local function read_ahead(self, files, from)
  local paths = {}
  if self.options.limits then return paths end
  for i = from, math.min(from + AHEAD - 1, #files) do
    local path, explicit = files[i].path, files[i].explicit
    local known = self.by_path[path] or path == "-" or (not explicit and self.cache and self.cache:find(path))
    if not known then paths[#paths + 1] = path end
  end
  return #paths > 1 and require("poolsleuth.text").ahead(paths, self.options.threads) or {}
end

local function read_files(self, files, visit)
  local ready = {}
  for i, file in ipairs(files) do
    if system.interrupted() then break end
    if i % AHEAD == 1 then ready = read_ahead(self, files, i) end
    read_file(self, file.path, file.explicit, ready[file.path])
    ready[file.path] = nil
    if visit then visit(self.by_path[file.path]) end
  end
end

-- The files of a path, behind those of others.
local function add_files(self, list, path)
  local files, problems, err = sources.expand(path, self.options.limits)
  if not files then
    self.failed = self.failed or { message = problems, code = err.code }
    return self:problem { source = path, text = problems, severity = "refused" }
  end
  for _, problem in ipairs(problems) do
    self:problem { source = problem.path, text = problem.message, severity = "refused" }
  end
  local explicit = #files == 1 and files[1] == path
  if not explicit and self.cache then self.cache:look_up(files) end
  for _, file in ipairs(files) do list[#list + 1] = { path = file, explicit = explicit } end
end

--- Read what the user named: files, folders, globs, "-".  Failures are kept among the problems.
-- @tparam {string,...} paths
-- @tparam[opt] function visit of the input of each file once it is read: it may take the snapshots away, so
--   that a folder of any size needs no more memory than one of them
-- @treturn Case itself
function methods:load(paths, visit)
  local files = {}
  for _, path in ipairs(paths) do
    self.roots[#self.roots + 1] = path
    add_files(self, files, path)
  end
  read_files(self, files, visit)
  return self
end

--- Scan some of the drivers that were loaded, apart from the others.
-- @tparam {string,...} paths
-- @treturn {table,...} records of the driver index
function methods:drivers_of(paths)
  return scan_files(self, paths):all()
end

--- End the run unless something was read that a script can work on.
-- @tparam string what for the message: "snapshots", "drivers", "sources"
-- @tparam boolean present
function methods:need(what, present)
  if present then return end
  local failed = self.failed
  if failed then self:must(nil, failed.message, failed) end
  local where = self.unrecognised or (#self.inputs == 1 and self.inputs[1].path)
  self:must(nil, where and ("%s: no %s in it"):format(where, what)
    or ("no %s in any of the %d sources"):format(what, #self.inputs), { code = "format" })
end

--- Remember something that limits the answer; what several playbooks remark is said once.
-- @tparam table problem `text`, and maybe `source`, `line`, `severity` ("note", "flagged", "refused",
--   "ambiguous")
function methods:problem(problem)
  problem.severity = problem.severity or "note"
  for _, known in ipairs(self.problems) do
    local same = known.text == problem.text and known.source == problem.source and known.line == problem.line
    if same and known.severity == problem.severity then return end
  end
  self.problems[#self.problems + 1] = problem
end

--- Add a finding of a playbook.
-- @tparam table finding see verdict.lua for its fields
function methods:finding(finding)
  local chosen = rawget(self, "about")
  finding.of_fleet = finding.of_fleet or self.of_fleet
  if chosen and #chosen.parts > 1 and not finding.of_fleet then finding.host = finding.host or chosen.name end
  if #self.files > 0 then require("poolsleuth.file_listings").join(self, finding) end
  self.findings[#self.findings + 1] = finding
end

--- The value, or the end of the run with the exit status of the cause.
-- @param value anything; nil and false end the run
-- @tparam[opt] string message
-- @tparam[opt] table err `code`: 66 for "missing", 74 for "io", else 65
-- @return value
function methods:must(value, message, err) -- luacheck: no self
  if value then return value end
  local status = err and STATUS[err.code] or 65
  error({ message = message or "the evidence does not suffice", status = status }, 0)
end

return case
