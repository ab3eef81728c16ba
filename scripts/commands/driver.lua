-- Drivers, each whole: identity, signatures, call sites by tag, imports, sections.
local command     = require "poolsleuth.command"
local driver_data = require "poolsleuth.driver_data"
local shared      = require "poolsleuth.shared_arguments"
local trust       = require "poolsleuth.trust"

local PARTS <const> = { "headers", "imports", "exports", "resources", "sites" }

local function refuse(case, path, why)
  case:must(nil, ("%s: %s"):format(path, why), { code = "format" })
end

local function check(case, path)
  if require("lfs").attributes(path, "mode") == "directory" then
    refuse(case, path, "is a folder; poolsleuth scan reads folders")
  end
  case:load { path }
  local input = case.by_path[path]
  if input and input.kind == "text" then
    refuse(case, path, "is text, not a driver; poolsleuth show reads it")
  end
end

-- The parts that were asked for, beside the data: what is shown is no part of the document.
local function with_parts(data, args)
  local parts = {}
  for _, name in ipairs(PARTS) do parts[name] = args[name] or nil end
  return setmetatable(data, { __index = { parts = parts } })
end

return command {
  name    = "driver",
  summary = "Show one driver: identity, signatures, call sites, imports",
  about   = [[
What sigcheck, a PE viewer and a search for the tag would tell, of one file or
of several.  A call site whose tag is no constant says why: a parameter, a
global, computed.

A signature is graded, never just right or wrong: bad-signature,
digest-mismatch, test-signed, expired, unknown-root, chained.  Chained needs a
root: none are built in, --roots gives yours.  Drivers of Windows and many of
others are signed by a catalog instead: --catalogs names files or folders of
them.  Times are judged at the countersignature's time.  Nothing is ever
fetched from a network.

--csv writes the columns of sigcheck -a -h.]],
  needs   = { "drivers" },
  args    = shared.with({
    { name = "files", type = "path", metavar = "FILE", many = true, required = true, about = "a driver" },
    { name = "headers", type = "boolean", flag = "--headers", about = "only headers and sections" },
    { name = "imports", type = "boolean", flag = "--imports", about = "only imports, all of them" },
    { name = "exports", type = "boolean", flag = "--exports", about = "only exports" },
    { name = "resources", type = "boolean", flag = "--resources",
      about = "only resources and version strings" },
    { name = "sites", type = "boolean", flag = "--sites", about = "only call sites, each one" },
  }, "trust"),

  run = function(case, args)
    for _, path in ipairs(args.files) do check(case, path) end
    case.options.detail = true
    trust.load(case, args)
    case:need("drivers", #case.driver_paths > 0)
    local records, failure = case.drivers:all(), case.drivers.failures[1]
    if #records == 0 then
      refuse(case, failure and failure.path or args.files[1], failure and failure.message or "is no driver")
    end
    local found = {}
    for i, record in ipairs(records) do found[i] = driver_data.of(record) end
    local name = #records == 1 and records[1].name or ("%d drivers"):format(#records)
    return { kind = "drivers", view = "driver", title = "poolsleuth driver " .. name,
             data = with_parts({ drivers = found, failures = case.drivers.failures }, args) }
  end,
}
