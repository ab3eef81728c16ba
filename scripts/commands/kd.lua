-- The debugger's words on a dump: one by one, from a file, or interactive.
local command = require "poolsleuth.command"

-- What a person types is answered at once; words from a pipe or for another program are answered together.
local function commands_of(case, args)
  local lines = {}
  if #args.commands > 0 then return args.commands end
  local bytes = case:must(require("poolsleuth.system").read("-", 1 << 24))
  for line in bytes:gmatch "[^\r\n]+" do lines[#lines + 1] = line end
  return lines
end

-- A log of the session and nothing else, unless there is something wrong with the sources.
local function answered(case, data)
  return { kind = "dump", verbatim = #case.problems == 0, data = data }
end

return command {
  name    = "kd",
  summary = "Ask a crash dump or an image of memory, in the debugger's words",
  about   = [[
Reads Windows crash dumps of every kind, ELF cores, LiME and VMware memory.
Words stand in -c, separated by ";", or come from standard input; on a terminal
there is a prompt, and ? lists the words.

Numbers are hexadecimal, 0n begins a decimal one; nt!Name and module names stand
for addresses.  Lines may be pasted with their prompts.

Symbols are the exports of the modules in memory; --symbols DIR adds the PDB that
the kernel wants, found by its name and GUID in a symbol store or a plain folder.]],
  needs   = { "dump" },
  args    = {
    { name = "dump", type = "path", metavar = "DUMP", required = true, about = "the dump" },
    { name = "commands", type = "string", flag = "-c", metavar = "COMMANDS", many = true,
      about = "words to run, separated by ;" },
    { name = "symbols", type = "path", flag = "--symbols", metavar = "DIR", many = true,
      about = "folders with PDB files" },
  },

  run = function(case, args)
    local dumps = require "poolsleuth.dumps"
    local session = case:must(dumps.session(case, args.dump, { symbols = args.symbols }))
    if #args.commands == 0 and require("poolsleuth.system").is_terminal(0) then
      require("poolsleuth.kd.prompt").run(session)
      return { kind = "dump", verbatim = true, data = { path = args.dump, commands = {} } }
    end
    local data = { path = args.dump, commands = {} }
    for _, line in ipairs(commands_of(case, args)) do
      for _, answer in ipairs(session:run(line)) do
        if answer.quit then return answered(case, data) end
        data.commands[#data.commands + 1] = session:document(answer)
      end
    end
    return answered(case, data)
  end,
}
