--- Writes the manifest of the call-site fixtures: what is true of each, from the comments in its source.
-- Usage: manifest.lua SOURCES SKIPPED < list of "KIND LEVEL NAME"
local sources <const>, skipped <const> = arg[1], arg[2]

--- The "truth: SHAPE API TAG" comments of a fixture's source.
local function truths(name)
  local found = {}
  for line in io.lines(("%s/%s.c"):format(sources, name)) do
    local shape, api, tag = line:match "^/%* truth: (%S+) (%S+) (%S+) %*/$"
    if shape then
      tag = tag:gsub("\\x(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
      found[#found + 1] = { shape = shape, api = api, tag = tag ~= "-" and (tag .. "   "):sub(1, 4) or nil }
    end
  end
  return found
end

local known, out = {}, { "return {", ("  skipped = %d,"):format(skipped) }
local function add(format, ...) out[#out + 1] = format:format(...) end

for line in io.lines() do
  local compiler, machine, level, name = line:match "^(%w+)%-(%w+) (%w+) (%w+)$"
  known[name] = known[name] or truths(name)
  add("  { path = %q, compiler = %q, machine = %q, level = %q, name = %q, truths = {",
    ("%s-%s/%s/%s.sys"):format(compiler, machine, level, name), compiler, machine, level, name)
  for _, truth in ipairs(known[name]) do
    local tag = truth.tag and ("tag = %q"):format(truth.tag) or "tag = nil"
    add("    { shape = %q, api = %q, %s },", truth.shape, truth.api, tag)
  end
  add "  } },"
end
add "}"
io.write(table.concat(out, "\n"), "\n")
