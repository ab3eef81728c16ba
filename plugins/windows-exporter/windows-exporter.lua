-- The memory totals of a scrape of windows_exporter (Prometheus), such as curl SERVER:9182/metrics prints:
--
--     # HELP windows_memory_pool_nonpaged_bytes Number of bytes in the non-paged pool
--     # TYPE windows_memory_pool_nonpaged_bytes gauge
--     windows_memory_pool_nonpaged_bytes 1.6934912e+08
--
-- No exporter tells tags: this shows which pool grows, and how fast.
local dialect  = require "poolsleuth.dialect"

-- The names behind windows_, or behind wmi_ as old versions have it.
local MEMORY <const> = {
  memory_pool_nonpaged_bytes            = "nonpaged_bytes",
  memory_pool_paged_bytes               = "paged_bytes",
  memory_pool_paged_resident_bytes      = "paged_resident_bytes",
  memory_available_bytes                = "available_bytes",
  memory_committed_bytes                = "commit_bytes",
  memory_commit_limit                   = "commit_limit_bytes",
  memory_free_system_page_table_entries = "free_ptes",
  memory_physical_total_bytes           = "physical_bytes",
  cs_physical_memory_bytes              = "physical_bytes",
  os_visible_memory_bytes               = "physical_bytes",
}
local HOST <const> = { cs_hostname = true, os_hostname = true }
local NOW <const> = { os_time = true, time_current_timestamp_seconds = true }
local BOOT <const> = { system_system_up_time = true, system_boot_time_timestamp = true,
                       system_boot_time_timestamp_seconds = true }

local function own_name(line)
  return line:match "^windows_([%w_]+)" or line:match "^wmi_([%w_]+)"
end

-- A sample: its own name, its labels as text, its number; nil where the line is none.
local function sample(line)
  local name = own_name(line)
  local labels, value = line:match "^[%w_]+(%b{})%s+(%S+)"
  if not labels then labels, value = "", line:match "^[%w_]+%s+(%S+)" end
  return name, labels, tonumber(value)
end

return dialect {
  name    = "windows-exporter",
  summary = "Pool totals of a Prometheus scrape of windows_exporter",
  about   = [[
Reads what  curl http://SERVER:9182/metrics  prints: nonpaged and paged pool, memory and commit, the host
and its uptime.  Several scrapes make a series of totals.  The collectors memory, os and system (or cs) must
be on.  wmi_exporter, its old name, is read as well.]],

  start = function(line)
    local kind = line:match "^# %u+ (%g+)"
    local name = own_name(kind or line)
    if not name or (not kind and not tonumber(line:match "%s(%S+)$")) then return nil end
    return { memory = {} }
  end,

  row = function(state, line)
    if line == "" or line:find "^#" or not own_name(line) then return true end
    local name, labels, value = sample(line)
    if not value then return nil, "this is no sample of a metric" end
    local field = MEMORY[name]
    if field and labels == "" then
      if value < 0 or value >= 2 ^ 63 then return nil, "the number is no size" end
      state.memory[field] = math.tointeger(value // 1)
    elseif HOST[name] then
      state.host = labels:match 'hostname="([^"]+)"' or state.host
    elseif NOW[name] then
      state.now = value // 1
    elseif BOOT[name] then
      state.boot = value // 1
    end
    return true
  end,

  finish = function(state)
    local now = state.now and math.tointeger(state.now)
    local up = now and state.boot and math.tointeger(state.now - state.boot)
    if up and up >= 0 then state.memory.uptime_s = up end
    return { origin = "windows_exporter", scope = "totals", memory = state.memory, host = state.host,
             time = now }
  end,
}
