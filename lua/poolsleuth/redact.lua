--- Redaction: host, user, domain and share names, SIDs and folders of a document, each replaced by the same
-- word wherever it stands: HOST-1, USER-1, DOMAIN-1, SHARE-1, SID-1, FOLDER-1.
-- What the evidence says of the drivers stays: names, companies, signers, hashes.
-- @module poolsleuth.redact
local hosts = require "poolsleuth.hosts"
local json  = require "poolsleuth.json"

local redact = {}
redact.__index = redact

-- Names that every machine has say nothing of anybody.
local COMMON <const> = {}
for name in ([[
public default user users home root administrator system localservice networkservice builtin localhost
workgroup defaultuser0]]):gmatch "%S+" do
  COMMON[name] = true
end
for _, name in ipairs { "default user", "all users", "local service", "network service", "nt authority",
                        "nt service", "window manager", "font driver host", ".", "?" } do
  COMMON[name] = true
end

-- Words that a document's own vocabulary needs, by the field they stand in.
local FIXED <const> = {
  verdict = true, pool = true, tag = true, tag_hex = true, kind = true, severity = true, confidence = true,
  unit = true, style = true, sha256 = true, api = true, type = true, role = true, word = true,
  machine = true, schema = true,
}

-- What follows \\HOST\ in the name of a counter, and so is no share.
local COUNTER_OBJECTS <const> = {
  memory = true, process = true, objects = true, system = true, cache = true, server = true, processor = true,
  ["paging file"] = true, ["terminal services"] = true,
}

--- A redactor that knows no name yet.
-- @treturn Redactor
function redact.new()
  return setmetatable({ words = {}, order = {}, counts = {}, folders = {}, folder_order = {}, given = {} },
    redact)
end

local function replacement(self, kind)
  self.counts[kind] = (self.counts[kind] or 0) + 1
  return ("%s-%d"):format(kind, self.counts[kind])
end

-- A word that is to be replaced wherever it stands alone.
local function add_word(self, kind, word)
  local key = word:lower()
  if #word < 2 or COMMON[key] or self.words[key] or not key:find "[%a\x80-\xff]" then return end
  self.words[key] = replacement(self, kind)
  self.order[#self.order + 1] = key
  table.sort(self.order, function(a, b)
    if #a ~= #b then return #a > #b end
    return a < b
  end)
end

--- Learn the name of a machine, with or without its domain.
-- @tparam ?string name
function redact:host(name)
  if type(name) ~= "string" then return end
  name = name:gsub("^\\\\", ""):gsub("%.$", "")
  local short, domain = name:match "^([^.]+)%.(.+)$"
  if short and name:find "^%d+%.%d+%.%d+%.%d+$" then
    self.words[name] = self.words[name] or replacement(self, "HOST")
    self.order[#self.order + 1] = name
    return
  end
  add_word(self, "HOST", short or name)
  if domain then add_word(self, "DOMAIN", domain) end
end

--- Learn the name of a user, with or without a domain in front.
-- @tparam ?string name
function redact:user(name)
  if type(name) ~= "string" then return end
  local domain, user = name:match "^([^\\]+)\\(.+)$"
  if domain then
    if COMMON[domain:lower()] then return end
    add_word(self, "DOMAIN", domain)
  end
  add_word(self, "USER", user or name)
end

--- Learn the name of a domain.
-- @tparam string name
function redact:domain(name)
  add_word(self, "DOMAIN", name)
end

--- Learn a word that somebody wants hidden.
-- @tparam string word
function redact:word(word)
  add_word(self, "HIDDEN", word)
end

--- Learn the folder of a path that names a source.
-- @tparam ?string path
function redact:path(path)
  local folder = type(path) == "string" and path:match "^(.*[/\\])[^/\\]*$"
  if not folder or folder == "./" or self.folders[folder] then return end
  local host = folder:match "poolsleuth%-([%w][%w%-]*)[/\\]"
  if host then self:host(host) end
  self.folders[folder] = replacement(self, "FOLDER") .. "/"
  self.folder_order[#self.folder_order + 1] = folder
  table.sort(self.folder_order, function(a, b)
    if #a ~= #b then return #a > #b end
    return a < b
  end)
end

--- Learn a path as it was given, which the command line repeats: a folder without a slash at its end may be a
-- common word, and is hidden there alone.
-- @tparam ?string path
function redact:argument(path)
  if type(path) ~= "string" or path == "-" then return end
  if require("lfs").attributes(path, "mode") == "directory" then
    self:path(path:gsub("/+$", "") .. "/")
    self.given[#self.given + 1] = path
  else
    self:path(path)
  end
end

-- Parts of file names with letters and digits that name no machine.
local NO_MACHINE <const> = {
  "^win%d", "^x%d%d$", "^amd64$", "^arm64$", "^i%d86$", "^w2k", "^v%d", "^r%d", "^kb%d", "^day%d", "^t%d+$",
    "^%d+h%d*$",
  "^%d+t%d+", "^md5$", "^sha%d", "^run%d", "^snap", "^part%d", "^file%d", "^log%d", "^poolmon", "^poolused",
}

local function may_be_machine(part)
  local key = part:lower()
  if #key < 3 or not (key:find "%a" and key:find "%d") then return false end
  for _, pattern in ipairs(NO_MACHINE) do
    if key:find(pattern) then return false end
  end
  return true
end

--- Learn the machines that a source's file name may hold: poolmon-SRV01-2026-11-01.log.
-- @tparam string path
function redact:file_name(path)
  local name = path:match "[^/\\]*$":gsub("%.%w+$", "")
  for part in name:gmatch "[%w\x80-\xff]+" do
    if may_be_machine(part) then self:host(part) end
  end
end

local NO_NAME <const> = { the = true, a = true, an = true, is = true, ["not"] = true, no = true, none = true,
                          unknown = true, of = true, null = true, ["-"] = true }

-- What programs write in front of a name.
local LABELS <const> = {
  { "computer ?name", "host" }, { "host ?name", "host" }, { "machine ?name", "host" },
    { "logonserver", "host" },
  { "server ?name", "host" }, { "^%s*host", "host" }, { "^%s*computer", "host" }, { "user ?name", "user" },
  { "logged on user", "user" }, { "^%s*user", "user" }, { "user ?dnsdomain", "domain" },
  { "user ?domain", "domain" }, { "domain ?name", "domain" }, { "^%s*domain", "domain" },
}

local function learn_labels(self, text)
  local lower = text:lower()
  for _, label in ipairs(LABELS) do
    local at = select(2, lower:find(label[1] .. "%s*[:=]%s*"))
    local name = at and text:match("^\\*([%w\x80-\xff_.\\-]+)", at + 1)
    if name and not NO_NAME[name:lower()] then self[label[2]](self, (name:gsub("[.\\]+$", ""))) end
  end
end

-- Up to the next separator; where none follows, up to the end of the word.
local function name_after(text, at)
  return text:match("^([^\\/:*?\"<>|%c]+)[\\/]", at) or text:match("^([^\\/:*?\"<>|%s,;()%[%]]+)", at)
end

local USER_FOLDERS <const> = { "[\\/][Uu][Ss][Ee][Rr][Ss][\\/]()", "[\\/]Documents and Settings[\\/]()",
  "/home/()" }

--- Learn what a text shows by its form: users' folders, machines in \\HOST\, addresses of mail.
-- @tparam string text
function redact:learn(text)
  for _, pattern in ipairs(USER_FOLDERS) do
    for at in text:gmatch(pattern) do
      local name = name_after(text, at)
      if name then self:user(name) end
    end
  end
  for before, host in text:gmatch "(.?)\\\\([%w][%w%-_.]*)\\" do
    if before ~= "\\" and not host:find "^%a:$" then self:host(host) end
  end
  if text:find "[:=]" then learn_labels(self, text) end
  for user, domain in text:gmatch "([%w._%-+]+)@([%w%-]+%.[%w.%-]*%w)" do
    self:user(user)
    add_word(self, "DOMAIN", domain)
  end
end

local function is_boundary(byte)
  return not byte or not (byte >= 0x30 and byte <= 0x39 or byte >= 0x41 and byte <= 0x5a
    or byte >= 0x61 and byte <= 0x7a or byte >= 0x80)
end

local function replace_word(text, lower, key, by)
  local out, at, changed = {}, 1, false
  while true do
    local first, last = lower:find(key, at, true)
    if not first then break end
    local whole = is_boundary(lower:byte(first - 1)) and is_boundary(lower:byte(last + 1))
    out[#out + 1] = text:sub(at, first - 1) .. (whole and by or text:sub(first, last))
    at, changed = last + 1, changed or whole
  end
  if not changed then return text, lower end
  text = table.concat(out) .. text:sub(at)
  return text, text:lower()
end

local function replace_plain(text, part, by)
  if not text:find(part, 1, true) then return text end
  local out, at = {}, 1
  while true do
    local first, last = text:find(part, at, true)
    if not first then break end
    local inside = first > 1 and text:sub(first - 1, first - 1):find "[%w]"
    out[#out + 1] = text:sub(at, first - 1) .. (inside and part or by)
    at = last + 1
  end
  return table.concat(out) .. text:sub(at)
end

local function replace_shares(self, text)
  return (text:gsub("(\\\\[%w][%w%-_.]*\\)([^\\%s][^\\\"|%c]*)", function(host, share)
    if COUNTER_OBJECTS[share:lower():gsub("%(.*", "")] or share:find "%$$" then return nil end
    self.shares = self.shares or {}
    self.shares[share:lower()] = self.shares[share:lower()] or replacement(self, "SHARE")
    return host .. self.shares[share:lower()]
  end))
end

--- A text without the names that are known.
-- @tparam string text
-- @treturn string
function redact:text(text)
  for _, folder in ipairs(self.folder_order) do text = replace_plain(text, folder, self.folders[folder]) end
  if text:find("\\\\", 1, true) then text = replace_shares(self, text) end
  local lower = text:lower()
  for _, key in ipairs(self.order) do text, lower = replace_word(text, lower, key, self.words[key]) end
  return (text:gsub("S%-1%-5%-21%-[%d%-]+%d", function(sid)
    self.sids = self.sids or {}
    self.sids[sid] = self.sids[sid] or replacement(self, "SID")
    return self.sids[sid]
  end))
end

-- The keys of a table in one order, so that names get the same numbers each time.
local function keys_of(value)
  local keys = {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    if type(a) ~= type(b) then return type(a) == "number" end
    return a < b
  end)
  return keys
end

-- Every text in a value.
local function each_text(value, visit, seen)
  if type(value) == "string" then return visit(value) end
  if type(value) ~= "table" or value == json.null or seen[value] then return end
  seen[value] = true
  for _, key in ipairs(keys_of(value)) do each_text(value[key], visit, seen) end
end

-- The command line: the folders that were given first, as whole words.
local function command_line(self, text)
  table.sort(self.given, function(a, b) return #a > #b end)
  for _, path in ipairs(self.given) do
    local by = self.folders[path:gsub("/+$", "") .. "/"] or ""
    for _, around in ipairs { "'", "" } do
      local word = " " .. around .. path .. around
      local first, last = (text .. " "):find(word .. " ", 1, true)
      while first do
        text = text:sub(1, first) .. by .. text:sub(last)
        first, last = (text .. " "):find(word .. " ", first + #by, true)
      end
    end
  end
  return self:text(text)
end

local function copied(self, value, field, done)
  if type(value) == "string" then
    if field == "reproduce" then return command_line(self, value) end
    return FIXED[field] and value or self:text(value)
  end
  if type(value) ~= "table" or value == json.null then return value end
  if done[value] then return done[value] end
  local copy = setmetatable({}, getmetatable(value))
  done[value] = copy
  for _, key in ipairs(keys_of(value)) do
    copy[key] = copied(self, value[key], type(key) == "string" and key or field, done)
  end
  return copy
end

--- Redact a value: every text in it, but not the words of the document's own vocabulary.
-- @param value anything that a document holds
-- @return a copy
function redact:value(value)
  each_text(value, function(text) self:learn(text) end, {})
  return copied(self, value, nil, {})
end

--- Redact a document in place: all that a renderer takes from it.
-- @tparam table document
function redact:document(document)
  local names = { "data", "inputs", "problems", "title", "host" }
  local parts = {}
  for _, name in ipairs(names) do parts[name] = document[name] end
  parts = self:value(parts)
  for _, name in ipairs(names) do document[name] = parts[name] end
end

--- Learn the names that a case holds.
-- @tparam Case case
-- @tparam[opt] {string,...} roots the sources that the user named
function redact:case(case, roots)
  for _, input in ipairs(case.inputs) do self:path(input.path) end
  for _, path in ipairs(case.driver_paths) do self:path(path) end
  for _, entry in ipairs(case.snapshots) do self:host((hosts.of(entry, roots or {}))) end
  for _, input in ipairs(case.inputs) do
    if input.kind ~= "pe" then self:file_name(input.path) end
  end
  for _, process in ipairs(case.processes) do
    self:host(process.host)
    self:user(process.user)
  end
end

return redact
