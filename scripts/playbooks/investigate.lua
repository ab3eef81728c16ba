-- What is wrong?  Every playbook that the evidence allows, and one answer out of theirs.
local conclusion    = require "poolsleuth.conclusion"
local consult       = require "poolsleuth.consult"
local investigation = require "poolsleuth.investigation"
local playbook      = require "poolsleuth.playbook"
local selection     = require "poolsleuth.selection"
local shared        = require "poolsleuth.shared_arguments"
local stories       = require "poolsleuth.stories"
local trust         = require "poolsleuth.trust"

return playbook {
  name       = "investigate",
  summary    = "Run every playbook that the evidence allows, and give one ranked answer",
  about      = [[
Takes whatever there is: logs, pasted text, listings, drivers, dumps, histories, folders of all that.  It is
read once; each playbook that can do something with it looks at it, those of your own too.  Findings that are
of one cause become one: the cause first, what follows from it behind it.  The answer says who it is and how
sure that is, what was ruled out and by which playbook, where playbooks contradict each other, and which
commands bring the evidence that decides, each with its undo.

  poolsleuth investigate EVIDENCE/
  poolsleuth investigate EVIDENCE/ --only 'leak and not etw-*'
  poolsleuth investigate EVIDENCE/ --format html -o page.html

--only takes categories and names as `list --category` does.  Those of the categories fleet and comparison
ask about more than one machine or state, and are asked by their names alone.]],
  needs      = { "snapshots", "dump" },
  categories = { "triage", "everything" },
  args       = playbook.evidence(shared.with({
    { name = "only", flag = "--only", type = "string", default = "not fleet and not comparison",
      metavar = "EXPRESSION", about = "which playbooks: categories and names with and, or, not" },
  }, "trust", "top")),

  run = function(case, args)
    local wants = case:must(selection.compile(("(%s) and not everything"):format(args.only)))

    -- Read everything once.
    trust.load(case, args)
    investigation.open(case, args)
    case:need("evidence", consult.has_evidence(case))

    -- Ask all who can say something, and join what is of one cause.
    local parts = consult.all(case, args, wants)
    local told  = stories.of(parts)
    conclusion.draw(case, parts, told)
  end,
}
