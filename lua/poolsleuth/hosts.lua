--- Hosts: which machine each snapshot is of, and the snapshots of each machine.
-- @module poolsleuth.hosts
local hosts = {}

--- What a machine is called that nothing names.
hosts.UNNAMED = "unnamed"

-- Folders that sort files, not machines.
local COMMON <const> = {
  log = true, logs = true, drivers = true, driver = true, poolmon = true, snapshots = true, snapshot = true,
  data = true, evidence = true, dumps = true, counters = true, system32 = true, windows = true,
  perflogs = true,
  text = true, texts = true, before = true, after = true, old = true, new = true, tmp = true, temp = true,
}

local function is_common(name)
  return COMMON[name:lower()] or name:find "^%d%d%d%d" ~= nil or name:find "^[%d%W]+$" ~= nil
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

--- Snapshots by machine.
-- @tparam {table,...} entries of case.snapshots
-- @tparam {string,...} roots
-- @treturn {table,...} each `name`, `entries`; by name
function hosts.group(entries, roots)
  local groups, found = {}, {}
  for _, entry in ipairs(entries) do
    local name = hosts.of(entry, roots) or hosts.UNNAMED
    local key = name:lower()
    if not found[key] then
      found[key] = { name = name, entries = {} }
      groups[#groups + 1] = found[key]
    end
    table.insert(found[key].entries, entry)
  end
  table.sort(groups, function(a, b) return a.name:lower() < b.name:lower() end)
  return groups
end

return hosts
