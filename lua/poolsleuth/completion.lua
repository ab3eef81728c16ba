--- Completions for shells, from the declarations of the scripts.
-- @module poolsleuth.completion
local declaration = require "poolsleuth.declaration"
local globals     = require "poolsleuth.globals"

local completion = {}

-- Text between single quotes, for bash and zsh.
local function quoted(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

local function flags_of(list)
  local flags = {}
  for _, arg in ipairs(list) do table.move(arg.flags, 1, #arg.flags, #flags + 1, flags) end
  return flags
end

local function takes_file(arg) return arg.type == "path" or arg.type == "source" end

local write = {}

local BASH_HEAD <const> = [=[
# bash completion for poolsleuth
_poolsleuth() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  local command= before= word flags values names
  # --format=json comes as three words.
  if [[ $current == = ]]; then current=
  elif [[ $previous == = ]]; then previous=${COMP_WORDS[COMP_CWORD-2]}; fi
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word != = ]] || continue
    case $before in %s) before=; continue ;; esac
    case $word in -*) before=$word ;; *) command=$word; break ;; esac
  done
  COMPREPLY=()
]=]

local BASH_TAIL <const> = [=[
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$current"))
  elif [[ -z $command && $current != */* ]]; then
    COMPREPLY=($(compgen -W "$commands" -- "$current"))
  elif [[ -n $names && $current != */* ]]; then
    COMPREPLY=($(compgen -W "$names" -- "$current"))
  else
    compopt -o filenames
    local IFS=$'\n'
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -F _poolsleuth poolsleuth
]=]

-- Options that take one of a few words, by "command flag".
local function bash_choices(out, prefix, list)
  for _, arg in ipairs(list) do
    if #arg.choices > 0 then
      for _, flag in ipairs(arg.flags) do
        out[#out + 1] = ("    %s) values=%s ;;"):format(quoted(prefix .. flag),
          quoted(table.concat(arg.choices, " ")))
      end
    end
  end
end

-- The flags in front of a command whose next word is their value.
local function valued_flags(common)
  local valued = {}
  for _, arg in ipairs(common) do
    if arg.type ~= "boolean" then table.move(arg.flags, 1, #arg.flags, #valued + 1, valued) end
  end
  return valued
end

-- What a word that belongs to no option may be.
local function bash_names(arguments)
  for _, arg in ipairs(arguments) do
    if #arg.flags == 0 and #arg.choices > 0 then return table.concat(arg.choices, " ") end
  end
  return nil
end

function write.bash(scripts, common)
  local out, names = { (BASH_HEAD:format(table.concat(valued_flags(common), "|"))) }, {}
  for i, each in ipairs(scripts) do names[i] = each.name end
  out[#out + 1] = ("  local commands=%s"):format(quoted(table.concat(names, " ")))
  out[#out + 1] = ("  flags=%s"):format(quoted(table.concat(flags_of(common), " ")))
  out[#out + 1] = "  case $command in"
  for _, each in ipairs(scripts) do
    local flags = table.concat(flags_of(each.arguments), " ")
    if flags ~= "" then
      out[#out + 1] = ("    %s) flags=\"$flags \"%s ;;"):format(quoted(each.name), quoted(flags))
    end
  end
  out[#out + 1] = "  esac\n  case $command in"
  for _, each in ipairs(scripts) do
    local words = bash_names(each.arguments)
    if words then out[#out + 1] = ("    %s) names=%s ;;"):format(quoted(each.name), quoted(words)) end
  end
  out[#out + 1] = "  esac\n  case \"$command $previous\" in"
  for _, each in ipairs(scripts) do bash_choices(out, each.name .. " ", each.arguments) end
  out[#out + 1] = "  esac\n  case $previous in"
  bash_choices(out, "", common)
  out[#out + 1] = "  esac"
  out[#out + 1] = '  if [[ -n $values ]]; then\n    COMPREPLY=($(compgen -W "$values" -- "$current"))'
    .. "\n    return\n  fi"
  out[#out + 1] = BASH_TAIL
  return table.concat(out, "\n")
end

-- What _arguments wants for one argument.
local function zsh_argument(arg)
  local about = (arg.about or arg.name):gsub("[%[%]:]", "\\%0")
  local action = #arg.choices > 0 and "(" .. table.concat(arg.choices, " ") .. ")"
    or takes_file(arg) and "_files" or " "
  local value = arg.type ~= "boolean" and (":%s:%s"):format(arg.metavar:lower(), action) or ""
  local specs = {}
  for i, flag in ipairs(arg.flags) do
    local joint = value ~= "" and flag:sub(1, 2) == "--" and "=" or ""
    specs[i] = quoted(("%s%s%s[%s]%s"):format(arg.many and "*" or "", flag, joint, about, value))
  end
  if #arg.flags == 0 then
    specs[1] = quoted(("%s:%s:%s"):format(arg.many and "*" or "", arg.metavar:lower(), action))
  end
  return table.concat(specs, " ")
end

function write.zsh(scripts, common)
  local out = { "#compdef poolsleuth", "_poolsleuth() {", "  local -a common commands", "  common=(" }
  for _, arg in ipairs(common) do out[#out + 1] = "    " .. zsh_argument(arg) end
  out[#out + 1] = "  )\n  commands=("
  for _, each in ipairs(scripts) do
    out[#out + 1] = "    " .. quoted(each.name:gsub(":", "\\:") .. ":" .. each.summary)
  end
  out[#out + 1] = "  )\n  local context state state_descr line\n  typeset -A opt_args"
  out[#out + 1] = "  _arguments -C $common '1: :->command' '*:: :->rest' && return"
  out[#out + 1] = "  case $state in\n    command)\n      if [[ $PREFIX == */* ]]; then _files"
  out[#out + 1] = "      else _describe -t commands command commands; fi ;;"
  out[#out + 1] = "    rest)\n      case $words[1] in"
  for _, each in ipairs(scripts) do
    local specs = {}
    for i, arg in ipairs(each.arguments) do specs[i] = zsh_argument(arg) end
    out[#out + 1] = ("        %s) _arguments $common %s ;;"):format(each.name, table.concat(specs, " "))
  end
  out[#out + 1] = "        *) _files ;;\n      esac ;;\n  esac\n}"
  out[#out + 1] = "if [[ $funcstack[1] == _poolsleuth ]]; then _poolsleuth \"$@\""
  out[#out + 1] = "else compdef _poolsleuth poolsleuth; fi"
  return table.concat(out, "\n") .. "\n"
end

local FISH_HEAD <const> = [=[
# fish completion for poolsleuth
function __poolsleuth_command
  set -l before
  for word in (commandline -opc)[2..-1]
    if contains -- "$before" %s
      set before
    else if string match -q -- '-*' $word
      set before $word
    else
      echo $word
      return
    end
  end
  return 1
end
function __poolsleuth_begins
  not __poolsleuth_command >/dev/null; and not string match -q '*/*' -- (commandline -ct)
end
function __poolsleuth_runs
  set -l command (__poolsleuth_command); and test $command = $argv[1]
end
]=]

local function fish_quoted(text) return "'" .. text:gsub("[\\']", "\\%0") .. "'" end

local function fish_options(out, condition, list)
  for _, arg in ipairs(list) do
    local parts = { "complete -c poolsleuth" }
    if condition then parts[#parts + 1] = "-n " .. fish_quoted(condition) end
    for _, flag in ipairs(arg.flags) do
      parts[#parts + 1] = flag:sub(1, 2) == "--" and "-l " .. flag:sub(3) or "-s " .. flag:sub(2)
    end
    if #arg.choices > 0 then
      parts[#parts + 1] = "-x -a " .. fish_quoted(table.concat(arg.choices, " "))
    elseif arg.type ~= "boolean" then
      parts[#parts + 1] = takes_file(arg) and "-r -F" or "-x"
    end
    if arg.about and #arg.flags > 0 then parts[#parts + 1] = "-d " .. fish_quoted(arg.about) end
    if #arg.flags > 0 or #arg.choices > 0 then out[#out + 1] = table.concat(parts, " ") end
  end
end

function write.fish(scripts, common)
  local out = { (FISH_HEAD:format(table.concat(valued_flags(common), " "))) }
  for _, each in ipairs(scripts) do
    out[#out + 1] = ("complete -c poolsleuth -n __poolsleuth_begins -f -a %s -d %s"):format(each.name,
      fish_quoted(each.summary))
    fish_options(out, "__poolsleuth_runs " .. each.name, each.arguments)
  end
  fish_options(out, nil, common)
  return table.concat(out, "\n") .. "\n"
end

-- Arguments whose values are names of scripts, and of which kind.
local SCRIPTS <const> = { help = { name = "any" }, copy = { name = "any" }, test = { names = "any" },
                          report = { playbook = "playbook" } }

-- The arguments of a script, with the names of scripts where such are wanted.
local function described(def, entries)
  local list = declaration.arguments(def.args)
  for _, arg in ipairs(list) do
    local kind = (SCRIPTS[def.name] or {})[arg.name]
    if kind then
      arg.choices = {}
      for _, entry in ipairs(entries) do
        if kind == "any" or entry.def.kind == kind then arg.choices[#arg.choices + 1] = entry.name end
      end
    end
  end
  return list
end

--- Write the completions for a shell.
-- @tparam string shell "bash", "zsh" or "fish"
-- @tparam {table,...} folders of shelf.folders
-- @treturn string a script for that shell
function completion.build(shell, folders)
  local scripts, entries = {}, declaration.usable(folders)
  for i, entry in ipairs(entries) do
    scripts[i] = { name = entry.name, summary = entry.def.summary, arguments = described(entry.def, entries) }
  end
  return write[shell](scripts, declaration.arguments(globals))
end

return completion
