--- Rows of a snapshot: which are shown, in which order, and who owns them.
local glob   = require "poolsleuth.glob"
local owners = require "poolsleuth.owners"
local regex  = require "poolsleuth.regex"
local rows   = require "poolsleuth.rows"

local function row(tag, pool, bytes, more)
  local made = { tag = tag, pool = pool, bytes = bytes, flags = {} }
  for name, value in pairs(more or {}) do made[name] = value end
  return made
end

local function tags(list)
  local words = {}
  for i, item in ipairs(list) do words[i] = item.tag end
  return table.concat(words, " ")
end

describe("the order of rows", function()
  it("is biggest first, unknown last, and total", function()
    local list = { row("Bbbb", "paged", 5), row("Aaaa", "paged", 5), row("Cccc", "paged"),
                   row("Dddd", "paged", 9), row("Aaaa", "nonpaged", 5) }
    rows.sort(list, "bytes")
    assert.equal("Dddd Aaaa Aaaa Bbbb Cccc", tags(list))
    assert.equal("nonpaged", list[2].pool)
    rows.sort(list, "tag")
    assert.equal("Aaaa Aaaa Bbbb Cccc Dddd", tags(list))
  end)

  it("has one key", function()
    assert.equal("bytes", rows.sort_key {})
    assert.equal("per_alloc", rows.sort_key { by_per_alloc = true })
    local ok, problem = pcall(rows.sort_key, { by_tag = true, by_diff = true })
    assert.is_false(ok)
    assert.equal(64, problem.status)
  end)
end)

describe("the filter", function()
  local function wants(args, item, owner) return rows.filter(args)(item, owner) end

  it("takes pools, globs and what they exclude", function()
    local io = row("Io  ", "nonpaged", 1)
    assert.is_true(wants({}, io))
    assert.is_false(wants({ paged = true, nonpaged = false }, io))
    assert.is_true(wants({ paged = true, nonpaged = true }, io))
    assert.is_true(wants({ tags = { glob.compile "Irp", glob.compile "Io*" } }, io))
    assert.is_false(wants({ tags = { glob.compile "Irp" } }, io))
    assert.is_false(wants({ exclude = { glob.compile "I?" } }, io))
  end)

  it("matches the tag, the note and the owner", function()
    local match = { match = assert(regex.compile "acme") }
    assert.is_true(wants(match, row("Lk  ", "paged", 1, { note = "[acme.sys - x]" })))
    assert.is_true(wants(match, row("Lk  ", "paged", 1), "acme.sys"))
    assert.is_false(wants(match, row("Lk  ", "paged", 1)))
  end)
end)

describe("owners", function()
  local function case()
    local in_file = { { binary = "tag.sys", text = "of a file" } }
    local kernel = { owner = "nt", text = "the kernel" }
    local proxy, unknown = { kind = "proxy", text = "for callers" }, { kind = "unknown", text = "?" }
    return { driver_paths = {}, given_drivers = {}, knowledge = {
      tagfile = function(_, tag) return tag == "Tagf" and in_file or {} end,
      component = function(_, tag) return tag == "Comp" and kernel or nil end,
      explain = function(_, tag) return { tag == "Prox" and proxy or unknown } end,
    } }
  end

  it("come from the source's own column, tag files and knowledge, in this order", function()
    local owner_of = owners.finder(case())
    assert.equal("acme.sys", owner_of(row("Tagf", "paged", 1, { note = "[acme.sys  -  Acme]" })).name)
    assert.equal("tag.sys", owner_of(row("Tagf", "paged", 1)).name)
    assert.equal("nt", owner_of(row("Comp", "paged", 1)).name)
    assert.is_nil(owner_of(row("Prox", "paged", 1)).name)
    assert.is_nil(owner_of(row("Nobo", "paged", 1)))
    assert.is_nil(owner_of(row("Nobo", "paged", 1, { note = "Unknown Driver" })))
  end)

  it("are added up, biggest first", function()
    local owner_of = owners.finder(case())
    local groups = owners.group({ row("Nobo", "paged", 5), row("Comp", "paged", 7), row("Comp",
                                  "nonpaged", 8),
                                  row("Prox", "paged", 1) }, owner_of)
    assert.equal("nt", groups[1].owner)
    assert.equal(8, groups[1].nonpaged_bytes)
    assert.equal(7, groups[1].paged_bytes)
    assert.same({ "Comp" }, groups[1].tags)
    assert.equal("(unknown)", groups[2].owner)
    assert.equal(6, groups[2].paged_bytes)
  end)
end)
