--- What identifies a driver: hashes as pefile works them out, and an answer for every malformed file.
local json  = require "poolsleuth.json"
local pe    = require "poolsleuth.pe"
local shell = require "tests.lua.support.shell"

local corpus = os.getenv "POOLSLEUTH_CORPUS"
local HANG <const> = 20 -- seconds: far more than any file may take, on a machine with much else to do

local PEFILE <const> = [[
import sys, pefile
for path in sys.stdin.read().splitlines():
    try:
        pe = pefile.PE(path, fast_load=True)
        pe.parse_data_directories([1])
        print(path, pe.get_imphash(), pe.generate_checksum(), sep="\t")
    except Exception:
        pass
]]

local function files_below(folder)
  local paths = {}
  for path in shell.run({ "find", folder, "-type", "f" }).out:gmatch "[^\n]+" do paths[#paths + 1] = path end
  table.sort(paths)
  return paths
end

describe("the identity of real drivers", function()
  it("has pefile's import hash and checksum", function()
    if not corpus then return pending "POOLSLEUTH_CORPUS is not set" end
    local paths = files_below(corpus .. "/drivers")
    local said = shell.run({ "/usr/bin/python3", "-c", PEFILE },
      { input = table.concat(paths, "\n"), limit = 300 })
    if said.status ~= 0 then return pending "pefile is not installed" end
    local by_path, count = {}, 0
    for _, result in ipairs(assert(pe.scan(paths))) do by_path[result.path] = result.driver end
    for path, hash, checksum in said.out:gmatch "([^\t\n]+)\t([^\t\n]*)\t(%d+)" do
      local driver = by_path[path]
      if driver then
        assert.equal(hash, driver.imphash or "", path)
        assert.equal(tonumber(checksum), driver.checksum_computed, path)
        count = count + 1
      end
    end
    assert.is_true(count > 0)
  end)
end)

describe("a malformed file", function()
  it("gets a document or a clear refusal", function()
    if not corpus then return pending "POOLSLEUTH_CORPUS is not set" end
    local documents, refusals = 0, 0
    for _, path in ipairs(files_below(corpus .. "/pe-edge")) do
      if not path:find "%.dmp$" and not path:find "%.ABOUT$" then
        local result = shell.run({ os.getenv "POOLSLEUTH", "driver", "--json", path }, { limit = HANG })
        if result.status == 0 then
          local decoded = assert(json.decode(result.out), path)
          assert.equal(path, decoded.data.drivers[1].path)
          documents = documents + 1
        else
          assert.equal(65, result.status, path .. ": " .. result.err)
          assert.matches("^poolsleuth: .*: .", result.err)
          assert.equal("", result.out)
          refusals = refusals + 1
        end
      end
    end
    assert.is_true(documents > refusals)
  end)
end)
