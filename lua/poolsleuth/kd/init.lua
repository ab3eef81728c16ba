--- A debugger's session with a dump: the words that fingers know, and their answers.
-- @module poolsleuth.kd
local address = require "poolsleuth.kd.address"
local split   = require "poolsleuth.kd.split"

local kd = {}

local FAMILIES <const> = { "target", "pool", "modules", "headers", "imports", "memory", "search", "numbers",
                           "places", "kernel", "blocks", "poolfind", "owners", "session" }

local Session = {}
Session.__index = Session

-- Every word: `run(session, rest, out)`, `usage`, `about`.
local function all_words()
  local words = {}
  for _, family in ipairs(FAMILIES) do
    for _, word in ipairs(require("poolsleuth.kd." .. family)) do
      for _, name in ipairs(word.names) do words[name] = word end
    end
  end
  return words
end

--- Begin a session.
-- @tparam Dump dump of poolsleuth.dump
-- @tparam[opt] table options `path` of the dump, `knowledge`, `progress`
-- @treturn Session
function kd.new(dump, options)
  options = options or {}
  local facts = dump:facts()
  return setmetatable({
    dump = dump, facts = facts, bits = facts.bits or 64, path = options.path, words = all_words(),
    knowledge = options.knowledge, progress = options.progress, modules = dump:modules(),
  }, Session)
end

--- An address as the debugger writes it.
-- @tparam int value
-- @treturn string
function Session:address(value)
  return address.text(value, self.bits)
end

--- The module with a name, of the file or of the debugger.
-- @tparam string name
-- @treturn ?table of Dump:modules
-- @treturn ?int its place among them
function Session:module_named(name)
  name = name:lower()
  for i, module in ipairs(self.modules) do
    local file = module.name:lower()
    local found = not module.unloaded and (file == name or address.module_name(module.name):lower() == name)
    if found then return module, i end
  end
end

--- The module that holds an address.
-- @tparam int value
-- @treturn ?table
-- @treturn ?int its place
function Session:module_at(value)
  value = address.extend(value, self.bits)
  for i, module in ipairs(self.modules) do
    if not module.unloaded and value >= module.base and value - module.base < module.size then
      return module, i
    end
  end
end

--- The exports of a module, and the public symbols of the kernel where its PDB is at hand.
-- @tparam int index of the module
-- @treturn {table,...} `name`, `address`
-- @treturn ?string why they are not whole
function Session:exports(index)
  self.exported = self.exported or {}
  local known = self.exported[index]
  if not known then
    local list, why = self.dump:exports(index)
    known = { list = list or {}, why = why }
    if address.module_name(self.modules[index].name) == "nt" then
      for _, public in ipairs(self.dump:publics()) do known.list[#known.list + 1] = public end
    end
    self.exported[index] = known
  end
  return known.list, known.why
end

--- The address of a symbol of a module.
-- @tparam string module
-- @tparam string name
-- @treturn[1] int
-- @treturn[2] nil
-- @treturn[2] string why not
function Session:symbol(module, name)
  local found, index = self:module_named(module)
  if not found then return nil, ("no module '%s' is loaded"):format(module) end
  if address.module_name(found.name) == "nt" then
    local value = self.dump:symbol(name)
    if value then return value end
  end
  local list, why = self:exports(index)
  for _, item in ipairs(list) do
    if item.name:lower() == name:lower() then return item.address end
  end
  local missing = why and ": the exports of the module are " .. why or ""
  return nil, ("no symbol '%s!%s'%s"):format(module, name, missing)
end

--- The snapshot of the pool, made once.
-- @treturn[1] Snapshot
-- @treturn[1] {string,...} what is missing of it
-- @treturn[2] nil
-- @treturn[2] string why there is none
function Session:snapshot()
  if not self.taken then
    local before = #self.dump:problems()
    local snapshot, message = self.dump:snapshot()
    local remarks, problems = {}, self.dump:problems()
    for i = before + 1, #problems do remarks[#remarks + 1] = problems[i].reason end
    self.taken = { snapshot = snapshot, message = message, remarks = remarks }
  end
  if not self.taken.snapshot then return nil, self.taken.message end
  return self.taken.snapshot, self.taken.remarks
end

local Out = {}
Out.__index = Out

-- One line of the answer.
function Out:line(form, ...)
  self.lines[#self.lines + 1] = select("#", ...) > 0 and form:format(...) or form
end

-- Why there is no answer, or not all of it.
function Out:fail(form, ...)
  local text = select("#", ...) > 0 and form:format(...) or form
  self.error = self.error or text
  self.lines[#self.lines + 1] = "^ " .. text
end

--- Run one command.
-- @tparam string command
-- @treturn table `command`, `word`, `lines`, `error`, and what the word tells as data
function Session:run_one(command)
  local name, rest = split.word(command, self.words)
  local out = setmetatable({ command = command, word = name, lines = {}, data = {} }, Out)
  local word = self.words[name]
  if word then
    word.run(self, rest:match "^%s*(.-)%s*$", out, name)
  else
    out:fail("no word '%s': ? lists those that there are", name)
  end
  return out
end

--- Run what a line holds.
-- @tparam string line
-- @treturn {table,...} one answer a command
function Session:run(line)
  local answers = {}
  for _, command in ipairs(split.commands(line)) do answers[#answers + 1] = self:run_one(command) end
  return answers
end

--- An answer as it stands in a document.
-- @tparam table answer of Session:run
-- @treturn table `command`, `word`, `lines`, `error` and the data of the word
function Session:document(answer) -- luacheck: no self
  local data = { command = answer.command, word = answer.word, lines = answer.lines, error = answer.error }
  for name, value in pairs(answer.data) do data[name] = value end
  return data
end

--- The prompt: the processor that the dump was made on is not always known, 0 stands for it.
-- @treturn string
function Session.prompt()
  return "0: kd> "
end

return kd
