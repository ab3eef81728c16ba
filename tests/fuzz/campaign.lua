--- Fuzzes until each target has had its minutes of the processor, and prints what all runs came to.
-- usage: lua5.4 tests/fuzz/campaign.lua NAME=MINUTES…, or nothing to print the table only
-- Every run is a line of build/fuzz/ledger.tsv: target, seconds of the processor, inputs, edges, features,
-- status.  Several campaigns may share it.

local command = require "tests.fuzz.command"

local LEDGER <const> = "build/fuzz/ledger.tsv"
local SLICE_S <const> = 120

local function read_ledger()
  local totals = {}
  local file <close> = io.open(LEDGER, "r")
  if not file then return totals end
  for line in file:lines() do
    local name, cpu, inputs, edges, features, status = line:match "^(%S+)\t(%S+)\t(%d+)\t(%d+)\t(%d+)\t(%d+)$"
    assert(name, LEDGER .. ": not a line of a run: " .. line)
    local total = totals[name] or { name = name, cpu = 0, inputs = 0, edges = 0, features = 0, failed = 0 }
    total.cpu, total.inputs = total.cpu + tonumber(cpu), total.inputs + tonumber(inputs)
    total.edges = math.max(total.edges, tonumber(edges))
    total.features = math.max(total.features, tonumber(features))
    if status ~= "0" then total.failed = total.failed + 1 end
    totals[name] = total
  end
  return totals
end

-- What the shell's `times` says of its children on its second line: user and system, as 1m2.5s.
local function processor_seconds(text)
  local user_min, user_s, system_min, system_s =
    text:match "\n%d+m[%d.]+s %d+m[%d.]+s\n(%d+)m([%d.]+)s (%d+)m([%d.]+)s\n?$"
  assert(user_min, "the shell's times were not found")
  return (user_min + system_min) * 60 + user_s + system_s
end

local function last(text, pattern)
  local found
  for number in text:gmatch(pattern) do found = number end
  return found or "0"
end

local function run(name)
  local shell = ("{ %s; s=$?; times; exit $s; } 2>&1 </dev/null"):format(
    command.of("build/fuzz/" .. name, SLICE_S))
  local pipe = assert(io.popen(shell))
  local text = pipe:read "a"
  local _, _, status = pipe:close()
  local ledger <close> = assert(io.open(LEDGER, "a"))
  local inputs = last(text, "number_of_executed_units:%s*(%d+)")
  local line = ("%s\t%.1f\t%s\t%s\t%s\t%d\n"):format(name, processor_seconds(text), inputs,
    last(text, "cov: (%d+)"), last(text, "ft: (%d+)"), status)
  assert(ledger:write(line))
  if status ~= 0 then
    io.stderr:write(text:sub(-6000), "\n", name, " ended with status ", status, "\n")
  end
end

-- The target that has had the least of what it shall have; nil when all have had theirs.
local function neediest(goals)
  local totals, chosen, least = read_ledger(), nil, 1
  for name, minutes in pairs(goals) do
    local share = (totals[name] and totals[name].cpu or 0) / (minutes * 60)
    if share < least then chosen, least = name, share end
  end
  return chosen
end

local function print_table()
  local list = {}
  for _, total in pairs(read_ledger()) do list[#list + 1] = total end
  table.sort(list, function(a, b) return a.name < b.name end)
  print "| target | CPU s | inputs | edges | features | failed |"
  for _, total in ipairs(list) do
    print(("| `%s` | %.0f | %d | %d | %d | %d |"):format(total.name, total.cpu, total.inputs, total.edges,
      total.features, total.failed))
  end
end

local function main(words)
  local goals = {}
  for _, word in ipairs(words) do
    local name, minutes = word:match "^(fuzz_%w+)=(%d+)$"
    assert(name, "usage: campaign.lua NAME=MINUTES…")
    goals[name] = tonumber(minutes)
  end
  local name = neediest(goals)
  while name do
    run(name)
    name = neediest(goals)
  end
  print_table()
end

main(arg)
