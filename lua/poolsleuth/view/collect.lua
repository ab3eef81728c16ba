--- The view of a script for another machine: its bytes as they are.
-- @module poolsleuth.view.collect
return function(data)
  return { { type = "verbatim", text = data.script } }
end
