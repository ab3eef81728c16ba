-- Malformed and extreme PE files: how long each takes, and whether the imports are those that pefile found
-- (its dumps lie beside the files).
local pe     = require "poolsleuth.pe"
local system = require "poolsleuth.system"

local corpus = os.getenv "POOLSLEUTH_CORPUS"
if not corpus then
  print "skipped: POOLSLEUTH_CORPUS is not set"
  return
end

local function files_below(folder)
  local paths = {}
  local pipe <close> = assert(io.popen(("find '%s' -type f"):format(folder)))
  for path in pipe:lines() do paths[#paths + 1] = path end
  table.sort(paths)
  return paths
end

-- What pefile's dump says is imported: "dll.name", lower case.
local function expected(path)
  local file = io.open(path .. ".dmp", "rb")
  if not file then return nil end
  local names = {}
  for line in file:lines() do
    local name = line:match "^(%S.*) Hint%[%d+%]" or nil
    local dll, ordinal = line:match "^(%S.*) Ordinal%[(%d+)%]"
    if name then names[#names + 1] = name:lower() end
    if dll then names[#names + 1] = dll:lower():match "^[^.]*%.?[^.]*" .. ".#" .. ordinal end
  end
  file:close()
  return names
end

local function found(driver)
  local names = {}
  for _, import in ipairs(driver.imports) do
    names[#names + 1] = (import.dll .. "." .. (import.name or "#" .. import.ordinal)):lower()
  end
  return names
end

-- What one list has and the other lacks.
local function missing(from, other)
  local has, left = {}, {}
  for _, name in ipairs(other) do has[name] = true end
  for _, name in ipairs(from) do
    if not has[name] then left[#left + 1] = name end
  end
  return left
end

local function sample(names)
  local text = table.concat(names, ", ", 1, math.min(2, #names))
  return #names > 2 and ("%s and %d more"):format(text, #names - 2) or text
end

-- Differences that were looked into.
local JUDGED <const> = {
  ["exportsdata.exe"] = "pefile leaves out an import by ordinal 0",
  ["imports_badterm.exe"] = "pefile reads on behind the descriptor without a name, where the loader stops",
  ["imports_relocW7.exe"] = "the imports are right only after relocation, which neither does",
  ["importsdotXP.exe"] = "pefile refuses the characters of the names",
  ["lfanew_relocW7.exe"] = "the imports are right only after relocation, which neither does",
  ["manyimportsW7.exe"] = "pefile gives up on the names",
  ["ownexports2.exe"] = "pefile refuses the characters of the names",
  ["ownexportsdot.exe"] = "pefile refuses the characters of the names",
  ["weirdsord.exe"] = "the name is cut where the section's data ends; the two round its start otherwise",
}

-- Why two readers differ, or nil where they agree.
local function difference(mine, theirs, driver)
  local extra, lost = missing(mine, theirs), missing(theirs, mine)
  if #extra == 0 and #lost == 0 then return nil end
  local parts = {}
  if #lost > 0 then parts[#parts + 1] = "only pefile: " .. sample(lost) end
  if #extra > 0 then parts[#parts + 1] = "only poolsleuth: " .. sample(extra) end
  local problem = driver and driver.problems[1]
  if problem then parts[#parts + 1] = "(" .. problem.reason .. ")" end
  return table.concat(parts, "; ")
end

local read, refused, agree, differ, slowest, where = 0, 0, 0, {}, 0, nil
for _, path in ipairs(files_below(corpus .. "/pe-edge")) do
  local bytes = system.read(path)
  if bytes and not path:find "%.dmp$" and not path:find "%.ABOUT$" then
    local started = system.clock()
    local driver, why = pe.parse(bytes, { detail = true })
    local seconds = system.clock() - started
    if seconds > slowest then slowest, where = seconds, path end
    if driver then read = read + 1 else refused = refused + 1 end
    local theirs = expected(path)
    local reason = theirs and difference(driver and found(driver) or {}, theirs, driver)
    if reason and not driver then reason = reason .. " (refused: " .. why .. ")" end
    if reason then differ[#differ + 1] = path:match "[^/]*$" .. ": " .. reason
    elseif theirs then agree = agree + 1 end
  end
end
print(("%d files read, %d refused; the slowest took %.3f s: %s"):format(read, refused, slowest,
  where and where:match "[^/]*$" or "-"))
print(("imports against pefile's dumps: %d agree, %d differ"):format(agree, #differ))
for _, line in ipairs(differ) do
  print("  " .. line)
  print("    " .. (JUDGED[line:match "^[^:]*"] or "not looked into"))
end
