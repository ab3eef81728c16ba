-- Everything known of a tag: tag files, knowledge, and the drivers that allocate with it.
local command = require "poolsleuth.command"
local dossier = require "poolsleuth.dossier"

return command {
  name    = "tag",
  summary = "Explain a tag: who owns it, what it means, which drivers use it",
  about   = [[
A tag is one to four characters, or its value in hex as a debugger shows it
(0x6e657645 is "Even").  With --drivers the call sites of those drivers are
searched.  --raw also searches their bytes: a hit that is no call site is a lead
at best, and is listed apart.]],
  args    = {
    { name = "tags", type = "tag", metavar = "TAG", many = true, about = "the tags to explain" },
    { name = "drivers", type = "source", flag = "--drivers", metavar = "DIR", many = true,
      about = "a folder of drivers, or one" },
    { name = "raw", type = "boolean", flag = "--raw", about = "search the bytes of the drivers too" },
  },

  run = function(case, args)
    if args.raw and #args.drivers == 0 then
      error({ message = "--raw searches the drivers that --drivers names", status = 64 }, 0)
    end
    case:load(args.drivers)
    if #args.drivers > 0 then case:need("drivers", #case.driver_paths > 0) end
    local explained = {}
    for i, tag in ipairs(args.tags) do explained[i] = dossier.of(case, tag, { raw = args.raw }) end
    return { kind = "tag", data = { tags = explained } }
  end,
}
