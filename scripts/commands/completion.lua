-- Completions for a shell, from what the scripts declare: those of the user too.
local command    = require "poolsleuth.command"
local completion = require "poolsleuth.completion"

return command {
  name    = "completion",
  summary = "Print completions of commands and options for a shell",
  about   = [[
For bash put   source <(poolsleuth completion bash)   into ~/.bashrc, for zsh the same with zsh into
~/.zshrc, for fish   poolsleuth completion fish | source   into its configuration.
An installed poolsleuth brings them along.]],
  args    = {
    { name = "shell", type = "string", choices = { "bash", "zsh", "fish" }, about = "which shell" },
  },

  run = function(case, args)
    return { kind = "completion", view = "plain_text", data = {
      shell = args.shell, text = completion.build(args.shell, case.options.host.folders) } }
  end,
}
