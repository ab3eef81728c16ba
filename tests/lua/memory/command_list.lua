-- The list of scripts, while memory runs out.
return require("tests.lua.support.whole").of { "list" }
