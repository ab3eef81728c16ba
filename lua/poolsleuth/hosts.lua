--- Hosts: which machine each snapshot is of, and what machines are called.
-- @module poolsleuth.hosts
local sources = require "poolsleuth.sources"

local hosts = {}

--- What a machine is called that nothing names.
hosts.UNNAMED = "unnamed"

local function set_of(text)
  local set = {}
  for word in text:gmatch "%S+" do set[word] = true end
  return set
end

-- Words that sort files, not machines: by what is in them, and by when it was taken.
local COMMON <const> = set_of [[
  log logs drivers driver poolmon snapshots snapshot data evidence dumps counters system32 windows perflogs
  text texts before after old new tmp temp dump memory memorydmp files sys listings lists inventory symbols
  pool pools poolused poolusage pooltag tags paged nonpaged usage output out result results capture captures
  snap snaps sample samples trace traces
  vm lm kd windbg driverquery sigcheck fltmc systeminfo tasklist handle handles report collected collect
  first second third last next start end begin part run day week hour min minute night step time round
  morning noon evening today yesterday initial final early late
  monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun
  january february march april may june july august september october november december
  jan feb mar apr jun jul aug sep sept oct nov dec am pm utc gmt the of at and in no nr copy edited full all
]]

-- Words for what is done to a machine while it is watched.
local PHASES <const> = set_of [[
  update updated upgrade upgraded downgrade reboot rebooted restart restarted boot fix fixed
  patch patched hotfix install installed uninstall uninstalled remove removed with without on off
  enabled disabled started stopped
  idle busy load loaded stress baseline safe mode leak leaking leaks growth high low running
  test tests case repro incident problem issue phase stage
]]

-- Such a word, alone or with a number: "log", "day2", "snap01"; or a time.
local function is_common(name)
  local word = name:lower():match "^(%a*)[%d%W]*$"
  return word == "" or COMMON[word or name] or name:find "^%d%d%d%d" ~= nil
end

-- Nothing but such words and phases, as "before_update".
local function is_phase(name)
  for word in name:gmatch "[^%s_.%-]+" do
    if not is_common(word) and not PHASES[word:lower():match "^(%a*)%d*$"] then return false end
  end
  return true
end

--- The machine that a file's folder names: the one right below one of the roots.
-- @tparam string path
-- @tparam {string,...} roots
-- @treturn ?string
function hosts.below(path, roots)
  for _, root in ipairs(roots) do
    local prefix = root:gsub("/+$", "") .. "/"
    local name = path:sub(1, #prefix) == prefix and path:sub(#prefix + 1):match "^([^/]+)/"
    if name then return not is_common(name) and name or nil end
  end
end

--- The machine that any of the folders of a snapshot names: as @{below}, or deeper, or a root itself.
-- @tparam string path
-- @tparam {string,...} roots
-- @treturn ?string the one of all folders below a root that is no common word
-- @treturn ?string likewise of the root, where it is a folder
function hosts.in_folders(path, roots)
  for _, root in ipairs(roots) do
    local prefix = root:gsub("/+$", "") .. "/"
    if path:sub(1, #prefix) == prefix then
      for name in path:sub(#prefix + 1):gmatch "([^/]+)/" do
        if not is_phase(name) then return name end
      end
      local own = sources.basename(prefix:sub(1, -2))
      return nil, own ~= "." and own ~= ".." and not is_phase(own) and own or nil
    end
  end
end

--- The machine of a snapshot: as it says itself, else the folder below a source in which its file lies
-- (NIGHTLY/SRV1/poolmon.log is of SRV1).
-- @tparam table entry of case.snapshots
-- @tparam {string,...} roots the sources that the user named
-- @treturn ?string
-- @treturn string "content", "folder" or "none": where the name is from
function hosts.of(entry, roots)
  local said = entry.snapshot:host()
  if said then return said, "content" end
  local folder = hosts.below(entry.source.path, roots)
  if folder then return folder, "folder" end
  return nil, "none"
end

local TIMES <const> = { "%d%d%d%d[-._]?%d%d[-._]?%d%d[T _.@-]*%d?%d?[-:._h]?%d?%d?[-:._m]?%d?%d?",
                        "%d%d[-:._]%d%d[-:._]%d%d" }

--- The machine that a file's name may tell: what is left of it without times, numbers and common words.
-- Names of files tell less than folders: `first.log` and `leak.log` are of one machine.
-- @tparam string path
-- @treturn ?string "SRV1" of `poolmon-SRV1-2026-11-01.log`
function hosts.in_name(path)
  local name, words = sources.basename(path):gsub("%.%a%w*$", ""), {}
  for _, shape in ipairs(TIMES) do name = name:gsub(shape, "-") end
  for word in name:gmatch "[^%s_.@()+%-]+" do
    if #word > 1 and not is_phase(word) then words[#words + 1] = word end
  end
  return #words > 0 and table.concat(words, "-") or nil
end

local MACHINES <const> = { "srv", "server", "host", "node", "web", "dc%d", "sql", "db%d", "app%d", "vm%d",
                           "pc%d", "ws%d", "ts%d", "rds", "fs%d", "exch", "mail", "win", "desktop", "laptop" }

--- Does a word look like what machines are called?
-- @tparam string name
-- @treturn boolean
function hosts.is_like_machine(name)
  if name:find "^%u[%u%-]*%d" then return true end
  for _, shape in ipairs(MACHINES) do
    if name:lower():find("^" .. shape) or name:lower():find("[^%a]" .. shape) then return true end
  end
  return false
end

--- Are two names of one machine?  Case does not count, and the short name of a full one is the same.
-- @tparam string a
-- @tparam string b
-- @treturn boolean
function hosts.same(a, b)
  a, b = a:lower():gsub("^\\\\", ""), b:lower():gsub("^\\\\", "")
  if a == b then return true end
  local short_a, short_b = a:match "^[^.]+", b:match "^[^.]+"
  return short_a == short_b and (a == short_a or b == short_b) and not a:find "^[%d.]+$"
    and not b:find "^[%d.]+$"
end

return hosts
