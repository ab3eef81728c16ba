--- The view of one driver: who it is, what it allocates, who signed it, what it is made of.
-- @module poolsleuth.view.driver
local fields     = require "poolsleuth.view.driver_page.fields"
local identity   = require "poolsleuth.view.driver_page.identity"
local image      = require "poolsleuth.view.driver_page.image"
local leads      = require "poolsleuth.view.driver_page.leads"
local linkage    = require "poolsleuth.view.driver_page.linkage"
local problems   = require "poolsleuth.view.driver_page.problems"
local sigcheck   = require "poolsleuth.view.sigcheck"
local signatures = require "poolsleuth.view.driver_page.signatures"
local sites      = require "poolsleuth.view.driver_page.sites"

local PARTS <const> = {
  { "headers", image.add_headers }, { "headers", image.add_sections }, { "imports", linkage.add_imports },
  { "exports", linkage.add_exports }, { "resources", image.add_resources }, { "sites", sites.add_each },
}

local function whole_page(blocks, driver)
  blocks[#blocks + 1] = identity.facts(driver)
  sites.add_groups(blocks, driver)
  leads.add(blocks, driver)
  signatures.add(blocks, driver)
  linkage.add_of_interest(blocks, driver)
  image.add_sections(blocks, driver)
  problems.add(blocks, driver)
  fields.heading(blocks, "Hashes")
  blocks[#blocks + 1] = identity.hashes(driver)
end

local function some_parts(blocks, driver, parts)
  blocks[#blocks + 1] = { type = "facts", rows = { { "File", driver.path } } }
  for _, part in ipairs(PARTS) do
    if parts[part[1]] then part[2](blocks, driver) end
  end
end

return function(data)
  local blocks, parts = { sigcheck(data.drivers) }, data.parts
  for i, driver in ipairs(data.drivers) do
    if #data.drivers > 1 then
      local name = driver.path:match "[^/]*$"
      blocks[#blocks + 1] = { type = "heading", text = ("%d. %s"):format(i, name), level = 2 }
    end
    if parts and next(parts) then some_parts(blocks, driver, parts) else whole_page(blocks, driver) end
  end
  return blocks
end
