--- The command line: find the script, read its arguments, run it, print what it gives.
-- @module poolsleuth.cli
local globals = require "poolsleuth.globals"
local system  = require "poolsleuth.system"

local cli = {}

local USAGE <const>, NOT_UNDERSTOOD <const>, MISSING <const> = 64, 65, 66
local INTERNAL <const>, IO <const>, INTERRUPTED <const> = 70, 74, 130
local NOT_ENOUGH <const> = 3

-- Names of files stand in what is said; none may pass for a line of ours or steer the terminal.
local function say(form, ...)
  local text = form:format(...)
  if text:find "[^\n\x20-\x7e]" then text = text:gsub("[^\n]+", require("poolsleuth.format").clean) end
  io.stderr:write("poolsleuth: ", text, "\n")
end

-- Of several lines, those behind the first begin with blanks.
local function indented(text)
  return (tostring(text):gsub("\n", "\n  "))
end

-- End the run: caught in cli.main.
local function stop(status, form, ...)
  error({ message = form:format(...), status = status }, 0)
end

-- Of something that cannot be used: it could not be read, or it was not understood.
local function status_of(err)
  return err and err.code == "io" and IO or NOT_UNDERSTOOD
end

local function global_flags()
  local by_flag = {}
  for _, arg in ipairs(globals) do
    for _, flag in ipairs(type(arg.flag) == "table" and arg.flag or { arg.flag }) do by_flag[flag] = arg end
  end
  return by_flag
end

-- Split words into the options before the command, its name, and what follows.
local function split(words)
  local by_flag, leading, at = global_flags(), {}, 1
  while at <= #words and words[at]:sub(1, 1) == "-" and #words[at] > 1 do
    local word = words[at]
    local flag = word:match "^(%-%-[^=]+)" or word:sub(1, 2)
    local arg = by_flag[flag]
    if not arg then
      local known = {}
      for _, each in ipairs(globals) do
        known[#known + 1] = type(each.flag) == "table" and table.concat(each.flag, "/") or each.flag
      end
      stop(USAGE, "unknown option '%s' before the command\nknown: %s", word, table.concat(known, " "))
    end
    leading[#leading + 1] = word
    at = at + 1
    if arg.type ~= "boolean" and word == flag then
      if words[at] == nil then stop(USAGE, "option '%s' needs a value", word) end
      leading[#leading + 1] = words[at]
      at = at + 1
    end
  end
  return leading, words[at], table.move(words, at + 1, #words, 1, {})
end

-- The folder that poolsleuth's Lua files were found in.
local function library_folder()
  local path = package.searchpath("poolsleuth.cli", package.path)
  return path and path:match "^(.*)/poolsleuth/cli%.lua$"
end

-- Words for the values of --scripts and --trust-user-scripts are needed before a script is found.  A program
-- that has us inside has no scripts beside it, but the library has.
local function shelf_options(words, is_inside)
  local scripts, trust = {}, false
  for i, word in ipairs(words) do
    if word == "--" then break end
    if word == "--scripts" then scripts[#scripts + 1] = words[i + 1] end
    scripts[#scripts + 1] = word:match "^%-%-scripts=(.+)$"
    trust = trust or word == "--trust-user-scripts"
  end
  return { scripts = scripts, trust_user_scripts = trust, is_root = system.is_root(),
           executable = not is_inside and system.executable() or nil,
           library = is_inside and library_folder() or nil }
end

-- How many single letters apart two words are, at most limit.
local function distance(a, b)
  local row = {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #b do
      local above = row[j]
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      row[j] = math.min(above + 1, row[j - 1] + 1, diagonal + cost)
      diagonal = above
    end
  end
  return row[#b]
end

local function unknown_command(shelf, folders, name)
  local names = shelf.names(folders)
  local best, closest = nil, 3
  for _, known in ipairs(names) do
    local apart = distance(name, known)
    if apart < closest then best, closest = known, apart end
  end
  local hint = best and (" (did you mean '%s'?)"):format(best) or ""
  stop(USAGE, "no command '%s'%s\nthere are: %s", name, hint, table.concat(names, " "))
end

--- Find and load the script of a name; a name with a slash is that file and no other.
-- @tparam string name
-- @tparam {table,...} folders of shelf.folders
-- @treturn table the script; raises with the exit status where there is none
function cli.script(name, folders)
  local shelf = require "poolsleuth.shelf"
  local path, def, broken, err
  if name:find("/", 1, true) then
    path = name
    local mode = require("lfs").attributes(path, "mode")
    if not mode then stop(MISSING, "%s: no such file", path) end
    if mode ~= "file" then stop(MISSING, "%s: is a folder, not a script", path) end
    def, broken, err = shelf.load(path)
  else
    path = shelf.find(folders, name)
    if not path then unknown_command(shelf, folders, name) end
    def, broken, err = shelf.load_named(path)
  end
  if not def then stop(status_of(err), "%s cannot be used: %s", path, broken) end
  return def
end

local BUILT_IN <const> = { text = true, json = true, csv = true, markdown = true, html = true }
local BY_EXTENSION <const> = { json = "json", csv = "csv", md = "markdown", html = "html", htm = "html" }

-- The format, and the exporter where it is a plugin's.
local function output_format(chosen, host, def)
  if chosen.json then return "json" end
  if chosen.csv then return "csv" end
  if chosen.format then
    if BUILT_IN[chosen.format] then return chosen.format end
    local exporter, message = require("poolsleuth.plugins").exporter(host.plugin_folders, chosen.format)
    if not exporter then stop(USAGE, "--format: %s", message) end
    return chosen.format, exporter
  end
  local extension = chosen.output and chosen.output:match "%.(%w+)$"
  if not extension then return (chosen.output or not host.screen.terminal) and def.format or "text" end
  extension = extension:lower()
  if extension == "txt" or BY_EXTENSION[extension] then return BY_EXTENSION[extension] or "text" end
  local exporter = require("poolsleuth.plugins").exporter_for(host.plugin_folders, extension)
  return exporter and exporter.name or "text", exporter
end

-- What a playbook answers with is known before it runs.
local function check_kind(def, exporter)
  if not exporter or def.kind ~= "playbook" then return end
  if not require("poolsleuth.exporter").takes(exporter, "verdict") then
    stop(USAGE, "%s: format %s takes answers of kind %s, and this one is a verdict", def.name, exporter.name,
      table.concat(exporter.kinds, ", "))
  end
end

-- A bar on standard error for work that takes longer than a second.
local function new_meter(visible)
  local meter = { shown = false }
  local started, drawn, before
  function meter.step(done, total)
    local now = system.clock()
    if not started or done < before then started, drawn = now, now end
    before = done
    if visible and total > 0 and now - started > 1 and (now - drawn > 0.1 or done == total) then
      local filled = math.min(30, done * 30 // total)
      io.stderr:write(("\r[%s%s] %3d%%  %d of %d "):format(
        ("#"):rep(filled), ("."):rep(30 - filled), done * 100 // total, done, total))
      meter.shown, drawn = true, now
    end
    return not system.interrupted()
  end
  function meter.clear()
    if meter.shown then io.stderr:write("\r", (" "):rep(79), "\r") end
    meter.shown = false
  end
  return meter
end

local function write_out(bytes, output)
  if output and output ~= "-" then
    local ok, message = system.write_file(output, bytes)
    if not ok then stop(IO, "%s: %s", output, message) end
    return
  end
  local ok, message, code = io.stdout:write(bytes)
  if ok then ok, message, code = io.stdout:flush() end
  local left_reader = code == 32
  if not ok and not left_reader then stop(IO, "standard output: %s", message) end
end

-- Where a stream is written that goes to a file: beside it, unless that is a pipe or a device.
local function open_beside(output)
  local function close(self)
    if io.type(self.file) == "file" then self.file:close() end
    if self.file and self.part ~= self.final and not self.whole then os.remove(self.part) end
  end
  local target = { file = false, part = false, final = false, whole = false }
  setmetatable(target, { __close = close })
  target.file, target.part, target.final = system.open_beside(output)
  if not target.file then stop(IO, "%s: %s", output, target.part) end
  return target -- nothing between the opening and here takes memory: the file would stay behind
end

-- To a file, which has its name once it is whole.
local function stream_to_file(stream, output)
  local target <close> = open_beside(output)
  local done, message = stream(target.file)
  if done then done, message = target.file:close() end
  if done and target.part ~= target.final then done, message = os.rename(target.part, target.final) end
  if not done then stop(IO, "%s: %s", output, message) end
  target.whole = true
end

-- An answer that is written as it is made.  A program that has us inside gets it in one piece.
local function write_stream(stream, output, host)
  local to_file = output and output ~= "-" and not host.is_isolated
  if to_file and host.owns_process then return stream_to_file(stream, output) end
  local inside = not host.owns_process
  local file = inside and assert(io.tmpfile()) or io.stdout
  local done, message = stream(file)
  if done and inside then
    file:seek "set"
    return host.write(file:read "a", output)
  end
  if done then done, message = file:flush() end
  if not done then stop(IO, "%s: %s", output or "standard output", message) end
end

-- Where the answer goes: a terminal or not, how wide, whether it shows colours, and whether somebody watches.
local function screen_at_hand()
  local terminal, no_color = system.is_terminal(1), os.getenv "NO_COLOR"
  local columns = math.tointeger(tonumber(os.getenv "COLUMNS" or ""))
  return {
    terminal = terminal, watched = system.is_terminal(2) and os.getenv "TERM" ~= "dumb",
    color = terminal and (no_color == nil or no_color == "") and os.getenv "TERM" ~= "dumb",
    width = not terminal and columns and columns >= 20 and columns or system.columns(),
  }
end

local function new_case(chosen, host, meter)
  local config, message, err = require("poolsleuth.config").load()
  if not config then stop(status_of(err), "%s", message) end
  for _, field in ipairs { "tagfiles", "overlays" } do
    config[field] = table.move(config[field], 1, #config[field], #chosen[field] + 1,
      table.move(chosen[field], 1, #chosen[field], 1, {}))
  end
  local cache = not chosen.no_cache and require("poolsleuth.cache").path() or nil
  return require("poolsleuth.case").new {
    config = config, progress = meter.step,
    options = { host = host, cache = cache, plugins = host.plugin_folders, read_as = chosen.read_as,
                history = chosen.history, limits = next(config.limits) and config.limits or nil },
    warn = function(text) meter.clear() say("%s", indented(text)) end,
  }
end

-- Errors that a script raises on purpose are tables; a string is a mistake in the program.
local function explain(problem)
  if type(problem) == "table" and rawget(problem, "message") ~= nil then return problem end
  local text = type(problem) == "table" and "the script raised a table without a message" or tostring(problem)
  if os.getenv "POOLSLEUTH_DEBUG" == "1" then text = debug.traceback(text, 2) end
  return { message = "internal error: " .. text, status = INTERNAL }
end

-- A run that was stopped is marked so; what it did not find may still be there.
local function mark_partial(document, def)
  document.complete = false
  if document.kind == "verdict" then document.data.complete = false end
  if def.kind == "playbook" and document.status == 0 then document.status = NOT_ENOUGH end
  table.insert(document.problems, 1,
    { severity = "refused", text = "stopped by Ctrl-C before the end: this answer is partial" })
end

-- End a run that has no answer.  Where memory is out, the error is Lua's own text.
local function fail(err, case)
  if type(err) == "table" and err.status ~= INTERNAL then
    if system.interrupted() then stop(INTERRUPTED, "stopped by Ctrl-C before there was an answer") end
    err.message = require("poolsleuth.remarks").with_causes(case, err.message)
  end
  error(err, 0)
end

local function run_script(def, values, chosen, host)
  local meter = new_meter(host.screen.watched)
  local format, exporter = output_format(chosen, host, def)
  check_kind(def, exporter)
  if host.owns_process then system.catch_interrupt() end
  local report = require "poolsleuth.report"
  local case = new_case(chosen, host, meter)
  local ok, result = xpcall(def.open(), explain, case, values)
  meter.clear()
  if not ok then fail(result, case) end
  local document = report.document(def, case, result)
  if system.interrupted() then mark_partial(document, def) end
  if document.stream then
    write_stream(document.stream, chosen.output, host)
    return document.status
  end
  local bytes, status, cause = report.render(document, {
    format = format, exporter = exporter, thresholds = case.config.thresholds, width = host.screen.width,
    color = host.screen.color and not chosen.output, version = require("poolsleuth").VERSION })
  if not bytes then
    stop(cause and cause.code == "internal" and INTERNAL or USAGE, "%s: %s", def.name, status)
  end
  host.write(bytes, chosen.output)
  if chosen.strict then
    local refused, ambiguous = require("poolsleuth.remarks").missing(case)
    if refused + ambiguous > 0 then
      stop(NOT_UNDERSTOOD, "--strict: %d refused, %d ambiguous; show --problems lists them",
        refused, ambiguous)
    end
  end
  return exporter and status or document.status
end

-- Which of --help and --version stands among words, up to a "--".
local function asked(words)
  for _, word in ipairs(words) do
    if word == "--" then return nil end
    if word == "--help" or word == "-h" then return "help" end
    if word == "--version" or word == "-V" then return "version" end
  end
  return nil
end

-- The script and the words that it gets; --help is a question to the script `help`.
local function resolve(words, is_inside)
  local shelf = require "poolsleuth.shelf"
  local leading, name, rest = split(words)
  local question = asked(leading) or asked(rest)
  if question == "version" then return nil end
  if question == "help" then
    rest = name and name ~= "help" and { name } or {}
    leading, name = {}, "help"
  end
  local options = shelf_options(words, is_inside)
  local host = { folders = shelf.folders(options), plugin_folders = shelf.plugin_folders(options),
                 globals = globals }
  if not name then
    local names = table.concat(shelf.names(host.folders), " ")
    stop(USAGE, "a command is needed\nthere are: %s\ntry: poolsleuth help", names)
  end
  local def = cli.script(name, host.folders)
  return def, table.move(rest, 1, #rest, #leading + 1, leading), host
end

-- The value of a flag among words, as "--flag VALUE" or "--flag=VALUE".
local function value_of(words, ...)
  local value
  for i, word in ipairs(words) do
    if word == "--" then break end
    for _, flag in ipairs { ... } do
      if word == flag then value = words[i + 1] end
      if word:sub(1, #flag + 1) == flag .. "=" then value = word:sub(#flag + 2) end
    end
  end
  return value
end

-- How much an isolated run may use, as far as the command line says it.
local function isolation_limits(words)
  local convert = require("poolsleuth.arguments").convert
  local limits = {}
  for flag, limit in pairs { ["--isolate-memory"] = { "bytes", "memory_bytes" },
                             ["--isolate-time"] = { "duration", "processor_s" } } do
    local word = value_of(words, flag)
    local value, message = nil, nil
    if word then value, message = convert(limit[1], word) end
    if message then stop(USAGE, "%s: %s", flag, message) end
    limits[limit[2]] = value
  end
  if limits.processor_s then limits.seconds = limits.processor_s * 3 end
  return limits
end

local run

-- Run all of it in a child, before a line of the script was looked at; the answer is written here.
local function run_isolated(words)
  local isolation, shelf = require "poolsleuth.isolation", require "poolsleuth.shelf"
  local options, screen = shelf_options(words), screen_at_hand()
  local readable = isolation.readable(words, {
    folders = shelf.folders(options), plugin_folders = shelf.plugin_folders(options) })
  local status, answer = isolation.run(function()
    return cli.main(words, { screen = screen, is_isolated = true,
                             write = function(bytes) write_out(bytes) end })
  end, readable, isolation_limits(words), function(text) say("--isolate: %s", text) end)
  if not status then stop(INTERNAL, "the isolated run was ended: %s", answer) end
  local output = value_of(words, "-o", "--output")
  if screen.terminal and not output then answer = isolation.calm(answer) end
  if answer ~= "" then write_out(answer, output) end
  return status
end

local function is_among(words, flag)
  for _, word in ipairs(words) do
    if word == "--" then return false end
    if word == flag then return true end
  end
  return false
end

function run(words, given)
  if not given and is_among(words, "--isolate") then return run_isolated(words) end
  local is_inside = given and given.say ~= nil
  local def, rest, host = resolve(words, is_inside)
  local write = given and given.write or write_out
  if not def then
    write("poolsleuth " .. require("poolsleuth").VERSION .. "\n")
    return 0
  end
  host.screen = given and given.screen or screen_at_hand()
  host.write, host.owns_process = write, not is_inside
  host.is_isolated = given and given.is_isolated
  local values, chosen = require("poolsleuth.arguments").parse(def, globals, rest)
  if not values then stop(USAGE, "%s: %s\ntry: poolsleuth help %s", def.name, chosen, def.name) end
  chosen.no_cache = chosen.no_cache or given ~= nil
  return run_script(def, values, chosen, host)
end

--- Run the program.
-- @tparam {string,...} words what stood behind its name
-- @tparam[opt] table given where the answer goes, if it goes through somebody else: `screen` (`terminal`,
--   `color`, `width`, `watched`), `write` (function of bytes), `say` (function of a complaint), `is_isolated`
--   (-o is somebody else's to write); no cache is used then
-- @treturn int the exit status
function cli.main(words, given)
  local ok, result = xpcall(run, explain, words, given)
  if ok then return result end
  if type(result) ~= "table" then result = { message = tostring(result), status = INTERNAL } end
  local complaint = indented(result.message)
  if given and given.say then given.say(complaint) else say("%s", complaint) end
  return result.status or INTERNAL
end

--- Run the program and give back what it would have written.
-- @tparam {string,...} words what stood behind its name
-- @treturn int the exit status
-- @treturn string the answer
-- @treturn string what it complained of, "" if nothing
function cli.answer(words)
  local written, complaints = {}, {}
  local status = cli.main(words, {
    screen = { terminal = false, color = false, width = 80 },
    write = function(bytes) written[#written + 1] = bytes end,
    say = function(text) complaints[#complaints + 1] = text end,
  })
  return status, table.concat(written), table.concat(complaints, "\n")
end

return cli
