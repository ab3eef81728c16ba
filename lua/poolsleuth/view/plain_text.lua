--- The view of a text that is given as it is.
-- @module poolsleuth.view.plain_text
return function(data)
  return { { type = "verbatim", text = data.text } }
end
