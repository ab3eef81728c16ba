-- One driver, whole: identity, version, sections, imports that can hold pool, call sites by tag.
local command     = require "poolsleuth.command"
local driver_data = require "poolsleuth.driver_data"

return command {
  name    = "driver",
  summary = "Show one driver: identity, version, imports, call sites",
  about   = [[
What sigcheck, a PE viewer and a search for the tag would tell, of one file.
A call site whose tag is no constant says why: a parameter, a global, computed.]],
  needs   = { "drivers" },
  args    = {
    { name = "file", type = "path", about = "a driver" },
  },

  run = function(case, args)
    if require("lfs").attributes(args.file, "mode") == "directory" then
      case:must(nil, args.file .. ": is a folder; poolsleuth scan reads folders", { code = "format" })
    end
    case:load { args.file }
    local input = case.inputs[1]
    if input and input.kind == "text" then
      case:must(nil, args.file .. ": is text, not a driver; poolsleuth show reads it", { code = "format" })
    end
    case:need("drivers", #case.driver_paths > 0)
    local record, failure = case.drivers:all()[1], case.drivers.failures[1]
    if not record then
      local why = failure and failure.message or "is no driver"
      case:must(nil, ("%s: %s"):format(args.file, why), { code = "format" })
    end
    return { kind = "drivers", view = "driver", title = "poolsleuth driver " .. record.name,
             data = { drivers = { driver_data.of(record) }, failures = {} } }
  end,
}
