-- knowledge_spec.lua - the shipped rows are sound, lookups pick the right row, the user's rows win.

local knowledge = require "poolsleuth.knowledge"

local meaning <const> = {
  proxies = "what", by_design = "text", shared = "text", objects = "text", culprits = "cause",
  components = "text", limits = "text",
}
local confidences <const> = { high = true, medium = true, low = true }
local corpus = os.getenv("POOLSLEUTH_CORPUS")

local function rows_of(section) return require("poolsleuth.knowledge." .. section) end

-- Files for the loader, by name, instead of a disk.
local function reader(files)
  return function(path)
    if files[path] then return files[path] end
    return nil, path .. ": no such file", { code = "io" }
  end
end

local function load_with(source)
  return knowledge.load { overlays = { "site.lua" }, read = reader { ["site.lua"] = source } }
end

local function kinds(list)
  local set = {}
  for _, entry in ipairs(list) do set[entry.kind] = entry end
  return set
end

describe("the shipped rows", function()
  for section, field in pairs(meaning) do
    it("of " .. section .. " each have a tag, a meaning, a source and a confidence", function()
      local rows = rows_of(section)
      assert.is_true(#rows > 0)
      for number, row in ipairs(rows) do
        local place = ("%s row %d"):format(section, number)
        for _, tag in ipairs(section == "limits" and {} or row.tags or { row.tag or false }) do
          assert.is_string(tag, place)
          assert.is_truthy(tag:find("^[\x20-\x7e]+$") and #tag <= 4, place)
          assert.is_true(#tag == 4 or tag:find("*", 1, true) ~= nil, place .. ": blanks are written out")
        end
        assert.is_string(row[field], place)
        assert.is_true(#row[field] >= 3 and not row[field]:find("\n"), place)
        assert.is_string(row.source, place)
        assert.is_true(#row.source > 3, place)
        assert.is_true(confidences[row.confidence], place .. ": confidence")
      end
    end)
  end

  it("name each tag once a section, and each culprit once a tag and driver and cause", function()
    for section in pairs(meaning) do
      local seen = {}
      for _, row in ipairs(section == "limits" and {} or rows_of(section)) do
        for _, tag in ipairs(row.tags or { row.tag }) do
          local key = tag .. (section == "culprits" and row.driver .. row.cause or "")
          assert.is_nil(seen[key], section .. " has twice " .. key)
          seen[key] = true
        end
      end
    end
  end)

  it("of proxies name plausible routines of the kernel and its libraries", function()
    local prefixes <const> = {
      Io = true, Mm = true, Zw = true, Nt = true, Ps = true, Se = true, Ob = true, Rtl = true,
      Ex = true, Flt = true, Fwps = true, Ndis = true, Etw = true, Obf = true,
    }
    local function plausible(name)
      local prefix = name:match("^(%u%l+)%u")
      return name:find("^%u[%w]+$") and prefixes[prefix] ~= nil
    end
    for _, row in ipairs(rows_of "proxies") do
      assert.is_true(#row.pairs > 0, row.tag)
      for _, pair in ipairs(row.pairs) do
        assert.is_true(#pair.acquire > 0 and #pair.release > 0, row.tag)
        local releases = {}
        for _, name in ipairs(pair.release) do
          assert.is_truthy(plausible(name), row.tag .. ": " .. name)
          releases[name] = true
        end
        for _, name in ipairs(pair.acquire) do
          assert.is_truthy(plausible(name), row.tag .. ": " .. name)
          assert.is_nil(releases[name], row.tag .. ": " .. name .. " acquires and releases")
        end
      end
    end
  end)

  it("of culprits say what kind they are, and cite where they claim to", function()
    local kinds_known <const> = { leak = true, user = true, victim = true, normal = true, limit = true }
    for _, row in ipairs(rows_of "culprits") do
      assert.is_true(kinds_known[row.kind], row.cause)
      assert.is_boolean(row.cited, row.cause)
      assert.is_string(row.driver, row.cause)
      if row.cited then
        assert.is_nil(row.source:find("recalled"), row.cause)
        assert.is_nil(row.source:find("field practice"), row.cause)
      end
    end
  end)

  it("of objects say what to collect, with commands", function()
    for _, row in ipairs(rows_of "objects") do
      assert.is_true(#row.collect >= 2, row.tag)
      assert.is_truthy(row.cause == "user-handles" or row.cause == "kernel-references", row.tag)
      for _, step in ipairs(row.collect) do
        assert.is_string(step.text, row.tag)
        assert.is_string(step.command, row.tag)
      end
    end
  end)
end)

describe("a lookup", function()
  local known = assert(knowledge.load())

  it("gives the pairs of a proxy tag", function()
    local row = known:proxy("Irp ")
    assert.equal("Irp ", row.tag)
    assert.same({ "IoFreeIrp" }, row.pairs[1].release)
    assert.equal("IoAllocateIrp", row.pairs[1].acquire[1])
  end)

  it("covers every proxy tag of the field's table", function()
    for _, tag in ipairs { "Irp ", "Mdl ", "Mmdi", "MmCm", "Cont", "IoWI", "Strg", "IoNm", "File", "Toke",
      "Proc", "Thre", "Key ", "Even", "FMfn", "Fecf", "Acrl", "Wfpn", "Nbuf", "NDnd", "Vad ", "Pp  ",
      "IoSe", "EtwR" } do
      assert.is_truthy(known:proxy(tag), tag)
    end
  end)

  it("wants both the pages and the list of MmAllocatePagesForMdl back", function()
    local pairs_of = known:proxy("Mmdi").pairs
    assert.equal("MmFreePagesFromMdl", pairs_of[1].release[1])
    assert.equal("ExFreePool", pairs_of[2].release[1])
  end)

  it("ignores bit 31", function()
    assert.equal("Toke", known:object("Tok\xe5").tag)
    assert.equal("access tokens", known:object("Tok\xe5").object)
    assert.equal("Even", known:proxy("Eve\xee").tag)
    assert.equal("Irp ", known:proxy("Irp\xa0").tag)
  end)

  it("pads short tags, and takes NULs at the end for blanks", function()
    assert.equal("Irp ", known:proxy("Irp").tag)
    assert.equal("Irp ", known:proxy("Irp\0").tag)
    assert.equal("Pp  ", known:proxy("Pp").tag)
    assert.equal("Pp  ", known:proxy("Pp\0\0").tag)
  end)

  it("minds case", function()
    assert.is_nil(known:proxy("irp "))
    assert.is_nil(known:object("even"))
  end)

  it("prefers the exact row to a pattern, and the narrower pattern", function()
    assert.equal("CM31", known:by_design("CM31").tag)
    assert.equal("CM??", known:by_design("CM99").tag)
    assert.equal("NtFB", known:component("NtFB").tag)
    assert.equal("NtF?", known:component("NtFz").tag)
    assert.equal("Ntf?", known:component("NtfF").tag)
  end)

  it("knows the tags that are large by design", function()
    for _, tag in ipairs { "EtwB", "smNp", "MmSt", "CM31", "HalD", "Cont", "MmCm", "CcSc", "MmCa" } do
      assert.is_truthy(known:by_design(tag), tag)
    end
    assert.is_nil(known:by_design("LkaL"))
  end)

  it("knows the tags that identify nobody, and by which import to follow untagged memory", function()
    for _, tag in ipairs { "None", "Ddk ", "Wdm ", "FxDr", "IFs ", "Tag1", "SeSd", "SeAl", "SeTs", "PpRb",
      "PpUc", "AuxK", "PcCr" } do
      assert.is_truthy(known:shared(tag), tag)
    end
    assert.equal("untagged", known:shared("None").kind)
    assert.same({ "ExAllocatePool", "ExAllocatePoolWithQuota" }, known:shared("None").apis)
    assert.equal("library", known:shared("SeSd").kind)
    assert.is_nil(known:shared("Irp "))
  end)

  it("says of event objects that programs leak handles to them, and what to collect", function()
    local row = known:object("Even")
    assert.equal("event objects", row.object)
    assert.equal("user-handles", row.cause)
    assert.is_truthy(row.text:find("user mode", 1, true))
    local commands = {}
    for _, step in ipairs(row.collect) do commands[#commands + 1] = step.command end
    assert.is_truthy(table.concat(commands, "\n"):find("HandleCount", 1, true))
  end)

  it("keeps reports that cite nothing apart from those that do", function()
    local cited, hints = 0, 0
    for _, row in ipairs(known:culprits("FMfn")) do
      if row.cited then cited = cited + 1 else hints = hints + 1 end
      assert.equal("FMfn", row.tag)
    end
    assert.is_true(cited > 0 and hints > 0)
    assert.same({}, known:culprits("LkaL"))
  end)

  it("raises at a tag that is none", function()
    assert.has_error(function() known:proxy("") end)
    assert.has_error(function() known:proxy("toolong") end)
    assert.has_error(function() known:explain(42) end)
  end)
end)

describe("explain", function()
  local known = assert(knowledge.load())

  it("merges what is known, each with its place", function()
    local found = kinds(known:explain("Even"))
    assert.is_truthy(found.object and found.proxy)
    found = kinds(known:explain("HalD"))
    assert.is_truthy(found.component and found["by-design"])
    for _, entry in ipairs(known:explain("Even")) do
      assert.is_string(entry.text)
      assert.is_string(entry.where)
    end
  end)

  it("says unknown, once, where nothing is known", function()
    local list = known:explain("LkaL")
    assert.equal(1, #list)
    assert.equal("unknown", list[1].kind)
    assert.is_truthy(list[1].text:find("unknown", 1, true))
  end)

  it("marks an uncited report as a hint", function()
    assert.is_truthy(kinds(known:explain("NVRM")).hint)
    assert.is_truthy(kinds(known:explain("NtFC")).culprit)
  end)
end)

describe("pool limits", function()
  local known = assert(knowledge.load())
  local GiB <const> = 1 << 30

  it("follow the version, the bitness and the memory", function()
    local old = known:limit("nonpaged", { build = 3790, bits = 32, physical_bytes = 4 * GiB })
    assert.equal(256 << 20, old.bytes)
    local tuned = known:limit("nonpaged",
      { build = 3790, bits = 32, physical_bytes = 4 * GiB, large_user_space = true })
    assert.equal(128 << 20, tuned.bytes)
    local seven = known:limit("nonpaged", { build = 7601, bits = 64, physical_bytes = 8 * GiB })
    assert.equal(6 * GiB, seven.bytes)
    local large = known:limit("nonpaged", { build = 7601, bits = 64, physical_bytes = 256 * GiB })
    assert.equal(128 * GiB, large.bytes)
    local ten = known:limit("nonpaged", { build = 19041, bits = 64, physical_bytes = 64 * GiB })
    assert.equal(64 * GiB, ten.bytes)
    for _, limit in ipairs { old, tuned, seven, large, ten } do
      assert.is_string(limit.source)
      assert.is_true(confidences[limit.confidence])
    end
  end)

  it("are unknown for what no row covers", function()
    assert.is_nil(known:limit("nonpaged", { build = 1381, bits = 32 }))
  end)
end)

describe("a user's rows", function()
  it("win over ours, even with a wildcard, and tell where they come from", function()
    local known = assert(load_with [[
      return {
        by_design = {
          { tag = "Lka?", text = "our cache" }, { tag = "MmSt", text = "tuned here", source = "wiki" },
        },
        proxies = { { tag = "Irp*", what = "ours", pairs = { { acquire = { "A" }, release = {} } } } },
      }]])
    assert.equal("our cache", known:by_design("LkaL").text)
    assert.equal("site.lua", known:by_design("LkaL").source)
    assert.equal("wiki", known:by_design("MmSt").source)
    assert.equal("ours", known:proxy("Irp ").what)
    assert.equal("EtwB", known:by_design("EtwB").tag)
    assert.equal("A", known:proxy("Irp ").pairs[1].acquire[1])
  end)

  it("come before ours among culprits", function()
    local known = assert(load_with [[
      return { culprits = { { tag = "Irp ", driver = "acme.sys", cause = "seen here", cited = true } } }]])
    assert.equal("acme.sys", known:culprits("Irp ")[1].driver)
    assert.is_true(#known:culprits("Irp ") > 1)
  end)

  it("of a later file win over those of an earlier", function()
    local known = assert(knowledge.load {
      overlays = { "a.lua", "b.lua" },
      read = reader {
        ["a.lua"] = "return { components = { { tag = 'Acme', text = 'first' } } }",
        ["b.lua"] = "return { components = { { tag = 'Acme', text = 'second' } } }",
      },
    })
    assert.equal("second", known:component("Acme").text)
  end)

  it("that are wrong are refused with file, section and row", function()
    local cases = {
      { "return 5", "does not return a table" },
      { "return {", "site.lua" },
      { "return { nonsense = {} }", "unknown section nonsense" },
      { "return { shared = { { tag = 'toolong', text = 'x' } } }", "shared row 1" },
      { "return { shared = { { tag = 'Good', text = 'x' }, { tag = 'Bad ' } } }", "shared row 2" },
      { "return { shared = { Good = { tag = 'Good', text = 'x' } } }", "not a list" },
      { "return { proxies = { { tag = 'Prox', what = 'x', pairs = { {} } } } }", "proxies row 1" },
      { "return { shared = { { tag = 'Good', text = 'x', confidence = 'sure' } } }", "confidence" },
      { "return os.time()", "site.lua" },
      { "\27Lua", "binary" },
    }
    for _, case in ipairs(cases) do
      local known, message, err = load_with(case[1])
      assert.is_nil(known, case[1])
      assert.is_truthy(message:find(case[2], 1, true), message)
      assert.equal("format", err.code)
    end
  end)

  it("that are missing are an error with its code", function()
    local known, message, err = knowledge.load { overlays = { "none.lua" }, read = reader {} }
    assert.is_nil(known)
    assert.is_truthy(message:find("none.lua", 1, true))
    assert.equal("io", err.code)
  end)
end)

describe("a user's tag files", function()
  local tags = "rem a tag file of the site\r\n\r\n"
    .. "Acme - acme.sys   - the acme filter\r\nAc*  - acme?.sys - anything of acme\r\n"
    .. "CM?? - nt!cm      - hives\r\nIo   - nt!io      - plain\r\n"

  local function load_tags()
    return assert(knowledge.load { tagfiles = { "pooltag.txt" }, read = reader { ["pooltag.txt"] = tags } })
  end

  it("give the most specific rows, with file and line", function()
    local known = load_tags()
    local rows = known:tagfile("Acme")
    assert.equal(1, #rows)
    assert.equal("acme.sys", rows[1].binary)
    assert.equal("the acme filter", rows[1].text)
    assert.equal("pooltag.txt", rows[1].file)
    assert.equal(3, rows[1].line)
    assert.equal("acme?.sys", known:tagfile("Acxx")[1].binary)
    assert.equal("nt!cm", known:tagfile("CM31")[1].binary)
    assert.equal("nt!io", known:tagfile("Io  ")[1].binary)
    assert.equal("acme.sys", known:tagfile("Acm\xe5")[1].binary)
    assert.same({}, known:tagfile("Zzzz"))
  end)

  it("stand first in the explanation", function()
    local list = load_tags():explain("Acme")
    assert.equal("tagfile", list[1].kind)
    assert.equal("acme.sys: the acme filter", list[1].text)
    assert.equal("pooltag.txt:3", list[1].where)
  end)
end)

describe("the largest tags of real samples", function()
  -- Tags of the samples that no public source explains; all others must be explained.
  local unexplained <const> = {
    ["1MEM"] = true, ["2MEM"] = true, ["3MEM"] = true, aEoP = true, fEoP = true, iEoP = true, jEoP = true,
    mEoP = true, vPrt = true, ["rx.."] = true, ["Abc "] = true, Tron = true, IoN7 = true, ["Ggb "] = true,
    ["Dh 1"] = true, ["Dh 2"] = true, Ntop = true,
  }

  local function largest(rows, count)
    local sorted = {}
    for _, row in ipairs(rows) do sorted[#sorted + 1] = row end
    table.sort(sorted, function(a, b)
      if a.bytes ~= b.bytes then return a.bytes > b.bytes end
      return a.tag < b.tag
    end)
    return table.move(sorted, 1, math.min(count, #sorted), 1, {})
  end

  local function check(sample, bytes)
    local known = assert(knowledge.load())
    local parsed = assert(require("poolsleuth.text").parse(bytes))
    for _, snapshot in ipairs(parsed.snapshots) do
      for _, row in ipairs(largest(snapshot:rows(), 20)) do
        local list = known:explain(row.tag)
        local unknown = list[1].kind == "unknown"
        local shown = row.tag:gsub("[^\x20-\x7e]", ".")
        assert.equal(unexplained[shown] or false, unknown, ("%s: %q"):format(sample, row.tag))
      end
    end
  end

  local expected = dofile("tests/corpus/text_expected.lua")
  for _, family in ipairs { "poolmon", "poolused", "foreign" } do
    for _, sample in ipairs(expected[family]) do
      it("are explained or said to be unknown: " .. sample.file, function()
        if not corpus then pending("POOLSLEUTH_CORPUS is not set") return end
        local file <close> = assert(io.open(corpus .. "/text/" .. sample.file, "rb"))
        check(sample.file, (file:read("a"):gsub("^[^\n]*\n", "", 1)))
      end)
    end
  end
  for _, sample in ipairs(expected.stories) do
    it("are explained: " .. sample.name, function() check(sample.name, sample.text) end)
  end
end)

describe("rows that are found by name", function()
  local sections <const> = { "rules", "families", "api_sets", "loggers", "hives", "holders", "events",
    "refusals", "commands", "filters", "starts", "violations" }

  for _, section in ipairs(sections) do
    it("of " .. section .. " each have a name, a text, a source and a confidence", function()
      local seen = {}
      for number, row in ipairs(rows_of(section)) do
        local place = ("%s row %d"):format(section, number)
        assert.is_string(row.name, place)
        assert.is_nil(seen[row.name:lower()], place .. ": twice " .. row.name)
        seen[row.name:lower()] = true
        assert.is_truthy(type(row.text) == "string" and #row.text >= 3, place)
        assert.is_truthy(type(row.source) == "string" and #row.source > 3, place)
        assert.is_true(confidences[row.confidence], place .. ": confidence")
      end
    end)
  end

  it("are looked up without regard to case, exact names before patterns", function()
    local known = knowledge.load {}
    assert.equal("NTUSER.DAT", known:entry("hives", "ntuser.dat")[1].name)
    assert.equal("NVIDIA", known:entry("loggers", "My NVIDIA session")[1].owner)
    assert.equal("the security policy", known:entry("hives", "SECURITY")[1].text)
    assert.same({}, known:entry("hives", "nobody's"))
    assert.has_error(function() known:entry("culprits", "x") end)
    assert.has_error(function() known:entries "nonsense" end)
  end)

  it("of the user hide ours of the same name and leave the others", function()
    local known = load_with [[return {
      rules = { { name = "Many_Handles", value = 5, text = "our servers are small" } },
      commands = { { name = "ring-up", text = "call the shop", command = "call 112" } } }]]
    local rule = known:entry("rules", "many_handles")[1]
    assert.equal(5, rule.value)
    assert.equal("site.lua", rule.source)
    assert.equal("high", rule.confidence)
    assert.equal("call 112", known:entry("commands", "ring-up")[1].command)
    assert.equal(#rows_of "rules", #known:entries "rules")
    assert.equal(#rows_of "commands" + 1, #known:entries "commands")
  end)

  it("that are wrong are refused with file, section and row", function()
    for source, reason in pairs {
      ["return { rules = { { text = 'x' } } }"] = "rules row 1: needs a name",
      ["return { rules = { { name = 'x' } } }"] = "rules row 1: needs the field text",
      ["return { rules = { { name = 'x', text = 'xyz', value = 'many' } } }"] = "value is not a number",
      ["return { families = { { name = 'x', text = 'xyz', tags = 'Even' } } }"] = "tags is not a list",
      ["return { families = { { name = 'x', text = 'xyz', tags = { 4 } } } }"] = "not a list of strings",
    } do
      local known, message = load_with(source)
      assert.is_nil(known)
      assert.is_truthy(message:find(reason, 1, true), message)
    end
  end)
end)
