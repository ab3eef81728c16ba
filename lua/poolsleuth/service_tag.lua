--- The tag of a driver of the kernel-mode framework that has none of its own: the framework makes one of
-- the name of the driver's service, which no file of the driver holds.
-- @module poolsleuth.service_tag
local sources = require "poolsleuth.sources"

local service_tag = {}

--- What a call site without a tag says where the framework makes one.
service_tag.REASON = "made from the name of the service"

local LENGTH <const>, SHORTEST <const>, DEFAULT <const> = 4, 3, "FxDr"

--- The tag that the framework makes.
-- @tparam string service name of a service: "acmebus"
-- @treturn string four bytes: the first characters behind a leading "wdf", and NUL behind three of them
function service_tag.of(service)
  local name = service:lower():sub(1, 3) == "wdf" and service:sub(4) or service
  name = name:sub(1, LENGTH)
  if #name < SHORTEST then return DEFAULT end
  return name .. ("\0"):rep(LENGTH - #name)
end

--- Whether a driver leaves its tag to the framework.
-- @tparam table driver what the scanner found
-- @treturn boolean
function service_tag.is_needed(driver)
  for _, site in ipairs(driver.sites or {}) do
    if site.api == "WdfDriverCreate" and site.reason == service_tag.REASON then return true end
  end
  return false
end

-- Lists of services name the service; a debugger's list of modules names the file.
local SERVICE_LISTS <const> = {
  driverquery = true, ["sc query"] = true, Win32_SystemDriver = true, fltmc = true,
}

local function service_of(record)
  local module = record.module
  if record.service then return record.service end
  if module and SERVICE_LISTS[module.origin] and not module.name:find "%.%w+$" then return module.name end
end

local function without_extension(name) return (name:gsub("%.%w+$", "")) end

local function guess(name)
  return { tag = service_tag.of(name), name = name, guess = true,
           reason = ("derived from the file's name %s, which its service may not bear: a guess")
             :format(name) }
end

--- The tags that a driver may have which leaves its tag to the framework, and what each is made from: the
-- service's name where evidence has it, else the name of the file and the one that it once had.
-- @tparam table record of the driver index; `service` or `module` tell its service's name
-- @treturn {table,...} each `tag`, `name`, `guess` (the name is that of the file) and `reason`; empty if
--   the driver has a tag of its own, or does not use the framework
function service_tag.candidates(record)
  if not record.makes_tag then return {} end
  local service = service_of(record)
  if service then
    return { { tag = service_tag.of(service), name = service, guess = false,
               reason = ("derived from the service name %s"):format(service) } }
  end
  local list = { guess(without_extension(record.name)) }
  local original = record.original and guess(without_extension(record.original))
  if original and original.tag:lower() ~= list[1].tag:lower() then list[2] = original end
  return list
end

local function unpadded(tag) return (tag:gsub("[ \0]+$", "")) end

-- A debugger's list names the file, which its service may not bear.
local function name_in(item)
  local stem, ending = item.name:match "^(.+)(%.%w+)$"
  local guessed = item.origin == "lm" or (ending or ""):lower() == ".sys"
  return guessed and stem or item.name, guessed
end

local function is_program(item) return item.type ~= nil and not item.type:lower():find "driver" end

local function file_of(item, name)
  local file = sources.basename(item.path or "")
  return file:lower():find "%.sys$" and file or name .. ".sys"
end

-- Certain names first, then what runs, then by name.
local function likeliest_first(a, b)
  for _, field in ipairs { "made", "exact", "named", "running" } do
    if a[field] ~= b[field] then return a[field] end
  end
  return a.service < b.service
end

--- The services whose names make a tag, by whatever the sources list.
-- @tparam Investigation look
-- @tparam string tag
-- @treturn {table,...} each `service`, `file`, `item` (of services or modules), `exact` (case counts),
--   `named` (the list tells services, not files), `running`, `record` (of the driver, where it is at hand),
--   `made` (the driver leaves its tag to the framework), `ruled_out` (it does not); likeliest first
function service_tag.makers(look, tag)
  local list, seen, wanted = {}, {}, unpadded(tag)
  for _, kind in ipairs { "services", "modules" } do
    for _, item in ipairs(look:list(kind)) do
      local name, guessed = name_in(item)
      local made = unpadded(service_tag.of(name))
      if made:lower() == wanted:lower() and not seen[name:lower()] and not is_program(item) then
        seen[name:lower()] = true
        local record = look.case.drivers:named(file_of(item, name))[1]
        list[#list + 1] = { service = name, file = file_of(item, name), item = item, exact = made == wanted,
          named = not guessed, record = record, made = record ~= nil and record.makes_tag == true,
          running = not item.unloaded and not (item.state or ""):lower():find "stop",
          ruled_out = record ~= nil and not record.makes_tag }
      end
    end
  end
  table.sort(list, likeliest_first)
  return list
end

return service_tag
