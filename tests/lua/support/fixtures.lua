--- The call-site fixtures: drivers built by tests/make/drivers.sh, and what is true of each.
local fixtures = {}

local folder <const> = (os.getenv "POOLSLEUTH_FIXTURES" or "build/fixtures") .. "/drivers"

-- Shapes whose tag must be found.
local required <const> = {
  constant = "allocates", set = "allocates", wrapper1 = "allocates", wrapper2 = "allocates",
  wrapper3 = "allocates", frees = "frees", ["wrapper1-frees"] = "frees",
}
-- Shapes whose tag may be found: it is one of several that are possible.
local allowed <const> = { partly = "allocates", table = "allocates" }

--- What is known of all fixtures, or nil where they are not built.
-- @treturn[1] {table,...} entries with `path`, `compiler`, `machine`, `level`, `name`, `truths`; and
--   `skipped`, the number of compilers that were not installed
-- @treturn[2] nil
function fixtures.manifest()
  local chunk = loadfile(folder .. "/manifest.lua", "t", {})
  return chunk and chunk()
end

--- The bytes of a fixture.
-- @tparam table entry of the manifest
-- @treturn string
function fixtures.read(entry)
  local file <close> = assert(io.open(folder .. "/" .. entry.path, "rb"))
  return file:read "a"
end

--- The entries by compiler and machine, in the manifest's order.
-- @tparam {table,...} manifest
-- @treturn {table,...} groups: lists of entries, each with a `name`
function fixtures.groups(manifest)
  local groups = {}
  for _, entry in ipairs(manifest) do
    local name = entry.compiler .. "-" .. entry.machine
    local group = groups[name]
    if not group then
      group = { name = name }
      groups[name], groups[#groups + 1] = group, group
    end
    group[#group + 1] = entry
  end
  return groups
end

local function key(role, api, tag) return ("%s %s %q"):format(role, api, tag) end

--- Hold a driver against its truth.
-- @tparam table entry of the manifest
-- @tparam table driver as poolsleuth.pe gives it
-- @treturn table counts `expected`, `found`, `unknown` (sites without a tag, with a reason); lists of strings
--   `missed`, `wrong` (tags that are not there), `odd` (untagged or unknown calls that are missing)
function fixtures.judge(entry, driver)
  local result = { expected = 0, found = 0, unknown = 0, missed = {}, wrong = {}, odd = {} }
  local seen, true_keys, untagged, unknown, templates = {}, {}, {}, {}, {}
  for _, site in ipairs(driver.sites) do
    if site.tag then
      seen[key(site.role, site.api, site.tag)] = true
    elseif site.role == "untagged" then
      untagged[site.api] = true
    elseif site.reason then
      result.unknown = result.unknown + 1
      unknown[site.api] = true
      if site.template then templates[site.api .. site.template] = true end
    else
      result.odd[#result.odd + 1] = ("%s at %x has neither tag nor reason"):format(site.api, site.rva)
    end
  end
  for _, truth in ipairs(entry.truths) do
    local role = required[truth.shape] or allowed[truth.shape]
    if role then
      local wanted = key(role, truth.api, truth.tag)
      true_keys[wanted] = true
      if required[truth.shape] then
        result.expected = result.expected + 1
        if seen[wanted] then
          result.found = result.found + 1
        else
          result.missed[#result.missed + 1] = truth.shape .. " " .. wanted
        end
      end
    elseif truth.shape == "untagged" and not untagged[truth.api] then
      result.odd[#result.odd + 1] = "no untagged call of " .. truth.api
    elseif truth.shape == "template" and not templates[truth.api .. truth.tag] then
      result.odd[#result.odd + 1] = ("no call of %s with template %s"):format(truth.api, truth.tag)
    elseif truth.shape == "unknown" and not unknown[truth.api] then
      result.odd[#result.odd + 1] = "no call of unknown tag of " .. truth.api
    end
  end
  for wanted in pairs(seen) do
    if not true_keys[wanted] then result.wrong[#result.wrong + 1] = wanted end
  end
  table.sort(result.wrong)
  return result
end

return fixtures
