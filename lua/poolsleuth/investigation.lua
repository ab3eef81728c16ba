--- Investigations: what nearly every playbook begins with, in one call, and what it then asks.
-- `investigation.open(case, args)` reads the sources that were named, orders the snapshots, remarks on what
-- limits them, and gives an Investigation: watches of tags, lists of evidence, rules with their numbers,
-- and answers to fill in.
-- @module poolsleuth.investigation
local answer     = require "poolsleuth.answer"
local belongings = require "poolsleuth.belongings"
local glob       = require "poolsleuth.glob"
local growth     = require "poolsleuth.growth"
local importers  = require "poolsleuth.importers"
local sources    = require "poolsleuth.sources"
local triage     = require "poolsleuth.triage"
local verdict    = require "poolsleuth.verdict"
local watch      = require "poolsleuth.watch"
local window     = require "poolsleuth.window"

local investigation = {}

local Investigation = {}
Investigation.__index = Investigation

local function no_growth()
  return setmetatable({ entries = {}, at_hand = {}, count = 0, rows = {}, totals = {}, pools = {},
    reboots = 0 }, growth)
end

local function load_sources(case, args)
  case.options.interval = args.interval or case.options.interval
  case.options.times = args.time or case.options.times
  case.options.symbols = args.symbols or case.options.symbols
  case.options.window = window.of(args) or case.options.window
  case.options.machine = case.options.machine or args
  case:load(args.sources or {})
  case:load(args.drivers or {})
  if args.loaded then case:load { args.loaded } end
end

--- Look at snapshots that were measured already: those of one machine among several, or of some days.
-- @tparam Case case
-- @tparam table args
-- @tparam Growth measured
-- @treturn Investigation
function investigation.of(case, args, measured)
  return setmetatable({ case = case, args = args, knowledge = case.knowledge, growth = measured,
    snapshots = #case.snapshots, inputs = #case.inputs, lists = {},
    limits = verdict.with_thresholds(case.config.thresholds) }, Investigation)
end

--- Open the evidence.  A case that several playbooks look at is measured once.
-- @tparam Case case
-- @tparam table args as playbook.evidence declares them
-- @treturn Investigation fields `case`, `args`, `growth` (its `count` is 0 without snapshots), `limits`
--   (the thresholds), `knowledge`
function investigation.open(case, args)
  load_sources(case, args)
  local known = rawget(case, "investigation")
  if known and known.snapshots == #case.snapshots and known.inputs == #case.inputs then
    return setmetatable({ args = args }, { __index = known })
  end
  local present = #case.series.entries > 0
  local self = investigation.of(case, args, present and growth.measure(case.series) or no_growth())
  if present then triage.check(case, self.growth) end
  rawset(case, "investigation", self)
  return self
end

--- End the run unless there is something that it can work on.
-- @tparam string ... "snapshots", or names of lists of the case; one that is not empty is enough
-- @treturn Investigation itself
function Investigation:need(...)
  local present = false
  for _, name in ipairs { ... } do
    present = present or #(name == "snapshots" and self.growth.entries or self:list(name)) > 0
  end
  self.case:need(table.concat({ ... }, " or "), present)
  return self
end

--- Whether there are snapshots with tags.
-- @treturn boolean
function Investigation:has_tags() return #self.growth.rows > 0 end

--- A number that the investigation goes by: the site's threshold, else the rule of that name.
-- @tparam string name
-- @treturn number
function Investigation:rule(name)
  local given = (self.case.config.thresholds or {})[name]
  if given then return given end
  local row = self.knowledge:entry("rules", name)[1]
  if not row then error(("no rule '%s'"):format(tostring(name)), 2) end
  return row.value
end

-- Which tags a filter wants: a family's name, a list of patterns, or a function of the tag.
local function wanted_by(self, filter)
  if type(filter) == "function" then return filter end
  local patterns = filter
  if type(filter) == "string" then
    local family = self.knowledge:entry("families", filter)[1]
    if not family then error(("no family of tags '%s'"):format(filter), 3) end
    patterns = family.tags
  end
  return glob.any(patterns)
end

--- What tells the tags of a family from others.
-- @tparam string|table|function filter as for @{watches}
-- @treturn function from a tag to a boolean
function Investigation:filter(filter) return wanted_by(self, filter) end

--- Watch the tags of a family.
-- @tparam string|table|function filter a family of knowledge, a list of patterns, or a function of the tag
-- @tparam[opt] table options of watch.of, and `sessions`: only what is of one session
-- @treturn {Watch,...} those that grew or hold most first
function Investigation:watches(filter, options)
  local wants, list = wanted_by(self, filter), {}
  for _, row in ipairs(self.growth.rows) do
    local fits = row.session ~= "all" and (row.session or not (options and options.sessions))
    if fits and wants(row.tag) then list[#list + 1] = watch.of(self, row, options) end
  end
  return list
end

--- How many bytes the tags of a family hold now, in both pools.
-- @tparam string|table|function filter as for @{watches}
-- @treturn int
function Investigation:held_by(filter)
  local sum = 0
  for _, one in ipairs(self:watches(filter)) do sum = sum + (one.bytes or 0) end
  return sum
end

--- The first tag of a family that stands out.
-- @tparam string|table|function filter as for @{watches}
-- @tparam[opt] table options likewise
-- @treturn ?Watch
function Investigation:worst(filter, options)
  for _, one in ipairs(self:watches(filter, options)) do
    if one:stands_out() then return one end
  end
  return nil
end

--- Watch one tag: of several rows that which holds most.
-- @tparam string tag four bytes
-- @tparam[opt] table options of watch.of
-- @treturn ?Watch nil where no snapshot has it
function Investigation:watch(tag, options)
  local best
  for _, one in ipairs(self:watches({ tag }, options)) do
    if not best or (one.bytes or 0) > (best.bytes or 0) then best = one end
  end
  return best
end

--- Rows that stand out in the newest snapshot alone.
-- @treturn {table,...} each `row`, `word` (HIGH or RESERVED), `evidence`
function Investigation:stands_out()
  local found = rawget(self, "outstanding")
  if not found then
    found = self:has_tags() and triage.high(self.case, self.growth, self.limits, math.huge) or {}
    rawset(self, "outstanding", found)
  end
  return found
end

--- The totals of memory in the newest snapshot that knows each.
-- @treturn table as Snapshot:memory gives them
-- @treturn ?table the entry of the series
function Investigation:memory()
  local memory = {}
  for _, entry in ipairs(self.growth.at_hand) do
    for name, value in pairs(entry.memory) do memory[name] = value end
  end
  return memory, self.growth.last
end

--- How full a pool is against its own limit, where the sources or the version of Windows tell it.
-- @tparam string pool "nonpaged" or "paged"
-- @treturn[1] number share of the limit
-- @treturn[1] int bytes used
-- @treturn[1] int limit in bytes
-- @treturn[1] string what the limit is by
-- @treturn[2] nil
function Investigation:fill(pool)
  local memory = self:memory()
  for _, bound in ipairs(self.case.limits:of(pool, memory)) do
    local of_pool = not bound.basis:find "^free "
    if of_pool and bound.limit_bytes > 0 then
      return bound.used_bytes / bound.limit_bytes, bound.used_bytes, bound.limit_bytes, bound.basis
    end
  end
  return nil
end

--- What part of its pool a watched tag holds now.
-- @tparam Watch of
-- @treturn number 0 where the pool's size is not known
function Investigation:share_of_pool(of)
  local total = self.growth.pools[of.pool] or {}
  local whole = total.header or total.tagged or total.rows or 0
  return whole > 0 and (of.bytes or 0) / whole or 0
end

--- The tag of a pool that stands out most: the worst word, then the most growth or bytes.
-- @tparam string pool
-- @tparam[opt] table options of watch.of
-- @treturn ?Watch
function Investigation:heaviest(pool, options)
  local best
  for _, row in ipairs(self.growth.rows) do
    if row.pool == pool and not row.session then
      local one = watch.of(self, row, options)
      if not best or (one:stands_out() and not best:stands_out()) then best = one end
    end
  end
  return best
end

-- The machine that the snapshots are of, if they say.
local function host_of(self)
  local last = self.growth.last
  return last and last.snapshot:host()
end

-- The machine that the answer is about; where a history tells it, it has a name alone.
local function machine_of(self)
  local chosen, host = rawget(self.case, "about"), host_of(self)
  if chosen and (#chosen.parts > 1 or not host) then return chosen end
  return host and { name = host, by = "content", parts = { { name = host, entries = {} } } } or nil
end

--- A list of evidence of the case, without what is of another machine than the snapshots.
-- @tparam string name "handles", "processes", "services", "events", "loggers", "hives", "files" …
-- @treturn {table,...}
function Investigation:list(name)
  if self.lists[name] then return self.lists[name] end
  local chosen = machine_of(self)
  local kept, others = belongings.keep(self.case, chosen, self.case[name] or {})
  self.lists[name] = kept
  for other, count in pairs(others) do
    self.case:problem { severity = "flagged",
      text = ("%d of the %s are of %s and not of %s, which the snapshots are of: they are left out"):format(
        count, name, other, chosen.name) }
  end
  return kept
end

--- The drivers that are not Microsoft's.
-- @treturn {table,...} records of the driver index: `name`, `company`, `file_version`, `path`, `allocates`
--   (the tags that its call sites allocate with) …
function Investigation:other_makers()
  local list = {}
  for _, record in ipairs(self.case.drivers:all()) do
    if not importers.is_microsoft(record) then list[#list + 1] = record end
  end
  return list
end

--- The drivers of a kind, by what they import.
-- @tparam string set name of an api_sets row: "minifilters", "callouts" ...
-- @treturn {table,...} as importers.find gives them; what they give back does not count
function Investigation:drivers_that(set)
  local apis = {}
  for i, pair in ipairs(importers.pairs_of(self.knowledge, nil, set)) do
    apis[i] = { acquire = pair.acquire, release = {} }
  end
  return importers.find(self.case, apis)
end

--- The drivers that import what takes the memory under a tag.
-- @tparam string tag one that has a proxy rule
-- @treturn {table,...} as importers.find gives them; none where the tag has no rule
function Investigation:drivers_that_take(tag)
  return importers.find(self.case, importers.pairs_of(self.knowledge, tag))
end

-- The drivers that the sources list as running, by file name, in the order of their lists.
local function running_drivers(self)
  local list = {}
  for _, name in ipairs { "modules", "services", "files" } do
    for _, item in ipairs(self:list(name)) do
      local stopped = item.unloaded or (item.state and item.state:lower():find "stop")
      local file = sources.basename(item.path or item.name or ""):lower()
      if not file:find(".", 1, true) then file = file .. ".sys" end
      if not stopped then list[#list + 1] = { file = file, item = item } end
    end
  end
  return list
end

--- The drivers that the sources list as running and that a section of knowledge has a row of.
-- @tparam string section whose rows are named by driver: "holders"
-- @treturn {table,...} each `known` (the row) and `item` (of modules, services or files), each driver once
function Investigation:running(section)
  local list, seen = {}, {}
  for _, driver in ipairs(running_drivers(self)) do
    local known = self.knowledge:entry(section, driver.file)[1]
    if known and not seen[known.name] then
      seen[known.name] = true
      list[#list + 1] = { known = known, item = driver.item }
    end
  end
  return list
end

--- Does a driver run?
-- @tparam string file "http.sys"
-- @treturn ?boolean nil where no list of drivers is among the sources
function Investigation:is_running(file)
  local drivers = running_drivers(self)
  for _, driver in ipairs(drivers) do
    if driver.file == file:lower() then return true end
  end
  if #drivers == 0 then return nil end
  return false
end

--- How long the snapshots run.
-- @treturn ?number hours
function Investigation:hours()
  local span = self.growth.span_s
  return span and span > 0 and span / 3600 or nil
end

--- An answer about one tag, with what its rows say.
-- @tparam string word the verdict
-- @tparam Watch of
-- @tparam[opt] table extra `confidence`, `suspects` (in place of a search), `steps` likewise
-- @treturn Answer
function Investigation:about(word, of, extra) return answer.about(self, word, of, extra) end

--- An answer that is about no single tag.
-- @tparam string word the verdict
-- @tparam[opt] string confidence
-- @treturn Answer
function Investigation:answer(word, confidence) return answer.new(self, word, confidence) end

--- NOT-ENOUGH-DATA: what is missing, and the commands that collect it.
-- @tparam string text what is missing
-- @tparam {string,...} commands of knowledge
-- @tparam[opt] table values for the commands
function Investigation:too_little(text, commands, values)
  answer.new(self, "NOT-ENOUGH-DATA", "low"):say("%s", text):advise(commands, values):file()
end

--- NO-LEAK: what was looked at, and why it is in order.
-- @tparam string text
-- @tparam[opt] string confidence "medium" if not given; "low" where there is a single snapshot
function Investigation:in_order(text, confidence)
  local one = self.growth.count == 1 and "low" or "medium"
  answer.new(self, "NO-LEAK", confidence or one):say("%s", text):tell_summary():file()
end

return investigation
