--- Severities: how bad a remark on the evidence is.
-- @module poolsleuth.severity

local severity = {}

--- All severities, the worst first: `refused` was not understood, `ambiguous` can be read in two ways,
-- `flagged` was read but contradicts itself, `note` is worth knowing.
severity.WORST_FIRST = { "refused", "ambiguous", "flagged", "note" }

--- Whether what the remark is about is missing from the answer.
-- @tparam string word
-- @treturn boolean
function severity.is_missing(word)
  return word == "refused" or word == "ambiguous"
end

return severity
