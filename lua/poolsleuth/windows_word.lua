--- Words of evidence in the commands that are proposed for a Windows machine: a name can have been chosen so
-- that it runs something once the command is pasted, into cmd.exe, PowerShell or a debugger.
-- @module poolsleuth.windows_word
local format = require "poolsleuth.format"

local windows_word = {}

-- Typographic quotes, which PowerShell takes for quotes.
local QUOTES <const> = "\xe2\x80[\x98-\x9f]"

-- Nothing to any of them: letters, digits and a few signs, behind a GUID perhaps.
local function is_bare(text)
  local rest = text:gsub("^{[%x-]+}", "x", 1)
  return rest:find "^[%w_\x80-\xff][%w_.$#~@+\x80-\xff-]*$" and not text:find(QUOTES)
end

-- Between quotes all but a few characters are text; at the front two could begin an option.
local function is_safe_in_quotes(text)
  return not text:find '[%c"%%`]' and not text:find("$(", 1, true) and not text:find "\\$"
    and not text:find(QUOTES)
end

--- A tag's characters, with the wildcard "?" where one would mean something to a shell even in quotes.
-- @tparam string tag four raw bytes
-- @treturn string
function windows_word.tag(tag)
  return (format.tag_text(tag):gsub('["%%`\\]', "?"):gsub("%$%(", "?("))
end

--- A word as it may stand at a place of a command.
-- @tparam string text
-- @tparam string before what stands in front of it
-- @tparam string after what stands behind it
-- @tparam[opt] boolean may_lead it may begin with "-" or "/"
-- @treturn ?string nil where it could do harm: then it must be left out
function windows_word.at(text, before, after, may_lead)
  text = format.clean(text)
  if is_bare(may_lead and (text:gsub("^/", "")) or text) then return text end
  if not is_safe_in_quotes(text) or text == "" or (text:find "^[/-]" and not may_lead) then return nil end
  local inside = select(2, before:gsub('"', "")) % 2 == 1
  if not inside then return '"' .. text .. '"' end
  return before:find '"$' and after:find '^"' and text or nil
end

return windows_word
