--- Leads: what in a driver may hold pool memory that no call site shows.  A lead is where to look next,
-- never proof.
-- @module poolsleuth.leads
local format      = require "poolsleuth.format"
local proxies     = require "poolsleuth.knowledge.proxies"
local service_tag = require "poolsleuth.service_tag"

local leads = {}

local UNTAGGED <const> = { "ExAllocatePool", "ExAllocatePoolWithQuota", "NdisAllocateMemory" }
local POOL_ROUTINE <const> = {
  "^ExAllocatePool", "^ExFreePool", "^FltAllocate", "^MmAllocate", "^IoAllocate",
}

local function first_of(imports, apis)
  for _, api in ipairs(apis) do
    if imports[api] then return api end
  end
end

-- Memory that Windows allocates for a caller, taken and never given back.
local function add_unpaired(found, record, rows)
  local seen, looked_up = {}, {}
  for _, name in ipairs(record.driver.looked_up or {}) do looked_up[name] = true end
  for _, row in ipairs(rows) do
    for _, pair in ipairs(row.pairs or {}) do
      local acquire = first_of(record.imports, pair.acquire)
      local release = first_of(record.imports, pair.release) or first_of(looked_up, pair.release)
        or #pair.release == 0
      if acquire and not release and not seen[acquire] then
        seen[acquire] = true
        found[#found + 1] = { kind = "unpaired", api = acquire, tags = { format.tag_text(row.tag) },
          text = ("imports %s and none of %s: what it takes under \"%s\" it may never give back"):format(
            acquire, table.concat(pair.release, ", "), format.tag_text(row.tag)) }
      end
    end
  end
end

local function add_untagged(found, record)
  for _, api in ipairs(UNTAGGED) do
    if record.imports[api] then
      found[#found + 1] = { kind = "untagged", api = api, tags = { "None" },
        text = ("imports %s: its memory is under \"None\" with everybody else's"):format(api) }
    end
  end
end

local function is_pool_routine(name)
  for _, pattern in ipairs(POOL_ROUTINE) do
    if name:find(pattern) then return true end
  end
  return false
end

local function add_looked_up(found, driver)
  local names = driver.looked_up or {}
  for _, name in ipairs(names) do
    if is_pool_routine(name) then
      found[#found + 1] = { kind = "dynamic", api = name, tags = {},
        text = ("looks %s up by name while it runs: such calls are no call sites here"):format(name) }
    end
  end
  if driver.imports_dynamically and #names == 0 then
    found[#found + 1] = { kind = "dynamic", tags = {},
      text = "looks routines up while it runs, under names that the file does not show" }
  end
end

local function add_templates(found, driver)
  for _, site in ipairs(driver.sites or {}) do
    if site.template and site.role == "allocates" then
      found[#found + 1] = { kind = "template", api = site.api, tags = { site.template },
        text = ("puts tags of the form \"%s\" together at %s"):format(site.template, format.hex(site.rva)) }
    end
  end
end

local function add_made(found, record)
  for _, candidate in ipairs(service_tag.candidates(record)) do
    local tag = format.tag_text(candidate.tag)
    found[#found + 1] = { kind = "service", api = "WdfDriverCreate", tags = { tag },
      text = ("leaves its tag to the framework, which makes \"%s\" of it: %s"):format(tag, candidate.reason) }
  end
end

--- The leads of a driver.
-- @tparam table record of the driver index
-- @tparam[opt] table knowledge with the user's own pairs of proxy tags; without it those that are shipped
-- @treturn {table,...} each `kind` ("unpaired", "untagged", "dynamic", "template", "service" or "packed"),
--   `api`, `tags` (as text) and `text`
function leads.of(record, knowledge)
  local found, driver = {}, record.driver
  add_made(found, record)
  add_templates(found, driver)
  add_untagged(found, record)
  add_looked_up(found, driver)
  add_unpaired(found, record, knowledge and knowledge:proxies() or proxies)
  if driver.packed then
    found[#found + 1] = { kind = "packed", tags = {},
      text = "its code is packed: what it allocates can only be seen while it runs" }
  end
  return found
end

return leads
