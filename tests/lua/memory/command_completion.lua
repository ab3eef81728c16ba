-- Completions for a shell, while memory runs out.
return require("tests.lua.support.whole").of { "completion", "zsh" }
