--- Stories: what several playbooks found of one cause becomes one, and contradictions are settled or said.
local stories = require "poolsleuth.stories"

local DEFS <const> = {
  ["find-leaking-driver"] = { categories = { "leak", "triage" } },
  ["etw-buffers"]         = { categories = { "leak" } },
  ["object-handle-leak"]  = { categories = { "leak", "handles" } },
  ["event-2019-2020"]     = { categories = { "exhaustion" } },
}

local function finding(word, more)
  local found = { verdict = word, tag = "Even", pool = "nonpaged", confidence = "medium", evidence = {} }
  for name, value in pairs(more or {}) do found[name] = value or nil end
  return found
end

-- The stories of what playbooks found, given by their names.
local function told(said)
  local parts = {}
  for name, findings in pairs(said) do
    parts[#parts + 1] = { name = name, def = DEFS[name], state = "asked", findings = findings }
  end
  table.sort(parts, function(a, b) return a.name < b.name end)
  return stories.of(parts)
end

local holder <const> = { { name = "process", value = "w3wp.exe" } }
local acme <const> = { { driver = "acme.sys", score = 0.9 } }

describe("stories", function()
  it("put the finding that names somebody in front of one that does not", function()
    local list = told {
      ["find-leaking-driver"] = { finding("LEAK", { confidence = "high" }) },
      ["object-handle-leak"] = { finding("USER-HANDLE-LEAK", { facts = holder }) },
    }
    assert.equal(1, #list)
    assert.equal("USER-HANDLE-LEAK", list[1].first.verdict)
    assert.equal(2, #list[1].findings)
  end)

  it("put a driver that is sure before a kind that is not", function()
    local list = told {
      ["find-leaking-driver"] = { finding("LEAK", { confidence = "high", suspects = acme }) },
      ["object-handle-leak"] = { finding("KERNEL-REFERENCE-LEAK", { confidence = "low" }) },
    }
    assert.equal("find-leaking-driver", list[1].first.playbook)
  end)

  it("let a playbook of the kind acquit what others accuse, and say so", function()
    local list = told {
      ["find-leaking-driver"] = { finding("HIGH", { confidence = "low" }) },
      ["etw-buffers"] = { finding("BY-DESIGN") },
    }
    assert.equal("BY-DESIGN", list[1].first.verdict)
    assert.truthy(list[1].notes[1]:find("etw-buffers knows better", 1, true))
  end)

  it("let the graver word stand where nobody is surer, and say that it is not settled", function()
    local list = told {
      ["find-leaking-driver"] = { finding("LEAK", { confidence = "high" }) },
      ["etw-buffers"] = { finding("BY-DESIGN", { confidence = "low" }) },
    }
    assert.equal("LEAK", list[1].first.verdict)
    assert.equal("medium", list[1].first.confidence)
    assert.truthy(list[1].notes[1]:find("not settled", 1, true))
  end)

  it("take the source from a playbook of the kind, where two tags each follow the other", function()
    local pinned = finding("PINNED-BY-FILTER", { tag = "WCsc",
      victims = { { tag = "File", pool = "nonpaged" } } })
    local files = finding("LEAK", { tag = "File", confidence = "high",
      victims = { { tag = "WCsc", pool = "nonpaged" } } })
    local list = told { ["minifilter-pin"] = { pinned }, ["find-leaking-driver"] = { files } }
    assert.equal(1, #list)
    assert.equal("WCsc", list[1].tag)
  end)

  it("join an empty pool with what fills it: behind a proved leak, before a suspicion", function()
    local empty = finding("EXHAUSTED", { tag = false })
    for word, first in pairs { LEAK = "LEAK", SUSPECT = "EXHAUSTED" } do
      local list = told { ["event-2019-2020"] = { empty }, ["find-leaking-driver"] = { finding(word) } }
      assert.equal(1, #list)
      assert.equal(first, list[1].first.verdict)
    end
    assert.equal(2, #told { ["event-2019-2020"] = { empty },
      ["find-leaking-driver"] = { finding("LEAK", { pool = "paged" }) } })
  end)

  it("take tags that only follow another one into its story", function()
    local list = told { ["find-leaking-driver"] = { finding("LEAK", { victims = {
      { tag = "File", pool = "nonpaged" } } }), finding("LEAK", { tag = "File" }) } }
    assert.equal(1, #list)
    assert.equal("Even", list[1].tag)
    assert.truthy(list[1].notes[1]:find('"File"', 1, true))
  end)

  it("are in order: the gravest word, then what is sure, then the most bytes", function()
    local list = told { ["find-leaking-driver"] = {
      finding("HIGH", { tag = "Aaaa", weight = 9e9 }), finding("LEAK", { tag = "Bbbb", weight = 10 }),
      finding("LEAK", { tag = "Cccc", weight = 90 }),
      finding("LEAK", { tag = "Dddd", weight = 1000, confidence = "low" }), finding("OK", { tag = "Eeee" }),
    } }
    local order = {}
    for i, story in ipairs(list) do order[i] = story.tag end
    assert.same({ "Cccc", "Bbbb", "Dddd", "Aaaa", "Eeee" }, order)
  end)
end)
