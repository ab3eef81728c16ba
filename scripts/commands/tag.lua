-- Everything known of a tag: tag files, knowledge, and the drivers that allocate with it.
local command = require "poolsleuth.command"
local dossier = require "poolsleuth.dossier"
local sources = require "poolsleuth.sources"

-- Whatever kind they are: a search for bytes does not ask.
local function every_file(case, paths)
  local all = {}
  for _, path in ipairs(paths) do
    local files, problems, err = sources.expand(path)
    table.move(case:must(files, problems, err), 1, #files, #all + 1, all)
    for _, problem in ipairs(problems) do
      case:problem { source = problem.path, text = problem.message, severity = "refused" }
    end
    case.inputs[#case.inputs + 1] = { path = path, kind = "files", complete = #problems == 0, problems = {} }
  end
  return all
end

return command {
  name    = "tag",
  summary = "Explain a tag: who owns it, what it means, which drivers use it",
  about   = [[
A tag is one to four characters, or its value in hex as a debugger shows it
(0x6e657645 is "Even").  With --drivers the call sites of those drivers are
searched, without it those of every driver that was scanned before.  --raw
searches their bytes instead: that is fast, but the four bytes may stand
anywhere, so that a hit is a lead at best.]],
  args    = {
    { name = "tags", type = "tag", metavar = "TAG", many = true, about = "the tags to explain" },
    { name = "drivers", type = "source", flag = "--drivers", metavar = "DIR", many = true,
      about = "a folder of drivers, or one" },
    { name = "raw", type = "boolean", flag = "--raw",
      about = "search the bytes of the drivers, not their call sites" },
  },

  run = function(case, args)
    if args.raw and #args.drivers == 0 then
      error({ message = "--raw searches the drivers that --drivers names", status = 64 }, 0)
    end
    local files = args.raw and every_file(case, args.drivers) or nil
    if not files and #args.drivers > 0 then
      case:load(args.drivers)
      case:need("drivers", #case.driver_paths > 0)
    end
    local explained = {}
    for i, tag in ipairs(args.tags) do explained[i] = dossier.of(case, tag, files) end
    return { kind = "tag", data = { tags = explained } }
  end,
}
