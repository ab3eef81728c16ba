-- Answers as the lines of zabbix_sender --with-timestamps: host, key, time, value.
--
--     SRV7 poolsleuth.tag.bytes[LkaL,nonpaged] 1793491500 1075193856
--
-- Items are trapper items.  The first line of a host discovers its tags: {#TAG} and {#POOL}.
local exporter = require "poolsleuth.exporter"
local json     = require "poolsleuth.json"
local measures = require "poolsleuth.measures"

-- What stands in a key's brackets; the host has a column of its own.
local PARAMETERS <const> = { "source", "playbook", "tag", "pool", "session" }

-- A word of a line: in quotes where a blank, a quote or a backslash is in it.
local function word(text)
  if text ~= "" and not text:find '[%s"\\]' then return text end
  return '"' .. text:gsub('[\\"]', "\\%0") .. '"'
end

-- A parameter of a key: in quotes where it begins with one or with a blank, or holds a comma or a bracket.
local function parameter(text)
  if not text:find '^[" ]' and not text:find '[,%]]' then return text end
  return '"' .. text:gsub("\\$", "/"):gsub('"', '\\"') .. '"' -- a backslash there would take the quote along
end

local function known_labels(group)
  local known = {}
  for _, label in ipairs(group.labels) do known[label[1]] = measures.clean(label[2]) end
  -- Several tags may look the same where bytes are not printable: these go by their value.
  if known.tag and known.tag:find("[.?]") then known.tag = "0x" .. known.tag_hex end
  return known
end

local function key_of(group, value, known)
  local given = {}
  for _, name in ipairs(PARAMETERS) do
    if known[name] then given[#given + 1] = parameter(known[name]) end
  end
  local name = ("poolsleuth.%s.%s"):format(group.subject, value.name)
  return #given > 0 and ("%s[%s]"):format(name, table.concat(given, ",")) or name
end

local function discovery(tags, now)
  local lines = {}
  for i, host in ipairs(tags) do
    local text = json.encode(json.array(tags[host]))
    lines[i] = ("%s poolsleuth.tags %d %s\n"):format(word(host), now, word(text))
  end
  return table.concat(lines)
end

return exporter {
  name    = "zabbix",
  summary = "Lines for zabbix_sender --with-timestamps, with discovery of tags",
  about   = [[
poolsleuth show LOGS/ --top 50 --format zabbix | zabbix_sender -c zabbix_agentd.conf -T -i -.  A snapshot
that names no host goes to the host of the agent's configuration ("-").]],
  kinds   = { "verdict", "trend", "snapshot", "snapshots" },

  write = function(document)
    local lines, tags, seen = {}, {}, {}
    for _, group in ipairs(measures.of(document)) do
      local known = known_labels(group)
      local host, id = known.host or "-", ("%s\0%s\0%s"):format(known.host, known.tag, known.pool)
      if known.tag and not seen[id] then
        seen[id] = true
        if not tags[host] then tags[host], tags[#tags + 1] = {}, host end
        table.insert(tags[host], { ["{#TAG}"] = known.tag, ["{#POOL}"] = known.pool })
      end
      for _, value in ipairs(group.values) do
        lines[#lines + 1] = ("%s %s %d %s\n"):format(word(host), word(key_of(group, value, known)),
          group.time or document.now, measures.digits(value))
      end
    end
    return discovery(tags, document.now) .. table.concat(lines)
  end,
}
