--- Answers: a finding while it is being made.  Each piece of evidence goes in with its source and place, each
-- name=value of the verdict line with its name, each next step with its undo.
-- @module poolsleuth.answer
local consult   = require "poolsleuth.consult"
local finding   = require "poolsleuth.finding"
local importers = require "poolsleuth.importers"
local steps     = require "poolsleuth.steps"
local suspects  = require "poolsleuth.suspects"
local triage    = require "poolsleuth.triage"
local verdict   = require "poolsleuth.verdict"

local answer = {}

local Answer = {}
Answer.__index = Answer

local function wrap(look, found)
  found.facts = found.facts or {}
  return setmetatable({ look = look, found = found, at = found.measured or #found.evidence }, Answer)
end

-- What an answer adds stands before what is known of the tag anyway.
local function add(self, text, source, place)
  self.at = self.at + 1
  table.insert(self.found.evidence, self.at, { text = text, source = source, place = place })
  return self
end

--- An answer about one tag: begins with what its rows say, what is known of it, and when the pool is used up.
-- @tparam Investigation look
-- @tparam string word the verdict
-- @tparam Watch of
-- @tparam[opt] table extra `confidence`; `suspects` and `steps` in place of those that finding.of_tag looks
--   for
-- @treturn Answer
function answer.about(look, word, of, extra)
  extra = extra or {}
  local found = finding.of_tag(look.case, look.growth, of.row, word, extra.confidence or of.confidence,
    { suspects = extra.suspects, next = extra.steps, accuses = verdict.accuses(word) })
  local sure = extra.suspects and suspects.confidence(extra.suspects)
  if sure then found.confidence = verdict.lesser(found.confidence, sure) end
  return wrap(look, found)
end

--- An answer about no single tag.
-- @tparam Investigation look
-- @tparam string word the verdict
-- @tparam[opt="medium"] string confidence
-- @treturn Answer
function answer.new(look, word, confidence)
  return wrap(look, { verdict = word, confidence = confidence or "medium", evidence = {}, suspects = {},
    victims = {}, next = {} })
end

--- Add evidence that has no place of its own: arithmetic, a rule.
-- @tparam string form as for string.format
-- @param ... values
-- @treturn Answer itself
function Answer:say(form, ...)
  return add(self, form:format(...))
end

--- Add evidence from an item of a list: where it came from goes with it.
-- @tparam table item with `source` and `line`
-- @tparam string form
-- @param ... values
-- @treturn Answer itself
function Answer:cite(item, form, ...)
  local source = item and item.source
  local place = item and math.type(item.line) == "integer" and ("line %d"):format(item.line) or nil
  return add(self, form:format(...), type(source) == "table" and source.path or source, place)
end

--- Add where a watched tag stands.
-- @tparam Watch of
-- @tparam string form
-- @param ... values
-- @treturn Answer itself
function Answer:cite_tag(of, form, ...)
  local source, place = self.look.growth:place(of.row)
  return add(self, form:format(...), source, place)
end

--- Say that evidence contradicts itself: the confidence falls to low, and the report flags it.
-- @tparam string form
-- @param ... values
-- @treturn Answer itself
function Answer:contradict(form, ...)
  local text = "contradictory: " .. form:format(...)
  self.found.confidence = "low"
  self.look.case:problem { text = text, severity = "flagged" }
  return self:say("%s", text)
end

--- Put a name=value into the verdict line; nil leaves it out.
-- @tparam string name
-- @param value string, integer or number
-- @treturn Answer itself
function Answer:fact(name, value)
  if value ~= nil then self.found.facts[#self.found.facts + 1] = { name = name, value = value } end
  return self
end

--- Name drivers.
-- @tparam {table,...} list as importers.suspects gives them
-- @treturn Answer itself
function Answer:accuse(list)
  table.move(list, 1, #list, #self.found.suspects + 1, self.found.suspects)
  return self
end

--- Weigh the drivers of a kind into the suspects; say so where no driver at hand is of it.
-- @tparam string set name of an api_sets row: "minifilters", "callouts" ...
-- @treturn Answer itself
function Answer:weigh(set)
  local look  = self.look
  local users = look:drivers_that(set)
  local row = look.knowledge:entry("api_sets", set)[1]
  importers.join(self.found.suspects, users, row.text)
  local count = #look.case.drivers:all()
  if #users == 0 and count > 0 then
    self:say("none of the %d drivers at hand %s: the one to look for is not among them", count, row.text)
  end
  return self
end

--- The word of the answer, where more than the tag's course decides it.
-- @tparam string word that accuses, as the one does that the answer began with
-- @treturn Answer itself
function Answer:call(word)
  self.found.verdict = word
  return self
end

--- Tags that grow along because of this one.
-- @tparam {table,...} followers of Watch:followers
-- @treturn Answer itself
function Answer:with_victims(followers)
  for _, follower in ipairs(followers) do
    local of = follower.watch
    self.found.victims[#self.found.victims + 1] = { tag = of.tag, pool = of.pool, ratio = follower.ratio }
  end
  return self
end

--- Add next steps: names of commands, or steps as they are.
-- @tparam {string|table,...} list
-- @tparam[opt] table values for the commands' placeholders; the tag is known
-- @treturn Answer itself
function Answer:advise(list, values)
  local given = setmetatable(values or {}, { __index = { tag = self.found.tag } })
  for _, step in ipairs(steps.named(self.look.knowledge, list, given)) do
    self.found.next[#self.found.next + 1] = step
  end
  return self
end

--- Take over what another playbook found of the same tag: its facts, its evidence, its steps.
-- @tparam string name of the playbook
-- @treturn Answer itself
function Answer:ask(name)
  local look = self.look
  for _, other in ipairs(consult.ask(look.case, name, look.args) or {}) do
    if other.tag and other.tag == self.found.tag then
      for _, fact in ipairs(other.facts or {}) do self:fact(fact.name, fact.value) end
      for i = (other.measured or 0) + 1, other.told or 0 do
        local item = other.evidence[i]
        add(self, item.text, item.source, item.place)
      end
      self:advise(other.next)
    end
  end
  return self
end

--- Never be surer than this.
-- @tparam string confidence
-- @treturn Answer itself
function Answer:at_most(confidence)
  self.found.confidence = verdict.lesser(self.found.confidence, confidence)
  return self
end

--- Add what the largest tags and the totals say.
-- @treturn Answer itself
function Answer:tell_summary()
  local look = self.look
  for _, item in ipairs(look:has_tags() and triage.summary(look.growth, look.case) or {}) do
    self.found.evidence[#self.found.evidence + 1] = item
  end
  return self
end

--- Hand the answer to the case: the last thing to do with it.
function Answer:file()
  self.found.told = self.at
  self.look.case:finding(self.found)
end

return answer
