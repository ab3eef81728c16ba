--- What packagers rely on: versions that agree, a rock, Debian packages, the same bytes each time.
local folders = require "tests.lua.support.folder"
local shell   = require "tests.lua.support.shell"
local tree    = require "tests.lua.support.tree"

local is_long <const> = os.getenv "POOLSLEUTH_LONG"
local CLEAN <const> = { MAKEFLAGS = false, MFLAGS = false, MAKELEVEL = false, LD_PRELOAD = false, B = false,
                        POOLSLEUTH_BUILD = false }

local has <const> = shell.find

local function run(words, options)
  options = options or {}
  options.env, options.limit = options.env or CLEAN, options.limit or 600
  local result = shell.run(words, options)
  assert.are.equal(0, result.status, result.err .. result.out:sub(-2000))
  return result.out
end

-- The sources as they stand, without what was built from them.
local function copy_of_sources(folder, name)
  local copy = folder:path(name)
  run { "mkdir", "-p", copy }
  run { "sh", "-c", ("tar -c --exclude=./build --exclude=./.git . | tar -x -C '%s'"):format(copy) }
  return copy
end

describe("the version", function()
  it("is the same wherever it stands", function()
    local version = tree.read("core/include/poolsleuth.h"):match '#define PS_VERSION "([%d.]+)"'
    assert.are.equal(version, tree.read(".packaging/debian/changelog"):match "^poolsleuth %(([%d.]+)%)")
    local rockspec = tree.read((".packaging/poolsleuth-%s-1.rockspec"):format(version))
    assert.is_truthy(rockspec:find(('version = "%s-1"'):format(version), 1, true))
    assert.are.equal("poolsleuth " .. version .. "\n", shell.poolsleuth({ "--version" }).out)
  end)
end)

describe("a packager", function()
  it("makes a rock without a network", function()
    if not is_long then pending "takes a minute" return end
    if not has "luarocks" then pending "luarocks is not installed" return end
    local folder <close> = folders.new()
    local sources = copy_of_sources(folder, "sources")
    local spec = run({ "sh", "-c", "ls .packaging/*.rockspec" }, { cwd = sources }):gsub("%s+$", "")
    run({ "luarocks", "--lua-version", "5.4", "lint", spec }, { cwd = sources })
    local rocks = folder:path "rocks"
    run({ "luarocks", "--lua-version", "5.4", "--tree", rocks, "make", spec }, { cwd = sources })
    local said = run({ "lua5.4", "-e", 'io.write(require "poolsleuth.format".tag_text "Even")' }, { env = {
      LUA_PATH = rocks .. "/share/lua/5.4/?.lua;;", LUA_CPATH = rocks .. "/lib/lua/5.4/?.so;;",
    } })
    assert.are.equal("Even", said)
  end)

  it("gets the same bytes in two folders, whatever the user's mask, time zone and language", function()
    if not is_long then pending "takes two minutes" return end
    local folder <close> = folders.new()
    local sums, modes = {}, {}
    for i, name in ipairs { "one", "a deeper/two" } do
      local sources, into = copy_of_sources(folder, name), folder:path("root" .. i)
      local how = i == 1 and "" or "umask 077; TZ=Pacific/Kiritimati LC_ALL=C.UTF-8 "
      run({ "sh", "-c", ("%smake install PREFIX=/usr DESTDIR='%s'"):format(how, into) }, { cwd = sources })
      sums[i] = run({ "sh", "-c", "find . -type f | sort | xargs sha256sum" }, { cwd = into })
      modes[i] = run({ "sh", "-c", "find usr -printf '%p %m\\n' | sort" }, { cwd = into })
    end
    assert.are.equal(sums[1], sums[2])
    assert.are.equal(modes[1], modes[2])
  end)

  it("gets Debian packages that please lintian, and go in and out of a fresh system", function()
    if not is_long then pending "takes some minutes" return end
    if not (has "dh" and has "lintian" and has "debootstrap") then pending "no tools for packages" return end
    if not require("poolsleuth.system").is_root() then pending "needs root" return end
    local folder <close> = folders.new()
    local sources = copy_of_sources(folder, "sources")
    run({ "make", "deb" }, { cwd = sources })
    local packages = sources .. "/build/deb"
    local complaints = run({ "sh", "-c", "lintian --allow-root *.changes 2>&1" }, { cwd = packages })
    assert.are.equal("", complaints)
    local root = folder:path "root"
    run { "debootstrap", "--variant=minbase", "bookworm", root }
    run { "sh", "-c", ("cp %s/*.deb %s/tmp/"):format(packages, root) }
    local function inside(chunk) return run { "chroot", root, "sh", "-c", chunk } end
    inside("apt-get -qq update && cd /tmp && rm -f *dbgsym* && "
      .. "DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install ./*.deb")
    local said = inside("cd /usr/share/doc/poolsleuth-demo/examples && "
      .. "{ poolsleuth find-leaking-driver . --loaded loaded.csv; test $? = 2; }")
    assert.is_truthy(said:find 'LEAK tag="LkaL" [^\n]*driver=acmeflt.sys ', said)
    inside "apt-get -qq -y purge poolsleuth lua-poolsleuth poolsleuth-demo libpoolsleuth0 libpoolsleuth-dev"
    assert.are.equal("", inside "find /usr /etc -xdev -iname '*poolsleuth*'")
  end)
end)
