--- The sentence on top of a report.
local headline = require "poolsleuth.headline"
local verdict  = require "poolsleuth.verdict"

local function of(word, more)
  local finding = { verdict = word, tag = "LkaL", pool = "nonpaged", rate_bytes_per_hour = 212 << 20,
    share = 0.91,
                    suspects = {}, evidence = { { text = "it grew" } } }
  for name, value in pairs(more or {}) do finding[name] = value end
  return headline.of(finding, true)
end

describe("the headline", function()
  it("is a sentence for every word, with a suspect and without", function()
    assert.is_true(#verdict.WORDS > 35)
    for _, word in ipairs(verdict.WORDS) do
      assert.is_true(verdict.is_word(word), word)
      assert.is_true(headline.knows(word), word)
      for _, suspects in ipairs { {}, { { driver = "acme.sys", company = "Acme Inc.", score = 0.9 } } } do
        local text = of(word, { suspects = suspects })
        assert.truthy(text:find "^%u.*%.$", text)
        assert.is_nil(text:find "nil" or text:find "table:", text)
      end
    end
  end)

  it("says of a kind of leak what it is, and who", function()
    local function with(word, facts, suspects)
      local list = {}
      for name, value in pairs(facts) do list[#list + 1] = { name = name, value = value } end
      return of(word, { facts = list, suspects = suspects })
    end
    local acme = { { driver = "acme.sys", score = 0.9 } }
    assert.equal('The process w3wp.exe (pid 4444) opens handles and does not close them: what they keep '
      .. 'under the tag "LkaL" piles up in kernel memory.', with("USER-HANDLE-LEAK", { process = "w3wp.exe",
      pid = 4444 }))
    assert.equal("90 processes have ended and stay in memory; the driver acme.sys keeps them.",
      with("ZOMBIES", { count = 90 }, acme))
    assert.equal("The web server refuses requests for a reason of its own: it is no matter of kernel "
      .. "memory.",
      with("HTTP-REFUSAL", { ["secondary-to"] = "none" }))
    assert.equal("The driver acme.sys leaks since version 1.4.0, and did not before.",
      with("REGRESSION", { ["first-bad"] = "1.4.0" }, acme))
    assert.equal("2.0GiB of memory are gone, and not into kernel pool: vmmemctl.sys is loaded and may have "
      .. "it.",
      with("NOT-POOL", { unexplained = "2.0GiB", ["held-by"] = "vmmemctl.sys" }))
  end)

  it("says no more of a pool than is known", function()
    assert.equal('Nonpaged pool is used up: requests for memory fail.  A driver that the evidence does not '
      .. 'name holds 40% of it, under the tag "LkaL".', of("EXHAUSTED", { share = 0.4 }))
    assert.truthy(of("EXHAUSTED", { share = 0.6 }):find("holds most of it", 1, true))
    local facts = { { name = "pool", value = "paged" }, { name = "fill", value = "98%" } }
    assert.equal("Paged pool is 98% full, and the evidence does not tell which tag has it.",
      headline.of({ verdict = "HIGH", suspects = {}, evidence = {}, facts = facts }, true))
    local guess = of("HIGH", { suspects = { { driver = "acme.sys", score = 0.32 } } })
    assert.truthy(guess:find("acme.sys may allocate it", 1, true), guess)
  end)

  it("names the driver, the pace and the end of a leak", function()
    assert.equal("The driver acme.sys 1.2.3 by Acme Inc. takes nonpaged kernel memory and does not give it "
      .. "back, about 212 MiB an hour.  At this rate what is left is used up in 31 hours (29 to 33 hours).",
      of("LEAK", { suspects = { { driver = "acme.sys", company = "Acme Inc.", file_version = "1.2.3",
        score = 0.9 } },
                   forecast = { hours = 31, low = 29, high = 33 } }))
  end)

  it("names no driver among equals", function()
    local equals = { { driver = "a.sys", score = 0.5 }, { driver = "b.sys", score = 0.5 } }
    assert.truthy(of("LEAK", { suspects = equals }):find "^One of 2 drivers takes")
    assert.truthy(of("LEAK"):find "^A driver that the evidence does not name takes")
  end)

  it("says when part of the evidence is missing", function()
    assert.truthy(headline.of({ verdict = "NO-LEAK" }, false):find "could not be read%.$")
    assert.equal("Nothing was found.", headline.of(nil, true))
  end)

  it("tells time in the unit that fits", function()
    assert.equal("45 minutes", headline.time(0.75))
    assert.equal("1 minute", headline.time(0.001))
    assert.equal("31 hours", headline.time(31.2))
    assert.equal("12 days", headline.time(290))
    assert.equal("90 hours to 5 days", headline.range { low = 90, high = 120 })
    assert.is_nil(headline.range { low = 31, high = 31.2 })
    assert.is_nil(headline.range { low = 31 })
  end)
end)
