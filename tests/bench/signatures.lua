-- Reading drivers whole, on one core: call sites, identity, signatures; beside pefile, which parses only, and
-- osslsigncode on those that are signed.
local pe     = require "poolsleuth.pe"
local system = require "poolsleuth.system"

local corpus = os.getenv "POOLSLEUTH_CORPUS"
if not corpus then
  print "skipped: POOLSLEUTH_CORPUS is not set"
  return
end

local ROUNDS <const>, ROOTS <const> = 3, "/etc/ssl/certs/ca-certificates.crt"

local function lines_of(command)
  local pipe <close> = assert(io.popen(command))
  local lines = {}
  for line in pipe:lines() do lines[#lines + 1] = line end
  return lines
end

-- The best of a few rounds, in seconds of processor time.
local function best_of(run)
  local best
  for _ = 1, ROUNDS do
    local started = os.clock()
    run()
    local took = os.clock() - started
    best = best and math.min(best, took) or took
  end
  return best
end

local function print_rate(what, count, seconds)
  print(("%-56s %7.0f drivers/s  %.2f ms each"):format(what, count / seconds, seconds / count * 1000))
end

local drivers, signed = {}, {}
for _, result in ipairs(assert(pe.scan(lines_of(("find '%s/drivers' -type f | sort"):format(corpus))))) do
  if result.driver then drivers[#drivers + 1] = result.path end
  if result.driver and #result.driver.signatures > 0 then signed[#signed + 1] = result.path end
end

local function scan(paths, options)
  options.threads = 1
  return best_of(function() assert(pe.scan(paths, options)) end)
end

print(("%d drivers, %d of them signed"):format(#drivers, #signed))
print_rate("poolsleuth: sites, imports, version, SHA-256, signature", #drivers, scan(drivers, {}))
print_rate("poolsleuth: with MD5, SHA-1, page hashes, entropy too", #drivers,
  scan(drivers, { detail = true }))
local pem = system.read(ROOTS)
local trust = assert(pe.trust())
if pem and trust:add_roots(pem) then
  print_rate("poolsleuth: with chains to the roots of this machine", #drivers,
    scan(drivers, { trust = trust }))
end

-- The time that a program takes over files, children included; nil where it is not here.
local function peer(command, paths)
  local list = os.tmpname()
  do
    local file <close> = assert(io.open(list, "w"))
    file:write(table.concat(paths, "\n"), "\n")
  end
  local started = system.clock()
  local ok = os.execute(("{ %s; } <'%s' >/dev/null 2>&1"):format(command, list))
  os.remove(list)
  return ok and system.clock() - started or nil
end

local PARSE <const> = [[python3 -c 'import sys, pefile
for path in sys.stdin: pefile.PE(path.rstrip("\n"))']]
local seconds = peer("PATH=/usr/bin:$PATH " .. PARSE, drivers)
if seconds then print_rate("pefile: parsing alone", #drivers, seconds) else print "pefile: not here" end
if os.execute "command -v osslsigncode >/dev/null" then
  print_rate("poolsleuth: the signed ones", #signed, scan(signed, {}))
  print_rate("osslsigncode verify: the signed ones", #signed, peer(
    [[while read -r f; do osslsigncode verify -ignore-crl -ignore-cdp "$f"; done; true]], signed))
else
  print "osslsigncode: not here"
end
