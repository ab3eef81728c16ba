--- How a fuzzer is run: its limits, its dictionary, what it starts from and where it keeps what it finds.
local lfs = require "lfs"
local quote <const> = require("tests.lua.support.shell").quote

local command = {}

-- Bytes of an input: as many as a file needs, or a few where bytes choose what is built.
local FILE <const> = 16384
local LARGEST <const> = { fuzz_pdb = 131072, fuzz_archive = 4096, fuzz_code = 768, fuzz_container = 512,
  fuzz_dialect = 4096, fuzz_import = 2048, fuzz_kernel = 600, fuzz_lua = 1024, fuzz_probe = 4096,
  fuzz_tables = 1600, fuzz_tagfile = 4096 }

-- What was kept and made for it, built fixtures, real samples where there are any.
local function seeds_of(name)
  local fixtures, corpus = os.getenv "POOLSLEUTH_FIXTURES", os.getenv "POOLSLEUTH_CORPUS"
  local folders = { "build/fuzz/seeds/" .. name }
  if name == "fuzz_pe" and fixtures then
    folders[#folders + 1] = fixtures .. "/drivers/gcc-x64/O2"
    folders[#folders + 1] = fixtures .. "/drivers/gcc-x86/Os"
  elseif name == "fuzz_signature" and corpus then
    folders[#folders + 1] = corpus .. "/drivers"
  elseif name == "fuzz_dump" and fixtures then
    folders[#folders + 1] = fixtures .. "/dumps"
  elseif name == "fuzz_pdb" and fixtures then
    folders[#folders + 1] = fixtures .. "/dumps/kernels/x86_64-19041"
  elseif name == "fuzz_text" then
    folders[#folders + 1] = "tests/fixtures/text"
    if corpus then folders[#folders + 1] = corpus .. "/text" end
  end
  return folders
end

--- The shell's words that run a fuzzer for a time.
-- Crashes stay under build/fuzz, inputs that reach something new under build/fuzz/corpus.
-- @tparam string path the program
-- @tparam integer seconds by the clock
-- @treturn string
function command.of(path, seconds)
  local name = path:match "[^/]+$"
  local found, words = "build/fuzz/corpus/" .. name, {}
  words[#words + 1] = ("mkdir -p %s && %s"):format(quote(found), quote(path))
  words[#words + 1] = "-timeout=10 -rss_limit_mb=2048 -print_final_stats=1"
  local largest = LARGEST[name] or FILE
  words[#words + 1] = "-max_len=" .. largest
  if largest < FILE then words[#words + 1] = "-len_control=0" end -- short enough to be tried at once
  words[#words + 1] = ("-max_total_time=%d"):format(seconds)
  words[#words + 1] = "-artifact_prefix=" .. quote("build/fuzz/" .. name .. "-")
  local dictionary = "tests/fuzz/" .. name .. ".dict"
  if lfs.attributes(dictionary, "mode") then words[#words + 1] = "-dict=" .. quote(dictionary) end
  words[#words + 1] = quote(found)
  for _, seeds in ipairs(seeds_of(name)) do
    if lfs.attributes(seeds, "mode") then words[#words + 1] = quote(seeds) end
  end
  return table.concat(words, " ")
end

return command
