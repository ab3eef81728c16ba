--- The view of help without a name: how to begin.
-- @module poolsleuth.view.overview
local function rows_of(scripts, kind)
  local rows = {}
  for _, script in ipairs(scripts) do
    if script.kind == kind then rows[#rows + 1] = { "  " .. script.name, script.summary } end
  end
  return rows
end

local function option_rows(globals)
  local rows = {}
  for i, argument in ipairs(globals) do
    local value = argument.type ~= "boolean" and " " .. argument.metavar or ""
    rows[i] = { "  " .. table.concat(argument.flags, ", ") .. value, argument.about }
  end
  return rows
end

local CSV <const> = {
  { key = "name", name = "Name" }, { key = "kind", name = "Kind" }, { key = "summary", name = "Does" },
}

return function(data)
  return {
    { type = "table", only = "csv", columns = CSV, rows = data.scripts },
    { type = "heading", text = "poolsleuth - which driver leaks Windows kernel pool memory" },
    { type = "code", text = "poolsleuth [options] COMMAND [arguments]" },
    { type = "paragraph", text = "The main job, from two or more poolmon logs and a folder of drivers:" },
    { type = "code", text = "poolsleuth find-leaking-driver A.log B.log DRIVERS/" },
    { type = "heading", text = "Playbooks", level = 3 },
    { type = "facts", rows = rows_of(data.scripts, "playbook") },
    { type = "heading", text = "Commands", level = 3 },
    { type = "facts", rows = rows_of(data.scripts, "command") },
    { type = "heading", text = "Formats by plugins", level = 3 },
    { type = "facts", rows = rows_of(data.scripts, "exporter") },
    { type = "heading", text = "Options", level = 3 },
    { type = "facts", rows = option_rows(data.globals) },
    { type = "paragraph", style = "dim", text = "poolsleuth help COMMAND explains one." },
  }
end
