--- How bad a verdict word looks: "bad", "warn", "good", or nothing.
-- @module poolsleuth.view.verdict_style
local verdict = require "poolsleuth.verdict"

local verdict_style = {}

local STYLES <const> = {
  EXHAUSTED = "bad", LEAK = "bad", CRIT = "bad", SUSPECT = "warn", HIGH = "warn", UNCHANGED = "warn",
  WARN = "warn", REDUCED = "warn", ["GROWING-CACHE"] = "warn", ["NOT-ENOUGH-DATA"] = "warn",
  ["NO-LEAK"] = "good", FIXED = "good", OK = "good", PLATEAU = "good", RESERVED = "good",
  ["BY-DESIGN"] = "good", CACHE = "good", ["FIXED-DMA"] = "good",
}
local BY_STATUS <const> = { "warn", "bad" }

--- The style of a word; words of one kind of leak are as bad as their exit status.
-- @tparam ?string word
-- @treturn ?string
function verdict_style.of(word)
  return word and (STYLES[word] or BY_STATUS[verdict.exit_status { { verdict = word } }])
end

return verdict_style
