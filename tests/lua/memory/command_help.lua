-- Help, and the manual pages that are made of it, while memory runs out.
return require("tests.lua.support.whole").of_several({
  { "help", name = "help" }, { "help", "diff", name = "help diff" },
  { "help", "--man", name = "help --man" }, { "help", "report", "--man", name = "help report --man" },
}, (...))
