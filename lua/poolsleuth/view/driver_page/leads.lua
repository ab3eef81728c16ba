--- The part of a driver's page about what no call site shows.
-- @module poolsleuth.view.driver_page.leads
local fields = require "poolsleuth.view.driver_page.fields"

local leads = {}

--- Add the leads, where there are any.
-- @tparam {table,...} blocks
-- @tparam table driver
function leads.add(blocks, driver)
  local items = {}
  for _, lead in ipairs(fields.known(driver.leads) or {}) do items[#items + 1] = lead.text end
  if #items == 0 then return end
  fields.heading(blocks, "Leads, not proof")
  blocks[#blocks + 1] = { type = "list", items = items }
end

return leads
