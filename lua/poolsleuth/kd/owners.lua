--- The word for whose a tag's blocks are: owners.
-- @module poolsleuth.kd.owners
local format = require "poolsleuth.format"

local function show(told, what, out)
  out:line("%s: %s, %s of them looked at%s", what, format.count(told.blocks), format.count(told.sampled),
    told.missing > 0 and (", %s are not in the dump"):format(format.count(told.missing)) or "")
  for _, vote in ipairs(told.votes) do
    out:line("    %-24s %6d blocks %8d addresses", format.clean(vote.module), vote.blocks, vote.pointers)
  end
  if #told.votes == 0 and told.sampled > 0 then out:line "    no address of a module stands in them" end
end

local function owners(session, rest, out)
  local tag = rest:match '^"(.-)"%s*$' or rest:match "^'(.-)'%s*$" or rest
  if #tag < 1 or #tag > 4 then return out:fail "owners takes a tag of one to four characters" end
  out.data.owners = {}
  for _, item in ipairs { { "big_owners", "large", "blocks of a page or more" },
                          { "small_owners", "small", "smaller blocks" } } do
    local told, why = session.dump[item[1]](session.dump, tag)
    if told then
      show(told, item[3], out)
      told.kind = item[2]
      out.data.owners[#out.data.owners + 1] = told
    else
      out:line("*** %s: %s", item[3], why)
    end
  end
  if #out.data.owners == 0 then out:fail "no blocks can be looked at" end
end

return {
  { names = { "owners" }, usage = "owners TAG",
    about = "modules whose addresses stand in the blocks of a tag", run = owners },
}
