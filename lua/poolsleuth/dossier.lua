--- The dossier of a tag: what is known of it and which drivers use it.
-- @module poolsleuth.dossier
local format      = require "poolsleuth.format"
local suspects_of = require "poolsleuth.suspects"

local dossier = {}

local ONLY_FREES <const> = 0.1

local KINDS <const> = {
  tagfile = "tag file", component = "component", shared = "shared tag", proxy = "proxy tag",
  object = "object type",
  ["by-design"] = "large by design", culprit = "known case", hint = "hint", unknown = "unknown",
}

local function add_knowledge(sources, case, tag)
  for _, entry in ipairs(case.knowledge:explain(tag)) do
    local text = entry.kind == "unknown" and entry.text:gsub("^unknown: ", "") or entry.text
    sources[#sources + 1] = { kind = KINDS[entry.kind] or entry.kind, text = text, where = entry.where }
  end
end

local function site_reason(site)
  local text = ("%s at %s, %s confidence"):format(site.api, format.hex(site.rva), site.confidence)
  if site.pool then text = text .. ", " .. site.pool end
  if site.size then text = text .. (", %s bytes"):format(format.count(site.size)) end
  if site.via and #site.via > 0 then text = text .. ", through a wrapper" end
  if site.detail then text = ("%s, %s"):format(text, site.detail) end
  if site.reachable == false then text = text .. ", in code that nothing leads to" end
  return text
end

-- The drivers with a call site of the tag; one that only frees with it holds none of its memory.
local function add_users(suspects, index, tag, shared)
  local users = index:with_tag(tag)
  for _, user in ipairs(users) do
    local record, reasons, score = user.record, {}, ONLY_FREES
    if #user.allocates > 0 then score, reasons = suspects_of.of_sites(user, users, shared) end
    for _, site in ipairs(user.possible and {} or user.allocates) do
      reasons[#reasons + 1] = site_reason(site)
    end
    for _, site in ipairs(user.frees) do reasons[#reasons + 1] = "frees with " .. site_reason(site) end
    suspects[#suspects + 1] = { driver = record.name, path = record.path, file_version = record.file_version,
                                company = record.company, score = score, reasons = reasons }
  end
end

local function add_none(sources, count, what)
  sources[#sources + 1] = { kind = "drivers", text = ("none of %s %s %s"):format(
    format.count(count), count == 1 and "file" or "files", what) }
end

-- No driver was named: those of earlier scans answer.
local function add_remembered(sources, suspects, case, tag)
  local index, stale = require("poolsleuth.drivers").remembered(case.cache, tag)
  add_users(suspects, index, tag, case.knowledge:shared(tag))
  if #suspects > 0 then
    sources[#sources + 1] = { kind = "drivers", text = "from earlier scans", where = case.cache.path }
  end
  if stale > 0 then
    local text = "%s with this tag changed or went since %s scanned: scan the folder again"
    case:problem { source = case.cache.path, text = text:format(
      stale == 1 and "a driver" or stale .. " drivers", stale == 1 and "it was" or "they were") }
  end
end

-- The bytes of the files alone, at the speed of reading them.
local function add_raw(sources, case, tag, files)
  local hits, message, err = require("poolsleuth.pe").raw_search(files, tag, { progress = case.progress })
  local found = false
  for _, hit in ipairs(case:must(hits, message, err)) do
    if hit.count > 0 then
      found = true
      local times = hit.count == 1 and "once, at " or format.count(hit.count) .. " times, the first at "
      sources[#sources + 1] = { kind = "raw bytes", where = hit.path,
                                text = times .. format.hex(hit.first_offset) }
    end
    if hit.error then case:problem { source = hit.path, text = hit.error.message, severity = "refused" } end
  end
  if not found then add_none(sources, #files, "holds its four bytes anywhere") end
end

-- The drivers to ask: those that the user named, or those of the site's configuration.
local function has_drivers(case)
  return #case.driver_paths > 0 or #case.given_drivers > 0 or #(case.config.drivers or {}) > 0
end

--- Everything known of a tag.
-- @tparam table case
-- @tparam string tag four bytes
-- @tparam[opt] {string,...} files search the bytes of these, not the call sites of the case's drivers
-- @treturn table `tag`, `tag_hex`, `sources` ({kind, text, where}), `suspects`
function dossier.of(case, tag, files)
  local sources, suspects = {}, {}
  add_knowledge(sources, case, tag)
  if files then
    add_raw(sources, case, tag, files)
  elseif has_drivers(case) then
    add_users(suspects, case.drivers, tag, case.knowledge:shared(tag))
    if #suspects == 0 then add_none(sources, #case.drivers:all(), "has a call site with this tag") end
  elseif case.cache then
    add_remembered(sources, suspects, case, tag)
  end
  table.sort(suspects, function(a, b)
    if a.score ~= b.score then return a.score > b.score end
    return a.path < b.path
  end)
  return { tag = format.tag_text(tag), tag_hex = format.tag_hex(tag), sources = sources, suspects = suspects }
end

return dossier
