--- The dossier of a tag: what is known of it and which drivers use it.
-- @module poolsleuth.dossier
local format = require "poolsleuth.format"

local dossier = {}

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
  return text
end

local SCORE <const> = { high = 0.9, medium = 0.75, low = 0.4 }

-- The drivers with a call site of the tag; one that only frees with it holds none of its memory.
local function add_users(suspects, case, tag)
  local named = {}
  for _, user in ipairs(case.drivers:with_tag(tag)) do
    local record, reasons, score = user.record, {}, 0.1
    for _, site in ipairs(user.allocates) do
      reasons[#reasons + 1] = site_reason(site)
      score = math.max(score, SCORE[site.confidence] or 0)
    end
    for _, site in ipairs(user.frees) do reasons[#reasons + 1] = "frees with " .. site_reason(site) end
    named[record] = true
    suspects[#suspects + 1] = { driver = record.name, path = record.path, file_version = record.file_version,
                                company = record.company, score = score, reasons = reasons }
  end
  return named
end

local function add_none(sources, case, what)
  local count = #case.drivers:all()
  sources[#sources + 1] = { kind = "drivers", text = ("none of %s %s %s"):format(
    format.count(count), count == 1 and "driver" or "drivers", what) }
end

local function add_raw(sources, case, tag, named)
  local hits = case.drivers:raw_hits(tag)
  if #hits == 0 then add_none(sources, case, "holds its four bytes anywhere") end
  for _, hit in ipairs(hits) do
    local also = named[hit.record] and "which has call sites of it too" or "no call site: a lead at best"
    sources[#sources + 1] = { kind = "raw bytes", where = hit.record.path,
      text = ("%d in %s, %s"):format(hit.count, hit.record.name, also) }
  end
end

--- Everything known of a tag.
-- @tparam table case
-- @tparam string tag four bytes
-- @tparam[opt] table options `raw`: search the drivers' bytes too
-- @treturn table `tag`, `tag_hex`, `sources` ({kind, text, where}), `suspects`
function dossier.of(case, tag, options)
  local sources, suspects = {}, {}
  add_knowledge(sources, case, tag)
  local of_site = #(case.config.drivers or {}) > 0
  if of_site or #case.driver_paths > 0 or #case.given_drivers > 0 then
    local named = add_users(suspects, case, tag)
    if #suspects == 0 then add_none(sources, case, "has a call site with this tag") end
    if options and options.raw then add_raw(sources, case, tag, named) end
  end
  table.sort(suspects, function(a, b)
    if a.score ~= b.score then return a.score > b.score end
    return a.path < b.path
  end)
  return { tag = format.tag_text(tag), tag_hex = format.tag_hex(tag), sources = sources, suspects = suspects }
end

return dossier
