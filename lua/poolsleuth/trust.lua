--- Roots and catalogs that the user gives for judging signatures; none come with the program.
-- @module poolsleuth.trust
local sources = require "poolsleuth.sources"
local system  = require "poolsleuth.system"

local trust = {}

local LIMIT <const> = 64 << 20

local function add_roots(case, made, path)
  local pem, message, err = system.read(path, LIMIT)
  if not pem then case:must(nil, ("%s: %s"):format(path, message), err) end
  local ok
  ok, message, err = made:add_roots(pem)
  if not ok then case:must(nil, ("%s: %s"):format(path, message), err) end
end

-- What lies in a folder may be anything; a file that was named, or is called .cat, must be a catalog.
local function add_catalog(case, made, path, named)
  local bytes, message = system.read(path, LIMIT)
  local ok
  if bytes and bytes:byte() == 0x30 then ok, message = made:add_catalog(path, bytes)
  elseif bytes then message = "is no catalog" end
  if not ok and (named or path:lower():find "%.cat$") then
    case:problem { source = path, text = message, severity = "refused" }
  end
end

local function add_catalogs(case, made, path)
  local files, problems, err = sources.expand(path)
  if not files then case:must(nil, problems, err) end
  for _, problem in ipairs(problems) do
    case:problem { source = problem.path, text = problem.message, severity = "refused" }
  end
  local _, before = made:counts()
  for _, file in ipairs(files) do
    if system.interrupted() then return end
    add_catalog(case, made, file, file == path)
  end
  local _, count = made:counts()
  if count == before then case:problem { source = path, text = "no catalog in it", severity = "flagged" } end
end

--- Take the user's roots and catalogs into a case, before its drivers are read.
-- @tparam Case case
-- @tparam table args `roots` and `catalogs`: lists of paths
function trust.load(case, args)
  local roots, catalogs = args.roots or {}, args.catalogs or {}
  if #roots == 0 and #catalogs == 0 then return end
  local made = case:must(require("poolsleuth.pe").trust())
  for _, path in ipairs(roots) do add_roots(case, made, path) end
  for _, path in ipairs(catalogs) do add_catalogs(case, made, path) end
  case.options.trust = made
end

return trust
