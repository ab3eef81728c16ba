--- Words for numbers: ? EXPRESSION, .formats, .echo, and help.
-- @module poolsleuth.kd.numbers
local expression = require "poolsleuth.kd.expression"
local format     = require "poolsleuth.format"

local function list_words(session, out)
  local shown, names = {}, {}
  for _, word in pairs(session.words) do
    if not shown[word] then names[#names + 1] = word end
    shown[word] = true
  end
  table.sort(names, function(a, b) return a.usage < b.usage end)
  for _, word in ipairs(names) do out:line("%-40s %s", word.usage, word.about) end
end

local function evaluate(session, rest, out)
  if rest == "" then return list_words(session, out) end
  local value, why = expression.only(session, rest)
  if not value then return out:fail("%s", why) end
  out.data.value = value
  local decimal = value
  if session.bits == 32 then decimal = string.unpack("<i4", (string.pack("<I8", value))) end
  out:line("Evaluate expression: %d = %s", decimal, session:address(value))
end

local function formats(session, rest, out)
  local value, why = expression.only(session, rest)
  if not value then return out:fail("%s", why) end
  out.data.value = value
  local shown = session.bits == 32 and value & 0xFFFFFFFF or value
  local bytes = string.pack(session.bits == 32 and "<I4" or "<I8", shown)
  out:line "Evaluate expression:"
  out:line("  Hex:     %s", session:address(value))
  out:line("  Decimal: %s", format.unsigned(shown))
  out:line("  Octal:   0%o", shown)
  out:line("  Binary:  %s", (bytes:reverse():gsub(".", function(byte)
    local bits = {}
    for i = 7, 0, -1 do bits[#bits + 1] = byte:byte() >> i & 1 end
    return table.concat(bits) .. " "
  end):gsub(" $", "")))
  out:line("  Chars:   %s", (bytes:gsub("[^\x20-\x7e]", ".")))
  if shown > 0 and shown < 1 << 33 then
    out:line("  Time:    %s (UTC)", os.date("!%a %b %d %H:%M:%S %Y", shown))
  end
end

local function quit(_, _, out)
  out.quit = true
end

local function echo(_, rest, out)
  out:line("%s", rest:match '^"(.*)"$' or rest)
end

return {
  { names = { "?", "help" }, usage = "? [EXPRESSION]", about = "a number; alone: these words",
    run = evaluate },
  { names = { ".formats" }, usage = ".formats EXPRESSION", about = "a number in every form", run = formats },
  { names = { "q", "qq", "qd", ".detach" }, usage = "q", about = "end", run = quit },
  { names = { ".echo" }, usage = ".echo TEXT", about = "say it", run = echo },
}
