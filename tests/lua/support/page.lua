--- A page of documentation: its blocks of code, the words that it sets in backticks, the lines of its tables.
local tree = require "tests.lua.support.tree"

local page = {}

--- Read a page.
-- @tparam string path
-- @treturn table `path`, `folder`, `text`, `prose` (the text without blocks), `blocks` (each
--   `language`, `code`), `lines` (indented ones, which a reader types)
function page.read(path)
  local text, blocks, lines = tree.read(path), {}, {}
  local prose = ("\n" .. text):gsub("\n *```(%l*)\n(.-)\n *```", function(language, code)
    blocks[#blocks + 1] = { language = language, code = code .. "\n" }
    return "\n"
  end)
  for line in prose:gmatch "\n    +([^\n]+)" do lines[#lines + 1] = line end
  return { path = path, folder = path:match "^(.*)/" or ".", text = text, prose = prose,
           blocks = blocks, lines = lines }
end

--- The words in backticks, with what is between them as it stands.
-- @tparam string text
-- @treturn {string,...}
function page.words(text)
  local words = {}
  for word in text:gmatch "`([^`\n]+)`" do words[#words + 1] = word end
  return words
end

--- The rows of a page's tables: each a list of cells, without heads.
-- @tparam table read of page.read
-- @treturn {{string,...},...}
function page.rows(read)
  local rows = {}
  for line in (read.prose .. "\n"):gmatch "\n(|[^\n]*|)%f[\n]" do
    local cells = {}
    for cell in line:gmatch "|([^|]*)%f[|]" do cells[#cells + 1] = cell:match "^%s*(.-)%s*$" end
    rows[#rows + 1] = cells
  end
  return rows
end

return page
