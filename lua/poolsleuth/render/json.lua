--- JSON for programs: the envelope with the data of the document.
-- @module poolsleuth.render.json
local json   = require "poolsleuth.json"
local schema = require "poolsleuth.schema"

--- Render a document as its JSON envelope.
-- @tparam table document `kind`, `data`, `inputs`, `complete`
-- @tparam table options `version`
-- @treturn string
return function(document, options)
  local envelope = {
    schema   = ("poolsleuth.%s/1"):format(document.kind),
    tool     = { name = "poolsleuth", version = options.version },
    complete = document.complete,
    inputs   = document.inputs,
    problems = document.problems,
    data     = document.data,
  }
  return json.encode(envelope, schema.envelope(document.kind), { indent = true }) .. "\n"
end
