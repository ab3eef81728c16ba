--- Call sites of drivers whose source is known: every constant tag is found, and no other.
local pe = require "poolsleuth.pe"
local fixtures = require "tests.lua.support.fixtures"

local function join(entry, what, list)
  return ("%s: %s\n  %s"):format(entry.path, what, table.concat(list, "\n  "))
end

describe("call sites of the fixtures", function()
  local manifest = fixtures.manifest()
  if not manifest then
    pending "the fixtures are not built"
    return
  end
  for _, group in ipairs(fixtures.groups(manifest)) do
    describe("built by " .. group.name, function()
      local function each(visit)
        local wrong = {}
        for _, entry in ipairs(group) do
          local what, list = visit(fixtures.judge(entry, assert(pe.parse(fixtures.read(entry)))))
          if #list > 0 then wrong[#wrong + 1] = join(entry, what, list) end
        end
        assert(#wrong == 0, "\n" .. table.concat(wrong, "\n"))
      end

      it("name every tag that is constant", function()
        each(function(judged) return "missed", judged.missed end)
      end)

      it("name no tag that is not there", function()
        each(function(judged) return "wrong", judged.wrong end)
      end)

      it("are reported as untagged or unknown where they are", function()
        each(function(judged) return "odd", judged.odd end)
      end)
    end)
  end
  if manifest.skipped > 0 then
    pending(("%d compilers are not installed"):format(manifest.skipped))
  end
end)
