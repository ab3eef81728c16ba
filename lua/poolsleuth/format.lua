--- Numbers, tags and text as people read them.
-- Every function takes nil (unknown) and gives "-" for it.
-- @module poolsleuth.format
local format = {}

--- What stands where a number is not known.
format.UNKNOWN = "-"

local UNITS <const> = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" }

-- The digits of an integer taken as 64 unsigned bits.
local function unsigned_digits(value)
  if value >= 0 then return ("%d"):format(value) end
  local tenth = (value >> 1) // 5
  return ("%d%d"):format(tenth, value - tenth * 10)
end

--- An integer's digits, its 64 bits taken as unsigned.
-- @tparam int value
-- @treturn string "18446744073709551615" for -1
function format.unsigned(value)
  return unsigned_digits(value)
end

local function group(digits)
  local grouped = digits:reverse():gsub("(%d%d%d)", "%1,"):reverse()
  return (grouped:gsub("^,", ""))
end

--- A count with its thousands grouped.
-- @tparam ?int value
-- @treturn string "51,231,806"
function format.count(value)
  if value == nil then return format.UNKNOWN end
  local whole = math.tointeger(value)
  if not whole then return ("%.1f"):format(value) end
  if whole < 0 then return "-" .. group(unsigned_digits(whole == math.mininteger and whole or -whole)) end
  return group(("%d"):format(whole))
end

--- A count with its noun.
-- @tparam ?int value
-- @tparam string noun of one
-- @treturn string "1 site", "2,295 sites"
function format.counted(value, noun)
  return ("%s %s%s"):format(format.count(value), noun, value == 1 and "" or "s")
end

-- The value in its largest binary unit, and that unit.
local function scale(value)
  local size, unit = math.abs(value), 1
  while size >= 1024 and unit < #UNITS do
    size, unit = size / 1024, unit + 1
  end
  if size >= 1023.95 and unit > 1 and unit < #UNITS then size, unit = size / 1024, unit + 1 end
  return value < 0 and -size or size, UNITS[unit]
end

-- Three digits that matter, no zeros behind the point.
local function short(size)
  local digits = math.abs(size) >= 99.95 and "%.0f" or math.abs(size) >= 9.995 and "%.1f" or "%.2f"
  local text = digits:format(size)
  if text:find(".", 1, true) then text = text:gsub("0+$", ""):gsub("%.$", "") end
  return text == "-0" and "0" or text
end

--- A size in binary units.
-- @tparam ?number value bytes
-- @treturn string "48 B", "124.9 MiB"
function format.bytes(value)
  if value == nil then return format.UNKNOWN end
  local size, unit = scale(value)
  if unit == "B" then return ("%.0f B"):format(size) end
  return ("%.1f %s"):format(size, unit)
end

--- A size as one word, for lines that programs split at blanks.
-- @tparam ?number value bytes
-- @treturn string "212MiB", "1.25GiB"
function format.size(value)
  if value == nil then return format.UNKNOWN end
  local size, unit = scale(value)
  return short(size) .. unit
end

--- A rate as one word.
-- @tparam ?number value bytes an hour
-- @treturn string "212MiB/h"
function format.rate(value)
  if value == nil then return format.UNKNOWN end
  return format.size(value) .. "/h"
end

--- A range of rates in one unit, as one word.
-- @tparam ?number low bytes an hour
-- @tparam ?number high
-- @treturn string "198..226MiB/h"
function format.rate_range(low, high)
  if low == nil or high == nil then return format.UNKNOWN end
  local _, unit = scale(math.max(math.abs(low), math.abs(high)))
  local divisor = 1
  for i, name in ipairs(UNITS) do
    if name == unit then divisor = 1024.0 ^ (i - 1) end
  end
  return short(low / divisor) .. ".." .. short(high / divisor) .. unit .. "/h"
end

--- A share as a percentage, as one word.
-- @tparam ?number ratio 0.003
-- @treturn string "0.3%"
function format.percent(ratio)
  if ratio == nil then return format.UNKNOWN end
  local percent = ratio * 100
  local size = math.abs(percent)
  if size ~= 0 and size < 0.05 then return percent < 0 and ">-0.1%" or "<0.1%" end
  if size < 99.95 and size >= 99.5 then return ("%.1f%%"):format(percent) end
  return (size < 10 and "%.1f%%" or "%.0f%%"):format(percent)
end

--- A length of time in one unit, as one word.
-- @tparam ?number seconds
-- @treturn string "45s", "30min", "31h", "12d"
function format.duration(seconds)
  if seconds == nil then return format.UNKNOWN end
  local size = math.abs(seconds)
  if size < 120 then return ("%.0fs"):format(seconds) end
  if size < 7200 then return ("%.0fmin"):format(seconds / 60) end
  if size < 100 * 3600 then return ("%.0fh"):format(seconds / 3600) end
  return ("%.0fd"):format(seconds / 86400)
end

--- A length of time in two units, for prose.
-- @tparam ?number seconds
-- @treturn string "1 d 23 h", "30 min"
function format.span(seconds)
  if seconds == nil then return format.UNKNOWN end
  local left = math.floor(math.abs(seconds) + 0.5)
  local parts = {}
  for _, unit in ipairs { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } } do
    local n = left // unit[1]
    if n > 0 and #parts < 2 then parts[#parts + 1] = ("%d %s"):format(n, unit[2]) end
    left = left % unit[1]
  end
  local text = #parts == 0 and "0 s" or table.concat(parts, " ")
  return seconds < 0 and "-" .. text or text
end

-- The C library has no date for what is far beyond.
local FARTHEST <const> = 1 << 50

--- A moment, as a date and a time of day.
-- @tparam ?int seconds since 1970
-- @tparam[opt=" "] string between
-- @treturn string "2026-11-01 00:05:00"; "@9223372036854775807" for what no calendar has
function format.time(seconds, between)
  if seconds == nil then return format.UNKNOWN end
  if not (seconds > -FARTHEST and seconds < FARTHEST) then return "@" .. tostring(seconds) end
  return os.date("!%Y-%m-%d" .. (between or " ") .. "%H:%M:%S", math.floor(seconds))
end

--- An address or a hex number.
-- @tparam ?int value its 64 bits are unsigned
-- @treturn string "0x1a40"
function format.hex(value)
  if value == nil then return format.UNKNOWN end
  return ("0x%x"):format(value)
end

--- A tag without bit 31, which marks protected pool.
-- @tparam string tag four raw bytes; what is shorter is given back as it is
-- @treturn string
function format.plain_tag(tag)
  local last = tag:byte(4)
  return last and last > 0x7F and tag:sub(1, 3) .. string.char(last & 0x7F) or tag
end

--- The four characters of a tag, with "." for what is not printable ASCII.
-- Bit 31 marks protected pool and is not part of the character.
-- @tparam string tag four raw bytes
-- @treturn string
function format.tag_text(tag)
  return (format.plain_tag(tag):gsub("[^\x20-\x7e]", "."))
end

--- The 32-bit value of a tag as eight hex digits.
-- @tparam string tag four raw bytes
-- @treturn string "6e657645" for "Even"
function format.tag_hex(tag)
  return ("%08x"):format((string.unpack("<I4", (tag .. "    "):sub(1, 4))))
end

--- A tag in quotes, so that its blanks show; with its value where a byte is not printable.
-- @tparam ?string tag four raw bytes
-- @treturn string "\"Io  \""
function format.tag(tag)
  if tag == nil then return format.UNKNOWN end
  local text = '"' .. format.tag_text(tag) .. '"'
  if tag:find "[^\x20-\x7e]" then return text .. " 0x" .. format.tag_hex(tag) end
  return text
end

--- Is every byte one column of a terminal: ASCII without control characters?
-- @tparam string text
-- @treturn boolean
function format.is_plain(text)
  return utf8.len(text) == #text and text:find "^%C*$" ~= nil
end

-- What a reader does not see, or what changes how he sees the rest: C1 controls, marks of direction, fillers,
-- joiners, tags.  First and last of each range.
local HIDDEN <const> = {
  { 0x80, 0x9f }, { 0xad, 0xad }, { 0x61c, 0x61c }, { 0x115f, 0x1160 }, { 0x180b, 0x180f },
  { 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0x3164, 0x3164 }, { 0xfeff, 0xfeff },
  { 0xffa0, 0xffa0 }, { 0xfff9, 0xfffb }, { 0xe0000, 0xe0fff },
}
local MAY_BE_HIDDEN <const> = "[\xc2\xd8\xe1-\xe3\xef\xf3][\x80-\xbf]+"

--- Put something in the place of each character that nobody sees, or that turns others around.
-- @tparam string text valid UTF-8
-- @tparam function write from the code of such a character to a text
-- @treturn string
function format.reveal(text, write)
  return (text:gsub(MAY_BE_HIDDEN, function(character)
    local code = utf8.codepoint(character)
    for _, range in ipairs(HIDDEN) do
      if code >= range[1] and code <= range[2] then return write(code) end
    end
  end))
end

local function dot() return "." end

--- Make text from an unknown source safe for a terminal: valid UTF-8 without control characters, and without
-- what nobody sees.
-- @tparam string text
-- @treturn string
function format.clean(text)
  if format.is_plain(text) then return text end
  local out, at = {}, 1
  while at <= #text do
    local bad_at = select(2, utf8.len(text, at))
    local good = text:sub(at, bad_at and bad_at - 1 or #text)
    out[#out + 1] = good
    if not bad_at then break end
    out[#out + 1] = "?"
    at = bad_at + 1
  end
  local controls = "[\0-\x1f\x7f]"
  text = table.concat(out):gsub(controls, function(c) return (c == "\t" or c == "\n") and " " or "." end)
  return format.reveal(text, dot)
end

--- A value in quotes where it needs them to stay one word.
-- @tparam string text
-- @treturn string
function format.word(text)
  text = format.clean(tostring(text))
  if text ~= "" and not text:find '[%s"=\\]' then return text end
  return '"' .. text:gsub('[\\"]', "\\%0") .. '"'
end

--- A value in quotes whatever it holds.
-- @tparam string text
-- @treturn string
function format.quote(text)
  return '"' .. format.clean(tostring(text)):gsub('[\\"]', "\\%0") .. '"'
end

--- A word of a command line as a shell takes it.
-- @tparam string word
-- @treturn string
function format.shell_word(word)
  if word:find "^[%w_@%%+=:,./-]+$" then return word end
  return "'" .. word:gsub("'", [['\'']]) .. "'"
end

-- Columns of one character.
local function cell_width(code)
  if code < 0x300 then return 1 end
  if code <= 0x36f or code == 0x200d or (code >= 0xfe00 and code <= 0xfe0f) then return 0 end
  if (code >= 0x1100 and code <= 0x115f) or (code >= 0x2e80 and code <= 0xa4cf)
    or (code >= 0xac00 and code <= 0xd7a3) or (code >= 0xf900 and code <= 0xfaff)
    or (code >= 0xfe30 and code <= 0xfe6f) or (code >= 0xff00 and code <= 0xff60)
    or (code >= 0xffe0 and code <= 0xffe6) or (code >= 0x1f300 and code <= 0x1faff)
    or (code >= 0x20000 and code <= 0x3fffd) then
    return 2
  end
  return 1
end

--- How many columns a text takes.
-- @tparam string text
-- @treturn int
function format.width(text)
  local characters = utf8.len(text)
  if not characters or characters == #text then return #text end
  local width = 0
  for _, code in utf8.codes(text) do width = width + cell_width(code) end
  return width
end

--- A text without the blanks at its end.
-- @tparam string text
-- @treturn string
function format.trim_end(text)
  if text:byte(-1) ~= 0x20 then return text end
  return text:match "^.*[^ ]" or ""
end

--- Cut a text to so many columns, with "…" where something went.
-- @tparam string text
-- @tparam int columns
-- @treturn string
-- @treturn int how many columns it takes now
function format.cut(text, columns)
  local size = format.width(text)
  if size <= columns then return text, size end
  if columns < 1 then return "", 0 end
  if utf8.len(text) == #text then
    local kept = format.trim_end(text:sub(1, columns - 1))
    return kept .. "…", #kept + 1
  end
  local width, out = 0, {}
  for _, code in utf8.codes(text) do
    width = width + cell_width(code)
    if width > columns - 1 then break end
    out[#out + 1] = utf8.char(code)
  end
  text = format.trim_end(table.concat(out)) .. "…"
  return text, format.width(text)
end

--- Fill up with blanks to so many columns.
-- @tparam string text
-- @tparam int columns
-- @tparam[opt="left"] string align "left" or "right"
-- @treturn string
function format.pad(text, columns, align)
  local blanks = (" "):rep(columns - format.width(text))
  return align == "right" and blanks .. text or text .. blanks
end

--- Break a text at blanks into lines of at most so many columns; a longer word stays whole.
-- @tparam string text
-- @tparam int columns
-- @treturn {string,...}
function format.wrap(text, columns)
  local plain = format.is_plain(text)
  local untidy = text:find("  ", 1, true) or text:byte(1) == 0x20 or text:byte(-1) == 0x20
  if plain and #text <= columns and not untidy then
    return { text }
  end
  local lines = {}
  for paragraph in (text .. "\n"):gmatch "(.-)\n" do
    local line, width = {}, 0
    for word in paragraph:gmatch "%S+" do
      local w = plain and #word or format.width(word)
      if #line > 0 and width + 1 + w > columns then
        lines[#lines + 1] = table.concat(line, " ")
        line, width = {}, 0
      end
      width = width + w + (#line > 0 and 1 or 0)
      line[#line + 1] = word
    end
    lines[#lines + 1] = table.concat(line, " ")
  end
  return lines
end

return format
