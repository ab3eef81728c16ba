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

--- The tag of a driver that leaves it to the framework, and what it is made from.
-- @tparam table record of the driver index; `service` or `module` tell its service's
--   name where evidence has it
-- @treturn[1] table `tag`, `name`, `guess` (the name is that of the file), `reason`
-- @treturn[2] nil if the driver has a tag of its own, or does not use the framework
function service_tag.candidate(record)
  if not record.makes_tag then return nil end
  local name, guess = service_of(record), false
  if not name then name, guess = record.name:gsub("%.%w+$", ""), true end
  local reason = guess and "derived from the file's name %s, which its service may not bear: a guess"
    or "derived from the service name %s"
  return { tag = service_tag.of(name), name = name, guess = guess, reason = reason:format(name) }
end

return service_tag
