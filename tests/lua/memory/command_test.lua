-- The tests of a playbook, while memory runs out.
return require("tests.lua.support.whole").of { "test", "dump-triage" }
