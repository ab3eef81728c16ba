--- What the file of a driver is made of: headers, sections, resources.
-- @module poolsleuth.view.driver_page.image
local fields   = require "poolsleuth.view.driver_page.fields"
local format   = require "poolsleuth.format"
local identity = require "poolsleuth.view.driver_page.identity"

local facts, heading, known = fields.facts, fields.heading, fields.known
local list = fields.list

local image = {}

local FLAGS <const> = {
  { 0x40000000, "read" }, { 0x80000000, "write" }, { 0x20000000, "execute" }, { 0x02000000, "discard" },
  { 0x08000000, "nonpaged" },
}

local function flag_words(row)
  local words, flags = {}, known(row.flags) or 0
  for _, flag in ipairs(FLAGS) do
    if flags & flag[1] ~= 0 then words[#words + 1] = flag[2] end
  end
  return table.concat(words, " ")
end

local function entropy_text(row)
  return known(row.entropy) and ("%.2f"):format(row.entropy) or nil
end

local SECTION_COLUMNS <const> = {
  { key = "name", name = "Section" },
  { key = "rva", name = "RVA", kind = "hex" },
  { key = "virtual_size", name = "In memory", kind = "bytes" },
  { key = "file_size", name = "In file", kind = "bytes" },
  { key = "entropy", name = "Entropy", get = entropy_text, optional = true, align = "right" },
  { key = "flags", name = "May", get = flag_words, flex = true, at_least = 12 },
}

--- Append the sections.
-- @tparam table blocks
-- @tparam table driver
function image.add_sections(blocks, driver)
  blocks[#blocks + 1] = { type = "table", title = "Sections", columns = SECTION_COLUMNS,
                          rows = list(driver.sections), empty = "It has no sections.",
                          style = function(row)
                            local dense = (known(row.entropy) or 0) > 7.2
                            return dense and flag_words(row):find "execute" and "warn"
                          end }
end

local SUBSYSTEMS <const> = {
  [1] = "native", [2] = "Windows GUI", [3] = "Windows console", [9] = "Windows CE", [10] = "EFI application",
  [11] = "EFI boot driver", [12] = "EFI runtime driver", [16] = "Windows boot application",
}

local GUARDS <const> = {
  { 0x100, "control flow guard" }, { 0x400, "function table" }, { 0x4000, "export suppression" },
  { 0x10000, "long jump table" }, { 0x20000, "return flow guard" }, { 0x100000, "retpoline" },
  { 0x400000, "exception continuation" }, { 0x800000, "extended flow guard" },
}

local function guard_words(flags)
  local words = {}
  for _, guard in ipairs(GUARDS) do
    if flags & guard[1] ~= 0 then words[#words + 1] = guard[2] end
  end
  return ("%s (%s)"):format(format.hex(flags), #words > 0 and table.concat(words, ", ") or "no guards")
end

local function checksum_text(driver)
  local stated, computed = known(driver.checksum), known(driver.checksum_computed)
  if not stated or not computed then return nil end
  if stated == computed then return format.hex(stated) .. ", right" end
  if stated == 0 then return ("none stated, should be %s"):format(format.hex(computed)) end
  return ("%s, should be %s"):format(format.hex(stated), format.hex(computed))
end

local function rich_text(driver)
  local rich = known(driver.rich)
  if not rich then return nil end
  return ("key %s, %s, %s"):format(format.hex(rich.key), format.counted(#list(rich.entries), "tool"),
    rich.intact and "checksum right" or "checksum wrong: the header was changed")
end

local TOOL_COLUMNS <const> = {
  { key = "product", name = "Product", kind = "hex" }, { key = "build", name = "Build" },
  { key = "count", name = "Objects", kind = "count" },
}

--- Append what the headers say.
-- @tparam table blocks
-- @tparam table driver
function image.add_headers(blocks, driver)
  local rows, add = facts()
  add("Machine", driver.machine)
  add("Subsystem", known(driver.subsystem) and (SUBSYSTEMS[driver.subsystem] or driver.subsystem))
  add("Linked", identity.link_time(driver))
  add("Image base", known(driver.image_base) and format.hex(driver.image_base))
  add("Entry", known(driver.entry_rva) and format.hex(driver.entry_rva))
  add("Size in memory", known(driver.image_size) and format.hex(driver.image_size))
  add("Checksum", checksum_text(driver))
  add("Guard flags", known(driver.guard_flags) and guard_words(driver.guard_flags))
  add("Rich header", rich_text(driver))
  add("Entropy", known(driver.entropy) and ("%.2f bits a byte"):format(driver.entropy))
  if known(driver.overlay_size) then
    add("Overlay", ("%s at %s, behind the sections"):format(format.bytes(driver.overlay_size),
      format.hex(driver.overlay_offset)))
  end
  heading(blocks, "Headers")
  blocks[#blocks + 1] = { type = "facts", rows = rows }
  if known(driver.rich) and #list(driver.rich.entries) > 0 then
    blocks[#blocks + 1] = { type = "table", title = "Tools that made it", columns = TOOL_COLUMNS,
                            rows = driver.rich.entries }
  end
end

local RESOURCE_COLUMNS <const> = {
  { key = "type", name = "Type", flex = true, at_least = 12 },
  { key = "name", name = "Name", flex = true, at_least = 12 },
  { key = "language", name = "Language", kind = "hex" },
  { key = "rva", name = "RVA", kind = "hex" },
  { key = "size", name = "Size", kind = "bytes" },
}

local STRING_COLUMNS <const> = {
  { key = "language", name = "Language", kind = "hex" },
  { key = "key", name = "Name" },
  { key = "value", name = "Value", flex = true, at_least = 24 },
}

--- Append the resources and the version strings.
-- @tparam table blocks
-- @tparam table driver
function image.add_resources(blocks, driver)
  blocks[#blocks + 1] = { type = "table", title = ("Resources (%d)"):format(#list(driver.resources)),
                          columns = RESOURCE_COLUMNS, rows = list(driver.resources),
                          empty = "It has no resources." }
  blocks[#blocks + 1] = { type = "table", title = "Version strings", columns = STRING_COLUMNS,
                          rows = list(driver.version_strings), empty = "It has no version strings." }
end

return image
