--- The tag of a driver of the kernel-mode framework that has none of its own: the framework makes one of
-- the name of the driver's service, which no file of the driver holds.
-- @module poolsleuth.service_tag

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

return service_tag
