-- The script that gathers evidence on a server: for a poolsleuth that comes after.
local command = require "poolsleuth.command"
local collect = require "poolsleuth.collect"

local function usage(form, ...)
  error({ message = form:format(...), status = 64 }, 0)
end

local function check(args)
  local wrong = collect.wrong_folder(args.folder)
  if wrong then usage("--folder '%s': %s", args.folder, wrong) end
  if args.interval < 10 or args.interval % 1 ~= 0 then usage "--interval: whole seconds, 10 or more" end
  if args["for"] < args.interval then usage "--for: no shorter than the interval" end
  if args["for"] / args.interval > 10000 then
    usage "--for: more than 10,000 snapshots; take a longer interval"
  end
  local minutes = args.interval / 60
  if args.task and (minutes % 1 ~= 0 or minutes < 1 or minutes > 1439) then
    usage "--interval: a scheduled task runs every 1 to 1439 whole minutes"
  end
end

return command {
  name    = "collect",
  summary = "Print the script that gathers evidence on a server",
  about   = [[
Write it to a file (poolsleuth collect -o collect.cmd), read it, and run it on the server in an elevated
prompt.  It takes poolmon snapshots with dated names, and once lists the drivers and filters and copies every
driver; memory counters and handle counts go with each snapshot.  Nothing is installed, and
"collect.cmd undo" says what to delete.  The folder that it fills is what find-leaking-driver takes whole.

poolmon.exe must be beside it, in the PATH, or in a driver kit; where there is none, --powershell
prints a form that asks Windows itself.  Names hold the time in UTC, in digits, whatever the country's
settings are.  --explain says what each line is for.]],
  args    = {
    { name = "interval", type = "duration", flag = "--interval", default = 1800,
      about = "time between snapshots" },
    { name = "for", type = "duration", flag = "--for", default = 28800,
      about = "for how long snapshots are taken" },
    { name = "folder", type = "string", flag = "--folder",
      default = [[%SystemDrive%\poolsleuth-%COMPUTERNAME%]],
      about = "where to write on the server" },
    { name = "task", type = "boolean", flag = "--task",
      about = "let a scheduled task take the snapshots, in place of a loop in the script" },
    { name = "powershell", type = "boolean", flag = "--powershell", about = "a form that needs no poolmon" },
    { name = "explain", type = "boolean", flag = "--explain", about = "say what each line is for" },
  },

  run = function(_, args)
    check(args)
    local script = collect.build {
      form = args.powershell and "powershell" or "cmd", folder = args.folder, task = args.task,
      interval_s = math.tointeger(args.interval), duration_s = math.floor(args["for"]),
    }
    return { kind = "collect", view = args.explain and "explained" or nil, data = {
      name = script.name, form = script.form, folder = script.folder, interval_s = script.interval_s,
      count = script.count, steps = script.steps, script = collect.bytes(script),
    } }
  end,
}
